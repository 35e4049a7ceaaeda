"""Events of a payment provider: paid, refunded, charged back, decided. Each counts once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from billing.calendar import local_day
from billing.ledger.money import Money
from billing.payments.refunds import RefundState
from handlers.payments import chargebacks, payments, refunds
from handlers.payments.payments import PaymentRow
from storage.desk import escalations
from storage.desk.escalations import Case
from storage.payments import checkouts
from storage.payments import payments as kept
from storage.payments import refunds as kept_refunds

if TYPE_CHECKING:
    from datetime import datetime

    from handlers.context import Context
    from storage.payments.payments import Payment


class EventKind(StrEnum):
    """Kind of an event that the payment provider reports."""

    PAID = "paid"
    PAID_BACK = "paid_back"
    """``amount`` is the total refunded of the payment so far."""
    CHARGED_BACK = "charged_back"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """One event; ``payment`` is the provider's id of the payment, ``id`` that of the event."""

    source: str
    id: str
    kind: EventKind
    at: datetime
    payment: str
    amount: Money
    reference: str = ""
    """For a payment: reference of the bill, or id of the account, it is for."""
    about: str = ""
    """The provider's id of the refund or the dispute."""
    reason: str = ""
    payer: str = ""


def take(context: Context, event: ProviderEvent) -> bool:
    """Book an event; returns True if it was new. An event about an unknown payment opens a case.

    Providers repeat an event until it is acknowledged, so the event's id is a unique key.
    """
    if not checkouts.first_time(context.session, event.source, event.id, event.kind.value, context.now):
        return False
    if event.kind is EventKind.PAID:
        _paid(context, event)
        return True
    payment = kept.find(context.session, event.source, event.payment)
    if payment is None or payment.currency != event.amount.currency:
        _unknown(context, event)
    else:
        _about(context, event, payment)
    return True


def _paid(context: Context, event: ProviderEvent) -> None:
    if kept.find(context.session, event.source, event.payment):
        return  # reported twice, under two event ids
    row = PaymentRow(
        source=event.source,
        id=event.payment,
        reference=event.reference,
        amount=event.amount,
        # Not in the future: a provider's clock may be ahead, and a closed period must not be missed by it.
        paid_on=min(
            local_day(event.at, context.creditor.zone), local_day(context.now, context.creditor.zone)
        ),
        method="card",
        payer=event.payer,
    )
    payments.book(context, row)


def _about(context: Context, event: ProviderEvent, payment: Payment) -> None:
    match event.kind:
        case EventKind.PAID_BACK:
            _paid_back(context, event, payment)
        case EventKind.CHARGED_BACK:
            chargebacks.open_(context, payment, event.source, event.about, event.amount, event.reason)
        case EventKind.WON | EventKind.LOST:
            won = event.kind is EventKind.WON
            # Events come in any order: a decision may be the first that is heard of a dispute.
            chargebacks.open_(context, payment, event.source, event.about, event.amount, event.reason)
            chargebacks.close(context, event.source, event.about, won=won)


def _paid_back(context: Context, event: ProviderEvent, payment: Payment) -> None:
    """Book what is new in the refunded total: part of it may be refunds that we sent ourselves."""
    known = kept_refunds.of_payment(context.session, payment.id)
    sent = sum(one.amount for one in known if one.state is RefundState.SENT)
    fresh = event.amount.minor - sent
    if fresh <= 0:
        return
    ours = next((one for one in known if one.state is RefundState.APPROVED and one.amount == fresh), None)
    if ours:
        refunds.sent(context, ours.id, event.source, event.about)
        return
    number = f"{event.about}:{event.amount.minor}"
    amount = Money(fresh, event.amount.currency)
    refunds.book_provider_refund(context, payment, event.source, number, amount, event.reason)


def _unknown(context: Context, event: ProviderEvent) -> None:
    case = Case(
        key=f"provider:{event.source}:{event.id}",
        kind="provider_event",
        reason=f"{event.source} tells of a payment that is not booked here so ({event.kind.value})",
        deadline=context.answer_by(),
        detail={"payment": event.payment, "about": event.about},
    )
    escalations.open_case(context.session, case, context.now)
