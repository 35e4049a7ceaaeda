"""Reads a message in the one right order (STYLE.md section 7, rule 11) and decides who answers it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from billing.channels import Channel
from billing.facts import Saying
from billing.gate import Purpose
from billing.money import Money
from billing.outcomes import GoOn, Identify, ProveMore, SetLanguage
from handlers import (
    answers,
    carry_out,
    changing,
    consent,
    handover,
    identify,
    inviting,
    reaching,
    register,
    wishes,
)
from handlers.agreeing import FactsChanged
from handlers.arrivals import ArrivalKind
from handlers.flows.doubt import DoubtOffer
from handlers.flows.identity import IdentityOffer
from handlers.flows.proof import ProofOffer
from handlers.identify import Shown
from handlers.reply import SILENCE, Reply, say
from handlers.talk import saved
from handlers.talk.conversation import Done, Going, NotRead
from handlers.talk.questions import Answer
from handlers.wake import wake
from messages import tongues, understanding
from storage import contact_points, conversations, customers, invitations, outbox, verifications
from storage.conversations import Conversation

if TYPE_CHECKING:
    from datetime import datetime

    from billing.picture import PersonPicture
    from handlers.reply import Turn
    from handlers.talk.conversation import Open
    from handlers.wishes import OpenStart, Start
    from messages.understanding import Meaning
    from storage.customers import Customer

SURE = 0.6
"""How sure a meaning must be to interrupt an open question or to act on its own."""
DOUBTFUL = 0.8
"""Below this a rival reading is worth a question back."""


def route(turn: Turn) -> Reply:
    """What to say to one inbound message; a question of ours may go with the answer."""
    reply = _answered(turn)
    failing = reaching.to_ask(turn, reply)
    if failing is None:
        return reply
    asked = _next(turn, None, turn.house.flows.start("failing_number", failing, turn.now))
    return replace(asked.after(*reply.sayings), language=reply.language)


def _answered(turn: Turn) -> Reply:
    carrier = _from_the_carrier(turn)
    if carrier is not None:
        return carrier
    pressed = turn.inbound.kind == ArrivalKind.BUTTON
    word = None if pressed else understanding.lone_word(turn.inbound.text)
    if word == "cancel" and _the_carrier_takes(turn):
        word = "stop"
    meaning = understanding.understand("" if pressed else turn.inbound.text, turn.language)
    return (
        _consent(turn, word, meaning)
        or _verified(turn, word, meaning)
        or _held(turn, word, meaning)
        or _card(turn)
        or _with_a_person(turn)
        or _media(turn)
        or _unspoken(turn, meaning)
        or _in_conversation(turn, word, meaning)
        or _wish(turn, meaning)
    )


def _the_carrier_takes(turn: Turn) -> bool:
    """Twilio's channels take a lone CANCEL for an opt-out; "cancelar" and "avbryt" are asked about."""
    return turn.point.channel.carrier_takes_cancel and turn.inbound.text.strip(" .!").lower() == "cancel"


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
        case ArrivalKind.CONTACT:
            return _shared(turn)
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


def _shared(turn: Turn) -> Reply:
    """Somebody shared their own phone number, which the app vouches for: the chat is whose the number is."""
    owners = customers.at_address(turn.session, Channel.SMS, turn.inbound.text)
    if not owners:
        return say(Saying("talk.number_unknown"))
    for customer in owners:
        basis = "shared their own phone number in the app"
        register.bind_chat(turn.session, customer.id, turn.point.id, basis, turn.now)
    wake(turn.session, turn.house, [customer.id for customer in owners], turn.now)
    return say(Saying("talk.invited"))


def _consent(turn: Turn, word: str | None, meaning: Meaning) -> Reply | None:
    """STOP in any wording, START and HELP as a word: read even while a person has taken over."""
    if word == "stop" or (word is None and meaning.intent == "stop" and meaning.score >= SURE):
        return _stop(turn)
    if word == "start":
        consent.start(turn.session, turn.house, turn.point.id, "text", turn.now)
        return say(Saying("consent.started"))
    if word == "help":
        return _after_digression(turn, say(Saying("answers.help")))
    return None


def _stop(turn: Turn) -> Reply:
    news = consent.stop(turn.session, turn.house, turn.point.id, "text", turn.now)
    return Reply((Saying("consent.stopped"),), (), Purpose.STOP_CONFIRMATION) if news else SILENCE


