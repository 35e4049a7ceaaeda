"""Answers of payers as CSV: a row for each line of a claim, or one for the claim as a whole."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from billing.payers.claims import Adjustment, AdjustmentGroup, ClaimVerdict
from billing.payers.remittance import ClaimPaid, PayerRemittance, ServicePaid
from billing.refusals import Refusal
from bot.importing.fields import Fields, money
from bot.importing.table import CsvTable
from bot.importing.tally import BadField

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

SOURCE: Final = "csv"
REQUIRED: Final = ("answer_id", "claim_key", "verdict", "currency", "answered_on", "asked", "paid")
"""What must be there; position, adjustments, remarks, their_reference, payment_reference may be."""
TOTAL: Final = "total"
_ADJUSTMENT: Final = re.compile(r"(CO|PR|OA|PI)-([A-Za-z0-9]{1,5}):(-?[0-9.]+)")


@dataclass(slots=True)
class _Open:
    """An answer whose rows are being read."""

    where: str
    first: tuple[str, ClaimVerdict, str, date]
    paid: ClaimPaid
    trace: str
    whole: list[ServicePaid] = field(default_factory=list)


def read(file: Path, today: date) -> list[PayerRemittance]:
    """The answers of a file; those with a row that cannot be read are set aside whole.

    A row whose ``answer_id`` is ``total`` says what all rows above it have paid; if they have not, the file
    does not add up.

    Raises:
        FileRefused: the file cannot be read, or lacks a required column.
    """
    table = CsvTable(file)
    table.require(REQUIRED)
    reading = _Reading(today)
    for place in table:
        where, named = f"line {place.line}", ""
        try:
            fields = Fields.of(place, today)
            named = fields.need("answer_id")
            if named.lower() == TOTAL:
                reading.total(where, fields)
            else:
                reading.take(where, named, fields)
        except Refusal as refusal:
            reading.broken(where, named, str(refusal))
    return reading.remittances()


class _Reading:
    """The answers of one file so far."""

    def __init__(self, today: date) -> None:
        self._today = today
        self._broken: set[str] = set()
        self._open: dict[str, _Open] = {}
        self._aside: list[tuple[str, str]] = []
        self._faults: list[str] = []
        self._paid: dict[str, int] = {}

    def take(self, where: str, named: str, fields: Fields) -> None:
        """One row of an answer."""
        currency = fields.currency("currency")
        verdict = ClaimVerdict(fields.one_of("verdict", [one.value for one in ClaimVerdict], ""))
        first = (fields.need("claim_key"), verdict, currency, fields.need_day("answered_on"))
        paid = fields.money("paid", currency)
        self._paid[currency] = self._paid.get(currency, 0) + paid
        row = ServicePaid(
            asked=fields.money("asked", currency),
            paid=paid,
            position=_position(fields),
            adjustments=_adjustments(fields, currency),
            remarks=tuple(fields.text("remarks").split()),
        )
        if row.off and verdict is not ClaimVerdict.PENDED:
            raise BadField("paid", f"asked {row.asked}, but paid and adjusted come to {row.asked - row.off}")
        one = self._open.get(named)
        if one is None:
            kept = ClaimPaid(
                named, first[0], where, verdict, 0, 0, their_reference=fields.text("their_reference")
            )
            one = self._open[named] = _Open(where, first, kept, fields.text("payment_reference"))
        if one.first != first:
            raise BadField(
                "answer_id", f"{named!r} says something else on {one.where}; give it an id of its own"
            )
        if row.position is None:
            one.whole.append(row)
        else:
            one.paid = replace(one.paid, services=(*one.paid.services, row))

    def total(self, where: str, fields: Fields) -> None:
        """A row of totals: what all rows above it have paid."""
        currency = fields.currency("currency")
        stated, found = fields.money("paid", currency), self._paid.get(currency, 0)
        if stated != found:
            self._faults.append(
                f"{where}: the total says {stated}, but the rows come to {found} (minor units)"
            )

    def broken(self, where: str, named: str, why: str) -> None:
        """A row that cannot be read takes its whole answer aside."""
        self._aside.append((where, why))
        self._broken.add(named)

    def remittances(self) -> list[PayerRemittance]:
        """The answers read, by payment; the first payment carries the rejected rows."""
        found: dict[tuple[str, str, date], PayerRemittance] = {}
        for named, one in self._open.items():
            if named in self._broken:
                self._aside.append(
                    (one.where, f"answer {named}: a row of it was set aside, so it waits whole")
                )
                continue
            _, _, currency, day = one.first
            fresh = PayerRemittance(SOURCE, "", "", currency, day, one.trace, 0)
            remittance = found.setdefault((one.trace, currency, day), fresh)
            remittance.claims.append(_closed(one))
            remittance.total += remittance.claims[-1].paid
        kept = list(found.values()) or [PayerRemittance(SOURCE, "", "", "", self._today, "", 0)]
        kept[0].aside, kept[0].faults = self._aside, self._faults
        return kept


def _closed(one: _Open) -> ClaimPaid:
    """An answer with all its rows; a row without a position is about the claim as a whole."""
    rows = (*one.paid.services, *one.whole)
    whole = tuple(each for row in one.whole for each in row.adjustments)
    remarks = tuple(each for row in one.whole for each in row.remarks)
    return replace(
        one.paid,
        asked=sum(row.asked for row in rows),
        paid=sum(row.paid for row in rows),
        adjustments=whole,
        remarks=remarks,
    )


def _position(fields: Fields) -> int | None:
    text = fields.text("position")
    if not text:
        return None
    if not re.fullmatch(r"[1-9]\d{0,3}", text, re.ASCII):
        raise BadField("position", f"{text!r} is no line of a claim; write 1, 2 and so on")
    return int(text)


def _adjustments(fields: Fields, currency: str) -> tuple[Adjustment, ...]:
    found = []
    for one in fields.text("adjustments").split():
        match = _ADJUSTMENT.fullmatch(one)
        if not match:
            raise BadField(
                "adjustments", f"{one!r} is none; write group, reason and amount, like CO-45:20.00"
            )
        group, reason, amount = match.groups()
        found.append(Adjustment(AdjustmentGroup(group), reason, money("adjustments", amount, currency)))
    return tuple(found)
