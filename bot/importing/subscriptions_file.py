"""Tariffs, subscriptions and meter readings out of CSV files; what is known already changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from billing.bills.subscriptions import MeterReading, PriceKind, Subscription, TariffPrice
from billing.refusals import Refusal
from bot.importing.csv_files import parsed
from bot.importing.table import CsvTable
from bot.importing.tally import BadField, Reject, keep_rejects
from handlers.issuing import cycles

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    from sqlalchemy.orm import Session

    from bot.importing.fields import Fields
    from bot.importing.writing import WriteDatabase

REQUIRED: Final = {
    "tariffs": ("tariff", "code", "description", "price", "currency", "since"),
    "subscriptions": ("subscription_id", "customer_id", "tariff", "starts_on"),
    "readings": ("reading_id", "subscription_id", "code", "read_on", "quantity"),
}
_KEYS: Final = {"tariffs": "", "subscriptions": "subscription_id", "readings": "reading_id"}
_MONTHS: Final = {"monthly": 1, "quarterly": 3}


@dataclass(slots=True)
class ImportedSubscriptions:
    """The result of importing a file."""

    new: int = 0
    known: int = 0
    rejects: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """One line a rejected row."""
        return [str(reject) for reject in self.rejects]


def import_rows(database: WriteDatabase, kind: str, file: Path, today: date) -> ImportedSubscriptions:
    """Register every row of a file of one kind, each in a transaction of its own.

    Raises:
        FileRefused: the file cannot be read, or lacks a required column.
    """
    table = CsvTable(file)
    table.require(REQUIRED[kind])
    found = ImportedSubscriptions()
    for item in parsed(table, _KEYS[kind], _READ[kind], today):
        if isinstance(item, Reject):
            found.rejects.append(item)
            continue
        place, row = item
        try:
            with database.write() as session:
                new = _ADD[kind](session, row)
        except Refusal as refusal:
            found.rejects.append(Reject.because(place, refusal))
        else:
            found.new += new
            found.known += not new
    found.notes = keep_rejects([file], found.rejects)
    return found


def price(fields: Fields) -> TariffPrice:
    """A subscription's price in ``tariffs.csv``; finer than a minor unit where that was agreed."""
    return TariffPrice(
        tariff=fields.need("tariff"),
        code=fields.need("code"),
        description=fields.need("description"),
        kind=PriceKind(fields.one_of("kind", [kind.value for kind in PriceKind], "fixed")),
        unit=fields.text("unit"),
        price=_decimal(fields, "price"),
        currency=fields.currency("currency"),
        since=fields.need_day("since"),
    )


def subscription(fields: Fields) -> Subscription:
    """A row of ``subscriptions.csv``."""
    begins, ends = fields.need_day("starts_on"), fields.day("ends_on")
    if ends and ends < begins:
        raise BadField("ends_on", f"{ends} is before it starts")
    return Subscription(
        id=fields.need("subscription_id"),
        customer_id=fields.need("customer_id"),
        tariff=fields.need("tariff"),
        months=_MONTHS[fields.one_of("every", list(_MONTHS), "monthly")],
        starts_on=begins,
        ends_on=ends,
    )


def reading(fields: Fields) -> MeterReading:
    """A subscription's reading in ``readings.csv``: so many units used since the reading before."""
    return MeterReading(
        id=fields.need("reading_id"),
        subscription_id=fields.need("subscription_id"),
        code=fields.need("code"),
        read_on=fields.need_day("read_on"),
        quantity=_decimal(fields, "quantity"),
    )


def _decimal(fields: Fields, name: str) -> Decimal:
    fields.need(name)
    return Decimal(fields.quantity(name))


_READ: Final[dict[str, Callable[[Fields], Any]]] = {
    "tariffs": price,
    "subscriptions": subscription,
    "readings": reading,
}
_ADD: Final[dict[str, Callable[[Session, Any], bool]]] = {
    "tariffs": cycles.add_price,
    "subscriptions": cycles.add_subscription,
    "readings": cycles.add_reading,
}
