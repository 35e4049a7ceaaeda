"""A payment card's number is no id: such a row is set aside, and the number is neither kept nor shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage import tables
from tests.bot.importing.folder import ADA, B1, BILLS, CUSTOMERS, Folder, counts
from tests.commands import Shell

if TYPE_CHECKING:
    from pathlib import Path

CARD = "4111111111111111"
WRITTEN = (CARD, "4111 1111 1111 1111", "4111-1111-1111-1111", f"C {CARD}", "378282246310005")
NO_CARD = ("4111111111111112", "0111111111111111", "411111111111", "P-1000200030004000", "55555555555544441")
PAYMENTS = "payment_id,reference,amount,currency,paid_on"


@pytest.mark.parametrize("card", WRITTEN)
@pytest.mark.parametrize(("column", "kind"), [("customer_id", "customers"), ("bill_id", "bills")])
def test_a_row_that_is_named_by_a_card_is_set_aside(
    folder: Folder, card: str, column: str, kind: str
) -> None:
    """However it is written; the line says where, and nobody's file or table has the number."""
    people, bills = [ADA], [B1]
    (people if kind == "customers" else bills).append(
        ADA.replace("ada", card, 1) if kind == "customers" else B1.replace("B1", card, 1)
    )
    folder.holds("customers.csv", CUSTOMERS, *people)
    folder.holds("bills.csv", BILLS, *bills)
    tally = folder.imported()
    (line,) = tally.lines
    assert line.startswith(f"{kind}.csv:3: {column}: is the number of a payment card")
    assert counts(tally)[kind] == (1, 0, 0, 1)
    assert folder.rows(tables.Customer, "id") == ["ada"]
    assert folder.rows(tables.Bill, "id") == ["B1"]
    assert card not in (folder.path / f"{kind}.csv.rejects.csv").read_text()


def test_ids_that_only_look_like_cards_are_taken(folder: Folder) -> None:
    """Another check digit, another beginning, too short: half the world numbers its people so."""
    folder.holds("customers.csv", CUSTOMERS, *(ADA.replace("ada", one, 1) for one in NO_CARD))
    assert folder.imported().lines == []


def test_a_place_on_earth_is_no_card(folder: Folder) -> None:
    """A latitude of fifteen decimals may pass the check of a card number by chance."""
    folder.holds("customers.csv", f"{CUSTOMERS},lat", f"{ADA},42.12345678901237")
    assert folder.imported().lines == []


def test_what_else_is_wrong_with_a_row_quotes_no_card(folder: Folder) -> None:
    """A bill of nobody, a phone number that is none: the sentence says what, without the number."""
    folder.holds("customers.csv", f"{CUSTOMERS},language", f"{ADA},card {CARD}")
    (line,) = folder.imported().lines
    assert "language" in line
    assert CARD not in line


def test_a_payment_for_a_card_is_set_aside(tmp_path: Path) -> None:
    """Its id and its reference are kept, too; an ordinary payment beside it is booked."""
    shell = Shell(tmp_path)
    rows = (f"{CARD},B1,1.00,USD,2026-01-02", f"p2,{CARD},1.00,USD,2026-01-02", "p3,B1,1.00,USD,2026-01-02")
    (tmp_path / "payments.csv").write_text("\n".join((PAYMENTS, *rows)))
    done = shell("payments", "import", "payments.csv")
    assert "payment_id: is the number of a payment card" in done.stderr
    assert "reference: is the number of a payment card" in done.stderr
    everything = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.name != "payments.csv")
    assert CARD not in done.stdout + done.stderr
    assert CARD.encode() not in everything
    assert [row["amount"] for row in shell.json("payments", "unmatched")] == [100]
