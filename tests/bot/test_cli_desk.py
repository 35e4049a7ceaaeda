"""The desk on the command line: cases, holds and users, in real processes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from storage.database.transaction import Database
from storage.desk import escalations
from storage.desk.escalations import Case
from tests.commands import Shell
from tests.keys import KEYS

if TYPE_CHECKING:
    from pathlib import Path

CUSTOMERS = "customer_id,name,birth_date,phone,country,region\n1,Ada Lind,1980-02-28,+15035550142,US,CA\n"
BILLS = "bill_id,customer_id,issued_on,due_on,currency,amount\nB1,1,2026-09-01,2026-10-01,USD,600.00\n"
HOLD_KEYS = {
    "hold", "customer_id", "account_id", "bill_id", "kind", "reason", "until", "placed_at", "placed_by",
    "state", "lifted_at", "lifted_by",
}  # fmt: skip
"""What programs read of a hold."""


@pytest.fixture
def clinic(tmp_path: Path) -> Shell:
    """One customer with a bill, who asked for a copy of it."""
    shell = Shell(tmp_path)
    (tmp_path / "customers.csv").write_text(CUSTOMERS)
    (tmp_path / "bills.csv").write_text(BILLS)
    assert shell("import", "customers.csv", "bills.csv").returncode == 0
    shell.sign_in("Ann")
    database = Database(f"sqlite:///{tmp_path / 'kvitt.db'}", KEYS)
    now = datetime(2026, 10, 6, tzinfo=UTC)
    with database.write() as session:
        escalations.open_case(session, Case("copy:1", "copy", "send it", now, customer_id="1"), now)
    database.close()
    return shell


def test_a_case_is_worked_from_the_command_line(clinic: Shell) -> None:
    """Taken, put off, returned and closed; each step is history, and a second close is told who did it."""
    me = "Ann"
    (taken,) = clinic.json("escalations", "take", "1")
    assert taken["owner"] == me
    assert clinic("escalations", "snooze", "1", "--days", "3").returncode == 0
    assert clinic("escalations", "return", "1", "--reason", "lunch").returncode == 0
    assert "nobody has taken it" in clinic("escalations", "show", "1").stdout
    assert "it cannot be answered by text" in clinic("escalations", "answer", "1", "Hello").stderr
    assert clinic("escalations", "close", "1", "--outcome", "sent").returncode == 0
    assert f"case 1 was closed by {me}" in clinic("escalations", "close", "1").stderr
    assert clinic.json("escalations", "list") == []
    (shown,) = clinic.json("escalations", "show", "1")
    assert [event["what"] for event in shown["history"]] == [
        "opened",
        "taken",
        "snoozed",
        "returned",
        "closed",
    ]


def test_holds_and_users_from_the_command_line(clinic: Shell) -> None:
    """Placed, listed, lifted; a role that does not allow it is one clear line."""
    place = ("holds", "place", "--reason", "as told")
    assert clinic(*place, "--kind", "dispute", "--bill", "B1", "--until", "2099-12-31").returncode == 0
    assert clinic(*place, "--kind", "represented", "--customer", "1").returncode == 0
    held = clinic.json("holds", "list")
    assert [(one["kind"], one["bill_id"]) for one in held] == [("dispute", "B1"), ("legal", None)]
    assert set(held[0]) == HOLD_KEYS
    assert clinic(*place, "--kind", "legal", "--customer", "1", "--until", "2099-12-31").returncode == 1
    assert clinic(*place, "--kind", "legal").returncode == 2
    assert clinic("holds", "lift", "1", "--reason", "settled").returncode == 0
    assert "legal" in clinic("holds", "list").stdout
    assert [one["state"] for one in clinic.json("holds", "list", "1", "--all")] == ["lifted", "standing"]
    assert clinic("users", "add", "Kim", "--role", "rep", "--telegram", "11").returncode == 0
    viewer = clinic.token_of("users", "add", "Vera", "--role", "viewer")
    refused = clinic("escalations", "take", "1", token=viewer)
    assert "viewer here and may not work on cases" in refused.stderr
    assert clinic("users", "role", "Kim", "approver", token=viewer).returncode == 1
    kim = clinic.json("users", "list")[1]
    assert (kim["name"], kim["telegram_id"], kim["role"]) == ("Kim", "11", "rep")


def test_the_doctor_tells_of_a_stop_and_of_the_staff_chat(clinic: Shell) -> None:
    """A stop of all sending has to be fixed, whatever the setting says; a staff chat is told of or missed."""
    printed = clinic("doctor").stdout
    assert "ok  sending here: nobody has stopped it" in printed
    assert "ok  staff chat: none" in printed
    assert clinic("sending", "stop", "--reason", "wrong text").returncode == 0
    printed = clinic("doctor", telegram_token="1:a", telegram_staff_chat="-1001").stdout
    assert "fix sending here: all sending was stopped by" in printed
    assert "(wrong text): kvitt sending resume" in printed
    assert "ok  staff chat: 1 hears of what needs a person" in printed


def test_a_number_is_confirmed_from_the_command_line(clinic: Shell) -> None:
    """The only number need not be named; one that is not theirs is one clear line."""
    assert "ending in 42 is confirmed" in clinic("confirm", "1").stdout
    wrong = clinic("confirm", "1", "+15035550199")
    assert wrong.returncode == 1
    assert "has no such number" in wrong.stderr


def test_who_died_and_who_is_a_minor_are_held_in_tables_and_objects(tmp_path: Path) -> None:
    """A stop state of the register shows as held, with its name, wherever holds are shown."""
    shell = Shell(tmp_path)
    (tmp_path / "customers.csv").write_text(
        "customer_id,name,birth_date,died_on\n1,Ada Lind,1980-02-28,2026-09-20\n2,Kim Lind,2020-02-28,\n"
    )
    (tmp_path / "bills.csv").write_text(BILLS + "B2,2,2026-09-01,2026-10-01,USD,80.00\n")
    assert shell("import", "customers.csv", "bills.csv").returncode == 0
    accounts = shell.json("accounts")
    assert [(one["state"], one["holds"]) for one in accounts] == [("held", ["deceased"]), ("held", ["minor"])]
    table = shell("accounts").stdout.splitlines()
    assert [line.split()[5:] for line in table[1:]] == [
        ["held", "-", "deceased", "-"],
        ["held", "-", "minor", "-"],
    ]
    held = shell.json("holds", "list")
    assert [(one["hold"], one["kind"], one["account_id"], one["state"]) for one in held] == [
        (None, "deceased", "A-1", "standing"),
        (None, "minor", "A-2", "standing"),
    ]
    assert held[0]["reason"] == "the register says that they died on 2026-09-20"
    assert set(held[0]) == HOLD_KEYS
    printed = shell("holds", "list", "1").stdout
    assert "deceased" in printed
    assert "minor" not in printed
