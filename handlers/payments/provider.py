"""What a provider of payments tells of: paid, paid back, argued about. Each of its events counts once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
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

    from sqlalchemy.orm import Session

    from handlers.installation import House
    from storage.payments.payments import Payment


class Told(StrEnum):
    """What an event is about."""

    PAID = "paid"
    PAID_BACK = "paid_back"
    """``amount`` is all that was paid back of the payment so far."""
    CHARGED_BACK = "charged_back"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Event:
    """One event; ``payment`` is what the provider calls the payment, ``id`` what it calls the event."""

    source: str
    id: str
    told: Told
    at: datetime
    payment: str
    amount: Money
    reference: str = ""
    """For a payment: the bill or account it is for."""
    about: str = ""
    """What the provider calls the refund or the dispute."""
    reason: str = ""
    payer: str = ""


def take(session: Session, house: House, event: Event, now: datetime) -> bool:
    """Act on an event; whether it was new. What concerns no payment of ours comes before the desk."""
    if not checkouts.first_time(session, event.source, event.id, event.told.value, now):
        return False
    if event.told is Told.PAID:
        _paid(session, house, event, now)
        return True
    payment = kept.find(session, event.source, event.payment)
    if payment is None:
        _unknown(session, house, event, now)
    else:
        _about(session, house, event, payment, now)
    return True


def _paid(session: Session, house: House, event: Event, now: datetime) -> None:
    if kept.find(session, event.source, event.payment):
        return  # told twice under two ids: once it was enough
    row = PaymentRow(
        source=event.source,
        id=event.payment,
        reference=event.reference,
        amount=event.amount,
        paid_on=min(local_day(event.at, house.creditor.zone), local_day(now, house.creditor.zone)),
        method="card",
        payer=event.payer,
    )
    payments.book(session, house, row, now)


def _about(session: Session, house: House, event: Event, payment: Payment, now: datetime) -> None:
    match event.told:
        case Told.PAID_BACK:
            _paid_back(session, house, event, payment, now)
        case Told.CHARGED_BACK:
            chargebacks.open_(
                session, house, payment, event.source, event.about, event.amount, event.reason, now
            )
        case Told.WON | Told.LOST:
            won = event.told is Told.WON
            chargebacks.close(session, house, event.source, event.about, now, won=won)


def _paid_back(session: Session, house: House, event: Event, payment: Payment, now: datetime) -> None:
    """What is new of it: refunds that we let go are its own news coming back to us."""
    known = kept_refunds.of_payment(session, payment.id)
    sent = sum(one.amount for one in known if one.state is RefundState.SENT)
    fresh = event.amount.minor - sent
    if fresh <= 0:
        return
    ours = next((one for one in known if one.state is RefundState.APPROVED and one.amount == fresh), None)
    if ours:
        refunds.sent(session, house, ours.id, event.source, event.about, now)
        return
    number = f"{event.about}:{event.amount.minor}"
    amount = Money(fresh, event.amount.currency)
    refunds.told(session, house, payment, event.source, number, amount, event.reason, now)


def _unknown(session: Session, house: House, event: Event, now: datetime) -> None:
    case = Case(
        key=f"provider:{event.source}:{event.id}",
        kind="provider_event",
        reason=f"{event.source} tells of a payment that is not booked here ({event.told.value})",
        deadline=now + timedelta(hours=house.policy.talk.person_within_hours),
        detail={"payment": event.payment, "about": event.about},
    )
    escalations.open_case(session, case, now)
