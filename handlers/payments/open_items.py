"""Taking a list of open items of a ledger kept elsewhere: its bills follow it, and no others.

All of a list is taken in one transaction, in which the accounts it changes are scheduled anew.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from billing.accounts.roles import Right
from billing.calendar import local_day, refuse_far
from billing.ledger import open_items as rules
from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money
from billing.ledger.open_items import ListedChange, ListVerdict
from billing.refusals import Refusal
from handlers import rights
from handlers.dunning.reschedule import answering_for, reschedule
from handlers.ledger import unused_money
from handlers.payments import prompt_pay
from storage.bills import open_items
from storage.database.transaction import lock_customers
from storage.desk import escalations, staff
from storage.desk.escalations import Case
from storage.desk.staff import AuditEntry
from storage.ledger import accounts, ledger

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from billing.ledger.open_items import GivenList
    from handlers.context import Context
    from storage.bills.open_items import BillOfLedger


class ListOfTomorrow(Refusal):
    """A list of open items is of a day that has not come."""

    def __init__(self, given: GivenList) -> None:
        super().__init__(f"--as-of {given.as_of} has not come: name the day that the list is of")


class OtherLedgersBill(Refusal):
    """A list of open items has a bill that follows another ledger."""

    def __init__(self, bill_id: str, given: GivenList, other: str) -> None:
        super().__init__(
            f"bill {bill_id!r} follows ledger {other!r}, and {given.ledger!r} has it open too: nothing was "
            "taken; take it out of one of them"
        )


class OtherCurrencyThere(Refusal):
    """A list of open items has a bill in another currency than ours."""

    def __init__(self, bill_id: str, found: str, expected: str) -> None:
        super().__init__(
            f"bill {bill_id!r} is open in {found} there and was billed in {expected}: nothing was taken"
        )


class ListedTwice(Refusal):
    """A list of open items has a bill twice, under its id and its number."""

    def __init__(self, bill_id: str) -> None:
        super().__init__(f"bill {bill_id!r} is there twice: nothing was taken; keep one line of a bill")


class ListDoubted(Refusal):
    """A list of open items may be cut, old, or another ledger's: a person has to confirm it."""

    def __init__(self, given: GivenList, reasons: Sequence[str]) -> None:
        super().__init__(
            f"the list of ledger {given.ledger!r} of {given.as_of} was not taken: {'; '.join(reasons)}. "
            "Look at it, and if it is right: --anyway REASON"
        )


@dataclass(frozen=True, slots=True)
class TakenList:
    """What a list came to: a verdict for each bill that follows the ledger, and ids that are not followed."""

    verdicts: tuple[ListVerdict, ...]
    unknown: tuple[str, ...]
    """Named on it, and no bill here."""
    unissued: tuple[str, ...]
    """Bills that are not issued here yet."""
    doubts: tuple[str, ...] = ()
    """Why it needed a reason."""

    @property
    def counts(self) -> dict[ListedChange, int]:
        """How many bills each thing was found of."""
        found = Counter(one.what for one in self.verdicts)
        return {what: found[what] for what in ListedChange}


