"""Changing an issued bill: an amount credited under a number of its own, a due day moved with its reason.

The bill as it was issued stays; what is credited is an entry, and its reminders begin again at the new day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from billing.accounts.roles import Right
from billing.bills.bills import BillState
from billing.calendar import local_day, start_of_day
from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money, minor_units
from billing.refusals import Refusal
from handlers import rights
from handlers.bills import invoices
from handlers.dunning.reschedule import answering_for, reschedule
from handlers.ledger import unused_money
from handlers.payments import prompt_pay, telling
from messages.documents import credit_notes
from storage import plans
from storage.bills import bill_changes, billing_runs, bills
from storage.bills.bill_changes import CreditNote
from storage.collection import placements
from storage.database.transaction import lock_customers
from storage.desk import staff
from storage.desk.staff import AuditEntry
from storage.ledger import accounts, ledger

if TYPE_CHECKING:
    from datetime import date

    from handlers.context import Context
    from storage.bills.bills import Bill
    from storage.ledger.accounts import Account

_SERIES: Final = "credit_note"
_BILLED: Final = frozenset({EntryKind.CHARGE, EntryKind.PAYER, EntryKind.CLAIM})


class NotToCredit(Refusal):
    """A bill cannot be credited, or not by so much."""

    def __init__(self, bill_id: str, why: str) -> None:
        super().__init__(f"bill {bill_id} cannot be credited: {why}")


class NotToMove(Refusal):
    """The due day of a bill cannot be moved, or not to that day."""

    def __init__(self, bill_id: str, why: str) -> None:
        super().__init__(f"the due day of bill {bill_id} cannot be moved: {why}")


class NothingToMove(Refusal):
    """A customer has no bill whose due day can be moved to a day."""

    def __init__(self, customer_id: str, due_on: date) -> None:
        super().__init__(
            f"customer {customer_id!r} has no bill that {due_on} gives more time for: what is on a plan or "
            "with a collector keeps its day"
        )


class NoReasonGiven(Refusal):
    """A bill is to be changed without a reason."""

    def __init__(self) -> None:
        super().__init__("--reason is empty: say why; it is kept with the bill")


class NoCreditNote(Refusal):
    """No credit note has this number."""

    def __init__(self, number: str) -> None:
        super().__init__(f"no credit note has the number {number!r}: kvitt audit shows those that were made")


def credit(
    context: Context, name: str, amount: str, by: str, reason: str, *, notify: bool = True
) -> CreditNote:
    """Credit an amount (a plain decimal) on a bill; the customer is told where policy and consent allow.

    Without an amount all that is owed on it is. What was paid beyond the rest becomes credit of the account.
    Nobody is told here without ``notify``.

    Raises:
        UnknownBill: there is no such bill.
        rights.NotAllowed: the user may not, or the policy asks for one who may approve.
        NotToCredit: it is not issued, is with a collector, or was not billed for so much.
        billing.refusals.BadAmount: the amount cannot be read.
        NoReasonGiven: the reason is empty.
    """
    session = context.session
    by = rights.check(session, by, Right.WORK)
    bill, account = _held(context, name, reason)
    owed = ledger.owed_by_bill(session, [account.id])[account.id].get(bill.id, 0)
    minor = Money.typed(amount, bill.currency).minor if amount else owed
    _refuse_others(context, bill, NotToCredit)
    before = bill_changes.credited(session, bill.id)
    entries = ledger.of_bill(session, bill.id)
    kinds = {entry.id: entry.kind for entry in entries}
    billed = sum(
        one.amount.minor for one in entries if kinds.get(one.reverses, one.kind) in _BILLED or one.payer_id
    )
    if not 0 < minor <= billed - before:
        left = Money(max(billed - before, 0), bill.currency)
        raise NotToCredit(bill.id, f"give an amount of at most {left.plain()} {bill.currency}")
    if before + minor > minor_units(context.policy.corrections.credit_approve_above, bill.currency):
        by = rights.check(session, by, Right.APPROVE)
    today = local_day(context.now, context.creditor.zone)
    number = f"CN{billing_runs.next_number(session, _SERIES):06d}"
    note = CreditNote(number, bill.id, minor, bill.currency, today, reason.strip(), by)
    bill_changes.add_credit_note(session, note)
    entry = Entry(
        account_id=account.id,
        kind=EntryKind.ADJUSTMENT,
        amount=Money(-minor, bill.currency),
        booked_on=today,
        source=f"{_SERIES}:{number}",
        bill_id=bill.id,
        rule=number,
    )
    ledger.append(session, [entry], context.now)
    prompt_pay.update_discounts(context, [bill.id], today)
    unused_money.free(context, account.id, bill.currency, today)
    unused_money.use(context, account.id, bill.currency, today)
    detail: dict[str, object] = {"number": number, "amount": minor, "reason": note.reason}
    staff.write_down(session, AuditEntry(context.now, by, "bill_credited", f"bill:{bill.id}", detail))
    reschedule(context, [account.customer_id])
    if notify:
        telling.credited(context, account, number)
    return note


def move(context: Context, name: str, due_on: date, by: str, reason: str) -> date:
    """Move the due day of a bill to a later one, at which its reminders begin again; returns the day before.

    Raises:
        UnknownBill: there is no such bill.
        rights.NotAllowed: the user may not, or the policy asks for one who may approve.
        NotToMove: it is not owed, is on a plan or with a collector, or the day is not later or too late.
        NoReasonGiven: the reason is empty.
    """
    session = context.session
    by = rights.check(session, by, Right.WORK)
    bill, account = _held(context, name, reason)
    _refuse_others(context, bill, NotToMove)
    if ledger.owed_by_bill(session, [account.id])[account.id].get(bill.id, 0) <= 0:
        raise NotToMove(bill.id, "nothing is owed on it")
    if bill.id in _on_plans(context, account):
        raise NotToMove(bill.id, "it is on a payment plan, whose days count")
    today = local_day(context.now, context.creditor.zone)
    if due_on <= max(bill.due_on, today):
        raise NotToMove(bill.id, f"{due_on} is no day after {max(bill.due_on, today)}")
    move_id = _moved(context, bill, due_on, by, reason)
    reschedule(context, [account.customer_id])
    telling.moved(context, account, move_id, due_on)
    return bill.due_on


def move_all(context: Context, customer_id: str, due_on: date, by: str, reason: str) -> list[str]:
    """Move the due day of every bill that a customer answers for and that is due before a day.

    Bills on a plan or with a collector keep their day. The customer hears of all in one sentence. Returns the
    ids of the bills.

    Raises:
        NothingToMove: no bill of theirs is to be moved.
        rights.NotAllowed: the user may not, or the policy asks for one who may approve.
        NotToMove: the day is too late for one of them.
        NoReasonGiven: the reason is empty.
    """
    session = context.session
    by = rights.check(session, by, Right.WORK)
    if not reason.strip():
        raise NoReasonGiven
    lock_customers(session, answering_for(session, [customer_id]))
    found = [
        one for account in accounts.answered_by(session, [customer_id]) for one in _movable(context, account)
    ]
    late = [(account, bill) for account, bill in found if bill.due_on < due_on]
    if not late or due_on <= local_day(context.now, context.creditor.zone):
        raise NothingToMove(customer_id, due_on)
    moves = [_moved(context, bill, due_on, by, reason) for _, bill in late]
    reschedule(context, {account.customer_id for account, _ in late})
    telling.moved(context, late[0][0], moves[0], due_on, len(moves))
    return [bill.id for _, bill in late]


def _movable(context: Context, account: Account) -> list[tuple[Account, Bill]]:
    session = context.session
    owed = {
        name
        for name, left in ledger.owed_by_bill(session, [account.id])[account.id].items()
        if left > 0 and name
    }
    rows = bills.by_id(session, owed - _on_plans(context, account) - set(placements.of_bills(session, owed)))
    return [(account, bill) for _, bill in sorted(rows.items()) if bill.state is BillState.ISSUED]


def _on_plans(context: Context, account: Account) -> set[str]:
    mine = accounts.answered_by(context.session, [account.guarantor_id])
    running = plans.running(context.session, [one.id for one in mine])
    return {bill_id for plan in running.values() for bill_id in plan.bill_ids}


def _moved(context: Context, bill: Bill, due_on: date, by: str, reason: str) -> int:
    """Move a due day within the policy's bounds, and write it down; returns the id of the move."""
    session, rules = context.session, context.policy.corrections
    days = (due_on - (bill_changes.first_due_day(session, bill.id) or bill.due_on)).days
    if days > rules.move_most_days:
        raise NotToMove(
            bill.id, f"{due_on} is {days} days after it was due first; {rules.move_most_days} at most"
        )
    if days > rules.move_approve_after_days:
        by = rights.check(session, by, Right.APPROVE)
    move_id = bill_changes.move_due_day(
        session, bill.id, bill.due_on, due_on, reason.strip(), by, context.now
    )
    bills.new_episode(session, [bill.id], start_of_day(due_on, context.creditor.zone))
    detail: dict[str, object] = {"from": str(bill.due_on), "to": str(due_on), "reason": reason.strip()}
    staff.write_down(session, AuditEntry(context.now, by, "due_day_moved", f"bill:{bill.id}", detail))
    return move_id


