"""Checks each message again just before it is sent, and records the result of sending.

No network here: sending happens outside the transaction. A message is committed as *sending* first, so that a
crash leaves one in doubt instead of one that is sent twice; Twilio has no idempotency key for messages.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from billing.accounts.snapshot import Reach, StepState
from billing.bills.billing_run import MARK
from billing.calendar import local_day
from billing.dunning.blockers import zone_of
from billing.gate import PLANNED, GateVerdict, OutgoingMessage, Purpose, Ruling, admit
from billing.payers.obligations import Topic
from handlers import rendering, snapshot
from handlers.arrivals import DeliveryFate
from handlers.bills import bill_links
from handlers.campaigns import campaign_messages, sending_switch
from handlers.delivery import delivery_options, gate_log
from handlers.delivery.delivery_options import DeliveryOptions
from handlers.desk import staff_room
from handlers.dunning import demands
from handlers.dunning.reschedule import reschedule
from handlers.issuing import sending
from handlers.payers import payer_reminders
from handlers.people import address_search, consent, unreachable
from storage.campaigns import campaigns
from storage.database.transaction import lock_contact_point, lock_customers
from storage.delivery import outbox
from storage.delivery.outbox import OutboxState
from storage.desk import escalations
from storage.desk.escalations import Case
from storage.dunning import notices, steps
from storage.people import contact_points

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

    from billing.accounts.snapshot import PersonSnapshot
    from billing.facts import Saying
    from handlers.arrivals import DeliveryReport
    from handlers.installation import Installation
    from storage.delivery.outbox import Message

LEASE = timedelta(seconds=90)
"""How long a sender may take; afterwards its message is in doubt: it may have been sent."""
ASK_AFTER = timedelta(seconds=20)
"""Wait before asking a provider about a message in doubt: its list of messages may lag."""
NOT_BEFORE_APPROVAL = timedelta(hours=1)
"""How soon a message that waits for a person's approval is checked again."""
CHANNEL_PAUSE = timedelta(minutes=15)
"""Pause after a provider refused our configuration (credentials, sender): nothing will pass meanwhile."""
SOFT_AGAIN = timedelta(hours=12)
"""Wait before a retry after a transient failure (Twilio 30003, a full mailbox): those last for hours."""
SOFT_TRIES = 3
"""Retries after transient failures; then the message has failed and another channel is tried."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A message committed as *sending*: it may be handed to the provider, once."""

    message: Message
    address: str
    edits: str = ""
    """The provider's id of the message that this one edits; empty for a new one."""
    options: DeliveryOptions = field(default_factory=DeliveryOptions)


def look_again(session: Session, installation: Installation, outbox_id: int, now: datetime) -> Ready | None:
    """Ask the gate about a queued message: mark it *sending*, postpone it, or withdraw it.

    Returns what to send, or None. Hours, consent and balance are checked at the moment of sending, because
    that is when a message counts as made (COMPLIANCE.md 1.1).
    """
    # The stop of all sending is read first and held: once it is placed, no message may pass that began
    # before.
    sending = sending_switch.at_dispatch(session, installation)
    # Read to learn whom to lock; everything is read again under the locks.
    before = outbox.get(session, outbox_id)
    lock_contact_point(session, before.contact_point_id)
    if before.customer_id:
        lock_customers(session, [before.customer_id])
    # Replies keep their order: a later one waits until an earlier one of the same contact point is settled.
    message = outbox.take(session, outbox_id, now)
    if message is None or (message.purpose is not Purpose.OUT and outbox.earlier_unsettled(session, message)):
        return None
    edits = _replaced(session, message, now)
    if edits is None:
        return None
    person = _person(session, installation, message, now)
    leaving = _leaving(session, installation, message, person, now)
    verdict = admit(leaving, person, installation.policy, sending, now)
    gate_log.record(session, installation, message, leaving, verdict, sending, now)
    if verdict.ruling is not Ruling.SEND:
        _keep_back(session, installation, message, verdict, now)
        return None
    message = _final(session, installation, message, leaving, verdict, person, now)
    # The text is stored as it leaves, not as it was queued: it names today's deadline and the bills still
    # due.
    outbox.begin(session, message.id, message.text, message.sayings, now, now + LEASE)
    message = replace(message, begun_at=now)
    how = delivery_options.of(session, installation, message, person, now)
    return Ready(message, leaving.reach.address, edits, how)