def take(context: Context, given: GivenList, by: str, anyway: str = "") -> TakenList:
    """Have a ledger's bills follow its list; ``anyway`` says why one that is doubted is taken.

    Raises:
        ListOfTomorrow: it is of a day that has not come.
        ListDoubted: it is shorter, jumps, or is older than the last one, and no reason is given.
        OtherLedgersBill: a bill of it follows another ledger.
        OtherCurrencyThere: a bill of it was billed in another currency.
        ListedTwice: a bill is there under two names.
        rights.NotAllowed: a reason is given, and who gives it may not approve.
    """
    session = context.session
    if anyway:
        by = rights.check(session, by, Right.APPROVE)
    open_items.hold(session)
    if given.as_of > local_day(context.now, context.creditor.zone):
        raise ListOfTomorrow(given)
    refuse_far("as_of", given.as_of, context.now.date())
    listed, lacking, unknown = _matched(context, given)
    named = {one.figures.bill_id for one, _ in listed}
    found = [*listed, *lacking]
    unissued = tuple(sorted(one.figures.bill_id for one, _ in found if not one.issued))
    mine = [(one, there) for one, there in found if one.issued]
    verdicts = [_compared(context, given, one, there) for one, there in mine]
    policy = context.policy.following
    last = open_items.last_list(session, given.ledger)
    doubts = tuple(rules.doubts(given, last, verdicts, policy.shorter_percent, policy.total_percent, named))
    if doubts and not anyway:
        raise ListDoubted(given, doubts)
    taken = TakenList(tuple(_book(context, given, mine, verdicts, by, anyway)), unknown, unissued, doubts)
    detail: dict[str, object] = {"as_of": given.as_of.isoformat(), **_changed(taken.counts)}
    if doubts:
        detail |= {"doubts": list(doubts), "reason": anyway}
    staff.write_down(
        session, AuditEntry(context.now, by, "open_items", f"{rules.RULE}{given.ledger}", detail)
    )
    return taken


def _matched(
    context: Context, given: GivenList
) -> tuple[list[tuple[BillOfLedger, int]], list[tuple[BillOfLedger, int]], tuple[str, ...]]:
    """The bills a list has and those it lacks, each with what is open on it there; and the names of no bill.

    A bill that the list lacks is paid there, unless it was issued too late to be on it. Bills that it has are
    in its order.
    """
    session = context.session
    items = {item.bill_id: item for item in given.items}
    known = open_items.named(session, list(items))
    by_name = {one.number: one for one in known if one.number} | {one.figures.bill_id: one for one in known}
    listed: dict[str, tuple[BillOfLedger, int]] = {}
    for name, item in items.items():
        one = by_name.get(name)
        if one is None:
            continue
        bill = one.figures
        if bill.bill_id in listed:
            raise ListedTwice(bill.bill_id)
        if one.ledger not in {"", given.ledger}:
            raise OtherLedgersBill(bill.bill_id, given, one.ledger)
        if item.currency != bill.currency:
            raise OtherCurrencyThere(bill.bill_id, item.currency, bill.currency)
        listed[bill.bill_id] = one, max(item.open, 0)
    absent = [
        (one, 0)
        for one in open_items.open_bills(session, given.ledger)
        if one.figures.bill_id not in listed and not _too_new(one, given)
    ]
    return list(listed.values()), absent, tuple(sorted(items.keys() - by_name.keys()))


def _too_new(one: BillOfLedger, given: GivenList) -> bool:
    """Whether a bill may have been issued after the list was written."""
    return one.issued_on > given.as_of or (one.issued_on == given.as_of and one.figures.listed is None)


def _compared(context: Context, given: GivenList, one: BillOfLedger, there: int) -> ListVerdict:
    return rules.compare(one.figures, there, given.as_of, context.policy.following.ask_after_days)


def _book(
    context: Context,
    given: GivenList,
    mine: Sequence[tuple[BillOfLedger, int]],
    verdicts: Sequence[ListVerdict],
    by: str,
    anyway: str,
) -> Iterator[ListVerdict]:
    """Book what a list changes, save what it had, and ask where a person is needed."""
    session = context.session
    whose = {one.figures.bill_id: one.account_id for one, _ in mine}
    moving = {one.bill.bill_id for one in verdicts if one.change or one.ask}
    concerned = accounts.customers_of(session, {whose[bill_id] for bill_id in moving})
    lock_customers(session, answering_for(session, set(concerned.values())))
    # What was paid while the locks were waited for is not settled a second time.
    there = {one.figures.bill_id: amount for one, amount in mine}
    again = {
        one.figures.bill_id: _compared(context, given, one, there[one.figures.bill_id])
        for one in (open_items.named(session, moving) if moving else ())
        if one.figures.bill_id in moving
    }
    final = [again.get(one.bill.bill_id, one) for one in verdicts]
    open_items.follow(session, (one.figures.bill_id for one, _ in mine if not one.ledger), given.ledger)
    counts = _changed(Counter(one.what for one in final))
    last_bill = next((one.figures.bill_id for one, amount in reversed(mine) if amount), "")
    list_id = open_items.add_list(session, given, last_bill, counts, by, anyway, context.now)
    changed = [one for one in final if one.change]
    ledger.append(session, _entries(context, given, list_id, changed, whose), context.now)
    prompt_pay.update_discounts(context, [one.bill.bill_id for one in changed], given.as_of)
    raised = {whose[one.bill.bill_id]: one.bill.currency for one in changed if one.change > 0}
    for account_id, currency in sorted(raised.items()):
        unused_money.use(context, account_id, currency, given.as_of)
    open_items.note(session, final)
    _ask(context, given, final, {bill_id: concerned.get(whose[bill_id]) for bill_id in moving})
    if changed:
        reschedule(context, {concerned[whose[one.bill.bill_id]] for one in changed})
    yield from sorted(final, key=lambda one: one.bill.bill_id)


