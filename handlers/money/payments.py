"""A payment arrived: booked once, on the bill it is for, and the account looked at again at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from billing.allocation import Debt, allocate
from billing.bills import BillState
from billing.calendar import local_day, start_of_day
from billing.ledger import Entry, EntryKind
from billing.money import Money
from billing.refusals import Refusal
from billing.standing import live
from handlers.money import bouncing, matching, prompt_pay, small_balances, telling
from handlers.wake import answering_for, wake
from storage import accounts, bills, escalations, ledger, payments, plans
from storage.escalations import Case
from storage.payments import Payment
from storage.transaction import lock_customers

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from handlers.house import House
    from storage.accounts import Account
    from storage.bills import Bill


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
    """Money that arrived; ``source`` and ``id`` together make it count once. Positive, in minor units.

    ``references`` are whatever else it may be known by, and ``text`` what the payer wrote.
    """

    source: str
    id: str
    reference: str
    amount: Money
    paid_on: date
    method: str = ""
    payer: str = ""
    text: str = ""
    references: tuple[str, ...] = ()


def book(session: Session, house: House, row: PaymentRow, now: datetime) -> Booked:
    """Book a payment on the bill it names, then as the policy orders, the rest as credit; thank for it.

    Raises:
        PaymentDiffers: the same payment came before with another amount, day or reference.
    """
    return book_numbered(session, house, row, now)[0]


def book_numbered(session: Session, house: House, row: PaymentRow, now: datetime) -> tuple[Booked, int]:
    """Book a payment as :func:`book` does; what became of it, and its number.

    Raises:
        PaymentDiffers: the same payment came before with another amount, day or reference.
    """
    account, bill = find_owner(session, row)
    if account:
        lock_customers(session, answering_for(session, [account.customer_id]))
    kept = replace(nobodys(row), account_id=account.id if account else None)
    payment_id = payments.keep(session, kept, now)
    if payment_id is None:
        return Booked.DUPLICATE, _same_or_refuse(session, row)
    if account is None:
        return Booked.UNMATCHED, payment_id
    settle(session, house, account, bill, replace(kept, id=payment_id), now)
    return Booked.BOOKED, payment_id


def nobodys(row: PaymentRow) -> Payment:
    """A payment as it is kept while nobody is found for it."""
    return Payment(
        source=row.source,
        source_id=row.id,
        reference=row.reference,
        amount=row.amount.minor,
        currency=row.amount.currency,
        paid_on=row.paid_on,
        method=row.method,
        payer=row.payer,
        text=row.text,
    )


def find_owner(session: Session, row: PaymentRow) -> tuple[Account | None, Bill | None]:
    """The account and bill that a payment names, in its reference or in the payer's words."""
    names = [name for name in (row.reference, *row.references) if name.strip()]
    return matching.among_words(session, names, row.text, row.amount.currency)


def settle(
    session: Session,
    house: House,
    account: Account,
    bill: Bill | None,
    payment: Payment,
    now: datetime,
    source: str = "",
) -> None:
    """Book a payment that is an account's: shares, small balances, thanks, and what a person should see.

    ``source`` tells entries apart where the payment was booked before, elsewhere. Whoever calls holds
    the customer.
    """
    shares = _shares(session, house, account, bill, payment, source)
    ledger.append(session, shares, now)
    day = local_day(now, house.creditor.zone)
    prompt_pay.settle(session, [one.bill_id for one in shares], day, now)
    small_balances.give_up(session, house, account.id, now)
    wake(session, house, [account.customer_id], now)
    telling.thank(session, house, account, payment, now)
    _look_for_doubles(session, house, account, bill, payment, now)


def take_back(
    session: Session, house: House, source: str, source_id: str, now: datetime, *, bounced: bool = False
) -> None:
    """The money went back (bounced, misbooked): what it settled is owed again, at its old level.

    What was refunded of it meanwhile stays owed. Of one that ``bounced`` the customer is told, once, and
    it costs what the policy allows.

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
    booked = live(ledger.of_payment(session, payment.id))
    backs = [
        entry.reversal(today, f"reversal:{entry.id}")
        for entry in booked
        if entry.kind is not EntryKind.REFUND
    ]
    ledger.append(session, backs, now)
    prompt_pay.settle(session, [entry.bill_id for entry in booked], today, now)
    if bounced:
        bouncing.charge(session, house, payment, [entry.bill_id for entry in booked], today, now)
    wake(session, house, [account.customer_id], now)
    if bounced:
        telling.bounced(session, house, account, payment, now)


def _shares(
    session: Session, house: House, account: Account, bill: Bill | None, payment: Payment, source: str
) -> list[Entry]:
    owed = ledger.owed_by_bill(session, [account.id])[account.id]
    rows = bills.by_id(session, [bill_id for bill_id in owed if bill_id])
    named = bill.id if bill else None
    asked = [one for one in rows.values() if one.state is BillState.ISSUED or one.id == named]
    planned = _planned(session, account) if house.policy.payments.plan_first else frozenset[str]()
    debts = [Debt(one.id, one.due_on, owed[one.id], one.id in planned) for one in asked]
    paid = Entry(
        account_id=account.id,
        kind=EntryKind.PAYMENT,
        amount=Money(payment.amount, payment.currency),
        booked_on=payment.paid_on,
        source="",
        payment_id=payment.id,
    )
    return [
        replace(
            paid,
            amount=Money(-share.amount, account.currency),
            source=f"payment:{payment.id}:{source}{number}",
            bill_id=share.bill_id,
        )
        for number, share in enumerate(allocate(payment.amount, debts, named))
    ]


def _planned(session: Session, account: Account) -> frozenset[str]:
    """The bills of the plan that runs over the account, if one does: it may be kept with a sibling's."""
    mine = [one.id for one in accounts.answered_by(session, [account.guarantor_id])]
    return frozenset(bill_id for plan in plans.running(session, mine).values() for bill_id in plan.bill_ids)


def _look_for_doubles(
    session: Session, house: House, account: Account, bill: Bill | None, payment: Payment, now: datetime
) -> None:
    """The same amount for the same thing a little before: somebody may have paid twice."""
    days = house.policy.payments.double_days
    before = payments.like(session, payment, payment.paid_on - timedelta(days=days)) if days else []
    alike = [one for one in before if one.reference == payment.reference]
    if not alike:
        return
    today = local_day(now, house.creditor.zone)
    case = Case(
        key=f"double_payment:{payment.id}",
        kind="double_payment",
        reason=f"payments {alike[-1].id} and {payment.id} are alike: was it paid twice?",
        deadline=start_of_day(today + timedelta(days=house.policy.holds.answer_days), house.creditor.zone),
        severity=3,
        customer_id=account.customer_id,
        bill_id=bill.id if bill else None,
    )
    escalations.open_case(session, case, now)


def _same_or_refuse(session: Session, row: PaymentRow) -> int:
    known = payments.find(session, row.source, row.id)
    assert known is not None
    told = (row.amount.minor, row.amount.currency, row.paid_on, row.reference)
    if told != (known.amount, known.currency, known.paid_on, known.reference):
        raise PaymentDiffers(row.id)
    return known.id
