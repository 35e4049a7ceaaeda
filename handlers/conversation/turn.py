"""One inbound message is answered in one transaction: what it changes and the reply commit together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from billing import card_numbers
from billing.facts import Saying
from billing.gate import Purpose
from handlers import logs, rendering, snapshot
from handlers.agenda import Agenda
from handlers.arrivals import ArrivalKind
from handlers.campaigns import sending_switch
from handlers.context import Context
from handlers.conversation import intents, machines
from handlers.conversation.reading_order import reply_to
from handlers.delivery.at_once import begin_or_queue
from handlers.desk import chat, words
from handlers.desk.handover import open_case
from handlers.heard import WRITTEN, Heard, hear, nothing, says_language
from handlers.people import unreachable
from handlers.people.phones import zones_of_phone
from handlers.turn_context import Reply, Turn
from handlers.turn_reads import TurnReads
from messages.understanding import redaction
from storage.bills import references
from storage.conversation import card_parts, inbox, turn_facts
from storage.conversation.inbox import NewInbound
from storage.database import trouble
from storage.delivery import drafts, waiting
from storage.people import contact_points, customers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from handlers.arrivals import Arrival
    from handlers.delivery.dispatch import Ready
    from handlers.installation import Installation
    from storage.conversation.conversations import Conversation
    from storage.conversation.inbox import Inbound
    from storage.database.transaction import Database
    from storage.delivery.drafts import Draft

TRIES = 3
"""Failures after which a case is opened and a person answers."""
AGAIN_AFTER = timedelta(seconds=20)
REPLY_WITHIN = timedelta(hours=12)
"""A reply older than this is dropped: the talk has moved on, and it would confuse."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A stored inbound message that waits for its turn."""

    id: int
    contact_point_id: int
    for_staff: bool
    """Whether it was written in the staff chat."""


def receive(context: Context, arrival: Arrival) -> Arrived | None:
    """Save an inbound message for :func:`take`; returns None for a replay of the provider.

    Card numbers are masked and control characters dropped before anything is stored.
    """
    return receive_all(context, [arrival])[0]


def receive_all(context: Context, arrivals: Sequence[Arrival]) -> list[Arrived | None]:
    """Save several messages in the order they came, with a few statements for all of them."""
    stored: list[Arrived | None] = []
    for together in _of_different_senders(arrivals):
        stored += _receive(context, together)
    return stored


def _of_different_senders(arrivals: Sequence[Arrival]) -> list[list[Arrival]]:
    """The messages in groups without two of one sender: what came before may be half of a card number."""
    groups: list[list[Arrival]] = [[]]
    for arrival in arrivals:
        place = (arrival.channel, arrival.address)
        if any((one.channel, one.address) == place for one in groups[-1]):
            groups.append([])
        groups[-1].append(arrival)
    return groups


def _receive(context: Context, arrivals: Sequence[Arrival]) -> list[Arrived | None]:
    known = {
        channel: inbox.last_at(
            context.session,
            channel,
            [one.address for one in arrivals if one.channel is channel],
            context.now - _CARD_TALK,
        )
        for channel in {one.channel for one in arrivals}
    }
    new = [_to_store(context, one, known[one.channel].get(one.address)) for one in arrivals]
    ids = inbox.save_inbound(context.session, new)
    return [
        Arrived(ids[key], one.contact_point_id, ArrivalKind(one.kind).from_staff)
        if (key := (one.channel, one.provider_id)) in ids
        else None
        for one in new
    ]


def _to_store(context: Context, arrival: Arrival, known: tuple[int, Inbound | None] | None) -> NewInbound:
    if known is None:
        known_zones = zones_of_phone(arrival.address) if arrival.channel.by_phone else []
        language = context.creditor.language
        point_id = contact_points.at(
            context.session, arrival.channel, arrival.address, known_zones, language, context.now
        )
        known = point_id, None
    point_id, before = known
    # Before anything is stored: PCI DSS (4.2.2) bars keeping a card number that came unprotected.
    kind, text = _masked(context.session, arrival, before)
    return NewInbound(
        arrival.channel,
        arrival.provider_id,
        point_id,
        kind=kind.value,
        text=redaction.clean(text),
        asked_at=arrival.asked_at,
        received_at=arrival.received_at,
        sender=arrival.sender,
    )


_CARD_TALK = timedelta(minutes=10)
"""How long after a text the second half of a card number, or its security code, may follow."""