def accepted(
    session: Session,
    installation: Installation,
    outbox_id: int,
    provider_id: str,
    now: datetime,
    left_at: datetime | None = None,
) -> None:
    """The provider accepted it: it counts as heard from when sending began, a letter from ``left_at`` (UTC).

    A message that is settled already stays as it is: reports arrive late and out of order.
    """
    message = outbox.get(session, outbox_id)
    if message.state not in {OutboxState.SENDING, OutboxState.IN_DOUBT}:
        return
    outbox.sent(session, outbox_id, provider_id, left_at or now)
    at = left_at or message.begun_at or now
    if message.purpose is Purpose.OUT and message.level is None:
        sending.accepted(session, installation, message, provider_id, at, now)
    payer_reminders.accepted(session, installation, message, at, now)
    steps.set_step_state(session, outbox_id, StepState.HEARD, at)
    _reschedule(session, installation, message, now)


def refused(
    session: Session, installation: Installation, outbox_id: int, reason: str, code: str, now: datetime
) -> None:
    """Note that a provider refused a message: another channel may do, but never round an opt-out (21610)."""
    message = outbox.get(session, outbox_id)
    if reason == "configuration":
        # Not the recipient's fault: the message stays queued, and one case per channel alerts the desk.
        outbox.again(session, outbox_id, now + CHANNEL_PAUSE, "configuration")
        _case(
            session,
            installation,
            message,
            "channel_down",
            f"{message.channel.value} refuses us ({code})",
            now,
        )
        return
    outbox.failed(session, outbox_id, reason, code, now)
    if staff_room.is_for_staff(message):
        return  # the queue and the digest show it; a case would be posted to the same chat and fail again
    _unheard(session, installation, message, StepState.UNHEARD, reason, now)
    if reason == "opted_out":
        consent.stop(session, installation, message.contact_point_id, f"provider:{code}", now)
    elif reason == "address":
        unreachable.lost(session, installation, message.contact_point_id, code, now)
        _search(session, installation, message, steps.bills_of(session, outbox_id), code, now)
    elif reason == "content":
        _case(session, installation, message, "not_deliverable", f"a message was refused ({code})", now)
    _reschedule(session, installation, message, now)


def would_drop(session: Session, installation: Installation, message: Message, now: datetime) -> bool:
    """Whether the gate would now withdraw a letter that is in a batch: paid, held or stopped since."""
    person = _person(session, installation, message, now)
    sending = sending_switch.effective(session, installation)
    verdict = admit(
        _leaving(session, installation, message, person, now), person, installation.policy, sending, now
    )
    return verdict.ruling is Ruling.DROP


def later(session: Session, outbox_id: int, at: datetime, code: str) -> None:
    """Note that a provider certainly did not accept a message: it is tried again at ``at`` (UTC)."""
    outbox.again(session, outbox_id, at, code)


def doubtful(session: Session, outbox_id: int, code: str, now: datetime) -> None:
    """Note that a provider may have accepted a message or not: it is asked after :data:`ASK_AFTER`."""
    outbox.in_doubt(session, outbox_id, code, now + ASK_AFTER)


def untraceable(session: Session, installation: Installation, outbox_id: int, now: datetime) -> None:
    """The provider cannot say whether it accepted a message, as with Telegram or after a lost connection.

    A reply is sent again, since the customer waits for it; a reminder is parked for the desk, since a second
    copy would count as a second contact.
    """
    message = outbox.get(session, outbox_id)
    if message.purpose not in {Purpose.OUT, Purpose.PAYER}:
        outbox.again(session, outbox_id, now, "cannot_tell")
        return
    outbox.park(session, outbox_id, now)
    payer_reminders.accepted(session, installation, message, message.begun_at or now, now)
    steps.set_step_state(session, outbox_id, StepState.PARKED)
    if message.level is None:
        sending.ended(session, installation, message, StepState.UNHEARD, "cannot_tell", now)
    _case(session, installation, message, "in_doubt", "nobody can tell whether a message arrived", now)
    _reschedule(session, installation, message, now)


