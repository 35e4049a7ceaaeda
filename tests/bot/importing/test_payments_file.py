"""Payments out of a CSV file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.importing.payments_file import import_payments
from bot.importing.table import MissingColumns
from handlers.context import fixed
from storage import tables
from tests.bot.importing.folder import ADA, B1, BILLS, CUSTOMERS, Folder
from tests.world import NOON

if TYPE_CHECKING:
    from bot.importing.payments_file import ImportedPayments

HEADER = "payment_id,reference,amount,currency,paid_on,method"
P1 = "P1,B1,100.00,USD,2026-02-01,giro"


def _pay(folder: Folder, *lines: str) -> ImportedPayments:
    folder.holds("customers.csv", CUSTOMERS, ADA)
    folder.holds("bills.csv", BILLS, B1)
    folder.imported()
    return import_payments(
        folder.database, folder.installation, folder.holds("payments.csv", HEADER, *lines), fixed(NOON)
    )


def _counts(found: ImportedPayments) -> tuple[int, int, int, int]:
    return found.booked, found.unmatched, found.duplicates, found.rejected


def test_payments_are_booked_once(folder: Folder) -> None:
    """A payment counts once, however often and in how many files it comes."""
    assert _counts(_pay(folder, P1, P1, "P2,ada,50.00,USD,2026-02-02,")) == (2, 0, 1, 0)
    assert _counts(_pay(folder, P1)) == (0, 0, 1, 0)
    assert folder.rows(tables.Entry, "amount") == [-10000, -5000, 60000]


def test_money_nobody_claims_is_kept_for_the_desk(folder: Folder) -> None:
    """Money without a reference, with a wrong one, or in another currency has arrived all the same."""
    found = _pay(
        folder, "P1,,5.00,USD,2026-02-01,", "P2,B9,5.00,USD,2026-02-01,", "P3,B1,5.00,SEK,2026-02-01,"
    )
    assert _counts(found) == (0, 3, 0, 0)
    assert folder.rows(tables.Payment, "source_id", "account_id") == [
        ("P1", None),
        ("P2", None),
        ("P3", None),
    ]


def test_bad_payments_are_set_aside(folder: Folder) -> None:
    """A bad amount, a bad day and a booked payment that comes with other figures are rejected by line."""
    _pay(folder, P1)
    found = _pay(
        folder,
        P1.replace("100", "200"),
        "P2,B1,0,USD,2026-02-01,",
        "P3,B1,1.00,USD,soon,",
        "P4,B1,1.00,USD,2026-02-01,",
        "P5,B1,1.00,USD,0026-02-01,",
    )
    assert _counts(found) == (1, 0, 0, 4)
    assert found.lines == [
        "payments.csv:2: payment_id: 'P1' was booked before with other figures; give it an id of its own",
        "payments.csv:3: amount: '0' is not above zero",
        "payments.csv:4: paid_on: 'soon' is no date; write YYYY-MM-DD",
        "payments.csv:6: paid_on: 0026-02-01 is a hundred years or more away; check the year",
    ]
    assert (folder.path / "payments.csv.rejects.csv").exists()
    assert found.notes == []


def test_a_file_without_its_columns_is_refused(folder: Folder) -> None:
    """Nothing is booked from a file that lacks a column."""
    file = folder.holds("payments.csv", "payment_id,amount")
    with pytest.raises(MissingColumns, match="column reference, currency, paid_on is missing"):
        import_payments(folder.database, folder.installation, file, fixed(NOON))
