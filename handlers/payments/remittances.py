"""Remittances of a collector: booked on the customer's account; the fee is checked against the contract."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from billing.accounts.snapshot import PlacementState
from billing.calendar import local_day
from billing.collection.collectors import ContractTerms
from billing.collection.itemisation import PAID
from billing.ledger.money import Money
from billing.ledger.settlement import split, spread
from billing.refusals import BadAmount, Refusal
from handlers.payments import payments
from handlers.payments.payments import PaymentRow
from storage.bills import bills
from storage.collection import placements, remittances
from storage.collection.remittances import CollectorRemittance, source_of
from storage.database.transaction import lock_customers
from storage.ledger import accounts, ledger
from storage.payments import payments as kept_payments

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from billing.collection.collectors import Collector
    from billing.ledger.ledger import Entry
    from handlers.context import Context
    from handlers.installation import Installation
    from storage.bills.bills import Bill
    from storage.collection.placements import Placement


class RemittanceKind(StrEnum):
    """Kind of a line."""

    PAYMENT = "payment"
    REVERSAL = "reversal"
    """A payment remitted earlier has bounced; amounts are negative."""
    DIRECT = "direct"
    """The customer paid us directly: no money comes, but the collector's fee is due."""


class BadRemittance(Refusal):
    """A line of a remittance cannot be booked; the field and the reason are named."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")


@dataclass(frozen=True, slots=True)
class RemittanceRow:
    """A line as it was read; amounts are plain decimals, in the currency of the placement."""

    id: str
    key: str
    collected_on: date
    gross: str
    fee: str
    net: str
    kind: RemittanceKind
    currency: str = ""
    reverses: str = ""
    """For a reversal: id of the line it reverses; empty for the last one of the same amount."""


@dataclass(frozen=True, slots=True)
class Remitted:
    """The result of a line; amounts and fees in minor units."""

    duplicate: bool
    currency: str
    gross: int
    fee: int
    expected_fee: int
    terms: str
    """The contract in words: percentage, basis, statement of work."""

    @property
    def drift(self) -> int:
        """Fee taken above the contract's fee, in minor units; negative if below."""
        return self.fee - self.expected_fee


def remit(context: Context, collector: Collector, row: RemittanceRow, by: str) -> Remitted:
    """Book one line: the gross amount on the customer's account, the fee apart from it.

    Raises:
        BadRemittance: the placement is unknown or another collector's, the line does not add up, or it
            contradicts an earlier one of the same id.
    """
    placement, bill = _whose(context.session, collector, row)
    terms = (
        ContractTerms.from_json(placement.terms) if placement.terms else _of_today(context, collector, bill)
    )
    remittance = _remittance(row, collector, placement, by)
    known = remittances.find(context.session, collector.id, row.id)
    if known:
        # A line sent again is a duplicate; one with other figures under the same id is an error of the file.
        if known.identity != remittance.identity:
            raise BadRemittance("remittance_id", f"{row.id!r} was booked before with other figures")
        return _remitted(known, terms, duplicate=True)
    _adds_up(remittance, terms)
    entries = ledger.of_bill(context.session, bill.id)
    match row.kind:
        case RemittanceKind.PAYMENT:
            kept = _payment(context, remittance, terms, bill, entries)
        case RemittanceKind.REVERSAL:
            kept = _reversal(context, remittance, row)
        case RemittanceKind.DIRECT:
            kept = _direct(context, remittance, terms, entries)
    kept_id = remittances.save_remittance(context.session, kept, context.now)
    assert kept_id is not None
    return _remitted(kept, terms, duplicate=False)


def _whose(session: Session, collector: Collector, row: RemittanceRow) -> tuple[Placement, Bill]:
    """The placement and bill a line is about, with the customer locked."""
    found = placements.with_key(session, row.key)
    bill = bills.find(session, found.bill_id) if found else None
    account = accounts.get(session, bill.account_id) if bill else None
    if found is None or bill is None or account is None:
        raise BadRemittance("placement_key", f"there is no placement {row.key!r}; ask {collector.name}")
    lock_customers(session, [account.guarantor_id])
    if found.collector not in {collector.id, collector.name}:
        raise BadRemittance("placement_key", f"{row.key!r} was not placed with {collector.name}")
    if found.state.undecided or found.state is PlacementState.RETURNED:
        raise BadRemittance("placement_key", f"{row.key!r} was never placed (it is {found.state.value})")
    if row.currency and row.currency != bill.currency:
        raise BadRemittance("currency", f"{row.currency} is not the bill's {bill.currency}")
    return found, bill


def _of_today(context: Context, collector: Collector, bill: Bill) -> ContractTerms:
    """The contract's present terms, for a placement made before terms were stored with it."""
    return collector.terms((local_day(context.now, context.creditor.zone) - bill.due_on).days)


def _remittance(
    row: RemittanceRow, collector: Collector, placement: Placement, by: str
) -> CollectorRemittance:
    currency = placement.currency
    return CollectorRemittance(
        collector=collector.id,
        remittance_id=row.id,
        placement_id=placement.id,
        kind=row.kind.value,
        collected_on=row.collected_on,
        gross=_minor("gross", row.gross, currency),
        fee=_minor("fee", row.fee, currency),
        net=_minor("net", row.net, currency),
        expected_fee=0,
        currency=currency,
        payment_id=None,
        reverses=None,
        recorded_by=by,
    )