def take_report(session: Session, installation: Installation, report: DeliveryReport, now: datetime) -> None:
    """Record a provider's delivery report; a settled message never goes back to an earlier state."""
    message = outbox.by_reference(session, report.channel, report.reference, report.provider_id)
    if message is None:
        return
    lock_contact_point(session, message.contact_point_id)
    if message.customer_id:
        lock_customers(session, [message.customer_id])
    message = outbox.get(session, message.id)
    if report.fate is DeliveryFate.FAILED and message.state in _MAY_FAIL:
        _not_delivered(session, installation, message, report, now)
    elif report.fate is not DeliveryFate.FAILED:
        accepted(session, installation, message.id, report.provider_id, now)
        if report.fate is DeliveryFate.DELIVERED:
            campaigns.delivered(session, message.id, now)
            sending.delivered(session, message.id, now)
    if report.opted_out:
        consent.stop(session, installation, message.contact_point_id, f"provider:{report.code}", now)
    elif report.address_bad:
        unreachable.lost(session, installation, message.contact_point_id, report.code, now)
    _reschedule(session, installation, message, now)


_MAY_FAIL = {OutboxState.SENDING, OutboxState.SENT, OutboxState.IN_DOUBT, OutboxState.PARKED}


def _not_delivered(
    session: Session, installation: Installation, message: Message, report: DeliveryReport, now: datetime
) -> None:
    """It was not delivered: retry later if the failure is transient, else try another channel.

    Its fee and interest are reversed until it leaves again, and the gate is asked again then.
    """
    at = now + SOFT_AGAIN
    in_time = message.expires_at is None or at <= message.expires_at
    if report.soft and in_time and message.tries <= SOFT_TRIES:
        _take_back(
            session, installation, message, steps.set_step_state(session, message.id, StepState.QUEUED), now
        )
        outbox.again(session, message.id, at, f"soft:{report.code}")
        return
    outbox.failed(session, message.id, "not_delivered", report.code, now)
    concerned = _unheard(session, installation, message, StepState.UNHEARD, "not_delivered", now)
    _search(session, installation, message, concerned, report.code, now)


def _replaced(session: Session, message: Message, now: datetime) -> str | None:
    """The provider's id of the message to edit, empty for a new one; None if it must not leave now."""
    if message.edits is None:
        return ""
    earlier = outbox.get(session, message.edits)
    if earlier.state is OutboxState.SENT and earlier.provider_id:
        return earlier.provider_id
    if earlier.state in {OutboxState.QUEUED, OutboxState.SENDING, OutboxState.IN_DOUBT}:
        outbox.again(session, message.id, now + ASK_AFTER, "not_sent_yet")
    else:
        outbox.drop(session, message.id, "nothing_to_edit", now)
    return None


def _person(
    session: Session, installation: Installation, message: Message, now: datetime
) -> PersonSnapshot | None:
    if message.purpose is not Purpose.OUT or message.customer_id is None:
        return None
    found = snapshot.load(session, installation.policy, [message.customer_id], now, besides=message.id)
    return found[0] if found else None


def _leaving(
    session: Session,
    installation: Installation,
    message: Message,
    person: PersonSnapshot | None,
    now: datetime,
) -> OutgoingMessage:
    point = contact_points.get(session, message.contact_point_id)
    ways = person.reaches if person else ()
    mark, noticed = notices.of_message(session, message.id)
    closed = Reach(
        point.id, point.channel, point.address, consented=False, stopped=point.stopped_at is not None
    )
    if message.purpose is Purpose.PAYER:
        closed = replace(closed, unreachable=point.unreachable_at is not None)
    return OutgoingMessage(
        purpose=message.purpose,
        reach=next((reach for reach in ways if reach.contact_point_id == point.id), closed),
        content=message.content,
        created_at=message.created_at,
        expires_at=message.expires_at,
        approved=message.approved_by is not None,
        identified=_identified(point, message, now),
        level=message.level,
        bill_ids=noticed or tuple(steps.bills_of(session, message.id)),
        notice=mark,
        campaign=campaign_messages.campaign_message(session, installation, mark, person, now),
        topic=Topic.SERVICES if message.key.startswith(PLANNED) else Topic.BILLS,
        payer=payer_reminders.gate_facts(session, installation, message, now),
    )


def _identified(point: contact_points.ContactPoint, message: Message, now: datetime) -> bool:
    """Whether the contact point is still identified as the customer that the reply was written for."""
    return point.identified(now) is not None and point.identified(now) == message.customer_id


def _keep_back(
    session: Session, installation: Installation, message: Message, verdict: GateVerdict, now: datetime
) -> None:
    match verdict.ruling:
        case Ruling.LATER:
            outbox.again(session, message.id, verdict.until or now + NOT_BEFORE_APPROVAL, verdict.reason)
        case Ruling.WAIT_FOR_PERSON:
            outbox.wait_for_person(session, message.id, verdict.reason, now + NOT_BEFORE_APPROVAL)
        case Ruling.WITHHOLD:
            outbox.withhold(session, message.id, now)
            _unheard(session, installation, message, StepState.CANCELLED, "shadow", now)
        case _:
            outbox.drop(session, message.id, verdict.reason, now)
            _unheard(session, installation, message, StepState.CANCELLED, verdict.reason, now)
            _reschedule(session, installation, message, now)


