"""Corrections by a rep: assign, move or bounce a payment, write a bill off, use a credit.

A posted entry is never changed: each correction books a reversal and a new entry.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from billing.accounts.roles import Right
from billing.calendar import local_day
from billing.ledger.ledger import EntryKind
from billing.ledger.money import Money, minor_units
from billing.ledger.payment_use import back, left, live
from billing.refusals import Refusal
from handlers import rights
from handlers.context import Context
from handlers.dunning.reschedule import answering_for, reschedule
from handlers.ledger import unused_money
from handlers.payments import matching, payments, prompt_pay, rounding, small_balances
from handlers.payments.refunds import NoSuchPayment
from storage.bills import bills
from storage.collection import placements
from storage.database.transaction import lock_customers
from storage.desk import staff
from storage.desk.staff import AuditEntry
from storage.ledger import accounts, ledger
from storage.payments import payments as kept
from storage.payments import refunds

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from handlers.context import Clock
    from handlers.installation import Installation
    from storage.bills.bills import Bill
    from storage.database.transaction import Database
    from storage.ledger.accounts import Account
    from storage.payments.payments import Payment


class NobodyNamed(Refusal):
    """No customer, bill or reference of this name has an account in the payment's currency."""

    def __init__(self, to: str, currency: str) -> None:
        super().__init__(
            f"--to {to!r} names no customer, bill or reference with an account in {currency}: "
            "see kvitt accounts"
        )


class NotUnmatched(Refusal):
    """The payment is unknown, was taken back, or has an owner already."""

    def __init__(self, payment_id: int) -> None:
        super().__init__(
            f"payment {payment_id} does not wait for an owner: see kvitt payments unmatched, "
            "or move it with kvitt payments move"
        )


class RefundUnderWay(Refusal):
    """The payment cannot be moved while a refund of it is under way."""

    def __init__(self, payment_id: int) -> None:
        super().__init__(f"payment {payment_id}: a refund of it is under way; refuse or send that first")


class NotToWriteOff(Refusal):
    """The bill a rep writes off is unknown, has nothing owed, or is flagged for or with a collector."""

    def __init__(self, bill_id: str, why: str) -> None:
        super().__init__(f"bill {bill_id} cannot be written off: {why}")


def assign(context: Context, payment_id: int, to: str, by: str) -> Account:
    """Assign an unmatched payment; it settles the bill that ``to`` names, then others in the policy's order.

    Raises:
        rights.NotAllowed: the user may only look.
        NotUnmatched: it has an owner, was taken back, or is unknown.
        NobodyNamed: ``to`` names no account in its currency.
    """
    by = rights.check(context.session, by, Right.WORK)
    payment = kept.get(context.session, payment_id)
    if payment is None or payment.account_id or payment.reversed_at:
        raise NotUnmatched(payment_id)
    account, bill = _named(context.session, to, payment)
    if not kept.give(context.session, payment_id, account.id, None):
        raise NotUnmatched(payment_id)
    payments.book_on_account(context, account, bill, payment.owned_by(account.id), "given:")
    _note(context, payment, "payment_assigned", by, {"to": account.id, "bill": bill.id if bill else ""})
    return account


def move(context: Context, payment_id: int, to: str, by: str, reason: str) -> Account:
    """Move a payment: reverse it where it was booked, and book it where it belongs.

    Raises:
        rights.NotAllowed: the user may only look.
        NoSuchPayment: it is not booked, or was taken back.
        NobodyNamed: ``to`` names no account in its currency.
        RefundUnderWay: a refund of it is under way.
    """
    by = rights.check(context.session, by, Right.WORK)
    payment, before = _booked(context.session, payment_id)
    account, bill = _named(context.session, to, payment, also=before)
    # The refund would leave from the old account although the money is no longer there.
    if refunds.asked_for(context.session, payment_id):
        raise RefundUnderWay(payment_id)
    entries = ledger.of_payment(context.session, payment_id)
    amount, number = left(entries), len(entries)
    today = local_day(context.now, context.creditor.zone)
    active = live(entries)
    # Plain bookings are reversed one by one; after refunds or chargebacks only what is left can move.
    if all(entry.kind is EntryKind.PAYMENT and entry.amount.minor < 0 for entry in active):
        backs = [entry.reversal(today, f"moved:{entry.id}") for entry in active]
    else:
        whole = Money(amount, payment.currency)
        backs = back(entries, whole, EntryKind.PAYMENT, today, f"moved:{payment_id}:{number}")
    ledger.append(context.session, backs, context.now)
    prompt_pay.update_discounts(context, [entry.bill_id for entry in active], today)
    rounding.update(context, [entry.bill_id for entry in active], today)
    kept.give(context.session, payment_id, account.id, before.id)
    if amount > 0:
        there = replace(payment.owned_by(account.id), amount=amount)
        payments.book_on_account(context, account, bill, there, f"moved{number}:")
    reschedule(context, [before.customer_id, account.customer_id])
    detail: dict[str, object] = {"from": before.id, "to": account.id, "reason": reason}
    _note(context, payment, "payment_moved", by, detail)
    return account


