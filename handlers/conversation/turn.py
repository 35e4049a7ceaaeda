"""One inbound message is answered in one transaction: what it changes and the reply commit together."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from billing.facts import Saying
from billing.gate import Purpose
from handlers import rendering
from handlers.arrivals import ArrivalKind
from handlers.conversation.route import route
from handlers.desk import chat
from handlers.desk.handover import open_case
from handlers.people import unreachable
from handlers.people.phones import zones_of_phone
from handlers.turn_context import Reply, Turn
from messages.understanding import redaction, understanding
from storage.conversation import inbox
from storage.database.transaction import lock_contact_point, lock_customers
from storage.delivery import drafts, outbox
from storage.people import contact_points, customers

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from handlers.arrivals import Arrival
    from handlers.installation import Installation
    from storage.conversation.inbox import Inbound
    from storage.database.transaction import Database

TRIES = 3
"""Failures after which a case is opened and a person answers."""
AGAIN_AFTER = timedelta(seconds=20)
REPLY_WITHIN = timedelta(hours=12)
"""A reply older than this is dropped: the talk has moved on, and it would confuse."""
_NATURAL = 3
"""Fewer words than this do not show which language is written."""


def receive(session: Session, installation: Installation, arrival: Arrival, now: datetime) -> int | None:
    """Save an inbound message; returns its id for :func:`take`, or None for a replay of the provider.

    Card numbers are masked and control characters dropped before anything is stored.
    """
    known_zones = zones_of_phone(arrival.address) if arrival.channel.by_phone else []
    point_id = contact_points.at(
        session, arrival.channel, arrival.address, known_zones, installation.creditor.language, now
    )
    # Before anything is stored: PCI DSS (4.2.2) bars keeping a card number that came unprotected.
    kind, text = _masked(session, arrival, point_id, now)
    return inbox.save_inbound(
        session,
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


def _masked(session: Session, arrival: Arrival, point_id: int, now: datetime) -> tuple[ArrivalKind, str]:
    """The text with card numbers and codes masked, also when split over two texts."""
    if arrival.kind is ArrivalKind.STAFF:
        return arrival.kind, redaction.mask_codes(redaction.mask_cards(arrival.text))
    if arrival.kind is not ArrivalKind.TEXT:
        return arrival.kind, redaction.mask_cards(arrival.text)
    text = redaction.mask_codes(redaction.mask_cards(arrival.text))
    before = inbox.last_text(session, point_id, now - _CARD_TALK)
    if before and before.kind == ArrivalKind.CARD:
        text = redaction.mask_lone_code(text)
    halves = redaction.split_card(before.text, text) if before else None
    if before and halves:
        inbox.rewrite(session, before.id, halves[0])
        text = halves[1]
    return (ArrivalKind.TEXT if text == arrival.text else ArrivalKind.CARD), text


def take(
    database: Database, installation: Installation, inbox_id: int, clock: Callable[[], datetime]
) -> None:
    """Answer one inbound message; a failure is retried, and after three of them a person answers.

    Earlier messages of the same contact point are answered first: "yes" after a question must not be read
    before it.
    """
    with database.read() as session:
        inbound = inbox.get(session, inbox_id)
        earlier = inbox.earlier_waiting(session, inbound.contact_point_id, inbox_id)
    if earlier is not None:
        take(database, installation, earlier, clock)
    try:
        with database.write() as session:
            _answer(session, installation, inbox_id, clock)
    except Exception as error:  # noqa: BLE001 - whatever it is, the customer must not wait in vain
        structlog.get_logger().warning("turn.failed", inbox_id=inbox_id, error=type(error).__name__)
        with database.write() as session:
            # A transaction of its own: what the failed one wrote is rolled back, the count of tries must
            # stay.
            _failed(session, installation, inbox_id, clock())


def waiting(database: Database, now: datetime, limit: int = 100) -> list[int]:
    """Ids of inbound messages that wait for their turn, for a process that died; ``limit`` at a time."""
    with database.read() as session:
        return inbox.waiting(session, now, limit)


def _answer(
    session: Session, installation: Installation, inbox_id: int, clock: Callable[[], datetime]
) -> None:
    inbound = inbox.get(session, inbox_id)
    if inbound.kind == ArrivalKind.STAFF:
        chat.answer(session, installation, inbox_id, clock)
        return
    # First the contact point, then its customers, as everywhere: two turns, or a turn and a run, never
    # deadlock.
    lock_contact_point(session, inbound.contact_point_id)
    people = customers.at_contact_point(session, inbound.contact_point_id)
    lock_customers(session, [customer.id for customer in people])
    # Read under the locks: the time must not be earlier than what another process wrote before us.
    now = clock()
    inbound = inbox.get(session, inbox_id)
    if inbound.state != "waiting":
        return
    unreachable.heard_from(session, installation, inbound.contact_point_id, inbound.received_at)
    outbox.withdraw_notes(session, inbound.contact_point_id, "wrote_again", now)
    point = contact_points.get(session, inbound.contact_point_id)
    language = _language(session, inbound, point.id, point.language)
    said = inbound.text if inbound.kind in _WRITTEN else ""
    turn = Turn(session, installation, point, tuple(people), inbound, language, now, said)
    _queue(turn, _without_attachments(turn, route(turn)))
    inbox.done(session, inbox_id, now)


_WRITTEN = {ArrivalKind.TEXT.value, ArrivalKind.MEDIA.value}
"""Kinds with text in the sender's own words: a text, or words beside a photo or an attachment."""