def _verified(turn: Turn, word: str | None, meaning: Meaning) -> Reply | None:
    """A new number that was asked whether it is the customer's says yes, or no."""
    if word is not None or conversations.open_one(turn.session, turn.point.id):
        return None
    asked = verifications.open_at(turn.session, turn.point.id, turn.now)
    said = turn.house.reading.choice(turn.inbound.text, turn.language, ("yes", "no")) if asked else None
    if asked and (said == "no" or meaning.intent == "wrong_number"):
        return changing.answer_verification(turn, asked, mine=False)
    return changing.answer_verification(turn, asked, mine=True) if asked and said == "yes" else None


def _held(turn: Turn, word: str | None, meaning: Meaning) -> Reply | None:
    """Words that hold everything; while a person has taken over only a crisis is answered by us.

    A dispute or hardship is then heard out: what is wrong, what would help.
    """
    if word is not None or turn.inbound.kind == ArrivalKind.BUTTON:
        return None
    found = [
        intent
        for intent in (meaning.intent, *meaning.also)
        if intent in handover.STATES and meaning.score >= SURE
    ]
    if not found:
        return None
    gravest = min(found, key=list(handover.STATES).index)
    row = conversations.open_one(turn.session, turn.point.id)
    if row and row.flow in handover.STATES and row.expires_at > turn.now and gravest not in handover.GRAVEST:
        return None  # it is being told right now
    reply = handover.hold_for(turn, gravest)
    if turn.point.person_since:
        return reply if gravest == "crisis" else SILENCE
    if gravest not in wishes.STARTS:
        return reply
    return _grant(turn, gravest, turn.identified).after(*reply.sayings)


def _card(turn: Turn) -> Reply | None:
    """A card number was in it, and is masked already: say how to pay safely."""
    if turn.inbound.kind != ArrivalKind.CARD:
        return None
    known = turn.identified
    safely = answers.how_to_pay(turn, turn.person(known) if known else None)
    return _after_digression(turn, say(Saying("answers.card_number"), safely))


def _unspoken(turn: Turn, meaning: Meaning) -> Reply | None:
    """A language we do not speak: one line in English, then a person with an interpreter."""
    if meaning.intent != "none" or tongues.unspoken(turn.inbound.text) is None:
        return None
    reason = "the customer writes in a language we do not speak: answer with an interpreter"
    return handover.to_a_person(turn, reason, "talk.unspoken")


def _with_a_person(turn: Turn) -> Reply | None:
    return handover.while_with_a_person(turn) if turn.point.person_since else None


def _media(turn: Turn) -> Reply | None:
    if turn.inbound.kind == ArrivalKind.EDITED:
        return _after_digression(turn, say(Saying("talk.edited")))
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
        return _asked_again(turn, row, open_, reply)
    if meaning.intent == "cancel":
        conversations.close(turn.session, turn.point.id, "left")
        return say(Saying("talk.cancelled"))
    if identifying and meaning.intent not in wishes.OPEN_TO_ALL and _needs_identity(meaning.intent):
        return _ask_identity_again(turn, row, replace(open_, then=meaning.intent))
    start = wishes.STARTS.get(meaning.intent)
    if meaning.intent in wishes.SWITCHES and (start is None or start.scene != open_.flow):
        conversations.close(turn.session, turn.point.id, "left")
        return _wish(turn, meaning)
    return None


def _needs_identity(intent: str) -> bool:
    return intent in wishes.PERSONAL or isinstance(wishes.STARTS.get(intent), wishes.Start)


def _ask_identity_again(turn: Turn, row: Conversation, open_: Open) -> Reply:
    """The same question without "that did not match": what came was no try."""
    flows = turn.house.flows
    if open_.answers:
        return _keep(turn, row, flows.ask_again(open_, turn.now))
    return _next(turn, row, flows.start("identity", IdentityOffer(said=turn.said), turn.now, then=open_.then))


