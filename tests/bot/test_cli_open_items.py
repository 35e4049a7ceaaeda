"""kvitt import --open-items, in real processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.commands import Shell

if TYPE_CHECKING:
    from pathlib import Path

CUSTOMERS = "customer_id,name\n1,Ada Lind\n2,Bo Ek\n"
BILLS = (
    "bill_id,customer_id,issued_on,due_on,currency,amount\nB1,1,2026-01-01,2026-02-01,USD,600.00\n"
    "B2,1,2026-01-01,2026-02-01,USD,50.00\nB3,2,2026-01-01,2026-02-01,USD,70.00\n"
)
OPEN = "bill_id,amount,currency\nB1,600.00,USD\nB2,50.00,USD\nB3,70.00,USD\n"
TAKE = ("import", "--open-items", "--ledger", "QuickBooks", "--as-of")


@pytest.fixture
def clinic(tmp_path: Path) -> Shell:
    """Three bills that are open in the other ledger."""
    shell = Shell(tmp_path)
    for name, text in {"customers.csv": CUSTOMERS, "bills.csv": BILLS, "open.csv": OPEN}.items():
        (tmp_path / name).write_text(text)
    assert shell("import", "customers.csv", "bills.csv").returncode == 0
    done = shell(*TAKE, "2026-03-01", "open.csv")
    assert done.returncode == 0, done.stderr
    assert "ledger quickbooks, 2026-03-01: 3 same" in done.stdout
    return shell


def _balances(shell: Shell) -> dict[str, int]:
    return {row["customer_id"]: row["balance"] for row in shell.json("accounts")}


def test_a_list_is_tried_taken_and_confirmed(clinic: Shell) -> None:
    """A dry run says the same and saves nothing; what is doubted needs a reason of who signed in."""
    (clinic.folder / "open.csv").write_text("bill_id,amount,currency\nB1,400.00,USD\nB3,70.00,USD\n")
    (tried,) = clinic.json(*TAKE, "2026-03-02", "open.csv", "--dry-run")
    assert (tried["dry_run"], tried["lower"], tried["gone"], tried["same"]) == (True, 1, 1, 1)
    assert tried["bills"][0] == {
        "bill_id": "B1", "what": "lower", "currency": "USD", "before_minor": 60000, "after_minor": 40000,
        "there_minor": 40000, "asked": False,
    }  # fmt: skip
    assert _balances(clinic) == {"1": 65000, "2": 7000}
    shown = clinic(*TAKE, "2026-03-02", "open.csv").stdout
    assert "lower there: settled" in shown
    assert _balances(clinic) == {"1": 40000, "2": 7000}
    (clinic.folder / "open.csv").write_text("bill_id,amount,currency\n")
    refused = clinic(*TAKE, "2026-03-03", "open.csv")
    assert refused.returncode == 1
    assert "was not taken: it is empty" in refused.stderr
    alone = clinic(*TAKE, "2026-03-03", "open.csv", "--anyway", "all paid")
    assert (alone.returncode, "nobody is signed in" in alone.stderr) == (1, True)
    clinic.sign_in("Ann")
    taken = clinic(*TAKE, "2026-03-03", "open.csv", "--anyway", "all paid")
    assert (taken.returncode, "taken although it is empty" in taken.stdout) == (0, True)
    assert _balances(clinic) == {"1": 0, "2": 0}
    assert any("all paid" in str(row) for row in clinic.json("audit"))


def test_wrong_use_is_said(clinic: Shell) -> None:
    """What is missing or does not go together is one line, and nothing is taken."""
    for arguments, said in (
        (("import", "--open-items", "open.csv"), "needs --ledger NAME and --as-of DAY"),
        (("import", "--ledger", "x", "bills.csv"), "go with --open-items"),
        ((*TAKE, "2026-03-01", "open.csv", "bills.csv"), "takes one file"),
        ((*TAKE, "yesterday", "open.csv"), "is no date"),
        ((*TAKE[:3], "!", "--as-of", "2026-03-01", "open.csv"), "is no name of a ledger"),
        ((*TAKE, "2026-03-01", "open.csv", "--format", "fhir"), "goes with --ledger"),
    ):
        done = clinic(*arguments)
        assert done.returncode == 2, done
        assert said in " ".join(done.stderr.replace("│", " ").split()), done.stderr
    missing = clinic(*TAKE, "2026-03-01", "nothing.csv")
    assert (missing.returncode, "nothing.csv: cannot be read" in missing.stderr) == (1, True)
    future = clinic(*TAKE, "2999-03-01", "open.csv")
    assert (future.returncode, "has not come" in future.stderr) == (1, True)
