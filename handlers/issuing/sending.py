"""Sending of issued bills: by the chosen channel, then by the next; each attempt is stored as proof."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from billing.accounts.channels import Channel
from billing.accounts.holds import HoldKind
from billing.accounts.snapshot import StepState
from billing.bills import billing_run
from billing.bills.billing_run import MARK, BillCandidate, Settles
from billing.calendar import local_day
from billing.facts import Saying
from handlers import snapshot
from handlers.bills import bill_links, invoices
from handlers.dunning import unsolicited
from handlers.issuing.candidates import usable_ways
from storage.bills import bill_sendings, bills
from storage.delivery import approvals, drafts
from storage.desk import escalations, staff
from storage.desk.escalations import Case
from storage.desk.staff import AuditEntry
from storage.dunning import notices
from storage.ledger import accounts

if TYPE_CHECKING:
    from datetime import date, datetime

    from billing.accounts.channels import Channel
    from billing.accounts.snapshot import PersonSnapshot
    from handlers.context import Context
    from storage.bills.bills import Bill
    from storage.delivery.outbox import Message


def send(context: Context, bill: Bill, by: str) -> Channel | None:
    """Queue a bill by the first channel not tried; with none left a case is opened.

    ``by`` approved the run, so that the message needs no further approval.
    """
    person = _person(context, bill)
    tried = {one.way for one in bill_sendings.of_bill(context.session, bill.id)}
    reaches = usable_ways(context.installation, person)
    chosen = bill_sendings.chosen_ways(context.session, [person.person_id]).get(person.person_id)
    candidate = BillCandidate(
        bill.id,
        bill.account_id,
        person.person_id,
        bill.currency,
        bill.amount,
        ways=tuple(reaches),
        chosen=chosen,
    )
    ways = billing_run.ways_to_send(candidate, context.policy.billing, tried)
    if not ways:
        _raise_unsent_case(context, bill, person.person_id)
        return None
    way = ways[0]
    outbox_id = _queue(context, bill, person, reaches[way].contact_point_id, way)
    approvals.approve(context.session, outbox_id, by)
    return way


def leaving(context: Context, message: Message) -> None:
    """Before a bill's message leaves, postpone its due date to the policy's least term from sending.

    The page attached to an e-mail is stored.
    """
    sending = bill_sendings.of_message(context.session, message.id)
    if sending is None or message.channel.on_paper:
        return
    day = local_day(context.now, context.creditor.zone)
    bill = due_from(context, sending.bill_id, day)
    if context.policy.billing.attaches(message.channel):
        assert message.customer_id
        link = bill_links.make(context, bill.id, message.customer_id, message.contact_point_id)
        bill_sendings.keep_page(
            context.session, message.id, invoices.page(context, bill.id, dated_on=day, link=link)
        )


def due_from(context: Context, bill_id: str, leaves_on: date) -> Bill:
    """An issued bill as it is sent on a day: due later than it was, where too little time would be left."""
    bill = invoices.named(context.session, bill_id)
    due = billing_run.due_when_sent(context.policy, bill.due_on, leaves_on)
    if due != bill.due_on:
        bills.leaves(context.session, bill.id, due)
    prompt = context.policy.prompt_pay
    if bill.promised and prompt:
        until = max(bill.promised.until, min(leaves_on + timedelta(days=prompt.within_days), due))
        bills.promise(context.session, bill.id, replace(bill.promised, until=until))
    return invoices.named(context.session, bill_id)


def accepted(context: Context, message: Message, provider_id: str, at: datetime) -> None:
    """Record that the provider, or the post, has accepted an issued bill: from this day it is sent."""
    sending = bill_sendings.of_message(context.session, message.id)
    if sending is None or not sending.state.open:
        return
    bill_sendings.close_try(
        context.session, message.id, Settles.SENT, context.now, sent_at=at, reference=provider_id
    )
    bill = invoices.named(context.session, sending.bill_id)
    if bill.sent_on is None:
        bills.was_sent(context.session, bill.id, local_day(at, context.creditor.zone))
    escalations.close_key(context.session, _key(bill.id), "kvitt", "sent", context.now)
    detail = {"way": sending.way.value, "message": message.id, "reference": provider_id}
    staff.write_down(
        context.session, AuditEntry(context.now, "kvitt", "bill_sent", f"bill:{bill.id}", detail)
    )


def delivered(context: Context, outbox_id: int) -> None:
    """Record that an issued bill arrived, as the provider says."""
    sending = bill_sendings.of_message(context.session, outbox_id)
    if sending is not None and sending.state is Settles.SENT:
        bill_sendings.close_try(context.session, outbox_id, Settles.DELIVERED, context.now)


def ended(context: Context, message: Message, state: StepState, reason: str) -> None:
    """Record that an issued bill was not delivered, or withdrawn: if owed it goes by the next channel."""
    sending = bill_sendings.of_message(context.session, message.id)
    if sending is None or sending.state in {Settles.FAILED, Settles.WITHDRAWN}:
        return
    withdrawn = state is StepState.CANCELLED
    settled = Settles.WITHDRAWN if withdrawn else Settles.FAILED
    bill_sendings.close_try(context.session, message.id, settled, context.now, reason=reason)
    bill = invoices.named(context.session, sending.bill_id)
    others = [one for one in bill_sendings.of_bill(context.session, bill.id) if one.state in _REACHED]
    if not others:
        bills.was_sent(context.session, bill.id, None)
    if others or (withdrawn and reason in _OVER):
        return
    send(context, bill, message.approved_by or "kvitt")


_REACHED = frozenset({Settles.SENT, Settles.DELIVERED})
_OVER = frozenset({
    "paid", "shadow", "placed", "time_barred",
    *(kind.excluded_as for kind in HoldKind if kind.traits.register),
})  # fmt: skip
"""Why a bill is not sent by any other way either."""


def _queue(context: Context, bill: Bill, person: PersonSnapshot, contact_point_id: int, way: Channel) -> int:
    number = len(bill_sendings.of_bill(context.session, bill.id)) + 1
    said = _saying(context, bill, person, contact_point_id, way)
    draft = unsolicited.notice(
        context.installation, person, (way, contact_point_id), f"{MARK}{bill.id}:{number}", said, context.now
    )
    outbox_id = drafts.queue(context.session, draft, context.now)
    assert outbox_id is not None
    notices.save_notice(context.session, outbox_id, f"{MARK}{number}", [bill.id])
    bill_sendings.queued(context.session, bill.id, way, outbox_id, context.now)
    return outbox_id


def _saying(
    context: Context, bill: Bill, person: PersonSnapshot, contact_point_id: int, way: Channel
) -> Saying:
    """Announces the bill without the amount: the recipient is not identified (COMPLIANCE.md 1.4)."""
    if way.on_paper:
        return Saying("bill.letter")
    if context.policy.billing.attaches(way):
        return Saying("bill.attached")
    return Saying(
        "bill.ready",
        {"link": bill_links.make(context, bill.id, person.person_id, contact_point_id)},
    )


def _person(context: Context, bill: Bill) -> PersonSnapshot:
    account = accounts.get(context.session, bill.account_id)
    assert account is not None
    return snapshot.load(context, [account.guarantor_id])[0]


def _key(bill_id: str) -> str:
    return f"bill_not_sent:{bill_id}"


def _raise_unsent_case(context: Context, bill: Bill, person_id: str) -> None:
    case = Case(
        key=_key(bill.id),
        kind="bill_not_sent",
        reason="a bill could not be sent by any way: find one, then kvitt billing send",
        deadline=context.answer_by(),
        severity=3,
        customer_id=person_id,
        bill_id=bill.id,
    )
    escalations.open_case(context.session, case, context.now)