def _entries(
    context: Context,
    given: GivenList,
    list_id: int,
    changed: Sequence[ListVerdict],
    whose: Mapping[str, str],
) -> Iterator[Entry]:
    """What is settled there, and reversals of what is open there again, the newest settlement first."""
    back = [one.bill.bill_id for one in changed if one.change > 0]
    booked = ledger.of_bills(context.session, back) if back else {}
    for one in changed:
        bill, settled = one.bill, -one.change
        if one.change > 0:
            taken, settled = 0, 0
            for entry in reversed(_settlements(booked[bill.bill_id])):
                if taken >= one.change:
                    break
                taken -= entry.amount.minor
                yield entry.reversal(given.as_of, f"elsewhere:{entry.id}:back")
            settled = taken - one.change
        if settled:
            yield Entry(
                account_id=whose[bill.bill_id],
                kind=EntryKind.ELSEWHERE,
                amount=Money(-settled, bill.currency),
                booked_on=given.as_of,
                source=f"elsewhere:{list_id}:{bill.bill_id}",
                bill_id=bill.bill_id,
                rule=f"{rules.RULE}{given.ledger}",
            )


def _settlements(entries: Sequence[Entry]) -> list[Entry]:
    """The settlements by a ledger that were not reversed, oldest first."""
    undone = {entry.reverses for entry in entries}
    return [one for one in entries if one.kind is EntryKind.ELSEWHERE and one.id not in undone]


def _ask(
    context: Context, given: GivenList, final: Sequence[ListVerdict], whose: Mapping[str, str | None]
) -> None:
    """Open a case for each bill a person has to look at, until one closes it; close what is settled since."""
    session = context.session
    asking = {_case_key(one.bill.bill_id, one.differs_since, one.open): one for one in final if one.ask}
    for one in final:
        bill = one.bill
        if bill.differs_since and (bill.differs_since, bill.listed) != (one.differs_since, one.open):
            key = _case_key(bill.bill_id, bill.differs_since, bill.listed)
            escalations.close_key(session, key, "kvitt", "the ledger changed since", context.now)
    # One that Kvitt closed, as the ledger had changed, opens again where the ledger changed back.
    known = escalations.closed_by_people(session, asking) if asking else set()
    for key, one in asking.items():
        if key in known:
            continue
        bill = one.bill
        there, here = Money(one.open, bill.currency), Money(one.after, bill.currency)
        reason = (
            f"bill {bill.bill_id}: {there.plain()} {bill.currency} is open in ledger {given.ledger} on "
            f"{given.as_of}, and {here.plain()} here: find out which is right"
        )
        case = Case(key, "ledger_differs", reason, context.answer_by(), 3, whose[bill.bill_id], bill.bill_id)
        escalations.open_case(session, case, context.now)


def _case_key(bill_id: str, since: date | None, there: int | None) -> str:
    return f"ledger_differs:{bill_id}:{since}:{there}"


def _changed(counts: Mapping[ListedChange, int]) -> dict[str, int]:
    return {what.value: count for what, count in counts.items() if count and what is not ListedChange.SAME}
