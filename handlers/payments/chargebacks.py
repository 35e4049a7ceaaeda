"""A payer's bank takes a payment back while it is argued about: owed again meanwhile, and nobody reminded."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from billing.accounts.holds import Hold, HoldKind
from billing.calendar import local_day
from billing.ledger.ledger import EntryKind
from billing.ledger.money import Money
from billing.ledger.payment_use import back
from handlers.dunning.reschedule import answering_for, reschedule
from handlers.ledger import unused_money
from handlers.payments import prompt_pay
from storage.database.transaction import lock_customers
from storage.desk import escalations, staff
from storage.desk.escalations import Case
from storage.desk.staff import AuditEntry
from storage.dunning import holds
from storage.ledger import accounts, ledger
from storage.payments import chargebacks, payments
from storage.payments.chargebacks import Chargeback

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from billing.ledger.ledger import Entry
    from handlers.installation import Installation
    from storage.ledger.accounts import Account
    from storage.payments.payments import Payment

_REASON = "a payment is argued about with the payer's bank"


def open_(
    session: Session,
    installation: Installation,
    payment: Payment,
    source: str,
    source_id: str,
    amount: Money,
    reason: str,
    now: datetime,
    *,
    by: str = "",
) -> bool:
    """Take so much of a payment from where it stands, hold its bills, tell the desk; whether it was new.

    ``by`` is who wrote it down, where a person did.
    """
    account = _held(session, payment)
    one = Chargeback(payment.id, source, source_id, amount.minor, amount.currency, reason)
    new = chargebacks.save_chargeback(session, one, now)
    if new is None or account is None:
        return new is not None
    key, day = f"chargeback:{new}", local_day(now, installation.creditor.zone)
    entries = ledger.of_payment(session, payment.id)
    taken = back(entries, amount, EntryKind.PAYMENT, day, key)
    ledger.append(session, taken, now)
    prompt_pay.update_discounts(session, [entry.bill_id for entry in taken], day, now)
    for bill_id in {entry.bill_id for entry in taken if entry.bill_id}:
        hold = Hold(HoldKind.DISPUTE, _REASON, None, account_id=account.id, bill_id=bill_id)
        holds.place(session, account.customer_id, hold, key, now)
    missing = amount.minor - sum(entry.amount.minor for entry in taken)
    _raise_case(session, installation, account, key, payment, missing, now)
    detail: dict[str, object] = {"payment": payment.id, "amount": amount.minor, "reason": reason}
    staff.write_down(session, AuditEntry(now, by or source, "chargeback_opened", key, detail))
    reschedule(session, installation, [account.customer_id], now)
    return True


def close(
    session: Session,
    installation: Installation,
    source: str,
    source_id: str,
    now: datetime,
    *,
    won: bool,
    by: str = "",
) -> bool:
    """It is decided: won, the money is back where it was; lost, the debt stays. Whether it was open."""
    one = chargebacks.find(session, source, source_id)
    payment = payments.get(session, one.payment_id) if one else None
    if one is None or payment is None:
        return False
    account = _held(session, payment)
    if not chargebacks.close(session, one.id, "won" if won else "lost", now):
        return False
    if account is None:
        return True
    if won and payment.reversed_at is None:
        day = local_day(now, installation.creditor.zone)
        mine = _booked(ledger.of_payment(session, payment.id), one)
        ledger.append(session, [entry.reversal(day, f"{one.key}:won:{entry.id}") for entry in mine], now)
        prompt_pay.update_discounts(session, [entry.bill_id for entry in mine], day, now)
        unused_money.free(session, account.id, account.currency, day, now)  # paid again meanwhile
    _lift(session, account, one, now)
    outcome = "chargeback_won" if won else "chargeback_lost"
    escalations.close_key(session, one.key, by or source, outcome, now)
    staff.write_down(session, AuditEntry(now, by or source, outcome, one.key, {"payment": payment.id}))
    reschedule(session, installation, [account.customer_id], now)
    return True


def _held(session: Session, payment: Payment) -> Account | None:
    account = accounts.get(session, payment.account_id) if payment.account_id else None
    if account:
        lock_customers(session, answering_for(session, [account.customer_id]))
    return account


def _booked(entries: list[Entry], one: Chargeback) -> list[Entry]:
    """The entries that took the money: those that were not undone since."""
    undone = {entry.reverses for entry in entries}
    return [
        entry
        for entry in entries
        if entry.source.startswith(f"{one.key}:") and not entry.reverses and entry.id not in undone
    ]


def _lift(session: Session, account: Account, one: Chargeback, now: datetime) -> None:
    for kept in holds.every(session, account.customer_id):
        if kept.placed_by == one.key and kept.lifted_at is None and kept.hold.id is not None:
            holds.lift_one(session, kept.hold.id, one.source, now)


def _raise_case(
    session: Session,
    installation: Installation,
    account: Account,
    key: str,
    payment: Payment,
    missing: int,
    now: datetime,
) -> None:
    more = f"; {Money(missing, payment.currency).plain()} of it was not with us any more" if missing else ""
    case = Case(
        key=key,
        kind="chargeback",
        reason=f"payment {payment.id} was charged back: answer the payer's bank{more}",
        deadline=now + timedelta(hours=installation.policy.talk.person_within_hours),
        customer_id=account.customer_id,
    )
    escalations.open_case(session, case, now)
