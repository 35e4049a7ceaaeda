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

    from sqlalchemy.orm import Session

    from billing.accounts.channels import Channel
    from billing.accounts.snapshot import PersonSnapshot
    from handlers.installation import Installation
    from storage.bills.bills import Bill
    from storage.delivery.outbox import Message


def send(session: Session, installation: Installation, bill: Bill, by: str, now: datetime) -> Channel | None:
    """Queue a bill by the first channel not tried; with none left a case is opened.

    ``by`` approved the run, so that the message needs no further approval.
    """
    person = _person(session, installation, bill, now)
    tried = {one.way for one in bill_sendings.of_bill(session, bill.id)}
    reaches = usable_ways(installation, person)
    chosen = bill_sendings.chosen_ways(session, [person.person_id]).get(person.person_id)
    candidate = BillCandidate(
        bill.id,
        bill.account_id,
        person.person_id,
        bill.currency,
        bill.amount,
        ways=tuple(reaches),
        chosen=chosen,
    )
    ways = billing_run.ways_to_send(candidate, installation.policy.billing, tried)
    if not ways:
        _raise_unsent_case(session, installation, bill, person.person_id, now)
        return None
    way = ways[0]
    outbox_id = _queue(session, installation, bill, person, reaches[way].contact_point_id, way, now)
    approvals.approve(session, outbox_id, by)
    return way


def leaving(session: Session, installation: Installation, message: Message, now: datetime) -> None:
    """Before a bill's message leaves, postpone its due date to the policy's least term from sending.

    The page attached to an e-mail is stored.
    """
    sending = bill_sendings.of_message(session, message.id)
    if sending is None or message.channel.on_paper:
        return
    day = local_day(now, installation.creditor.zone)
    bill = due_from(session, installation, sending.bill_id, day)
    if installation.policy.billing.attaches(message.channel):
        assert message.customer_id
        link = bill_links.make(
            session, installation, bill.id, message.customer_id, message.contact_point_id, now
        )
        bill_sendings.keep_page(
            session, message.id, invoices.page(session, installation, bill.id, dated_on=day, link=link)
        )


def due_from(session: Session, installation: Installation, bill_id: str, leaves_on: date) -> Bill:
    """An issued bill as it is sent on a day: due later than it was, where too little time would be left."""
    bill = invoices.named(session, bill_id)
    due = billing_run.due_when_sent(installation.policy, bill.due_on, leaves_on)
    if due != bill.due_on:
        bills.leaves(session, bill.id, due)
    prompt = installation.policy.prompt_pay
    if bill.promised and prompt:
        until = max(bill.promised.until, min(leaves_on + timedelta(days=prompt.within_days), due))
        bills.promise(session, bill.id, replace(bill.promised, until=until))
    return invoices.named(session, bill_id)


def accepted(
    session: Session,
    installation: Installation,
    message: Message,
    provider_id: str,
    at: datetime,
    now: datetime,
) -> None:
    """Record that the provider, or the post, has accepted an issued bill: from this day it is sent."""
    sending = bill_sendings.of_message(session, message.id)
    if sending is None or not sending.state.open:
        return
    bill_sendings.close_try(session, message.id, Settles.SENT, now, sent_at=at, reference=provider_id)
    bill = invoices.named(session, sending.bill_id)
    if bill.sent_on is None:
        bills.was_sent(session, bill.id, local_day(at, installation.creditor.zone))
    escalations.close_key(session, _key(bill.id), "kvitt", "sent", now)
    detail = {"way": sending.way.value, "message": message.id, "reference": provider_id}
    staff.write_down(session, AuditEntry(now, "kvitt", "bill_sent", f"bill:{bill.id}", detail))


def delivered(session: Session, outbox_id: int, now: datetime) -> None:
    """Record that an issued bill arrived, as the provider says."""
    sending = bill_sendings.of_message(session, outbox_id)
    if sending is not None and sending.state is Settles.SENT:
        bill_sendings.close_try(session, outbox_id, Settles.DELIVERED, now)


def ended(
    session: Session,
    installation: Installation,
    message: Message,
    state: StepState,
    reason: str,
    now: datetime,
) -> None:
    """Record that an issued bill was not delivered, or withdrawn: if owed it goes by the next channel."""
    sending = bill_sendings.of_message(session, message.id)
    if sending is None or sending.state in {Settles.FAILED, Settles.WITHDRAWN}:
        return
    withdrawn = state is StepState.CANCELLED
    settled = Settles.WITHDRAWN if withdrawn else Settles.FAILED
    bill_sendings.close_try(session, message.id, settled, now, reason=reason)
    bill = invoices.named(session, sending.bill_id)
    others = [one for one in bill_sendings.of_bill(session, bill.id) if one.state in _REACHED]
    if not others:
        bills.was_sent(session, bill.id, None)
    if others or (withdrawn and reason in _OVER):
        return
    send(session, installation, bill, message.approved_by or "kvitt", now)


_REACHED = frozenset({Settles.SENT, Settles.DELIVERED})
_OVER = frozenset({
    "paid", "shadow", "placed", "time_barred",
    *(kind.excluded_as for kind in HoldKind if kind.traits.register),
})  # fmt: skip
"""Why a bill is not sent by any other way either."""


def _queue(
    session: Session,
    installation: Installation,
    bill: Bill,
    person: PersonSnapshot,
    contact_point_id: int,
    way: Channel,
    now: datetime,
) -> int:
    number = len(bill_sendings.of_bill(session, bill.id)) + 1
    said = _saying(session, installation, bill, person, contact_point_id, way, now)
    draft = unsolicited.notice(
        installation, person, (way, contact_point_id), f"{MARK}{bill.id}:{number}", said, now
    )
    outbox_id = drafts.queue(session, draft, now)
    assert outbox_id is not None
    notices.save_notice(session, outbox_id, f"{MARK}{number}", [bill.id])
    bill_sendings.queued(session, bill.id, way, outbox_id, now)
    return outbox_id


def _saying(
    session: Session,
    installation: Installation,
    bill: Bill,
    person: PersonSnapshot,
    contact_point_id: int,
    way: Channel,
    now: datetime,
) -> Saying:
    """Announces the bill without the amount: the recipient is not identified (COMPLIANCE.md 1.4)."""
    if way.on_paper:
        return Saying("bill.letter")
    if installation.policy.billing.attaches(way):
        return Saying("bill.attached")
    return Saying(
        "bill.ready",
        {"link": bill_links.make(session, installation, bill.id, person.person_id, contact_point_id, now)},
    )


def _person(session: Session, installation: Installation, bill: Bill, now: datetime) -> PersonSnapshot:
    account = accounts.get(session, bill.account_id)
    assert account is not None
    return snapshot.load(session, installation.policy, [account.guarantor_id], now)[0]


def _key(bill_id: str) -> str:
    return f"bill_not_sent:{bill_id}"


def _raise_unsent_case(
    session: Session, installation: Installation, bill: Bill, person_id: str, now: datetime
) -> None:
    case = Case(
        key=_key(bill.id),
        kind="bill_not_sent",
        reason="a bill could not be sent by any way: find one, then kvitt billing send",
        deadline=now + timedelta(hours=installation.policy.talk.person_within_hours),
        severity=3,
        customer_id=person_id,
        bill_id=bill.id,
    )
    escalations.open_case(session, case, now)