def bounce(context: Context, payment_id: int, by: str, reason: str) -> None:
    """Record that a payment was not honoured: its bills are owed again, and the customer is notified once.

    Raises:
        NoSuchPayment: it is not booked, or was taken back before.
    """
    by = rights.check(context.session, by, Right.WORK)
    payment, _ = _booked(context.session, payment_id)
    payments.take_back(context, payment.source, payment.source_id, bounced=True)
    _note(context, payment, "payment_bounced", by, {"reason": reason})


def write_off(context: Context, bill_id: str, by: str, reason: str) -> Money:
    """Write off what is left of a bill, as a rep's correction; returns the amount.

    Raises:
        rights.NotAllowed: the user may not, or it is more than the policy lets a rep write off alone.
        NotToWriteOff: it is unknown, nothing is owed on it, or it is flagged or with a collector.
    """
    by = rights.check(context.session, by, Right.WORK)
    bill = bills.find(context.session, bill_id)
    account = accounts.get(context.session, bill.account_id) if bill else None
    if bill is None or account is None:
        raise NotToWriteOff(bill_id, "there is no such bill")
    lock_customers(context.session, answering_for(context.session, [account.customer_id]))
    owed = ledger.owed_by_bill(context.session, [account.id])[account.id].get(bill_id, 0)
    if owed <= 0:
        raise NotToWriteOff(bill_id, "nothing is owed on it")
    # The collector must be notified by a recall; a silent write-off would let them go on collecting.
    if placements.of_bills(context.session, [bill_id]):
        raise NotToWriteOff(bill_id, "it is flagged or with a collector: see kvitt placements write-off")
    if owed > minor_units(context.policy.desk.write_off_alone, bill.currency):
        by = rights.check(context.session, by, Right.APPROVE)
    ledger.append(context.session, [small_balances.entry(context, bill, owed)], context.now)
    detail: dict[str, object] = {"amount": owed, "reason": reason}
    staff.write_down(context.session, AuditEntry(context.now, by, "written_off", f"bill:{bill_id}", detail))
    reschedule(context, [account.customer_id])
    return Money(owed, bill.currency)


def use_credit(context: Context, customer_id: str, by: str) -> Money:
    """Use a customer's credit on their open bills, as a rep's correction; overpayments count as credit.

    Raises:
        rights.NotAllowed: the user may only look.
        NobodyNamed: the customer has no account.
    """
    by = rights.check(context.session, by, Right.WORK)
    account = accounts.of_customer(context.session, customer_id)
    if account is None:
        raise NobodyNamed(customer_id, "any currency")
    lock_customers(context.session, answering_for(context.session, [customer_id]))
    today = local_day(context.now, context.creditor.zone)
    unused_money.free(context, account.id, account.currency, today)
    used = unused_money.use(context, account.id, account.currency, today)
    staff.write_down(
        context.session, AuditEntry(context.now, by, "credit_used", f"account:{account.id}", {"amount": used})
    )
    reschedule(context, [customer_id])
    return Money(used, account.currency)


def sweep(database: Database, installation: Installation, clock: Clock) -> int:
    """Write off small balances by the policy's rule; returns the number of bills.

    A transaction an account, so that customers are locked only for a moment.
    """
    with database.read() as session:
        every = accounts.all_of_them(session) if installation.policy.payments.small_balance else []
    count = 0
    for account in every:
        with database.write() as session:
            context = Context(session, installation, clock)
            lock_customers(session, answering_for(session, [account.customer_id]))
            given_up = small_balances.give_up(context, account.id)
            if given_up:
                reschedule(context, [account.customer_id])
            count += given_up
    return count


def _named(
    session: Session, to: str, payment: Payment, also: Account | None = None
) -> tuple[Account, Bill | None]:
    """The account and bill of a name; their customers and those of ``also`` are locked in one order."""
    account, bill = matching.whose(session, to, payment.currency)
    if account is None:
        raise NobodyNamed(to, payment.currency)
    concerned = {account.customer_id, *([also.customer_id] if also else [])}
    lock_customers(session, answering_for(session, concerned))
    return account, bill


def _booked(session: Session, payment_id: int) -> tuple[Payment, Account]:
    payment = kept.get(session, payment_id)
    account = accounts.get(session, payment.account_id) if payment and payment.account_id else None
    if payment is None or account is None or payment.reversed_at:
        raise NoSuchPayment(payment_id)
    return payment, account


def _note(context: Context, payment: Payment, action: str, by: str, detail: dict[str, object]) -> None:
    about = {"amount": payment.amount, **detail}
    staff.write_down(context.session, AuditEntry(context.now, by, action, f"payment:{payment.id}", about))