def _without_attachments(turn: Turn, reply: Reply) -> Reply:
    """Add, for an e-mail, that its attachments were not saved."""
    hung = turn.point.channel.by_email and turn.inbound.kind == ArrivalKind.MEDIA
    return reply.before(Saying("email.attachments")) if hung and turn.inbound.text else reply


def _language(session: Session, inbound: Inbound, point_id: int, spoken: str) -> str:
    """The language of the text, once it is long and clear enough; the known one otherwise."""
    if inbound.kind not in _WRITTEN or len(inbound.text.split()) < _NATURAL:
        return spoken
    meaning = understanding.understand(inbound.text, spoken)
    if meaning.intent == "none" or meaning.language == spoken:
        return spoken
    contact_points.set_language(session, point_id, meaning.language)
    return meaning.language


def _queue(turn: Turn, reply: Reply) -> None:
    if not reply.sayings:
        return
    installation, point = turn.installation, contact_points.get(turn.session, turn.point.id)
    language = reply.language or turn.language
    customer = replace(turn, point=point).identified
    draft = rendering.draft(
        installation,
        point,
        # The key makes one reply per inbound message, however often the turn is tried.
        f"reply:{turn.inbound.id}",
        reply.purpose,
        reply.sayings,
        turn.now,
        REPLY_WITHIN,
        customer_id=customer.id if customer else None,
        language=language,
        choices=[(installation.reading.label(option, language), option) for option in reply.options],
    )
    drafts.queue(turn.session, draft, turn.now)


def _failed(session: Session, installation: Installation, inbox_id: int, now: datetime) -> None:
    inbound = inbox.get(session, inbox_id)
    if inbound.state != "waiting":
        return
    tries = inbound.tries + 1
    if tries < TRIES:
        inbox.failed(session, inbox_id, tries, now + AGAIN_AFTER * tries)
        return
    if inbound.kind == ArrivalKind.STAFF:
        chat.give_up(session, installation, inbound, now)
        inbox.given_up(session, inbox_id, tries, now)
        return
    point = contact_points.get(session, inbound.contact_point_id)
    people = customers.at_contact_point(session, point.id)
    turn = Turn(session, installation, point, tuple(people), inbound, point.language, now)
    open_case(turn, "turn_failed", "a message could not be answered: answer it yourself")
    hours = installation.creditor.hours
    _queue(turn, Reply((Saying("person.coming", {"hours": hours}),), (), Purpose.REPLY))
    inbox.given_up(session, inbox_id, tries, now)
