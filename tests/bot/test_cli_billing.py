"""Billing on the command line, in real processes: from an open bill to proof, paper and statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.commands import Shell
from tests.letters import text_of

if TYPE_CHECKING:
    from pathlib import Path

CUSTOMERS = (
    "customer_id,name,birth_date,phone,country,region,address,postal_code,city\n"
    "1,Ada Lind,1980-02-28,+15035550142,US,OR,12 Elm Street,97201,Portland\n"
)
TARIFFS = (
    "tariff,code,description,kind,price,currency,since\nhome,net,Connection,fixed,12.50,USD,2025-01-01\n"
)
SUBSCRIPTIONS = (
    "subscription_id,customer_id,tariff,every,starts_on\n"
    "S1,1,home,quarterly,2026-01-01\nS2,9,home,monthly,2026-01-01\nS3,1,home,yearly,2026-01-01\n"
)
READINGS = (
    "reading_id,subscription_id,code,read_on,quantity\nR1,S1,net,2026-02-01,5\nR2,S9,net,2026-02-01,x\n"
)
CONFIG = (
    'letters_folder = "letters"\n[creditor]\nname = "Elm Power"\ncountry = "US"\n'
    'address = ["500 Oak Avenue", "Portland, OR 97205"]\n'
)


@pytest.fixture
def clinic(tmp_path: Path) -> Shell:
    """A power company with a customer who subscribes."""
    shell = Shell(tmp_path)
    files = {"customers": CUSTOMERS, "tariffs": TARIFFS, "subscriptions": SUBSCRIPTIONS, "readings": READINGS}
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text)
    (tmp_path / "kvitt.toml").write_text(CONFIG)
    assert shell("import", "customers.csv").returncode == 0
    shell.sign_in()
    return shell


def test_from_a_subscription_to_a_bill_that_was_sent(clinic: Shell, tmp_path: Path) -> None:
    """Cycle, propose, approve, post: numbered, proved, printed, stated; bad rows are told by line."""
    assert "new 1" in clinic("billing", "tariffs", "tariffs.csv").stdout
    printed = clinic("billing", "subscriptions", "subscriptions.csv")
    assert "new 1, known 0, rejected 2" in printed.stdout
    assert "customer_id: no customer '9'" in printed.stderr
    assert "rejected 1" in clinic("billing", "readings", "readings.csv").stdout
    (made,) = clinic.json("billing", "cycle", "--as-of", "2026-07-02")
    assert made["bills"] == ["S1-2026-01-01", "S1-2026-04-01"]
    assert clinic.json("billing", "cycle", "--as-of", "2026-07-02")[0]["bills"] == []
    run, *found = clinic.json("billing", "propose")
    assert [(one["verdict"], one["amount"], one["way"]) for one in found] == [("bill", 3750, "letter")] * 2
    assert "no bill is open" in clinic("billing", "propose").stderr
    number = str(run["run"])
    assert "say why" in clinic("billing", "take-out", number, "S1-2026-04-01").stderr
    assert clinic("billing", "take-out", number, "S1-2026-04-01", "--reason", "asked to").returncode == 0
    assert "taken out" in clinic("billing", "show", number).stdout
    assert "1 bill issued" in clinic("billing", "approve", number).stdout
    assert "it cannot be withdrawn any more" in clinic("billing", "withdraw", number).stderr
    assert clinic.json("billing", "list")[0]["state"] == "issued"
    assert "every approved run is issued" in clinic("billing", "resume").stdout
    assert clinic.json("billing", "sent", "000001")[0]["state"] == "queued"
    assert clinic("letters", "batch").returncode == 0
    assert clinic("letters", "posted", "1").returncode == 0
    (proof,) = clinic.json("billing", "sent", "000001")
    assert (proof["way"], proof["state"], proof["reference"]) == ("letter", "sent", "1-001")
    assert clinic("bills", "pdf", "000001", "bill.pdf").returncode == 0
    assert "Bill 000001" in text_of((tmp_path / "bill.pdf").read_bytes())
    assert clinic("bills", "pdf", "000001", "again.pdf").returncode == 0
    assert (tmp_path / "bill.pdf").read_bytes() == (tmp_path / "again.pdf").read_bytes()
    assert "no bill 'nope'" in clinic("bills", "pdf", "nope", "x.pdf").stderr
    assert clinic("statement", "1", "account.csv").returncode == 0
    assert "closing" in (tmp_path / "account.csv").read_text()
    assert clinic("statement", "1", "account.pdf", "--from", "2026-01-01").returncode == 0
    assert "Account statement" in text_of((tmp_path / "account.pdf").read_bytes())
    assert "is no date" in clinic("statement", "1", "x.pdf", "--from", "soon").stderr


def test_what_is_not_there_is_one_clear_line(clinic: Shell) -> None:
    """Unknown runs, payers, customers and days are refused in a line each."""
    assert "there is no billing run 9" in clinic("billing", "show", "9").stderr
    assert "no payer 'x' is registered" in clinic("billing", "payer-invoice", "x", "x.pdf").stderr
    assert "has no account" in clinic("statement", "1", "x.pdf").stderr
    assert "is no date" in clinic("billing", "cycle", "--as-of", "later").stderr
    assert clinic("billing", "way", "1", "letter").returncode == 0
    assert "not issued" in clinic("billing", "send", "nope").stderr
    assert "no bill 'nope'" in clinic("billing", "unlink", "nope").stderr