def _masked(session: Session, arrival: Arrival, before: Inbound | None) -> tuple[ArrivalKind, str]:
    """The text with card numbers and codes masked, also when split over several texts."""
    issued = references.issued(session)
    if arrival.kind not in _SPOKEN:
        return arrival.kind, card_numbers.masked(arrival.text, issued)
    text = redaction.mask_codes(card_numbers.masked(arrival.text, issued))
    if arrival.kind.from_staff:
        return arrival.kind, text
    if before and before.kind == ArrivalKind.CARD:
        text = redaction.mask_lone_code(text)
    if before:
        text = card_parts.without_parts(session, before, text, issued, arrival.received_at - _CARD_TALK)
    found = arrival.kind is ArrivalKind.TEXT and text != arrival.text
    return (ArrivalKind.CARD if found else arrival.kind), text


_SPOKEN = frozenset({ArrivalKind.TEXT, ArrivalKind.EDITED, ArrivalKind.MEDIA, ArrivalKind.STAFF})
"""What may hold words, of which each may be part of a number."""


def take(
    database: Database,
    installation: Installation,
    arrived: Arrived,
    clock: Callable[[], datetime],
    send: Callable[[Ready], object] | None = None,
) -> None:
    """Answer an inbound message, after the earlier ones of its contact point that still wait.

    "Yes" after a question must not be read before it. A reply that may leave at once goes to ``send`` after
    the commit; without that all are queued.
    """
    last: int | None = 0
    while last is not None and last < arrived.id:
        last, ready = take_next(database, installation, arrived, last, clock, at_once=send is not None)
        if ready is not None and send is not None:
            send(ready)


def take_next(
    database: Database,
    installation: Installation,
    arrived: Arrived,
    after: int,
    clock: Callable[[], datetime],
    *,
    at_once: bool,
) -> tuple[int | None, Ready | None]:
    """Answer the oldest message that waits at the contact point of ``arrived`` with an id above ``after``.

    Returns its id, or None if there was none, and, with ``at_once``, the reply for the caller to send. A
    failure is tried again later, and after three of them a person answers; the next message is answered
    meanwhile.
    """
    point_id = arrived.contact_point_id
    try:
        with database.write() as session:
            context = Context(session, installation, clock)
            if arrived.for_staff:
                return _answer_staff(context, point_id, after), None
            return _answer(context, point_id, after, at_once=at_once)
    except Exception as error:
        if trouble.kind_of(error) is not None:
            raise  # no fault of the message: it waits, and none of its tries is used up
        logs.logger().warning("turn.failed", inbox_id=arrived.id, **logs.about(error))
        with database.write() as session:
            # A transaction of its own: what the failed one wrote is rolled back, the count of tries must
            # stay.
            return _failed(Context(session, installation, clock), point_id, after), None


def unanswered(database: Database, now: datetime, limit: int = 100) -> list[Arrived]:
    """Inbound messages that wait for their turn, for a process that died; ``limit`` at a time."""
    with database.read() as session:
        return [
            Arrived(one.id, one.contact_point_id, ArrivalKind(one.kind).from_staff)
            for one in inbox.waiting(session, now, limit)
        ]


def _answer_staff(context: Context, point_id: int, after: int) -> int | None:
    inbound = inbox.first_waiting(context.session, point_id, after)
    if inbound is None:
        return None
    chat.answer(context, inbound.id)
    return inbound.id


def _answer(context: Context, point_id: int, after: int, *, at_once: bool) -> tuple[int | None, Ready | None]:
    """Answer the oldest waiting message of a contact point; see :func:`take_next`."""
    if at_once:
        sending_switch.hold(context)
    # First the contact point, then its customers, as everywhere: two turns, or a turn and a run, never
    # deadlock.
    point = contact_points.hear(context.session, point_id, after)
    people = customers.lock_at_contact_point(context.session, point_id)
    ids = [customer.id for customer in people]
    known = turn_facts.about(
        context.session,
        point_id,
        after,
        ids,
        snapshot.remembered_since(context.policy, context.now),
        context.now,
    )
    inbound = known.inbound
    if inbound is None:
        return None, None
    reads = TurnReads(context, point, known)
    if point.unreachable_at is not None:
        unreachable.works_again(context, point_id, ids)
    own = machines.own_words(context.session, inbound, ids, point.language)
    if own is None:
        inbox.done(context.session, inbound.id, context.now)
        return inbound.id, None
    inbound = own
    waiting.withdraw_notes(context.session, known.notes, context.now)
    heard = _hear(context.session, inbound, reads, unknown=not people)
    said = inbound.text if inbound.kind in WRITTEN else ""
    before = reads.conversation()
    agenda = Agenda.of(before.agenda if before else {})
    turn = Turn(context, reads.point(), tuple(people), inbound, heard, reads, said, agenda)
    reply = machines.silent_after_many(turn, before, reply_to(turn))
    words.note(turn, intents.ANSWERED)
    _keep_language(turn, before, reply)
    draft = _draft(turn, _without_attachments(turn, reply))
    ready = None
    if draft is not None and at_once:
        ready = begin_or_queue(turn, draft)
    elif draft is not None:
        drafts.queue(context.session, draft, context.now)
    inbox.done(context.session, inbound.id, context.now)
    return inbound.id, ready


