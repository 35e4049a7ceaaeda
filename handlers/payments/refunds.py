"""Refunds of unused money to the payment it came from: requested, approved, sent, or failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.roles import Right
from billing.calendar import local_day
from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money, minor_units
from billing.ledger.payment_use import back
from billing.payments import refunds as rules
from billing.payments.refunds import RefundState, TooMuchBack
from billing.refusals import Refusal
from handlers import rights
from handlers.dunning.reschedule import answering_for, reschedule
from storage.database.transaction import lock_customers
from storage.desk import staff
from storage.desk.staff import AuditEntry
from storage.ledger import accounts, ledger
from storage.payments import payments, refunds

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

    from handlers.context import Context
    from storage.ledger.accounts import Account
    from storage.payments.payments import Payment
    from storage.payments.refunds import Refund

DESK = "desk"
"""Source of refunds requested by a rep."""


class NoSuchPayment(Refusal):
    """No payment of this number is booked on an account."""

    def __init__(self, payment_id: int) -> None:
        super().__init__(f"no payment {payment_id} is booked on an account: see kvitt payments list")


class NoSuchRefund(Refusal):
    """No refund has this number."""

    def __init__(self, refund_id: int) -> None:
        super().__init__(f"no refund {refund_id}: see kvitt payments refund list")


def request(context: Context, payment_id: int, amount: str | None, reason: str, by: str) -> Refund:
    """Request a refund of what is unused of a payment, or of ``amount`` (a plain decimal).

    Raises:
        rights.NotAllowed: the user may only look.
        NoSuchPayment: it is not booked.
        TooMuchBack: less of it is unused, or nothing.
    """
    by = rights.check(context.session, by, Right.WORK)
    payment, account = _locked(context.session, payment_id)
    # Refunds under way are taken off, or two requests could ask for the same money.
    left = ledger.credits_of(context.session, account.id).get(payment_id, 0) - refunds.asked_for(
        context.session, payment_id
    )
    asked = Money.typed(amount, payment.currency).minor if amount is not None else left
    if asked <= 0 or asked > left:
        raise TooMuchBack(payment_id, Money(asked, payment.currency), Money(left, payment.currency))
    number = f"{payment_id}-{len(refunds.of_payment(context.session, payment_id)) + 1}"
    new = refunds.add(
        context.session,
        payment_id,
        DESK,
        number,
        asked,
        payment.currency,
        state=RefundState.REQUESTED,
        reason=reason,
        by=by,
        now=context.now,
    )
    assert new is not None
    refund = _find(context.session, new)
    _note(context, refund, "refund_requested", by, {"amount": asked, "reason": reason})
    return refund


def approve(context: Context, refund_id: int, by: str) -> RefundState:
    """Approve a refund; above the policy's amount two different users must approve.

    Raises:
        rights.NotAllowed: the user may not approve.
        NoSuchRefund: no refund has this number.
        WrongRefundMove: it does not wait for approval.
        SecondPerson: the same user gave the first approval.
        rights.OnePersonsTokens: it needs two people, and these may be one.
    """
    by = rights.check(context.session, by, Right.APPROVE)
    refund = _locked_refund(context.session, refund_id)
    line = context.policy.payments.refund_two_above
    two = line is not None and refund.amount > minor_units(line, refund.currency)
    state = rules.approval(refund.id, refund.state, refund.approved_by or "", by, needs_two=two)
    first = state is RefundState.APPROVED_ONCE
    if two and not first:
        rights.check_two_people(context.session, refund.approved_by or "", by)
    values = (
        {"approved_at": context.now, "approved_by": by}
        if first
        else {"decided_at": context.now, "decided_by": by}
    )
    refunds.move(context.session, refund, state, **values)
    _note(context, refund, "refund_approved_once" if first else "refund_approved", by)
    return state


def refuse(context: Context, refund_id: int, by: str, reason: str) -> None:
    """Refuse a refund: the money stays a credit.

    Raises:
        NoSuchRefund: there is none.
        WrongRefundMove: it was sent, or has ended.
    """
    by = rights.check(context.session, by, Right.APPROVE)
    refund = _locked_refund(context.session, refund_id)
    rules.check_move(refund.id, refund.state, "refuse")
    refunds.move(context.session, refund, RefundState.REFUSED, decided_at=context.now, decided_by=by)
    _note(context, refund, "refund_refused", by, {"reason": reason})


def sent(context: Context, refund_id: int, by: str, their_reference: str) -> None:
    """Book a refund as sent, under the bank's or provider's reference.

    Raises:
        NoSuchRefund: there is none.
        WrongRefundMove: it was not approved, or was sent before.
        TooMuchBack: less is unused by now than was requested.
    """
    by = rights.check(context.session, by, Right.WORK)
    refund = _locked_refund(context.session, refund_id)
    rules.check_move(refund.id, refund.state, "send")
    payment, account = _locked(context.session, refund.payment_id)
    # Checked again: between request and sending a new bill may have used the credit.
    credit = ledger.credits_of(context.session, account.id).get(payment.id, 0)
    amount = Money(refund.amount, refund.currency)
    if credit < refund.amount:
        raise TooMuchBack(payment.id, amount, Money(credit, refund.currency))
    entry = Entry(
        account_id=account.id,
        kind=EntryKind.REFUND,
        amount=amount,
        booked_on=local_day(context.now, context.creditor.zone),
        source=f"refund:{refund.id}",
        payment_id=payment.id,
    )
    ledger.append(context.session, [entry], context.now)
    values = {"settled_at": context.now, "settled_by": by, "their_reference": their_reference}
    refunds.move(context.session, refund, RefundState.SENT, **values)
    _note(context, refund, "refund_sent", by, {"their_reference": their_reference})
    reschedule(context, [account.customer_id])


def failed(context: Context, refund_id: int, by: str, reason: str) -> None:
    """Record that a refund could not be sent or was returned: the money is a credit again.

    Raises:
        NoSuchRefund: there is none.
        WrongRefundMove: it was never approved, or has ended.
    """
    by = rights.check(context.session, by, Right.WORK)
    refund = _locked_refund(context.session, refund_id)
    rules.check_move(refund.id, refund.state, "fail")
    _, account = _locked(context.session, refund.payment_id, also_reversed=True)
    today = local_day(context.now, context.creditor.zone)
    mine = [
        entry.reversal(today, f"refund_failed:{refund.id}:{entry.id}")
        for entry in ledger.of_payment(context.session, refund.payment_id)
        if entry.source == f"refund:{refund.id}" or entry.source.startswith(f"refund:{refund.id}:")
    ]
    ledger.append(context.session, mine, context.now)
    refunds.move(context.session, refund, RefundState.FAILED, settled_at=context.now, settled_by=by)
    _note(context, refund, "refund_failed", by, {"reason": reason})
    reschedule(context, [account.customer_id])


def in_states(session: Session, states: Collection[RefundState]) -> list[Refund]:
    """The refunds in these states, the oldest first."""
    return refunds.in_states(session, states)


def came_back(context: Context, refund_id: int, amount: Money, reason: str) -> Refund | None:
    """Record a refund returned by the bank; None if no refund of exactly this amount was sent."""
    refund = refunds.find(context.session, refund_id)
    if refund is None or refund.state is not RefundState.SENT:
        return None
    if (refund.amount, refund.currency) != (amount.minor, amount.currency):
        return None
    failed(context, refund_id, "kvitt", reason or "the bank gave it back")
    return refund


def book_provider_refund(
    context: Context, payment: Payment, source: str, source_id: str, amount: Money, reason: str
) -> bool:
    """Book a refund that the provider made on its own; returns True if it was new.

    It is taken from unused money first, then from the bill that was paid last.
    """
    new = refunds.add(
        context.session,
        payment.id,
        source,
        source_id,
        amount.minor,
        amount.currency,
        state=RefundState.SENT,
        reason=reason,
        by=source,
        now=context.now,
        their_reference=source_id,
    )
    if new is None or payment.account_id is None:
        return new is not None
    _, account = _locked(context.session, payment.id)
    day = local_day(context.now, context.creditor.zone)
    booked = ledger.of_payment(context.session, payment.id)
    ledger.append(context.session, back(booked, amount, EntryKind.REFUND, day, f"refund:{new}"), context.now)
    _note(context, _find(context.session, new), "refund_told", source, {"amount": amount.minor})
    reschedule(context, [account.customer_id])
    return True


def _locked(session: Session, payment_id: int, *, also_reversed: bool = False) -> tuple[Payment, Account]:
    payment = payments.get(session, payment_id)
    account = accounts.get(session, payment.account_id) if payment and payment.account_id else None
    if payment is None or account is None or (payment.reversed_at and not also_reversed):
        raise NoSuchPayment(payment_id)
    lock_customers(session, answering_for(session, [account.customer_id]))
    return payment, account


def _locked_refund(session: Session, refund_id: int) -> Refund:
    found = _find(session, refund_id)
    payment = payments.get(session, found.payment_id)
    account = accounts.get(session, payment.account_id) if payment and payment.account_id else None
    if account:
        lock_customers(session, answering_for(session, [account.customer_id]))
    return _find(session, refund_id)


def _find(session: Session, refund_id: int) -> Refund:
    refund = refunds.find(session, refund_id)
    if refund is None:
        raise NoSuchRefund(refund_id)
    return refund


def _note(
    context: Context, refund: Refund, action: str, by: str, detail: dict[str, object] | None = None
) -> None:
    about = {"payment": refund.payment_id, "amount": refund.amount, **(detail or {})}
    staff.write_down(context.session, AuditEntry(context.now, by, action, refund.subject, about))
