"""A collector's CSV files: remittances and activity."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from billing.calendar import local_day
from billing.collection.placement import Activity
from billing.refusals import Refusal
from billing.whole_numbers import LARGEST_AMOUNT
from bot.importing.fields import Fields
from bot.importing.intake import silent
from bot.importing.table import CsvTable
from bot.importing.tally import BadField, Reject, SourceRow, keep_rejects
from handlers.collection import collector as desk
from handlers.context import Context
from handlers.payments.remittances import RemittanceKind, RemittanceRow, Remitted, remit

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    from billing.collection.collectors import Collector
    from bot.clock import Clock
    from bot.importing.writing import WriteDatabase
    from handlers.installation import Installation

REMITTANCES: Final = ("remittance_id", "placement_key", "collected_on", "gross", "fee", "net", "kind")
"""The columns of a remittance; ``currency`` and ``reverses`` are optional."""
ACTIVITY: Final = ("placement_key", "reported_on", "activity")
TOTAL: Final = "total"
_SUMMED: Final = ("gross", "fee", "net")


@dataclass(frozen=True, slots=True)
class BookedLine:
    """A booked line of a collector's statement, with its line number."""

    line: int
    remittance_id: str
    result: Remitted


@dataclass(slots=True)
class CollectorStatement:
    """The result of importing a collector's file."""

    booked: list[BookedLine] = field(default_factory=list)
    duplicates: int = 0
    rejects: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def drifting(self) -> list[BookedLine]:
        """The lines whose fee differs from the contract's."""
        return [one for one in self.booked if one.result.drift]

    def sums(self) -> dict[str, tuple[int, int, int]]:
        """By currency: amount collected, fee taken, and fee by the contract, in minor units."""
        found: dict[str, tuple[int, int, int]] = {}
        for one in self.booked:
            gross, fee, expected = found.get(one.result.currency, (0, 0, 0))
            result = one.result
            found[result.currency] = (
                gross + result.gross,
                fee + result.fee,
                expected + result.expected_fee,
            )
        return found


def import_remittance(
    database: WriteDatabase,
    installation: Installation,
    collector: Collector,
    file: Path,
    by: str,
    clock: Clock,
    progress: Callable[[str, int, int], None] = silent,
) -> CollectorStatement:
    """Book every line of a remittance, a transaction each; what cannot be booked is set aside.

    Raises:
        FileRefused: the file cannot be read, or lacks a required column; nothing was booked.
    """
    now = clock()
    table = CsvTable(file)
    table.require(REMITTANCES)
    found, seen = CollectorStatement(), _Seen()
    for done, place in enumerate(table, 1):
        try:
            fields = Fields.of(place, local_day(now, installation.creditor.zone))
            if fields.text("remittance_id").lower() == TOTAL:
                seen.check(fields)
            else:
                row = seen.take(fields, place)
                with database.write() as session:
                    result = remit(Context(session, installation, clock), collector, row, by)
                _count(found, BookedLine(place.line, row.id, result))
        except Refusal as refusal:
            found.rejects.append(Reject.because(place, refusal))
        progress("remittance", done, table.rows)
    found.notes = keep_rejects([file], found.rejects)
    return found


def import_activity(
    database: WriteDatabase, installation: Installation, file: Path, by: str, clock: Clock
) -> tuple[int, list[Reject], list[str]]:
    """Save a collector's report of activity; returns the number of lines saved, and the rejected ones.

    Raises:
        FileRefused: the file cannot be read, or lacks a required column; nothing was kept.
    """
    now = clock()
    table = CsvTable(file)
    table.require(ACTIVITY)
    kept, rejects = 0, []
    for place in table:
        try:
            fields = Fields.of(place, local_day(now, installation.creditor.zone))
            key, on = fields.need("placement_key"), _past(fields, "reported_on")
            activity = Activity(fields.one_of("activity", [one.value for one in Activity], ""))
            with database.write() as session:
                desk.note_activity(Context(session, installation, clock), key, by, activity, on)
            kept += 1
        except Refusal as refusal:
            rejects.append(Reject.because(place, refusal))
    return kept, rejects, keep_rejects([file], rejects)


@dataclass(slots=True)
class _Seen:
    """The lines of one file so far: their ids, and what they come to."""

    ids: dict[str, int] = field(default_factory=dict)
    sums: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(_SUMMED, Decimal(0)))

    def take(self, fields: Fields, place: SourceRow) -> RemittanceRow:
        """Read one line, and count it for the totals even if it is rejected."""
        for name in _SUMMED:
            self.sums[name] += _decimal(fields.text(name)) or 0
        named = fields.need("remittance_id")
        first = self.ids.setdefault(named, place.line)
        if first != place.line:
            raise BadField("remittance_id", f"{named!r} is on line {first} already")
        return RemittanceRow(
            id=named,
            key=fields.need("placement_key"),
            collected_on=_past(fields, "collected_on"),
            gross=fields.need("gross"),
            fee=fields.need("fee"),
            net=fields.need("net"),
            kind=RemittanceKind(
                fields.one_of("kind", [kind.value for kind in RemittanceKind], RemittanceKind.PAYMENT.value)
            ),
            currency=fields.currency("currency") if fields.text("currency") else "",
            reverses=fields.text("reverses"),
        )

    def check(self, fields: Fields) -> None:
        """Compare a line of totals with the lines above it."""
        for name in _SUMMED:
            stated = _decimal(fields.text(name))
            if fields.text(name) and stated != self.sums[name]:
                raise BadField(
                    name, f"the total says {fields.text(name)}, but the lines come to {self.sums[name]}"
                )


def _past(fields: Fields, name: str) -> date:
    fields.need(name)
    found = fields.past_day(name)
    assert found is not None
    return found


def _decimal(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) <= LARGEST_AMOUNT else None


def _count(found: CollectorStatement, booked: BookedLine) -> None:
    if booked.result.duplicate:
        found.duplicates += 1
    else:
        found.booked.append(booked)