def _hear(session: Session, inbound: Inbound, reads: TurnReads, *, unknown: bool) -> Heard:
    """Understand a message, and note the language it is written in for the next ones at its contact point."""
    point = reads.point()
    heard = hear(inbound, point.channel, point.language, first=unknown and reads.conversation() is None)
    if heard.language != point.language:
        contact_points.set_language(session, point.id, heard.language)
    return heard


def _keep_language(turn: Turn, before: Conversation | None, reply: Reply) -> None:
    """Write to a customer, reminders too, in the language they last wrote in, unless they asked for another.

    Only to who has shown who they are; the text before the question for it counts as theirs.
    """
    customer = turn.now_identified
    if customer is None or customer.language == turn.language or reply.language:
        return
    asked = str(before.offer.get("said", "")) if before and before.flow == "identity" else ""
    if turn.heard.natural or says_language(asked):
        customers.speak(turn.context.session, customer.id, turn.language)


def _without_attachments(turn: Turn, reply: Reply) -> Reply:
    """Add, for an e-mail, that its attachments were not saved."""
    hung = turn.point.channel.by_email and turn.inbound.kind == ArrivalKind.MEDIA
    return reply.before(Saying("email.attachments")) if hung and turn.inbound.text else reply


def _draft(turn: Turn, reply: Reply) -> Draft | None:
    """The message that a reply becomes; None for silence."""
    if not reply.sayings:
        return None
    installation, point = turn.context.installation, turn.reads.point()
    language = reply.language or turn.language
    customer = turn.now_identified
    return rendering.draft(
        installation,
        point,
        # The key makes one reply per inbound message, however often the turn is tried.
        f"reply:{turn.inbound.id}",
        reply.purpose,
        reply.sayings,
        turn.context.now,
        REPLY_WITHIN,
        customer_id=customer.id if customer else None,
        language=language,
        choices=[(installation.reading.label(option, language), option) for option in reply.options],
    )


def _failed(context: Context, point_id: int, after: int) -> int | None:
    """Count the failure of the message that could not be answered; returns its id."""
    inbound = inbox.first_waiting(context.session, point_id, after)
    if inbound is None:
        return None
    tries = inbound.tries + 1
    if tries < TRIES:
        inbox.failed(context.session, inbound.id, tries, context.now + AGAIN_AFTER * tries)
        return inbound.id
    if ArrivalKind(inbound.kind).from_staff:
        chat.give_up(context, inbound)
    else:
        _hand_over(context, inbound)
    inbox.given_up(context.session, inbound.id, tries, context.now)
    return inbound.id


def _hand_over(context: Context, inbound: Inbound) -> None:
    """Open a case for a message that nobody could answer, and tell the sender that a person will."""
    point = contact_points.get(context.session, inbound.contact_point_id)
    people = customers.at_contact_point(context.session, point.id)
    since = snapshot.remembered_since(context.policy, context.now)
    known = turn_facts.about(
        context.session, point.id, inbound.id - 1, [one.id for one in people], since, context.now
    )
    reads = TurnReads(context, point, known)
    # Perhaps it was the understanding that failed: nothing is read here.
    turn = Turn(context, point, tuple(people), inbound, nothing(point.language), reads)
    open_case(turn, "turn_failed", "a message could not be answered: answer it yourself", waits=True)
    words.note(turn, ())
    hours = context.creditor.hours_in(point.language)
    draft = _draft(turn, Reply((Saying("person.coming", {"hours": hours}),), (), Purpose.REPLY))
    assert draft is not None
    drafts.queue(context.session, draft, context.now)