def _wish(turn: Turn, meaning: Meaning) -> Reply:
    """No question is open: answer, begin a conversation, or first ask who it is."""
    if turn.inbound.kind == ArrivalKind.BUTTON:
        return say(Saying("talk.stale_button"))
    doubted = DoubtOffer("stop", "change_plan") if meaning.intent == "cancel" else _in_doubt(meaning)
    if doubted:
        return _next(turn, None, turn.house.flows.start("doubt", doubted, turn.now))
    intent = meaning.intent if meaning.score >= SURE else "none"
    if "already_paid" in meaning.also and intent in wishes.PERSONAL:
        intent = "already_paid"  # what is owed is said once we have looked for the payment
    if intent in _MAY_BE_PARTS and _offers_parts(turn):
        intent = "payment_plan"
    known = turn.identified
    person = turn.person(known) if known else None
    told = [
        said
        for wish in meaning.also
        if wish != intent and wish in wishes.DIGRESSIONS and (person or wish in wishes.OPEN_TO_ALL)
        for said in wishes.answer(turn, wish, person).sayings
    ]
    if intent == "pay" and meaning.second == "hardship":
        told.append(Saying("answers.help_with_cost"))  # who needs help paying may need help with the cost
    if intent in wishes.OPEN_TO_ALL:
        return wishes.answer(turn, intent, person).before(*told)
    reply = _grant(turn, intent, known)
    return reply.after(*told) if intent in wishes.STARTS else reply.before(*told)


_MAY_BE_PARTS = frozenset({"none", "pay", "promise", "payment_plan"})


def _offers_parts(turn: Turn) -> bool:
    """Whether a text that says nothing else is an offer to pay in parts: "400 on the 25th, rest in May"."""
    anything = Money(10**9, answers.home_currency(turn))
    found = turn.house.reading.parts(turn.said, turn.language, anything, turn.today())
    return found is not None and len(found) > 1


def _in_doubt(meaning: Meaning) -> DoubtOffer | None:
    """Two readings that are about as likely, of things that lead to different places."""
    likely = (meaning.intent, meaning.second)
    unsure = bool(meaning.second) and meaning.score < DOUBTFUL and wishes.OFFERABLE.issuperset(likely)
    scenes = {wishes.STARTS[one].scene if one in wishes.STARTS else one for one in likely}
    return DoubtOffer(*likely) if unsure and len(scenes) > 1 else None


def _grant(turn: Turn, intent: str, customer: Customer | None) -> Reply:
    """What was wanted, to whoever has shown who they are; everybody else is asked that first."""
    if intent == "already_paid":
        handover.pause_for_payment(turn)
    start = wishes.STARTS.get(intent)
    if isinstance(start, wishes.OpenStart):
        return _begin_for_anybody(turn, start, customer)
    if start is None and intent not in wishes.PERSONAL:
        return wishes.answer(turn, intent, turn.person(customer) if customer else None)
    if customer is None:
        return _ask_who(turn, intent)
    person = turn.person(customer)
    if start is None:
        return wishes.answer(turn, intent, person)
    if intent == "payment_plan" and answers.running_plan(person):
        start = wishes.STARTS["change_plan"]
    assert isinstance(start, wishes.Start)
    if _needs_proof(turn, customer, start.scene):
        return _next(
            turn, None, turn.house.flows.start("proof", ProofOffer(), turn.now, then=intent), customer
        )
    return _begin(turn, customer, person, start)


def _needs_proof(turn: Turn, customer: Customer, scene: str) -> bool:
    """Whether a second answer is asked for first; where nothing is on file a person checks afterwards."""
    asked_for = scene in turn.house.policy.identity.proof_for
    return asked_for and bool(customer.postal_code) and not turn.point.proved(turn.now)


def _ask_who(turn: Turn, then: str) -> Reply:
    if turn.point.locked(turn.now):
        return say(Saying("identity.locked"))
    asked = turn.house.flows.start("identity", IdentityOffer(said=turn.said), turn.now, then=then)
    return _next(turn, None, asked)


def _begin(turn: Turn, customer: Customer, person: PersonPicture, start: Start) -> Reply:
    offer = start.offer(turn, person)
    if isinstance(offer, Saying):
        return say(offer)
    step = turn.house.flows.start(start.scene, offer, turn.now)
    if start.answered and isinstance(step, Going) and turn.said:
        step = _as_told(turn, step)
    return _next(turn, None, step, customer)


def _as_told(turn: Turn, step: Going) -> Going:
    """The first question is not asked if the wish has answered it: "can I pay in 3 months?"."""
    told = Answer(turn.said, turn.language, turn.today(), turn.now)
    heard = turn.house.flows.hear(step.open, told, turn.now)
    if not isinstance(heard, Going) or heard.open.asked == step.open.asked:
        return step
    return replace(heard, said=(*step.said[:-1], *heard.said))


