"""Checks each message again just before it is sent: lock, ask the gate, then keep it back or begin.

One order for every kind of message; what a kind adds is in ``handlers/outgoing.py: OutgoingKind``.

No network here: sending happens outside the transaction. A message is committed as *sending* first, so that a
crash leaves one in doubt instead of one that is sent twice; Twilio has no idempotency key for messages.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from billing.accounts.snapshot import Reach, StepState
from billing.gate import GateVerdict, OutgoingMessage, Purpose, Ruling, admit
from handlers.campaigns import sending_switch
from handlers.delivery import channel_stops, delivery_options, gate_log
from handlers.delivery.delivery_options import DeliveryOptions
from handlers.dunning.reschedule import reschedule
from handlers.outgoing import UNKNOWN, Admitted, kind_of
from storage.database.transaction import lock_customers
from storage.delivery import lookups, outbox
from storage.delivery.outbox import OutboxState
from storage.people import contact_points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handlers.context import Context
    from handlers.outgoing import GateFacts
    from storage.delivery.channel_stops import ChannelStop
    from storage.delivery.outbox import Message
    from storage.people.contact_points import ContactPoint

LEASE = timedelta(seconds=90)
"""How long a sender may take; afterwards its message is in doubt: it may have been sent."""
ASK_AFTER = timedelta(seconds=20)
"""Wait before asking a provider about a message in doubt: its list of messages may lag."""
APART = timedelta(hours=1)
"""How far messages that nobody asked for are kept apart at an address that several customers share."""
ROUTE = "route"
"""Why a message is withdrawn whose country its channel's sender does not reach: another channel is tried."""
NOT_BEFORE_APPROVAL = timedelta(hours=1)
"""How soon a message that waits for a person's approval, or for another release, is checked again."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A message committed as *sending*: it may be handed to the provider, once."""

    message: Message
    address: str
    edits: str = ""
    """The provider's id of the message that this one edits; empty for a new one."""
    options: DeliveryOptions = field(default_factory=DeliveryOptions)
    tries_stopped: bool = False
    """Whether it tries a stopped channel: once it is accepted the stop ends."""


def look_again(context: Context, outbox_id: int) -> Ready | None:
    """Ask the gate about a queued message: mark it *sending*, postpone it, or withdraw it.

    Returns what to send, or None. Hours, consent and balance are checked at the moment of sending, because
    that is when a message counts as made (COMPLIANCE.md 1.1).
    """
    # The stop of all sending is read first and held: once it is placed, no message may pass that began
    # before.
    switch, stops = sending_switch.at_dispatch(context)
    # Read to learn whom to lock; everything else is read under the locks.
    before = outbox.get(context.session, outbox_id)
    kind = kind_of(context.installation, before)
    point = contact_points.get(context.session, before.contact_point_id, lock=True)
    lock_customers(context.session, kind.concerned(context, before))
    # Replies keep their order: a later one waits until an earlier one of the same contact point is settled.
    message = outbox.take(context.session, outbox_id, context.now)
    in_order = message is not None and not (message.purpose is Purpose.OUT or message.purpose.outranks_switch)
    if message is None or (in_order and outbox.earlier_unsettled(context.session, message)):
        return None
    if kind is UNKNOWN:
        outbox.again(context.session, message.id, context.now + NOT_BEFORE_APPROVAL, "unknown_kind")
        return None
    edits = _replaced(context, message)
    if edits is None:
        return None
    facts = kind.look_again(context, message)
    leaving = leaving_now(message, point, facts, context.now)
    verdict = _apart(
        context, message, point, admit(leaving, facts.person, context.policy, switch, context.now)
    )
    gate_log.record(context, message, leaving, verdict, switch)
    if verdict.ruling is not Ruling.SEND:
        _keep_back(context, message, verdict)
        return None
    met = channel_stops.bearing_on(stops, message.channel, point.address)
    if met and not message.purpose.outranks_switch and not channel_stops.may_try(context, met):
        _keep_back(context, message, _by_another_way(context, message, met))
        return None
    passed = Admitted(leaving, verdict, facts.person)
    message = kind.final_text(context, message, passed)
    # The text is stored as it leaves, not as it was queued: it names today's deadline and the bills still
    # due.
    outbox.begin(context.session, message.id, message.text, message.sayings, context.now, context.now + LEASE)
    message = replace(message, begun_at=context.now)
    how = delivery_options.of(context, message, point, facts.person)
    return Ready(message, point.address, edits, how, tries_stopped=bool(met))


