"""Payments from a CSV file: each is booked once, or waits at the desk if unmatched."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from billing.calendar import local_day
from billing.ledger.money import Money
from billing.refusals import Refusal
from bot.importing.csv_files import REQUIRED, parsed
from bot.importing.fields import CardGiven, is_card_number
from bot.importing.intake import silent
from bot.importing.table import CsvTable
from bot.importing.tally import Reject, keep_rejects
from handlers.context import Context
from handlers.payments import matching
from handlers.payments.payments import PaymentOutcome, PaymentRow, book_all

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.clock import Clock
    from bot.importing.fields import Fields
    from bot.importing.tally import SourceRow
    from bot.importing.writing import WriteDatabase
    from handlers.installation import Installation

SOURCE = "csv"
"""A payment counts once per source and id."""
TOGETHER: Final = 200
"""Payments that are booked in one transaction."""


@dataclass(slots=True)
class ImportedPayments:
    """The result of importing payments."""

    booked: int = 0
    unmatched: int = 0
    duplicates: int = 0
    returned: int = 0
    """Payments that a bank's file takes back."""
    rejects: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def count(self, fate: str) -> None:
        """Count one more payment with this result; rejected rows are counted separately."""
        match fate:
            case "booked":
                self.booked += 1
            case "unmatched":
                self.unmatched += 1
            case "duplicate":
                self.duplicates += 1
            case "returned":
                self.returned += 1

    @property
    def rejected(self) -> int:
        """How many rows were set aside."""
        return len(self.rejects)

    @property
    def taken(self) -> int:
        """How many payments were not set aside."""
        return self.booked + self.unmatched + self.duplicates + self.returned

    @property
    def lines(self) -> list[str]:
        """One line a rejected row."""
        return [str(reject) for reject in self.rejects]


def import_payments(
    database: WriteDatabase,
    installation: Installation,
    file: Path,
    clock: Clock,
    progress: Callable[[str, int, int], None] = silent,
) -> ImportedPayments:
    """Book every payment of a file, some hundreds a transaction, so that locks are short.

    Raises:
        FileRefused: the file cannot be read, or lacks a required column; nothing was booked.
    """
    now = clock()
    table = CsvTable(file)
    table.require(REQUIRED["payments"], "payments")
    counts: Counter[PaymentOutcome] = Counter()
    found = ImportedPayments()
    rows: list[tuple[SourceRow, PaymentRow]] = []
    for done, item in enumerate(
        parsed(table, "payment_id", payment, local_day(now, installation.creditor.zone)), 1
    ):
        if isinstance(item, Reject):
            found.rejects.append(item)
        elif isinstance(item[1], PaymentRow):
            rows.append((item[0], item[1]))
        if len(rows) == TOGETHER:
            counts.update(_book(database, installation, rows, found, clock))
            rows = []
        progress("payments", done, table.rows)
    counts.update(_book(database, installation, rows, found, clock))
    found.rejects.sort(key=lambda one: one.place.line)
    found.booked, found.unmatched = counts[PaymentOutcome.BOOKED], counts[PaymentOutcome.UNMATCHED]
    found.duplicates = counts[PaymentOutcome.DUPLICATE]
    found.notes = [*table.notes, *keep_rejects([file], found.rejects)]
    return found


def _book(
    database: WriteDatabase,
    installation: Installation,
    rows: list[tuple[SourceRow, PaymentRow]],
    found: ImportedPayments,
    clock: Clock,
) -> list[PaymentOutcome]:
    """Book payments in one transaction; if one of them is refused, each in its own."""
    try:
        with database.write() as session:
            for _, row in rows:
                if is_card_number(row.reference) and matching.is_foreign_card(session, row.reference):
                    raise CardGiven("reference")
            return [
                fate for fate, _ in book_all(Context(session, installation, clock), [row for _, row in rows])
            ]
    except Refusal as refusal:
        if len(rows) == 1:
            found.rejects.append(Reject.because(rows[0][0], refusal))
            return []
    return [fate for one in rows for fate in _book(database, installation, [one], found, clock)]


def payment(fields: Fields) -> PaymentRow:
    """A payment of ``payments.csv``."""
    currency = fields.currency("currency")
    return PaymentRow(
        source=SOURCE,
        id=fields.need("payment_id"),
        reference=fields.text("reference"),
        amount=Money(fields.positive("amount", currency), currency),
        paid_on=fields.need_day("paid_on"),
        method=fields.text("method"),
    )
