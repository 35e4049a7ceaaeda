"""A list of open items of a ledger kept elsewhere, as a CSV file: it is taken whole, or nothing of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.calendar import local_day
from billing.given_files import regular
from billing.ledger.money import Money
from billing.ledger.open_items import GivenList, OpenItem
from bot.importing.fields import Fields
from bot.importing.mapped import MappedTable
from bot.importing.mapping import BadMapping
from bot.importing.table import CsvTable, FileRefused
from bot.importing.tally import BadField, Reject
from handlers.context import Context
from handlers.payments import open_items

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from bot.clock import Clock
    from bot.importing.mapping import ImportMap
    from bot.importing.writing import WriteDatabase
    from handlers.installation import Installation
    from handlers.payments.open_items import TakenList

COLUMNS: Final = ("bill_id", "amount", "currency")
TOTAL: Final = "total"
"""In the place of a bill's id, in capitals or not: the line has the sum of its currency."""


class ListCut(FileRefused):
    """A list of open items ends in the middle of a line."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            file,
            "its last line has no end, so the file may be cut: nothing was taken; export it again, or end "
            "its last line if it is whole",
        )


class RowsOfList(FileRefused):
    """Rows of a list of open items cannot be read, so all of it is refused."""

    def __init__(self, file: Path, rejects: list[Reject]) -> None:
        first, more = rejects[0], len(rejects) - 1
        also = f", and {more} more row{'s' if more != 1 else ''} cannot be read" if more else ""
        super().__init__(
            file,
            f"line {first.place.line}: {first.field}: {first.reason}{also}; a list of open items is taken "
            "whole: nothing was taken",
        )


class WrongTotal(FileRefused):
    """The total at the end of a list of open items is not the sum of its lines."""

    def __init__(self, file: Path, currency: str, found: int, said: int | None) -> None:
        says = f"its total says {Money(said, currency).plain()}" if said is not None else "it has no total"
        super().__init__(
            file,
            f"its lines add up to {Money(found, currency).plain()} {currency} and {says}: nothing was taken; "
            "is it whole?",
        )


def take_file(
    database: WriteDatabase,
    installation: Installation,
    file: Path,
    ledger: str,
    as_of: date,
    clock: Clock,
    by: str,
    *,
    anyway: str = "",
    mapping: ImportMap | None = None,
    dry_run: bool = False,
) -> TakenList:
    """Have the bills of a ledger follow its list of open items; a dry run leaves nothing behind.

    Raises:
        FileRefused: the file, or any row of it, cannot be read; nothing was taken.
        Refusal: the list is doubted, or not that ledger's; nothing was taken.
    """
    today = local_day(clock(), installation.creditor.zone)
    given = read(file, ledger, as_of, today, mapping)
    with database.write() as session:
        taken = open_items.take(Context(session, installation, clock), given, by, anyway)
        if dry_run:
            session.rollback()
    return taken


def read(file: Path, ledger: str, as_of: date, today: date, mapping: ImportMap | None = None) -> GivenList:
    """The list that a file holds.

    Raises:
        FileRefused: the file, or any row of it, cannot be read, or it may be cut.
        BadMapping: the mapping does not say how such a list is read.
    """
    table = _table(file, mapping)
    if not _ends(file):
        raise ListCut(file)
    items: dict[str, OpenItem] = {}
    totals: dict[str, int] = {}
    rejects: list[Reject] = []
    for place in table:
        try:
            fields = Fields.of(place, today)
            if totals and not _is_total(fields):
                raise BadField("bill_id", "comes after the total, which is the last line")  # noqa: TRY301
            _add(fields, items, totals)
        except BadField as refusal:
            rejects.append(Reject.because(place, refusal))
    if rejects:
        raise RowsOfList(file, rejects)
    given = GivenList(ledger, as_of, tuple(items.values()), totalled=bool(totals))
    _check_totals(file, given, totals)
    return given


def _table(file: Path, mapping: ImportMap | None) -> CsvTable:
    if mapping is None:
        table = CsvTable(file)
        table.require(COLUMNS)
        return table
    sheet = mapping.open_items
    if sheet is None:
        raise BadMapping(
            "mapping", "open_items", "is missing; it says which columns a list of open items has"
        )
    missing = [name for name in COLUMNS if name not in sheet.columns]
    if missing:
        raise BadMapping("mapping", "open_items.columns", f"{', '.join(missing)} is missing")
    unknown = [name for name in sheet.columns if name not in COLUMNS]
    if unknown:
        why = f"{', '.join(unknown)} is no column of open_items; known: {', '.join(COLUMNS)}"
        raise BadMapping("mapping", "open_items.columns", why)
    return MappedTable(file, "open_items", sheet, mapping)


def _ends(file: Path) -> bool:
    """Whether the last line of a file has its end, in whatever letters it is written."""
    with regular(file).open("rb") as opened:
        opened.seek(max(file.stat().st_size - 4, 0))
        return opened.read().strip(b"\0").endswith((b"\n", b"\r"))


def _is_total(fields: Fields) -> bool:
    return fields.text("bill_id").lower() == TOTAL


def _add(fields: Fields, items: dict[str, OpenItem], totals: dict[str, int]) -> None:
    bill_id = fields.need("bill_id")
    if _is_total(fields):
        only = {item.currency for item in items.values()}
        currency = (
            only.pop() if not fields.text("currency") and len(only) == 1 else fields.currency("currency")
        )
        if currency in totals:
            raise BadField("bill_id", f"the total of {currency} is there twice; keep one")
        totals[currency] = fields.money("amount", currency)
        return
    currency = fields.currency("currency")
    item = OpenItem(bill_id, currency, fields.money("amount", currency))
    if items.setdefault(bill_id, item) != item:
        raise BadField("bill_id", f"{bill_id!r} is there twice with other content; keep one line of a bill")


def _check_totals(file: Path, given: GivenList, totals: dict[str, int]) -> None:
    sums = given.sums()
    for currency in sorted(sums.keys() | totals.keys() if totals else ()):
        found = sums[currency].total if currency in sums else 0
        if totals.get(currency) != found:
            raise WrongTotal(file, currency, found, totals.get(currency))
