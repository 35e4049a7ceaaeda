"""Booking of payments: each once, on the bill it names, then in the policy's order.

In the same transaction the account is rescheduled, so that a paid bill is never reminded.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from billing.bills.bills import BillState
from billing.calendar import local_day, refuse_far, start_of_day
from billing.ledger.allocation import Debt, allocate
from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money
from billing.ledger.payment_use import live
from billing.refusals import Refusal
from handlers.dunning.reschedule import answering_for, reschedule
from handlers.payments import bouncing, matching, prompt_pay, rounding, small_balances, telling
from storage import plans
from storage.bills import bills
from storage.database.transaction import lock_customers
from storage.desk import escalations
from storage.desk.escalations import Case
from storage.ledger import accounts, ledger
from storage.payments import payments
from storage.payments.payments import Payment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from billing.ledger.allocation import PaymentShare
    from handlers.context import Context
    from storage.bills.bills import Bill
    from storage.ledger.accounts import Account


class PaymentOutcome(StrEnum):
    """Result of booking a payment."""

    BOOKED = "booked"
    UNMATCHED = "unmatched"
    """Stored without an owner, for a rep to assign."""
    DUPLICATE = "duplicate"


class PaymentDiffers(Refusal):
    """A payment of this id was booked before with another amount, day or reference."""

    def __init__(self, payment_id: str) -> None:
        super().__init__(
            f"payment_id: {payment_id!r} was booked before with other figures; give it an id of its own"
        )


class NeverBooked(Refusal):
    """The payment is not booked, or was taken back already."""

    def __init__(self, payment_id: str) -> None:
        super().__init__(f"payment {payment_id!r} is not booked, or was taken back already")


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """An incoming payment; ``source`` and ``id`` together make it count once. The amount is positive.

    ``references`` are further references from the bank, ``text`` is what the payer wrote.
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


@dataclass(frozen=True, slots=True)
class Settling:
    """A payment with its account, not yet spread on bills; ``source`` as :func:`book_on_account` takes it."""

    account: Account
    bill: Bill | None
    payment: Payment
    source: str = ""


def book(context: Context, row: PaymentRow) -> PaymentOutcome:
    """Book a payment on the bill it names, then in the policy's order, the rest as credit; queue thanks.

    Raises:
        PaymentDiffers: the same payment came before with another amount, day or reference.
    """
    return book_numbered(context, row)[0]


def book_numbered(context: Context, row: PaymentRow) -> tuple[PaymentOutcome, int]:
    """Book a payment as :func:`book` does; returns the outcome and the payment's id.

    Raises:
        PaymentDiffers: the same payment came before with another amount, day or reference.
    """
    (done,) = book_all(context, [row])
    return done


def book_all(context: Context, rows: Sequence[PaymentRow]) -> list[tuple[PaymentOutcome, int]]:
    """Book payments as :func:`book` does, in few statements; returns outcome and id of each.

    All customers are locked at once, in one order. Of two payments for one person the second is booked after
    the first is settled, as if it came alone.

    Raises:
        PaymentDiffers: a payment came before with another amount, day or reference; nothing is booked.
        DayFar: one was paid on a day with which no deadline could be counted; nothing is booked.
    """
    for row in rows:
        refuse_far("paid_on", row.paid_on, context.now.date())
    owners = matching.owners(context.session, [(_names(row), row.text, row.amount) for row in rows])
    lock_customers(
        context.session, answering_for(context.session, {one.customer_id for one, _ in owners if one})
    )
    done: dict[int, tuple[PaymentOutcome, int]] = {}
    for numbers in _rounds(owners):
        settling: list[Settling] = []
        for number in numbers:
            account, bill = owners[number]
            kept = replace(nobodys(rows[number]), account_id=account.id if account else None)
            # (source, id) is a unique key: None means that it is stored already, whatever else runs at the
            # same time.
            payment_id = payments.save_payment(context.session, kept, context.now)
            if payment_id is None:
                done[number] = PaymentOutcome.DUPLICATE, _same_or_refuse(context.session, rows[number])
                continue
            done[number] = PaymentOutcome.BOOKED if account else PaymentOutcome.UNMATCHED, payment_id
            if account:
                settling.append(Settling(account, bill, replace(kept, id=payment_id)))
        settle_all(context, settling)
    return [done[number] for number in range(len(rows))]


def _rounds(owners: Sequence[tuple[Account | None, Bill | None]]) -> Iterator[list[int]]:
    """Indexes of payments settled together: the first of each person, then the second, and so on.

    What the first one settles changes what is owed when the second is spread.
    """
    seen: Counter[str] = Counter()
    rounds: dict[int, list[int]] = {}
    for number, (account, _) in enumerate(owners):
        at = seen[account.guarantor_id] if account else 0
        seen.update([account.guarantor_id] if account else [])
        rounds.setdefault(at, []).append(number)
    yield from rounds.values()


def nobodys(row: PaymentRow) -> Payment:
    """A payment without an owner, as it is stored."""
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
    """The account and bill of a payment, by its references or the payer's text."""
    return matching.find_owner(session, _names(row), row.text, row.amount)


def _names(row: PaymentRow) -> list[str]:
    return [name for name in (row.reference, *row.references) if name.strip()]


def book_on_account(
    context: Context, account: Account, bill: Bill | None, payment: Payment, source: str = ""
) -> None:
    """Spread a payment on an account's bills, write off small rests, thank, and check for a double payment.

    ``source`` distinguishes the entries of a payment that was booked elsewhere before. The caller has locked
    the customer.
    """
    settle_all(context, [Settling(account, bill, payment, source)])