def _begin_for_anybody(turn: Turn, start: OpenStart, customer: Customer | None) -> Reply:
    options = ("english", "swedish", "spanish")
    named = turn.house.reading.choice(turn.inbound.text, turn.language, options)
    if start.scene == "language" and named:
        code = {"english": "en", "swedish": "sv", "spanish": "es"}[named]
        return carry_out.carry_out(turn, customer, SetLanguage(code))
    offer = start.offer(turn, turn.person(customer) if customer else None)
    return _next(turn, None, turn.house.flows.start(start.scene, offer, turn.now), customer)


def _next(
    turn: Turn, row: Conversation | None, step: Going | Done, customer: Customer | None = None
) -> Reply:
    """Keep where the conversation stands, or act on its outcome."""
    if isinstance(step, Going):
        return _keep(turn, row, step, customer)
    customer = customer or turn.identified
    if isinstance(step.outcome, Identify):
        return _identify(turn, row, step.outcome)
    if isinstance(step.outcome, ProveMore):
        return _prove(turn, row, step.outcome)
    if isinstance(step.outcome, GoOn):
        conversations.close(turn.session, turn.point.id, "finished")
        return _granted(
            replace(turn, said=_more_than_a_choice(turn.said)), step.outcome.wish, customer
        ).after(*step.said)
    if customer is None and type(step.outcome) not in carry_out.FOR_ANYBODY:
        conversations.close(turn.session, turn.point.id, "left")
        return _ask_who(turn, "balance")  # identity ran out while we talked
    return _carry_out(turn, row, step, customer)


def _more_than_a_choice(said: str) -> str:
    """Words that may tell more than the choice they made: "100 a month instead"."""
    return said if len(said.split()) > 1 else ""


def _granted(turn: Turn, wish: str, customer: Customer | None) -> Reply:
    """Go on with a wish that came out of a conversation."""
    if wish == "stop":
        return _stop(turn)
    if wish in wishes.OPEN_TO_ALL:
        return wishes.answer(turn, wish, turn.person(customer) if customer else None)
    return _grant(turn, wish, customer)


def _prove(turn: Turn, row: Conversation | None, answer: ProveMore) -> Reply:
    """Check the second answer; on success the wish that made us ask is granted in the same turn."""
    assert row is not None
    open_, customer = saved.unpack(row), turn.identified
    if customer is None:
        conversations.close(turn.session, turn.point.id, "left")
        return _ask_who(turn, open_.then)
    match identify.prove(turn, customer, answer.postal_code):
        case Shown.KNOWN:
            conversations.close(turn.session, turn.point.id, "finished")
            point = contact_points.get(turn.session, turn.point.id)
            return _grant(replace(turn, point=point), open_.then, customer)
        case Shown.LOCKED:
            conversations.close(turn.session, turn.point.id, "left")
            return say(Saying("identity.locked"))
        case _:
            again = turn.house.flows.start("proof", ProofOffer(again=True), turn.now, then=open_.then)
            return _next(turn, row, again)


def _carry_out(turn: Turn, row: Conversation | None, step: Done, customer: Customer | None) -> Reply:
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
            known = replace(turn, point=point, said=open_.offer.get("said", ""))
            return _granted(known, open_.then or "balance", finding.customer)
        case Shown.LOCKED:
            conversations.close(turn.session, turn.point.id, "left")
            return say(Saying("identity.locked"))
        case Shown.SEVERAL:
            named = flows.hear(open_, _answer(turn), turn.now)
            assert isinstance(named, Done)
            assert named.open is not None
            several = IdentityOffer(needs_name=True, said=open_.offer.get("said", ""))
            return _next(turn, row, flows.reopen(named.open, several, turn.now))
        case Shown.WRONG:
            wrong = IdentityOffer(again=True, said=open_.offer.get("said", ""))
            again = flows.start("identity", wrong, turn.now, then=open_.then)
            return _next(turn, row, again)


def _after_digression(turn: Turn, reply: Reply) -> Reply:
    """A word answered in the middle of a conversation: the open question is asked once more."""
    row = conversations.open_one(turn.session, turn.point.id)
    if row is None or turn.point.person_since or row.expires_at <= turn.now:
        return reply
    return _asked_again(turn, row, saved.unpack(row), reply)


def _asked_again(turn: Turn, row: Conversation, open_: Open, reply: Reply) -> Reply:
    """A reply, and then the open question once more; what led up to it was said before."""
    again = turn.house.flows.ask_again(open_, turn.now)
    return _keep(turn, row, replace(again, said=again.said[-1:])).after(*reply.sayings)


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
