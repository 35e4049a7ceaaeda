"""Reads a message in the one right order (STYLE.md section 7, rule 11) and decides who answers it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from billing.facts import Saying
from billing.gate import Purpose
from billing.outcomes import HandToPerson, Identify
from handlers import carry_out, consent, handover, identify, inviting, register, wishes
from handlers.arrivals import ArrivalKind
from handlers.carry_out import FactsChanged
from handlers.flows.identity import IdentityOffer
from handlers.identify import Shown
from handlers.reply import SILENCE, Reply, say
from handlers.talk import saved
from handlers.talk.conversation import Done, Going, NotRead
from handlers.talk.questions import Answer
from handlers.wake import wake
from messages import understanding
from storage import contact_points, conversations, invitations, outbox
from storage.conversations import Conversation

if TYPE_CHECKING:
    from datetime import datetime

    from billing.picture import PersonPicture
    from handlers.reply import Turn
    from handlers.talk.conversation import Open
    from messages.understanding import Meaning
    from storage.customers import Customer

SURE = 0.6
"""How sure a meaning must be to interrupt an open question or to act on its own."""


def route(turn: Turn) -> Reply:
    """What to say to one inbound message."""
    carrier = _from_the_carrier(turn)
    if carrier is not None:
        return carrier
    pressed = turn.inbound.kind == ArrivalKind.BUTTON
    word = None if pressed else understanding.lone_word(turn.inbound.text)
    if word == "cancel" and turn.point.channel.carrier_takes_cancel:
        word = "stop"
    meaning = understanding.understand("" if pressed else turn.inbound.text, turn.language)
    return (
        _consent(turn, word, meaning)
        or _held(turn, word, meaning)
        or _with_a_person(turn)
        or _media(turn)
        or _in_conversation(turn, word, meaning)
        or _wish(turn, meaning)
    )


def _from_the_carrier(turn: Turn) -> Reply | None:
    """What the carrier or the app took and answered itself; and a deep link."""
    match turn.inbound.kind:
        case ArrivalKind.STOPPED:
            consent.stop(turn.session, turn.house, turn.point.id, "carrier", turn.now)
            return SILENCE
        case ArrivalKind.STARTED:
            consent.start(turn.session, turn.house, turn.point.id, "carrier", turn.now)
            return SILENCE
        case ArrivalKind.ASKED_HELP:
            return SILENCE
        case ArrivalKind.LINK:
            return _linked(turn)
    return None


def _linked(turn: Turn) -> Reply:
    """A deep link was opened: it binds this chat to the customer it was made for, once."""
    nonce = inviting.genuine(turn.inbound.text, turn.house.link_secret)
    customer_id = invitations.redeem(turn.session, nonce, turn.now) if nonce else None
    if customer_id is None:
        return say(Saying("talk.bad_link"))
    basis = "opened the link they were given"
    register.bind_chat(turn.session, customer_id, turn.point.id, basis, turn.now)
    wake(turn.session, turn.house, [customer_id], turn.now)
    return say(Saying("talk.invited"))


def _consent(turn: Turn, word: str | None, meaning: Meaning) -> Reply | None:
    """STOP in any wording, START and HELP as a word: read even while a person has taken over."""
    if word == "stop" or (word is None and meaning.intent == "stop" and meaning.score >= SURE):
        news = consent.stop(turn.session, turn.house, turn.point.id, "text", turn.now)
        return Reply((Saying("consent.stopped"),), (), Purpose.STOP_CONFIRMATION) if news else SILENCE
    if word == "start":
        consent.start(turn.session, turn.house, turn.point.id, "text", turn.now)
        return say(Saying("consent.started"))
    if word == "help":
        return _after_digression(turn, say(Saying("answers.help")))
    return None


def _held(turn: Turn, word: str | None, meaning: Meaning) -> Reply | None:
    """Words that hold everything; while a person has taken over only a crisis is answered by us."""
    if word is not None:
        return None
    found = [
        intent
        for intent in (meaning.intent, *meaning.also)
        if intent in handover.STATES and meaning.score >= SURE
    ]
    if not found:
        return None
    gravest = min(found, key=list(handover.STATES).index)
    reply = handover.hold_for(turn, gravest)
    return SILENCE if turn.point.person_since and gravest != "crisis" else reply


def _with_a_person(turn: Turn) -> Reply | None:
    return handover.while_with_a_person(turn) if turn.point.person_since else None


def _media(turn: Turn) -> Reply | None:
    if turn.inbound.kind == ArrivalKind.MEDIA and not turn.inbound.text:
        return _after_digression(turn, say(Saying("answers.media")))
    return None


def _in_conversation(turn: Turn, word: str | None, meaning: Meaning) -> Reply | None:
    """Navigation, the open question, a digression, and only then the question again."""
    row = conversations.open_one(turn.session, turn.point.id)
    if row is None:
        return None
    if row.expires_at <= turn.now:
        conversations.close(turn.session, turn.point.id, "expired")
        return None
    open_ = saved.unpack(row)
    moved = _navigate(turn, row, open_, word)
    if moved is not None:
        return moved
    flows = turn.house.flows
    heard = flows.hear(open_, _answer(turn), turn.now)
    if not isinstance(heard, NotRead):
        return _next(turn, row, heard)
    digressed = _digress(turn, row, open_, meaning)
    if digressed is not None:
        return digressed
    return _next(turn, row, flows.misread(open_, heard, turn.now, turn.house.policy.talk.misreads))


def _navigate(turn: Turn, row: Conversation, open_: Open, word: str | None) -> Reply | None:
    flows = turn.house.flows
    match word:
        case "back":
            earlier = flows.back(open_, turn.now)
            if earlier is None:
                again = flows.ask_again(open_, turn.now)
                return _keep(turn, row, again).after(Saying("talk.nothing_to_go_back"))
            return _keep(turn, row, earlier)
        case "start_over":
            return _keep(turn, row, flows.start_over(open_, turn.now)).after(Saying("talk.started_over"))
        case "cancel":
            conversations.close(turn.session, turn.point.id, "left")
            return say(Saying("talk.cancelled"))
        case "repeat":
            return _keep(turn, row, flows.ask_again(open_, turn.now))
    return None


def _digress(turn: Turn, row: Conversation, open_: Open, meaning: Meaning) -> Reply | None:
    if meaning.score < SURE:
        return None
    identifying = open_.flow == "identity"
    if meaning.intent in wishes.DIGRESSIONS and (meaning.intent in wishes.OPEN_TO_ALL or not identifying):
        known = turn.identified
        reply = wishes.answer(turn, meaning.intent, turn.person(known) if known else None)
        again = _keep(turn, row, turn.house.flows.ask_again(open_, turn.now))
        return again.after(*reply.sayings)
    if identifying and meaning.intent not in wishes.OPEN_TO_ALL:
        return _ask_identity_again(turn, row, replace(open_, then=meaning.intent))
    if meaning.intent in wishes.SWITCHES and wishes.FLOWS.get(meaning.intent) != open_.flow:
        conversations.close(turn.session, turn.point.id, "left")
        return _wish(turn, meaning)
    return None


def _ask_identity_again(turn: Turn, row: Conversation, open_: Open) -> Reply:
    """The same question without "that did not match": what came was no try."""
    flows = turn.house.flows
    if open_.answers:
        return _keep(turn, row, flows.ask_again(open_, turn.now))
    return _next(turn, row, flows.start("identity", IdentityOffer(), turn.now, then=open_.then))


def _wish(turn: Turn, meaning: Meaning) -> Reply:
    """No question is open: answer, begin a conversation, or first ask who it is."""
    intent = meaning.intent if meaning.score >= SURE else "none"
    if intent in wishes.OPEN_TO_ALL:
        known = turn.identified
        return wishes.answer(turn, intent, turn.person(known) if known else None)
    return _grant(turn, intent, turn.identified)


def _grant(turn: Turn, intent: str, customer: Customer | None) -> Reply:
    """What was wanted, to whoever has shown who they are; everybody else is asked that first."""
    if intent not in wishes.FLOWS and intent not in wishes.PERSONAL:
        return wishes.answer(turn, intent, None)
    if customer is None:
        return _ask_who(turn, intent)
    person = turn.person(customer)
    flow = wishes.FLOWS.get(intent)
    return _begin(turn, customer, person, flow) if flow else wishes.answer(turn, intent, person)


def _ask_who(turn: Turn, then: str) -> Reply:
    if turn.point.locked(turn.now):
        return say(Saying("identity.locked"))
    return _next(turn, None, turn.house.flows.start("identity", IdentityOffer(), turn.now, then=then))


def _begin(turn: Turn, customer: Customer, person: PersonPicture, flow: str) -> Reply:
    offer = wishes.OFFERS[flow](turn, person)
    if isinstance(offer, Saying):
        return say(offer)
    return _next(turn, None, turn.house.flows.start(flow, offer, turn.now), customer)


def _next(
    turn: Turn, row: Conversation | None, step: Going | Done, customer: Customer | None = None
) -> Reply:
    """Keep where the conversation stands, or act on its outcome."""
    if isinstance(step, Going):
        return _keep(turn, row, step, customer)
    customer = customer or turn.identified
    if isinstance(step.outcome, Identify):
        return _identify(turn, row, step.outcome)
    if customer is None:
        conversations.close(turn.session, turn.point.id, "left")
        if isinstance(step.outcome, HandToPerson):
            return handover.to_a_person(turn, step.outcome.reason, "talk.handed_over").after(*step.said)
        return _ask_who(turn, "balance")  # identity ran out while we talked
    return _carry_out(turn, row, step, customer)


def _carry_out(turn: Turn, row: Conversation | None, step: Done, customer: Customer) -> Reply:
    try:
        reply = carry_out.carry_out(turn, customer, step.outcome)
    except FactsChanged as news:
        assert step.open is not None
        again = turn.house.flows.reopen(step.open, news.offer, turn.now, drop=("verdict",))
        return _next(turn, row, again, customer).after(news.saying)
    conversations.close(turn.session, turn.point.id, "finished")
    return reply.after(*step.said)


def _identify(turn: Turn, row: Conversation | None, answer: Identify) -> Reply:
    """Check who it is; on success the wish that made us ask is answered in the same turn."""
    assert row is not None
    finding = identify.check(turn, answer)
    open_, flows = saved.unpack(row), turn.house.flows
    match finding.shown:
        case Shown.KNOWN:
            assert finding.customer is not None
            conversations.close(turn.session, turn.point.id, "finished")
            point = contact_points.get(turn.session, turn.point.id)
            return _grant(replace(turn, point=point), open_.then or "balance", finding.customer)
        case Shown.LOCKED:
            conversations.close(turn.session, turn.point.id, "left")
            return say(Saying("identity.locked"))
        case Shown.SEVERAL:
            named = flows.hear(open_, _answer(turn), turn.now)
            assert isinstance(named, Done)
            assert named.open is not None
            return _next(turn, row, flows.reopen(named.open, IdentityOffer(needs_name=True), turn.now))
        case Shown.WRONG:
            again = flows.start("identity", IdentityOffer(again=True), turn.now, then=open_.then)
            return _next(turn, row, again)


def _after_digression(turn: Turn, reply: Reply) -> Reply:
    """A word answered in the middle of a conversation: the open question is asked once more."""
    row = conversations.open_one(turn.session, turn.point.id)
    if row is None or turn.point.person_since or row.expires_at <= turn.now:
        return reply
    again = _keep(turn, row, turn.house.flows.ask_again(saved.unpack(row), turn.now))
    return again.after(*reply.sayings)


def _keep(turn: Turn, row: Conversation | None, step: Going, customer: Customer | None = None) -> Reply:
    """Keep an open conversation and say what it says now."""
    packed = saved.pack(step.open)
    expires = turn.now + timedelta(hours=turn.house.policy.talk.expires_hours)
    kept = Conversation(
        id=row.id if row else 0,
        contact_point_id=turn.point.id,
        customer_id=customer.id if customer else (row.customer_id if row else None),
        flow=step.open.flow,
        offer=packed["offer"],
        answers=packed["answers"],
        asked=step.open.asked,
        asked_at=step.open.asked_at,
        misreads=step.open.misreads,
        then=step.open.then,
        expires_at=expires,
    )
    if row is None:
        conversations.begin(turn.session, kept, turn.now)
    else:
        conversations.save(turn.session, kept)
    return Reply(tuple(step.said), tuple(step.options))


def _answer(turn: Turn) -> Answer:
    return Answer(turn.inbound.text, turn.language, turn.today(), _spoken_at(turn))


def _spoken_at(turn: Turn) -> datetime:
    """A pressed button answers the message that carries it, however much later it is pressed."""
    carried_by = turn.inbound.asked_at
    sent = outbox.said_at(turn.session, turn.point.channel, carried_by) if carried_by else None
    return sent or turn.inbound.received_at
