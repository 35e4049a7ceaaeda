"""Billing runs: proposed, reviewed, approved by a rep, issued."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from billing.accounts.roles import Right
from billing.bills import billing_run, prompt_pay
from billing.bills.billing_run import RunReason, RunState, RunVerdict
from billing.bills.bills import BillState
from billing.calendar import local_day
from billing.refusals import Refusal
from handlers import rights, set_aside
from handlers.bills.bills import agreed_days
from handlers.context import Context
from handlers.dunning.reschedule import reschedule
from handlers.issuing import candidates, sending
from handlers.ledger import assistance, unused_money
from handlers.people import register
from handlers.registered import registered
from storage.bills import bill_sendings, billing_runs, bills
from storage.bills.billing_runs import RunBill
from storage.desk import staff
from storage.desk.staff import AuditEntry
from storage.ledger import accounts, ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from billing.accounts.channels import Channel
    from billing.bills.billing_run import ProposedBill
    from handlers.context import Clock
    from handlers.installation import Installation
    from storage.bills.billing_runs import BillingRun
    from storage.bills.bills import Bill
    from storage.database.transaction import Database

AT_ONCE = 50
"""Bills issued in one transaction."""
SERIES = "invoices"


class NoSuchBillingRun(Refusal):
    """A billing run is named that there is not."""

    def __init__(self, run_id: int) -> None:
        super().__init__(f"there is no billing run {run_id}: see kvitt billing list")


class RunNotOpen(Refusal):
    """A billing run is past the point where that could be done."""

    def __init__(self, run: BillingRun, wanted: str) -> None:
        by = f" by {run.approved_by}" if run.approved_by else ""
        super().__init__(f"billing run {run.id} is {run.state.value}{by}: it cannot be {wanted} any more")


class NotInRun(Refusal):
    """A bill is named that a run does not take."""

    def __init__(self, run_id: int, bill_id: str) -> None:
        super().__init__(f"billing run {run_id} takes no bill {bill_id!r}: see kvitt billing show {run_id}")


class NoReasonToTakeOut(Refusal):
    """A bill was to be taken out without a word why."""

    def __init__(self) -> None:
        super().__init__("say why the bill is taken out: --reason 'the payer calls back'")


class NothingToBill(Refusal):
    """No open bill is ready for a run."""

    def __init__(self) -> None:
        super().__init__("no bill is open: there is nothing to propose")


class NotIssued(Refusal):
    """A bill was to be sent that no run has issued."""

    def __init__(self, bill_id: str) -> None:
        super().__init__(f"bill {bill_id} is not issued: kvitt billing propose takes it, once it is finished")


def propose(context: Context, by: str) -> int:
    """A new run over every bill that is not issued; its number.

    Raises:
        rights.NotAllowed: they may not work here.
        NothingToBill: no bill is open.
    """
    by = rights.check(context.session, by, Right.WORK)
    billing_runs.hold(context.session)
    found = bills.unissued(context.session)
    if not found:
        raise NothingToBill
    proposed = _propose(context, found)
    run_id = billing_runs.open_run(context.session, by, context.now)
    billing_runs.add(context.session, [_row(run_id, one, context.now) for one in proposed])
    for one in proposed:
        if one.verdict is not RunVerdict.LEAVE:
            bills.move(context.session, one.candidate.bill_id, _LOOSE, BillState.PROPOSED)
    staff.write_down(
        context.session,
        AuditEntry(context.now, by, "billing_proposed", f"billing:{run_id}", _counted(proposed)),
    )
    return run_id


def show(session: Session, run_id: int) -> tuple[BillingRun, list[RunBill]]:
    """A billing run with all its candidates.

    Raises:
        NoSuchRun: there is none.
    """
    run = billing_runs.get(session, run_id)
    if run is None:
        raise NoSuchBillingRun(run_id)
    return run, billing_runs.of_run(session, run_id)


def take_out(context: Context, run_id: int, bill_ids: Sequence[str], why: str, by: str) -> None:
    """Take bills out of a run: they are open again, and the next run considers them.

    Raises:
        NoReason: no reason is given.
        RunNotOpen: it was approved or withdrawn.
        NotInRun: the run does not take one of them.
    """
    by = rights.check(context.session, by, Right.WORK)
    run, found = show(context.session, run_id)
    if not why.strip():
        raise NoReasonToTakeOut
    if run.state is not RunState.PROPOSED:
        raise RunNotOpen(run, "changed")
    taken = {one.bill_id for one in found if one.verdict is not RunVerdict.LEAVE}
    for bill_id in bill_ids:
        if bill_id not in taken:
            raise NotInRun(run_id, bill_id)
    for bill_id in bill_ids:
        _leave(context, run_id, bill_id, RunReason.TAKEN_OUT.value, why.strip())
    detail = {"bills": list(bill_ids), "why": why.strip()}
    staff.write_down(
        context.session, AuditEntry(context.now, by, "billing_taken_out", f"billing:{run_id}", detail)
    )


def withdraw(context: Context, run_id: int, by: str) -> int:
    """Give a proposed run up: its bills are open again; how many that were.

    Raises:
        RunNotOpen: it was approved or withdrawn.
    """
    by = rights.check(context.session, by, Right.WORK)
    run, found = show(context.session, run_id)
    if run.state is not RunState.PROPOSED:
        raise RunNotOpen(run, "withdrawn")
    taken = [one.bill_id for one in found if one.verdict is not RunVerdict.LEAVE]
    for bill_id in taken:
        bills.move(context.session, bill_id, [BillState.PROPOSED], BillState.OPEN)
    billing_runs.set_run_state(context.session, run_id, RunState.WITHDRAWN, settled_at=context.now)
    staff.write_down(
        context.session,
        AuditEntry(context.now, by, "billing_withdrawn", f"billing:{run_id}", {"bills": len(taken)}),
    )
    return len(taken)


def approve(context: Context, run_id: int, by: str) -> None:
    """Approve a run: its bills will be issued, even if this process dies.

    Raises:
        rights.NotAllowed: the user may not approve.
        RunNotOpen: a colleague approved or withdrew it.
    """
    by = rights.check(context.session, by, Right.APPROVE)
    run, _ = show(context.session, run_id)
    if run.state is not RunState.PROPOSED:
        raise RunNotOpen(run, "approved")
    day = local_day(context.now, context.creditor.zone)
    billing_runs.set_run_state(
        context.session, run_id, RunState.APPROVED, approved_at=context.now, approved_by=by, issued_on=day
    )
    staff.write_down(
        context.session,
        AuditEntry(context.now, by, "billing_approved", f"billing:{run_id}", {"on": day.isoformat()}),
    )


def issue(
    database: Database,
    installation: Installation,
    run_id: int,
    clock: Clock,
    show_: Callable[[int], object] | None = None,
) -> int:
    """Issue what is left of an approved run, a batch a transaction; returns the number of bills.

    A process that dies leaves no gap in the bill numbers and issues no bill twice: the next one continues
    with the bills that are left.
    """
    issued = 0
    while True:
        with database.write() as session:
            done = _issue_some(Context(session, installation, clock), run_id)
        if done is None:
            return issued
        issued += done
        if show_:
            show_(issued)


def unfinished(session: Session) -> list[int]:
    """The runs that were approved and are not issued to the last bill."""
    return [run.id for run in billing_runs.runs(session, [RunState.APPROVED])]


def send_again(context: Context, bill_id: str, by: str) -> Channel | None:
    """Send an issued bill by a way that was not tried yet; nothing where there is none.

    Raises:
        NotIssued: no run has issued it.
    """
    by = rights.check(context.session, by, Right.WORK)
    bill = bills.called(context.session, bill_id)
    if bill is None or bill.invoice_number is None:
        raise NotIssued(bill_id)
    account = accounts.get(context.session, bill.account_id)
    assert account is not None
    register.hold(context.session, [account.customer_id])
    way = sending.send(context, bill, by)
    reschedule(context, [account.customer_id])
    return way


def choose_way(context: Context, customer_id: str, way: Channel, by: str) -> None:
    """Set the channel of this customer's bills; another is used where it cannot be reached.

    Raises:
        rights.NotAllowed: the user may only look.
        UnknownCustomer: nobody is registered under this id.
    """
    by = rights.check(context.session, by, Right.WORK)
    registered(context.session, customer_id)
    bill_sendings.choose_way(context.session, customer_id, way, context.now)
    staff.write_down(
        context.session,
        AuditEntry(context.now, by, "bill_way", f"customer:{customer_id}", {"way": way.value}),
    )


_LOOSE = (BillState.OPEN, BillState.CLOSED)


def _propose(context: Context, found: Sequence[Bill]) -> list[ProposedBill]:
    looked = candidates.look(context, found)
    return billing_run.propose(looked.candidates, looked.credit, looked.owed, context.policy)


def _issue_some(context: Context, run_id: int) -> int | None:
    """Some bills of a run, in one transaction; nothing once it is finished."""
    run, _ = show(context.session, run_id)
    if run.state is not RunState.APPROVED:
        return None
    waiting = billing_runs.waiting(context.session, run_id, AT_ONCE)
    if not waiting:
        billing_runs.set_run_state(context.session, run_id, RunState.ISSUED, settled_at=context.now)
        return None
    found = bills.by_id(context.session, [one.bill_id for one in waiting])
    held = accounts.by_id(context.session, {bill.account_id for bill in found.values()})
    # Locked and checked again: since the approval a bill may have been paid, held, or taken over by a payer.
    people = [account.customer_id for account in held.values()]
    register.hold(context.session, people)
    issued, bad = 0, set[str]()
    for one in waiting:
        bill = bills.by_id(context.session, [one.bill_id])[one.bill_id]
        done = set_aside.alone(
            context, "billing run", f"bill {bill.id}", partial(_issue_one, context, run, bill)
        )
        if done is None:
            _leave(context, run_id, bill.id, "set_aside", "")
            bad.add(held[bill.account_id].customer_id)
        issued += bool(done)
    set_aside.together(context, "billing run", set(people) - bad, partial(reschedule, context))
    return issued


def _issue_one(context: Context, run: BillingRun, bill: Bill) -> bool:
    """Check one bill again and issue, close or leave it; returns True if it was issued."""
    assert run.issued_on
    if bill.state is not BillState.PROPOSED:
        billing_runs.change(context.session, run.id, bill.id, done_at=context.now)
        return False
    together = [bill, *_proposed_with(context.session, bill)]
    proposed = next(each for each in _propose(context, together) if each.candidate.bill_id == bill.id)
    if proposed.verdict is RunVerdict.LEAVE:
        reason = str(proposed.reason)
        _leave(context, run.id, bill.id, reason, proposed.detail)
        return False
    day = run.issued_on
    assistance.reach(context, bill, local_day(context.now, context.creditor.zone))
    if proposed.verdict is RunVerdict.CLOSE:
        unused_money.use(context, bill.account_id, bill.currency, day, bill.id)
        bills.move(context.session, bill.id, [BillState.PROPOSED], BillState.CLOSED)
    else:
        _number(context, bill, proposed.candidate.remainder, day)
        unused_money.use(context, bill.account_id, bill.currency, day, bill.id)
        _promise(context, bill.id)
        sending.send(context, bills.by_id(context.session, [bill.id])[bill.id], run.approved_by or "")
    reason = str(proposed.reason)
    billing_runs.change(
        context.session,
        run.id,
        bill.id,
        verdict=proposed.verdict.value,
        reason=reason,
        amount=proposed.to_pay,
        done_at=context.now,
    )
    return proposed.verdict is RunVerdict.BILL


def _proposed_with(session: Session, bill: Bill) -> list[Bill]:
    """The other bills of the same account that are still to be issued: small ones go together."""
    mine = bills.of_account(session, bill.account_id)
    return [one for one in mine if one.state is BillState.PROPOSED and one.id != bill.id]


def _number(context: Context, bill: Bill, amount: int, day: date) -> None:
    number = billing_runs.next_number(context.session, SERIES)
    due = billing_run.due_on(context.policy, day, agreed_days(context.session, bill))
    bills.issue(
        context.session, bill.id, billing_run.invoice_number(context.policy.billing, number), amount, day, due
    )


def _promise(context: Context, bill_id: str) -> None:
    """What paying promptly takes off what is left to pay."""
    bill = bills.by_id(context.session, [bill_id])[bill_id]
    entries = ledger.of_bill(context.session, bill_id)
    bills.promise(
        context.session,
        bill_id,
        prompt_pay.promised(context.policy.prompt_pay, entries, bill.issued_on, bill.due_on),
    )


def _leave(context: Context, run_id: int, bill_id: str, reason: str, detail: str) -> None:
    bills.move(context.session, bill_id, [BillState.PROPOSED], BillState.OPEN)
    billing_runs.change(
        context.session,
        run_id,
        bill_id,
        verdict=RunVerdict.LEAVE.value,
        reason=reason,
        detail=detail,
        way=None,
        done_at=context.now,
    )


def _row(run_id: int, one: ProposedBill, now: datetime) -> RunBill:
    return RunBill(
        run_id,
        one.candidate.bill_id,
        one.verdict,
        str(one.reason),
        one.detail,
        one.to_pay,
        one.candidate.currency,
        one.ways[0].value if one.verdict is RunVerdict.BILL else None,
        now if one.verdict is RunVerdict.LEAVE else None,
    )


def _counted(proposed: Sequence[ProposedBill]) -> dict[str, int]:
    return {verdict.value: sum(one.verdict is verdict for one in proposed) for verdict in RunVerdict}