def _final(
    session: Session,
    installation: Installation,
    message: Message,
    leaving: OutgoingMessage,
    verdict: GateVerdict,
    person: PersonSnapshot | None,
    now: datetime,
) -> Message:
    """The message as it leaves: about the bills still due, with today's deadline, fee and interest."""
    if leaving.payer:
        return payer_reminders.final(session, installation, message, leaving.payer.claims, now)
    if leaving.notice.startswith(MARK):
        sending.leaving(session, installation, message, now)
        return message
    if leaving.notice:
        return _recounted(installation, message, len(verdict.bill_ids))
    if person is None or message.level is None:
        return message
    # Bills paid or held since: they leave the reminder, and a fee for them is taken back (necessity, 1981:739
    # 4 §).
    gone = set(leaving.bill_ids) - set(verdict.bill_ids)
    steps.withdraw(session, message.id, gone)
    _take_back(session, installation, message, gone, now)
    level, today = installation.policy.level(message.level), local_day(now, zone_of(person))
    demands.charge(session, installation, message, verdict.bill_ids, today, now)
    if level.final:
        answer_by = demands.deadline(installation, person, level, message.channel, now)
        steps.state_deadline(session, message.id, answer_by)
    said = demands.saying(installation, person, level, leaving.reach, len(verdict.bill_ids), now)
    page = bill_links.in_reminder(session, installation, message, said, verdict.bill_ids, now)
    return _said(installation, message, said, *page)


def _recounted(installation: Installation, message: Message, count: int) -> Message:
    """A notice with the number of bills still unpaid."""
    (first,) = message.sayings
    facts = {**first.facts, "count": count} if "count" in first.facts else first.facts
    return _said(installation, message, replace(first, facts=facts))


def _said(installation: Installation, message: Message, *said: Saying) -> Message:
    """The message with these sayings; its text is rendered again only if they changed."""
    if message.sayings == said:
        return message
    text = rendering.write(installation, said, message.language, message.channel)
    return replace(message, sayings=said, text=text)


def _unheard(
    session: Session,
    installation: Installation,
    message: Message,
    state: StepState,
    reason: str,
    now: datetime,
) -> list[str]:
    """It reached nobody: its costs are reversed, and its level may be sent by another channel."""
    if message.purpose is Purpose.OUT and message.level is None:
        sending.ended(session, installation, message, state, reason, now)
    payer_reminders.ended(session, installation, message, state, reason, now)
    bill_ids = steps.set_step_state(session, message.id, state)
    _take_back(session, installation, message, bill_ids, now)
    return bill_ids


def _take_back(
    session: Session, installation: Installation, message: Message, bill_ids: Collection[str], now: datetime
) -> None:
    if message.level is not None and bill_ids:
        demands.take_back(session, message, bill_ids, local_day(now, installation.creditor.zone), now)


def _case(
    session: Session, installation: Installation, message: Message, kind: str, why: str, now: datetime
) -> None:
    subject = message.channel.value if kind == "channel_down" else f"message:{message.id}"
    case = Case(
        key=f"{kind}:{subject}",
        kind=kind,
        reason=why,
        deadline=now + timedelta(hours=installation.policy.talk.person_within_hours),
        customer_id=message.customer_id,
        contact_point_id=message.contact_point_id,
    )
    escalations.open_case(session, case, now)


def _search(
    session: Session,
    installation: Installation,
    message: Message,
    bill_ids: list[str],
    code: str,
    now: datetime,
) -> None:
    """An undelivered final notice stops the placement of its bills and opens an address search.

    Placement needs a final notice that arrived (docs/proof.md, invariant 50).
    """
    final = message.level is not None and installation.policy.level(message.level).final
    if final and message.customer_id:
        address_search.stop_placement(session, bill_ids, "final notice not delivered", now)
        why = f"the final notice did not arrive by {message.channel.value} ({code})"
        address_search.open_search(session, installation, message.customer_id, why, now)


def _reschedule(session: Session, installation: Installation, message: Message, now: datetime) -> None:
    if message.purpose is Purpose.OUT and message.customer_id:
        reschedule(session, installation, [message.customer_id], now)