def _by_another_way(context: Context, message: Message, met: Sequence[ChannelStop]) -> GateVerdict:
    """A message whose channel is stopped waits; stopped for its country alone it goes by another way."""
    if all(one.region for one in met) and channel_stops.has_other_way(context, message):
        return GateVerdict(Ruling.DROP, ROUTE)
    return GateVerdict(Ruling.LATER, channel_stops.WAITS, context.now + channel_stops.PAUSE)


def _apart(context: Context, message: Message, point: ContactPoint, verdict: GateVerdict) -> GateVerdict:
    """The gate's verdict, but later while another customer at this address has just been written to.

    Two reminders on a shared phone within a minute look like one sent twice, and tell that two people owe.
    """
    mine = message.purpose is Purpose.OUT and message.customer_id and message.channel.electronic
    if verdict.ruling is not Ruling.SEND or not mine:
        return verdict
    assert message.customer_id
    last = lookups.to_another_at(context.session, point.address, message.customer_id, context.now - APART)
    return GateVerdict(Ruling.LATER, "shared_phone", last + APART, verdict.bill_ids) if last else verdict


def would_drop(context: Context, message: Message) -> bool:
    """Whether the gate would now withdraw a letter that is in a batch: paid, held or stopped since."""
    facts = kind_of(context.installation, message).look_again(context, message)
    leaving = leaving_now(
        message, contact_points.get(context.session, message.contact_point_id), facts, context.now
    )
    switch = sending_switch.effective(context)
    return admit(leaving, facts.person, context.policy, switch, context.now).ruling is Ruling.DROP


def reschedule_recipient(context: Context, message: Message) -> None:
    """Compute the next look at the recipient's accounts anew, after a message nobody asked for changed."""
    if message.purpose is Purpose.OUT and message.customer_id:
        reschedule(context, [message.customer_id])


def _replaced(context: Context, message: Message) -> str | None:
    """The provider's id of the message to edit, empty for a new one; None if it must not leave now."""
    if message.edits is None:
        return ""
    earlier = outbox.get(context.session, message.edits)
    if earlier.state is OutboxState.SENT and earlier.provider_id:
        return earlier.provider_id
    if earlier.state in {OutboxState.QUEUED, OutboxState.SENDING, OutboxState.IN_DOUBT}:
        outbox.again(context.session, message.id, context.now + ASK_AFTER, "not_sent_yet")
    else:
        outbox.drop(context.session, message.id, "nothing_to_edit", context.now)
    return None


def leaving_now(message: Message, point: ContactPoint, facts: GateFacts, now: datetime) -> OutgoingMessage:
    """What the gate is asked about: a message to a contact point as things are now (UTC)."""
    ways = facts.person.reaches if facts.person else ()
    # What a customer gave up as theirs is closed for want of consent, whether it works or not.
    failing = message.purpose is not Purpose.OUT and point.unreachable_at is not None
    closed = Reach(
        point.id,
        point.channel,
        point.address,
        consented=False,
        stopped=point.stopped_at is not None,
        unreachable=failing,
    )
    return OutgoingMessage(
        purpose=message.purpose,
        reach=next((reach for reach in ways if reach.contact_point_id == point.id), closed),
        content=message.content,
        created_at=message.created_at,
        expires_at=message.expires_at,
        approved=message.approved_by is not None,
        identified=_identified(point, message, now),
        level=message.level,
        bill_ids=facts.bill_ids,
        notice=facts.notice,
        campaign=facts.campaign,
        topic=facts.topic,
        payer=facts.payer,
        over=facts.over,
    )


def _identified(point: ContactPoint, message: Message, now: datetime) -> bool:
    """Whether the contact point is still identified as the customer that the reply was written for."""
    return point.identified(now) is not None and point.identified(now) == message.customer_id


def _keep_back(context: Context, message: Message, verdict: GateVerdict) -> None:
    kind = kind_of(context.installation, message)
    match verdict.ruling:
        case Ruling.LATER:
            outbox.again(
                context.session,
                message.id,
                verdict.until or context.now + NOT_BEFORE_APPROVAL,
                verdict.reason,
            )
        case Ruling.WAIT_FOR_PERSON:
            outbox.wait_for_person(
                context.session, message.id, verdict.reason, context.now + NOT_BEFORE_APPROVAL
            )
        case Ruling.WITHHOLD:
            outbox.withhold(context.session, message.id, context.now)
            kind.ended(context, message, StepState.CANCELLED, "shadow")
        case _:
            outbox.drop(context.session, message.id, verdict.reason, context.now)
            unheard = StepState.UNHEARD if verdict.reason == ROUTE else StepState.CANCELLED
            kind.ended(context, message, unheard, verdict.reason)
            reschedule_recipient(context, message)