def settle_all(context: Context, found: Sequence[Settling]) -> None:
    """Settle payments of different people together, as :func:`book_on_account` does one."""
    if not found:
        return
    shares = _shares(context, found)
    ledger.append(context.session, shares, context.now)
    day = local_day(context.now, context.creditor.zone)
    prompt_pay.update_discounts(context, [one.bill_id for one in shares], day)
    rounding.update(context, [one.bill_id for one in shares], day)
    for one in found:
        # Before the thanks, which say whether anything is left to pay.
        small_balances.give_up(context, one.account.id)
    reschedule(context, {one.account.customer_id for one in found})
    telling.thank(context, [(one.account, one.payment) for one in found])
    for one in found:
        _look_for_doubles(context, one.account, one.bill, one.payment)


def take_back(context: Context, source: str, source_id: str, *, bounced: bool = False) -> None:
    """Reverse a payment (bounced, misbooked): its bills are owed again, at the level they had reached.

    What was refunded of it meanwhile stays owed. For one that ``bounced`` the customer is notified once, and
    the policy's fee is charged.

    Raises:
        NeverBooked: it is not booked on an account, or was taken back before.
    """
    payment = payments.find(context.session, source, source_id)
    account = accounts.get(context.session, payment.account_id) if payment and payment.account_id else None
    if payment is None or account is None:
        raise NeverBooked(source_id)
    lock_customers(context.session, answering_for(context.session, [account.customer_id]))
    # Only the first of two reversals gets here: the mark is set once, under the lock.
    if not payments.mark_reversed(context.session, payment.id, context.now):
        raise NeverBooked(source_id)
    today = local_day(context.now, context.creditor.zone)
    booked = live(ledger.of_payment(context.session, payment.id))
    backs = [
        entry.reversal(today, f"reversal:{entry.id}")
        for entry in booked
        if entry.kind is not EntryKind.REFUND
    ]
    ledger.append(context.session, backs, context.now)
    prompt_pay.update_discounts(context, [entry.bill_id for entry in booked], today)
    rounding.update(context, [entry.bill_id for entry in booked], today)
    if bounced:
        bouncing.charge(context, payment, [entry.bill_id for entry in booked], today)
    reschedule(context, [account.customer_id])
    if bounced:
        telling.bounced(context, account, payment)


def _shares(context: Context, found: Sequence[Settling]) -> list[Entry]:
    """The entries that spread each payment on bills, in the policy's order."""
    owed = ledger.owed_by_bill(context.session, [one.account.id for one in found])
    rows = bills.by_id(context.session, {bill_id for mine in owed.values() for bill_id in mine if bill_id})
    planned = _planned(context.session, found) if context.policy.payments.plan_first else {}
    entries: list[Entry] = []
    for one in found:
        mine, named = owed[one.account.id], one.bill.id if one.bill else None
        debts = [
            Debt(bill_id, rows[bill_id].due_on, left, bill_id in planned.get(one.account.guarantor_id, ()))
            for bill_id, left in mine.items()
            if bill_id and (rows[bill_id].state is BillState.ISSUED or bill_id == named)
        ]
        shares = allocate(one.payment.amount, debts, named)
        shares = rounding.with_excess(shares, rounding.tolerance(context, one.account.currency))
        entries += [_paid(one, number, share) for number, share in enumerate(shares)]
    return entries


def _paid(one: Settling, number: int, share: PaymentShare) -> Entry:
    return Entry(
        account_id=one.account.id,
        kind=EntryKind.PAYMENT,
        amount=Money(-share.amount, one.account.currency),
        booked_on=one.payment.paid_on,
        source=f"payment:{one.payment.id}:{one.source}{number}",
        payment_id=one.payment.id,
        bill_id=share.bill_id,
    )


def _planned(session: Session, found: Sequence[Settling]) -> dict[str, set[str]]:
    """The bills on running plans, by guarantor: a plan may be stored with a sibling's account."""
    mine = accounts.answered_by(session, {one.account.guarantor_id for one in found})
    whose_is = {one.id: one.guarantor_id for one in mine}
    planned: dict[str, set[str]] = {}
    for account_id, plan in plans.running(session, list(whose_is)).items():
        planned.setdefault(whose_is[account_id], set()).update(plan.bill_ids)
    return planned


def _look_for_doubles(context: Context, account: Account, bill: Bill | None, payment: Payment) -> None:
    """Open a case if a payment of the same amount and reference came shortly before: maybe paid twice."""
    days = context.policy.payments.double_days
    before = payments.like(context.session, payment, payment.paid_on - timedelta(days=days)) if days else []
    alike = [one for one in before if one.reference == payment.reference]
    if not alike:
        return
    today = local_day(context.now, context.creditor.zone)
    case = Case(
        key=f"double_payment:{payment.id}",
        kind="double_payment",
        reason=f"payments {alike[-1].id} and {payment.id} are alike: was it paid twice?",
        deadline=start_of_day(
            today + timedelta(days=context.policy.holds.answer_days), context.creditor.zone
        ),
        severity=3,
        customer_id=account.customer_id,
        bill_id=bill.id if bill else None,
    )
    escalations.open_case(context.session, case, context.now)


def _same_or_refuse(session: Session, row: PaymentRow) -> int:
    known = payments.find(session, row.source, row.id)
    assert known is not None
    given = (row.amount.minor, row.amount.currency, row.paid_on, row.reference)
    if given != (known.amount, known.currency, known.paid_on, known.reference):
        raise PaymentDiffers(row.id)
    return known.id
