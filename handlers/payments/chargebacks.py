"""Chargebacks: the customer's bank takes a payment back until it has decided.

Meanwhile the bills are owed again, since the money is gone, and held, since they are disputed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.holds import Hold, HoldKind
from billing.calendar import local_day
from billing.ledger.ledger import EntryKind
from billing.ledger.money import Money
from billing.ledger.payment_use import back
from handlers.dunning.reschedule import answering_for, reschedule
from handlers.ledger import unused_money
from handlers.payments import prompt_pay, rounding
from storage.database.transaction import lock_customers
from storage.desk import escalations, staff
from storage.desk.escalations import Case
from storage.desk.staff import AuditEntry
from storage.dunning import holds
from storage.ledger import accounts, ledger
from storage.payments import chargebacks, payments
from storage.payments.chargebacks import Chargeback

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from billing.ledger.ledger import Entry
    from handlers.context import Context
    from storage.ledger.accounts import Account
    from storage.payments.payments import Payment

_REASON = "a payment is argued about with the payer's bank"


def open_(
    context: Context,
    payment: Payment,
    source: str,
    source_id: str,
    amount: Money,
    reason: str,
    *,
    by: str = "",
) -> bool:
    """Book a chargeback, hold its bills and open a case; returns True if it was new.

    ``source`` and ``source_id`` make it count once. ``by`` is the rep who recorded it, if one did.
    """
    account = _held(context.session, payment)
    one = Chargeback(payment.id, source, source_id, amount.minor, amount.currency, reason)
    # (source, source_id) is a unique key: a letter recorded twice or an event sent again takes nothing twice.
    new = chargebacks.save_chargeback(context.session, one, context.now)
    if new is None or account is None:
        return new is not None
    key, day = f"chargeback:{new}", local_day(context.now, context.creditor.zone)
    entries = ledger.of_payment(context.session, payment.id)
    taken = back(entries, amount, EntryKind.PAYMENT, day, key)
    ledger.append(context.session, taken, context.now)
    prompt_pay.update_discounts(context, [entry.bill_id for entry in taken], day)
    rounding.update(context, [entry.bill_id for entry in taken], day)
    for bill_id in {entry.bill_id for entry in taken if entry.bill_id}:
        # Owed again, but disputed: no reminder until the bank has decided (docs/proof.md, invariant 36).
        hold = Hold(HoldKind.DISPUTE, _REASON, None, account_id=account.id, bill_id=bill_id)
        holds.place(context.session, account.customer_id, hold, key, context.now)
    # Part of the payment may have been refunded already: that is lost to us twice, and the case says so.
    missing = amount.minor - sum(entry.amount.minor for entry in taken)
    _raise_case(context, account, key, payment, missing)
    detail: dict[str, object] = {"payment": payment.id, "amount": amount.minor, "reason": reason}
    staff.write_down(context.session, AuditEntry(context.now, by or source, "chargeback_opened", key, detail))
    reschedule(context, [account.customer_id])
    return True


def close(context: Context, source: str, source_id: str, *, won: bool, by: str = "") -> bool:
    """Record the decision; returns True if the chargeback was open.

    Won: the reversals are reversed. Lost: the bills stay owed. The hold is lifted either way.
    """
    one = chargebacks.find(context.session, source, source_id)
    payment = payments.get(context.session, one.payment_id) if one else None
    if one is None or payment is None:
        return False
    account = _held(context.session, payment)
    if not chargebacks.close(context.session, one.id, "won" if won else "lost", context.now):
        return False
    if account is None:
        return True
    if won and payment.reversed_at is None:
        day = local_day(context.now, context.creditor.zone)
        mine = _booked(ledger.of_payment(context.session, payment.id), one)
        ledger.append(
            context.session, [entry.reversal(day, f"{one.key}:won:{entry.id}") for entry in mine], context.now
        )
        prompt_pay.update_discounts(context, [entry.bill_id for entry in mine], day)
        rounding.update(context, [entry.bill_id for entry in mine], day)
        unused_money.free(context, account.id, account.currency, day)  # paid again meanwhile
    _lift(context, account, one)
    outcome = "chargeback_won" if won else "chargeback_lost"
    escalations.close_key(context.session, one.key, by or source, outcome, context.now)
    staff.write_down(
        context.session, AuditEntry(context.now, by or source, outcome, one.key, {"payment": payment.id})
    )
    reschedule(context, [account.customer_id])
    return True


def _held(session: Session, payment: Payment) -> Account | None:
    account = accounts.get(session, payment.account_id) if payment.account_id else None
    if account:
        lock_customers(session, answering_for(session, [account.customer_id]))
    return account


def _booked(entries: list[Entry], one: Chargeback) -> list[Entry]:
    """The entries of the chargeback that were not reversed since."""
    undone = {entry.reverses for entry in entries}
    return [
        entry
        for entry in entries
        if entry.source.startswith(f"{one.key}:") and not entry.reverses and entry.id not in undone
    ]


def _lift(context: Context, account: Account, one: Chargeback) -> None:
    for kept in holds.every(context.session, account.customer_id):
        if kept.placed_by == one.key and kept.lifted_at is None and kept.hold.id is not None:
            holds.lift_one(context.session, kept.hold.id, one.source, context.now)


def _raise_case(context: Context, account: Account, key: str, payment: Payment, missing: int) -> None:
    more = f"; {Money(missing, payment.currency).plain()} of it was not with us any more" if missing else ""
    case = Case(
        key=key,
        kind="chargeback",
        reason=f"payment {payment.id} was charged back: answer the payer's bank{more}",
        deadline=context.answer_by(),
        customer_id=account.customer_id,
    )
    escalations.open_case(context.session, case, context.now)
