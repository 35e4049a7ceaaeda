"""kvitt payments, period, journal, aging: as a person or another program meets them, in real processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bot.importing.camt_rig import ACCOUNT, Detail, Entry, camt
from tests.bot.importing.mt940_rig import Line, Statement, mt940
from tests.bot.test_cli import BILLS, CUSTOMERS
from tests.commands import Shell

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A folder with two customers and their bills."""
    (tmp_path / "customers.csv").write_text(CUSTOMERS)
    (tmp_path / "bills.csv").write_text(BILLS)
    found = Shell(tmp_path)
    done = found("import", "customers.csv", "bills.csv")
    assert "2 new" in done.stdout
    found.sign_in()
    return found


def _file(shell: Shell, *details: Detail) -> None:
    entries = [Entry([one], day="2024-11-02") for one in details]
    (shell.folder / "bank.xml").write_text(camt(entries))


def test_money_comes_in_finds_its_bill_and_goes_back(shell: Shell) -> None:
    """Import twice, assign what nobody knows, refund what is too much; wrong use is told in one line."""
    _file(
        shell, Detail("700.00", "B1", end_to_end="1"), Detail("80.50", "?", payer="BERG BO", end_to_end="2")
    )
    first, second = (shell.json("payments", "import", "bank.xml", "--format", "camt")[0] for _ in range(2))
    counts = ("booked", "unmatched", "duplicates", "rejected", "returned")
    assert [first[name] for name in counts] == [1, 1, 0, 0, 0]
    assert [second[name] for name in counts] == [0, 0, 2, 0, 0]
    (waiting,) = shell.json("payments", "unmatched")
    assert [one["customer_id"] for one in waiting["candidates"]] == ["2"]
    assert "Bo Berg" in shell("payments", "unmatched").stdout
    assert "booked on account A-2" in shell("payments", "assign", str(waiting["id"]), "--to", "B2").stdout
    assert shell("payments", "assign", str(waiting["id"]), "--to", "B2").returncode == 1
    listed = " ".join(shell("payments", "list", "1").stdout.split())
    assert "B1: principal 600.00; credit" in listed
    (mine,) = shell.json("payments", "list", "1")
    number = str(mine["payment"]["id"])
    assert "refund 1 over 100.00 USD" in shell("payments", "refund", "request", number).stdout
    assert "KVITT-REFUND-1" in shell("payments", "refund", "approve", "1").stdout
    assert shell("payments", "refund", "sent", "1").returncode == 0
    assert [one["state"] for one in shell.json("payments", "refund", "list", "--all")] == ["sent"]
    assert [one["balance"] for one in shell.json("accounts")] == [0, 0]
    actions = [one["action"] for one in shell.json("audit") if one["actor"] == "Robin"][2:]
    assert actions == ["payment_assigned", "refund_requested", "refund_approved", "refund_sent"]


def test_a_file_that_does_not_add_up_is_one_line_and_exit_1(shell: Shell) -> None:
    """Nothing is booked, and the line says what to do."""
    _file(shell, Detail("1.00", "B1"), Detail("2.00", "B1"))
    whole = (shell.folder / "bank.xml").read_text()
    (shell.folder / "bank.xml").write_text(whole[: len(whole) // 2])
    done = shell("payments", "import", "bank.xml", "--format", "camt")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "breaks off here" in done.stderr
    assert shell("payments", "import", "bank.xml", "--format", "x").returncode == 2


def test_the_books_are_closed_held_and_written(shell: Shell) -> None:
    """Close, tie out, export twice the same, age; a late payment is booked after the closed day."""
    _file(shell, Detail("100.00", "B1", end_to_end="1"))
    assert shell("period", "close", "2024-11-10", "--by", "Robin").returncode == 0
    assert shell("period", "close", "2024-11-10").returncode == 1
    assert [one["closed_by"] for one in shell.json("period", "list")] == ["Robin"]
    shell("payments", "import", "bank.xml", "--format", "camt")
    (tied,) = shell.json("period", "tie-out", "--month", "2024-11")
    assert [(one["bank"], one["journal"]) for one in tied["totals"]] == [(10000, 10000)]
    assert tied["differences"] == []
    (late,) = shell.json("period", "tie-out", "--day", "2024-11-02")
    assert "booked, or changed, on 2024-11-11" in late["differences"][0]
    for name in ("one.se", "two.se"):
        done = shell("journal", "export", name, "--from", "2024-09-01", "--to", "2026-11-30")
        assert "3 vouchers" in done.stdout
    raw = (shell.folder / "one.se").read_bytes()
    assert raw == (shell.folder / "two.se").read_bytes()
    assert b'#VER K "" 20241111' in raw
    (aged,) = shell.json("aging", "--as-of", "2026-11-15")
    assert [(one["id"], one["31_60"]) for one in aged["customers"]] == [("1", 50000), ("2", 8050)]
    assert aged["totals"]["customers"][0]["total"] == 58050
    assert "credits" not in shell("aging").stdout


def test_an_acquirers_letter_is_written_down(shell: Shell) -> None:
    """Opened once by its case number, listed while it is argued about, and decided by its number here."""
    _file(shell, Detail("600.00", "B1", end_to_end="1"))
    shell("payments", "import", "bank.xml", "--format", "camt")
    opened = ("payments", "chargeback", "open", "1", "--number", "CB-77", "--amount", "250.00")
    assert "chargeback 1 over 250.00 USD is open" in shell(*opened).stdout
    again = shell(*opened)
    assert (again.returncode, again.stderr.count("\n")) == (1, 1)
    assert "--reference CB-77: a chargeback of this number is recorded already" in again.stderr
    (listed,) = shell.json("payments", "chargebacks")
    assert (listed["source_id"], listed["amount"]) == ("CB-77", 25000)
    assert "CB-77" in shell("payments", "chargebacks").stdout
    assert "is won" in shell("payments", "chargeback", "won", "1").stdout
    assert shell("payments", "chargeback", "lost", "1").returncode == 1
    assert "no chargeback is open" in shell("payments", "chargebacks").stdout


def test_an_mt940_is_imported_and_an_account_gets_a_second_name(shell: Shell) -> None:
    """A statement that does not add up is named by its line; a name is listed and taken away again."""
    sound, wrong = Statement([Line("10,00", "b-1")]), Statement([Line("1,00", "B1")], closing="9,00")
    (shell.folder / "bank.sta").write_text(mt940(sound, wrong))
    done = shell("payments", "import", "bank.sta", "--format", "mt940")
    assert "booked 1, unmatched 0, duplicates 0, rejected 1, returned 0" in done.stdout
    assert "bank.sta:15: statement: :62F: 100.00 and lines of 1.00 make 101.00" in done.stderr
    assert "9.00" in (shell.folder / "bank.sta.rejects.csv").read_text()
    assert shell("payments", "accounts", "name", "5050-1055", "--of", ACCOUNT).returncode == 0
    (named,) = shell.json("payments", "accounts", "list")
    assert (named["name"], named["account"], named["named_by"]) == ("50501055", ACCOUNT, "Robin")
    assert "is a name of" in shell("payments", "accounts", "name", "50501055", "--of", "X").stderr
    assert shell("payments", "accounts", "forget", "5050-1055").returncode == 0
    assert "no bank account has another name" in shell("payments", "accounts", "list").stdout