def _minor(field: str, text: str, currency: str) -> int:
    try:
        return Money.typed(text, currency).minor
    except BadAmount as refusal:
        raise BadRemittance(field, str(refusal)) from None


def _adds_up(remittance: CollectorRemittance, terms: ContractTerms) -> None:
    sign = -1 if remittance.kind == RemittanceKind.REVERSAL else 1
    if remittance.gross * sign <= 0:
        raise BadRemittance(
            "gross", f"must be {'below' if sign < 0 else 'above'} zero for a {remittance.kind}"
        )
    if remittance.fee * sign < 0:
        raise BadRemittance("fee", f"has the wrong sign for a {remittance.kind}")
    expected = terms.net(remittance.gross, remittance.fee, direct=remittance.kind == RemittanceKind.DIRECT)
    if remittance.net != expected:
        shown = Money(expected, remittance.currency).plain()
        raise BadRemittance("net", f"does not add up: gross and fee make it {shown} ({terms.remits.value})")


def _payment(
    context: Context,
    remittance: CollectorRemittance,
    terms: ContractTerms,
    bill: Bill,
    entries: Sequence[Entry],
) -> CollectorRemittance:
    """Book the gross amount as the customer's payment: what the collector keeps does not leave them owing."""
    expected = _fee(
        context.installation,
        terms,
        remittance.gross,
        [one for one in entries if one.booked_on <= remittance.collected_on],
    )
    row = PaymentRow(
        source=source_of(remittance.collector),
        id=remittance.remittance_id,
        reference=bill.id,
        amount=Money(remittance.gross, remittance.currency),
        paid_on=remittance.collected_on,
        method="collector",
    )
    payments.book(context, row)
    booked = kept_payments.find(context.session, row.source, row.id)
    assert booked is not None
    return replace(remittance, expected_fee=expected, payment_id=booked.id)


def _reversal(context: Context, remittance: CollectorRemittance, row: RemittanceRow) -> CollectorRemittance:
    """Reverse a remitted payment; its fee is expected back."""
    earlier = remittances.of_placement(context.session, remittance.placement_id)
    undone = {one.reverses for one in earlier}
    fitting = [
        one
        for one in earlier
        if one.kind == RemittanceKind.PAYMENT
        and one.gross == -remittance.gross
        and one.id not in undone
        and row.reverses in {"", one.remittance_id}
    ]
    if not fitting:
        raise BadRemittance("gross", "no payment of this amount was passed on and not taken back yet")
    taken = fitting[-1]
    payments.take_back(context, source_of(taken.collector), taken.remittance_id)
    return replace(
        remittance, expected_fee=-taken.expected_fee, payment_id=taken.payment_id, reverses=taken.id
    )


def _direct(
    context: Context, remittance: CollectorRemittance, terms: ContractTerms, entries: Sequence[Entry]
) -> CollectorRemittance:
    """Check that the customer paid us that much since the placement, and compute the fee on it."""
    placement = placements.with_ids(context.session, [remittance.placement_id])[remittance.placement_id]
    passed_on = {
        one.payment_id
        for one in remittances.of_placement(context.session, remittance.placement_id)
        if one.payment_id
    }
    assert placement.decided_at is not None
    since = local_day(placement.decided_at, context.creditor.zone)
    kinds = {entry.id: entry.kind for entry in entries}
    ours = [
        entry
        for entry in entries
        if entry.booked_on >= since
        and entry.payment_id not in passed_on
        and (entry.kind in PAID or (entry.reverses and kinds.get(entry.reverses) in PAID))
    ]
    paid = -sum(entry.amount.minor for entry in ours)
    reported_before = sum(
        one.gross
        for one in remittances.of_placement(context.session, remittance.placement_id)
        if one.kind == RemittanceKind.DIRECT
    )
    if remittance.gross > paid - reported_before:
        left = Money(max(paid - reported_before, 0), remittance.currency).plain()
        raise BadRemittance(
            "gross", f"the customer paid us {left} that no fee was taken on yet, not this much"
        )
    before = [entry for entry in entries if entry.booked_on < remittance.collected_on]
    return replace(remittance, expected_fee=_fee(context.installation, terms, remittance.gross, before))


def _fee(installation: Installation, terms: ContractTerms, gross: int, entries: Sequence[Entry]) -> int:
    """The contract's fee on an amount, by what was owed when it was collected; minor units.

    Overpaid money earns no fee, since it is refunded.
    """
    order = installation.policy.payments.order
    settled = spread(gross, split(entries, order), order)
    return terms.fee(settled.principal, settled.total - settled.principal)


def _remitted(kept: CollectorRemittance, terms: ContractTerms, *, duplicate: bool) -> Remitted:
    words = f"{terms.percent} % of {terms.basis.value}, {terms.statement_of_work}"
    return Remitted(duplicate, kept.currency, kept.gross, kept.fee, kept.expected_fee, words)
