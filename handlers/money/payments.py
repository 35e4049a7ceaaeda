"""A payment arrived: booked once, on the bill it is for, and the account looked at again at once."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from billing.allocation import Debt, allocate
from billing.bills import BillState
from billing.calendar import local_day
from billing.ledger import Entry, EntryKind
from billing.money import Money
from billing.reference_numbers import is_reference
from billing.refusals import Refusal
from handlers.wake import answering_for, wake
from storage import accounts, bills, ledger, payments
from storage.payments import Payment
from storage.transaction import lock_customers

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from handlers.house import House
    from storage.accounts import Account
    from storage.bills import Bill

_DIGITS = re.compile(r"\d+", re.ASCII)
_SUFFIX = 2
"""An OCR number ends with a length digit and a check digit."""


class Booked(StrEnum):
    """What became of a payment."""

    BOOKED = "booked"
    UNMATCHED = "unmatched"
    """Kept for the desk: nobody's bill was found."""
    DUPLICATE = "duplicate"


class PaymentDiffers(Refusal):
    """A payment that was booked comes again with other figures."""

    def __init__(self, payment_id: str) -> None:
        super().__init__(
            f"payment_id: {payment_id!r} was booked before with other figures; give it an id of its own"
        )


class NotBooked(Refusal):
    """A payment is to be taken back that was never booked, or was taken back before."""

    def __init__(self, payment_id: str) -> None:
        super().__init__(f"payment {payment_id!r} is not booked, or was taken back already")


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """Money that arrived; ``source`` and ``id`` together make it count once. Positive, in minor units."""

    source: str
    id: str
    reference: str
    amount: Money
    paid_on: date
    method: str = ""


def book(session: Session, house: House, row: PaymentRow, now: datetime) -> Booked:
    """Book a payment on the bill its reference names, the rest on the oldest due, then as credit.

    Raises:
        PaymentDiffers: the same payment came before with another amount, day or reference.
    """
    account, bill = _whose(session, row)
    if account:
        lock_customers(session, answering_for(session, [account.customer_id]))
    kept = Payment(
        source=row.source,
        source_id=row.id,
        reference=row.reference,
        amount=row.amount.minor,
        currency=row.amount.currency,
        paid_on=row.paid_on,
        method=row.method,
        account_id=account.id if account else None,
    )
    payment_id = payments.keep(session, kept, now)
    if payment_id is None:
        _same_or_refuse(session, row)
        return Booked.DUPLICATE
    if account is None:
        return Booked.UNMATCHED
    shares = _entries(session, account, bill, row, payment_id)
    ledger.append(session, shares, now)
    wake(session, house, [account.customer_id], now)
    return Booked.BOOKED


def take_back(session: Session, house: House, source: str, source_id: str, now: datetime) -> None:
    """The money went back (bounced, misbooked): what it settled is owed again, at its old level.

    Raises:
        NotBooked: there is no such payment on an account, or it was taken back before.
    """
    payment = payments.find(session, source, source_id)
    account = accounts.get(session, payment.account_id) if payment and payment.account_id else None
    if payment is None or account is None:
        raise NotBooked(source_id)
    lock_customers(session, answering_for(session, [account.customer_id]))
    if not payments.mark_reversed(session, payment.id, now):
        raise NotBooked(source_id)
    today = local_day(now, house.creditor.zone)
    reversals = [
        entry.reversal(today, f"reversal:{entry.id}") for entry in ledger.of_payment(session, payment.id)
    ]
    ledger.append(session, reversals, now)
    wake(session, house, [account.customer_id], now)


def _whose(session: Session, row: PaymentRow) -> tuple[Account | None, Bill | None]:
    """The account and bill that a reference names: a bill's id, its payment reference, or a customer."""
    named = row.reference.strip()
    bill = (bills.find(session, named) or bills.by_invoice_number(session, named)) if named else None
    if bill is None and is_reference(named):
        digits = "".join(_DIGITS.findall(named))
        bill = bills.by_number(session, int(digits[:-_SUFFIX]))
    account = accounts.get(session, bill.account_id if bill else named)
    account = account or accounts.of_customer(session, named)
    if account and account.currency != row.amount.currency:
        return None, None
    return account, bill


def _entries(
    session: Session, account: Account, bill: Bill | None, row: PaymentRow, payment_id: int
) -> list[Entry]:
    owed = ledger.owed_by_bill(session, [account.id])[account.id]
    rows = bills.by_id(session, [bill_id for bill_id in owed if bill_id])
    named = bill.id if bill else None
    asked = [one for one in rows.values() if one.state is BillState.ISSUED or one.id == named]
    debts = [Debt(one.id, one.due_on, owed[one.id]) for one in asked]
    paid = Entry(
        account_id=account.id,
        kind=EntryKind.PAYMENT,
        amount=row.amount,
        booked_on=row.paid_on,
        source="",
        payment_id=payment_id,
    )
    return [
        replace(
            paid,
            amount=Money(-share.amount, account.currency),
            source=f"payment:{payment_id}:{number}",
            bill_id=share.bill_id,
        )
        for number, share in enumerate(allocate(row.amount.minor, debts, named))
    ]


def _same_or_refuse(session: Session, row: PaymentRow) -> None:
    known = payments.find(session, row.source, row.id)
    assert known is not None
    told = (row.amount.minor, row.amount.currency, row.paid_on, row.reference)
    if told != (known.amount, known.currency, known.paid_on, known.reference):
        raise PaymentDiffers(row.id)
