"""Writes rows to the register, a batch per transaction, which also reschedules the customers concerned."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import fields as fields_of
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Protocol, cast

from billing.costs.prices import Price
from billing.refusals import Refusal
from bot.importing.fields import CardGiven, is_card_number, is_id, money, times
from bot.importing.stages import ChargeLine
from bot.importing.tally import BadField, Reject
from handlers import set_aside
from handlers.bills import estimated
from handlers.bills.bills import BillRow, add_bill, add_charges, currencies
from handlers.context import Context
from handlers.dunning.reschedule import reschedule
from handlers.import_results import ImportChange, UnknownBill
from handlers.ledger import assistance
from handlers.payers import history, planning
from handlers.payers.history import PastClaim
from handlers.payers.planning import ServiceRow
from handlers.payments.payments import PaymentRow
from handlers.people import register
from handlers.people.register import Charge, Coverage, CustomerRow, Payer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy.orm import Session

    from bot.clock import Clock
    from bot.importing.stages import ImportStage, Item, Row
    from bot.importing.tally import SourceRow, Tally
    from handlers.installation import Installation

BATCH = 200
"""Rows a transaction: few commits, and locks on customers that are soon released."""


class WriteDatabase(Protocol):
    """A database that opens write transactions."""

    def write(self) -> AbstractContextManager[Session]:
        """A transaction that commits at the end."""


@contextmanager
def transactions(
    database: WriteDatabase, *, dry_run: bool
) -> Iterator[Callable[[], AbstractContextManager[Session]]]:
    """Open a transaction to write each batch; a dry run has one for all batches, and rolls it back."""
    if not dry_run:
        yield database.write
        return
    with database.write() as session:
        yield lambda: nullcontext(session)
        session.rollback()


def write(
    begin: Callable[[], AbstractContextManager[Session]],
    installation: Installation,
    stage: ImportStage,
    clock: Clock,
    tally: Tally,
    progress: Callable[[str, int, int], None],
    batch_size: int = BATCH,
) -> None:
    """Register the rows of a stage, some per transaction, and count the results."""
    items, done = iter(stage.items), 0
    while batch := [_without_cards(item) for item in islice(items, batch_size)]:
        rows = [item for item in batch if not isinstance(item, Reject)]
        with begin() as session:
            answers = (
                _register(Context(session, installation, clock), [row for _, row in rows]) if rows else []
            )
        _count(stage.kind, batch, iter(answers), tally)
        done += len(batch)
        progress(stage.kind, min(done, stage.total), stage.total)


def _without_cards(item: Item) -> Item:
    """A row, or its rejection where it is named by the number of a payment card, or names another row so."""
    if isinstance(item, Reject):
        return item
    place, row = item
    for name in (one.name for one in fields_of(row)):
        value = getattr(row, name)
        if is_id(name) and isinstance(value, str) and is_card_number(value):
            return Reject.because(place, CardGiven(name))
    return item


def _count(kind: str, batch: Iterable[Item], answers: Iterator[ImportChange | Refusal], tally: Tally) -> None:
    counts = tally.counts[kind]
    for item in batch:
        if isinstance(item, Reject):
            tally.reject(kind, item)
            continue
        answer = next(answers)
        if isinstance(answer, Refusal):
            tally.reject(kind, Reject.because(item[0], answer))
            continue
        if answer is ImportChange.REPLACED:
            tally.replaced += 1
            answer = ImportChange.CHANGED
        setattr(counts, answer.value, getattr(counts, answer.value) + 1)
        _note(*item, answer, tally)


def _note(place: SourceRow, row: Row, answer: ImportChange, tally: Tally) -> None:
    if (
        answer is ImportChange.CHANGED
        and tally.keeps_changes
        and not isinstance(row, ChargeLine | PaymentRow)
    ):
        tally.changes.append(f"{place.file.name}:{place.line}: {getattr(row, 'id', '')} would change")
    if answer is ImportChange.NEW and isinstance(row, BillRow):
        tally.billed[row.currency] += row.amount


def _register(context: Context, rows: Sequence[Row]) -> list[ImportChange | Refusal]:
    if isinstance(rows[0], ChargeLine):
        return _charges(context.session, cast("Sequence[ChargeLine]", rows))
    if isinstance(rows[0], PastClaim):
        return history.import_past_claims(context, cast("Sequence[PastClaim]", rows))
    register.hold(context.session, set(filter(None, map(_whose, rows))))
    answers = [_one(context, row) for row in rows]
    touched = {_whose(row) for row, answer in zip(rows, answers, strict=True) if _touches(row, answer)}
    if touched:
        set_aside.together(context, "import", touched, partial(reschedule, context))
    return answers


def _one(context: Context, row: Row) -> ImportChange | Refusal:
    try:
        match row:
            case CustomerRow():
                return register.add_customer(context, row)
            case BillRow():
                return _bill(context, row)
            case Coverage():
                return register.add_coverage(context.session, row)
            case ServiceRow():
                return planning.add(context, row)
            case Payer():
                return register.add_payer(context.session, row)
            case ChargeLine() | PastClaim() | PaymentRow() | Price():
                raise TypeError(row)
    except Refusal as refusal:
        return refusal


def _bill(context: Context, row: BillRow) -> ImportChange:
    """A bill, with the financial help granted to the person responsible for it."""
    change = add_bill(context, row)
    if change is ImportChange.NEW:
        assistance.reach_imported(context, row.id)
    return change


def _whose(row: Row) -> str:
    match row:
        case CustomerRow():
            return row.id
        case BillRow() | Coverage() | ServiceRow():
            return row.customer_id
    return ""


def _touches(row: Row, answer: ImportChange | Refusal) -> bool:
    """A known customer may have come with a new number or consent; other rows touch nobody unless new."""
    if isinstance(answer, Refusal):
        return False
    return isinstance(row, CustomerRow) or (isinstance(row, BillRow) and answer is ImportChange.NEW)


def _charges(session: Session, lines: Sequence[ChargeLine]) -> list[ImportChange | Refusal]:
    known = currencies(session, {line.bill_id for line in lines})
    read = [_charge(line, known.get(line.bill_id)) for line in lines]
    charges = [one for one in read if isinstance(one, Charge)]
    done = add_charges(session, charges)
    pairs = zip(charges, done, strict=True)
    estimated.bound(session, (charge.bill_id for charge, change in pairs if change is ImportChange.NEW))
    good = iter(done)
    return [next(good) if isinstance(one, Charge) else one for one in read]


def _charge(line: ChargeLine, currency: str | None) -> Charge | Refusal:
    if currency is None:
        return UnknownBill(line.bill_id, "bill_id")
    try:
        unit = money(line.unit_column, line.unit_amount, currency)
        amount = times("quantity", unit, line.quantity)
    except BadField as refusal:
        return refusal
    return Charge(
        line.id,
        line.bill_id,
        line.position,
        line.service_on,
        line.code_system,
        line.code,
        line.description,
        line.quantity,
        unit,
        amount,
    )