def page(context: Context, number: str) -> dict[str, Any]:
    """All that is printed on a credit note, as plain JSON.

    Raises:
        NoCreditNote: there is none with this number.
    """
    note = bill_changes.credit_note(context.session, number)
    if note is None:
        raise NoCreditNote(number)
    printed = invoices.page(context, note.bill_id, dated_on=note.credited_on)
    language = invoices.read(context, note.bill_id).person.language
    credited = Money(note.amount, note.currency)
    return credit_notes.page(printed, number, credited, note.credited_on, note.reason, language)


def _held(context: Context, name: str, reason: str) -> tuple[Bill, Account]:
    """The bill of a name as it is once its customer is locked, and its account."""
    if not reason.strip():
        raise NoReasonGiven
    found = invoices.named(context.session, name)
    account = accounts.get(context.session, found.account_id)
    assert account is not None
    lock_customers(context.session, answering_for(context.session, [account.customer_id]))
    bill = bills.find(context.session, found.id)
    assert bill is not None
    return bill, account


def _refuse_others(context: Context, bill: Bill, refused: type[NotToCredit | NotToMove]) -> None:
    if bill.state is not BillState.ISSUED:
        raise refused(bill.id, "it is not issued")
    # The collector would go on collecting what was changed behind their back.
    if placements.of_bills(context.session, [bill.id]):
        raise refused(bill.id, "it is flagged or with a collector: see kvitt placements")
