"""Decides who answers an inbound message.

The order of the readings is fixed (STYLE.md section 7, rule 11): opt-outs before everything, holds before
questions, an open question before a new intent.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from billing.accounts.channels import Channel
from billing.accounts.holds import HOLD_OF_INTENT
from billing.facts import Saying
from billing.ledger.money import Money
from handlers.arrivals import ArrivalKind
from handlers.bills import obligations
from handlers.conversation import answers, conversations, details, intents
from handlers.desk import handover
from handlers.dunning.reschedule import reschedule
from handlers.flows.doubt import DoubtOffer
from handlers.flows.identity import IdentityOffer
from handlers.people import consent, inviting, register, unreachable
from handlers.talk import saved
from handlers.talk.conversation import NotRead
from handlers.turn_context import SILENCE, Reply, say
from messages.understanding import language_detection, understanding
from storage.conversation import conversations as stored_conversations
from storage.payers import claim_reminders
from storage.people import customers, invitations, verifications

if TYPE_CHECKING:
    from handlers.talk.conversation import Open
    from handlers.turn_context import Turn
    from messages.understanding.understanding import Meaning
    from storage.conversation.conversations import Conversation

SURE = 0.6
"""Score from which a meaning may interrupt an open question or be acted on."""
DOUBTFUL = 0.8
"""Score below which a second reading leads to a question back."""


def route(turn: Turn) -> Reply:
    """The reply to one inbound message; a question about a failing number may be added to it."""
    reply = _answered(turn)
    failing = unreachable.to_ask(turn, reply)
    if failing is None:
        return reply
    asked = conversations.go_on(
        turn, None, turn.installation.flows.start("failing_number", failing, turn.now)
    )
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
        _from_a_payer(turn, word)
        # Opt-outs and words that hold everything come before _with_a_person: they count during a takeover
        # too.
        or _consent(turn, word, meaning)
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
    """Whether the carrier opts this sender out for a lone CANCEL, as Twilio does.

    Elsewhere CANCEL may mean the plan, and "cancelar" often means to pay off: those are asked about.
    """
    return turn.point.channel.carrier_takes_cancel and turn.inbound.text.strip(" .!").lower() == "cancel"


def _from_the_carrier(turn: Turn) -> Reply | None:
    """Events of the carrier or the app, which answered them itself; a deep link; a shared number."""
    match turn.inbound.kind:
        # No reply: Twilio has confirmed the opt-out already, and one confirmation is all that is allowed.
        case ArrivalKind.STOPPED:
            consent.stop(turn.session, turn.installation, turn.point.id, "carrier", turn.now)
            return SILENCE
        case ArrivalKind.STARTED:
            consent.start(turn.session, turn.installation, turn.point.id, "carrier", turn.now)
            return SILENCE
        case ArrivalKind.ASKED_HELP:
            return SILENCE
        case ArrivalKind.LINK:
            return _linked(turn)
        case ArrivalKind.CONTACT:
            return _shared(turn)
    return None


def _linked(turn: Turn) -> Reply:
    """Link this chat to the customer that a deep link was made for; each link works once."""
    nonce = inviting.genuine(turn.inbound.text, turn.installation.link_secret)
    customer_id = invitations.redeem(turn.session, nonce, turn.now) if nonce else None
    if customer_id is None:
        return say(Saying("talk.bad_link"))
    basis = "opened the link they were given"
    register.bind_chat(turn.session, customer_id, turn.point.id, basis, turn.now)
    reschedule(turn.session, turn.installation, [customer_id], turn.now)
    return say(Saying("talk.invited"))


def _shared(turn: Turn) -> Reply:
    """Link this chat to the customers of a phone number that the app confirms as the sender's own."""
    owners = customers.at_address(turn.session, Channel.SMS, turn.inbound.text)
    if not owners:
        return say(Saying("talk.number_unknown"))
    for customer in owners:
        basis = "shared their own phone number in the app"
        register.bind_chat(turn.session, customer.id, turn.point.id, basis, turn.now)
    reschedule(turn.session, turn.installation, [customer.id for customer in owners], turn.now)
    return say(Saying("talk.invited"))


def _consent(turn: Turn, word: str | None, meaning: Meaning) -> Reply | None:
    """STOP in any wording, START and HELP as single words: read even while a person has taken over.

    A revocation counts in any reasonable wording (47 CFR 64.1200(a)(10)); consent only by a deliberate START.
    """
    if word == "stop" or (word is None and meaning.intent == "stop" and meaning.score >= SURE):
        return conversations.stop(turn)
    if word == "start":
        consent.start(turn.session, turn.installation, turn.point.id, "text", turn.now)
        return say(Saying("consent.started"))
    if word == "help":
        return conversations.after_digression(turn, say(Saying("answers.help")))
    return None


def _verified(turn: Turn, word: str | None, meaning: Meaning) -> Reply | None:
    """The yes or no of a new number that was asked whether it is the customer's."""
    if word is not None or stored_conversations.open_one(turn.session, turn.point.id):
        return None
    asked = verifications.open_at(turn.session, turn.point.id, turn.now)
    said = (
        turn.installation.reading.choice(turn.inbound.text, turn.language, ("yes", "no")) if asked else None
    )
    if asked and (said == "no" or meaning.intent == "wrong_number"):
        return details.answer_verification(turn, asked, mine=False)
    return details.answer_verification(turn, asked, mine=True) if asked and said == "yes" else None


def _held(turn: Turn, word: str | None, meaning: Meaning) -> Reply | None:
    """Words that put a hold on everything; while a person has taken over only a crisis gets our reply.

    A dispute or hardship then starts its conversation: what is wrong, what would help.
    """
    if word is not None or turn.inbound.kind == ArrivalKind.BUTTON:
        return None
    found = [
        intent
        for intent in (meaning.intent, *meaning.also)
        if intent in HOLD_OF_INTENT and meaning.score >= SURE
    ]
    if not found:
        return None
    gravest = min(found, key=list(HOLD_OF_INTENT).index)
    kind = HOLD_OF_INTENT[gravest]
    row = stored_conversations.open_one(turn.session, turn.point.id)
    if row and row.flow in HOLD_OF_INTENT and row.expires_at > turn.now and not kind.traits.interrupts:
        return None  # the open conversation is about this already
    reply = handover.hold_for(turn, kind)
    if turn.point.person_since:
        return reply if kind.traits.takes_over else SILENCE
    if gravest not in intents.STARTS:
        return reply
    return conversations.grant(turn, gravest, turn.identified).after(*reply.sayings)


def _card(turn: Turn) -> Reply | None:
    """A card number was received (masked before storage, PCI DSS 4.2.2): say how to pay safely."""
    if turn.inbound.kind != ArrivalKind.CARD:
        return None
    known = turn.identified
    safely = answers.how_to_pay(turn, turn.person(known) if known else None)
    return conversations.after_digression(turn, say(Saying("answers.card_number"), safely))


def _unspoken(turn: Turn, meaning: Meaning) -> Reply | None:
    """A language without wording of ours: one line in English, then a person with an interpreter."""
    if meaning.intent != "none" or language_detection.unspoken(turn.inbound.text) is None:
        return None
    reason = "the customer writes in a language we do not speak: answer with an interpreter"
    return handover.to_a_person(turn, reason, "talk.unspoken")


def _from_a_payer(turn: Turn, word: str | None) -> Reply | None:
    """A payer answers a claim reminder: a person reads it; the questions of a chat fit no payer."""
    if word == "stop" or turn.people or not claim_reminders.from_payer(turn.session, turn.point.id):
        return None
    handover.open_case(turn, "payer_wrote", "a payer answered a reminder about claims: read it and answer")
    return SILENCE


def _with_a_person(turn: Turn) -> Reply | None:
    return handover.while_with_a_person(turn) if turn.point.person_since else None


def _media(turn: Turn) -> Reply | None:
    if turn.inbound.kind == ArrivalKind.EDITED:
        return conversations.after_digression(turn, say(Saying("talk.edited")))
    if turn.inbound.kind == ArrivalKind.MEDIA and not turn.inbound.text:
        return _photo_of_card(turn) or conversations.after_digression(turn, say(Saying("answers.media")))
    return None


def _photo_of_card(turn: Turn) -> Reply | None:
    """Take a photo as the answer about an insurance card; a person finds it by the message's id."""
    row = stored_conversations.open_one(turn.session, turn.point.id)
    if row is None or row.flow != "new_insurance":
        return None
    text = f"photo {turn.inbound.provider_id}"
    shown = replace(turn, inbound=replace(turn.inbound, text=text))
    return _in_conversation(shown, None, understanding.understand("", turn.language))


def _in_conversation(turn: Turn, word: str | None, meaning: Meaning) -> Reply | None:
    """Read a text as navigation, as the answer, as a digression; only then ask the question again."""
    row = stored_conversations.open_one(turn.session, turn.point.id)
    if row is None:
        return None
    if row.expires_at <= turn.now:
        stored_conversations.close(turn.session, turn.point.id, "expired")
        return None
    open_ = saved.unpack(row)
    moved = _navigate(turn, row, open_, word)
    if moved is not None:
        return moved
    flows = turn.installation.flows
    heard = flows.hear(open_, conversations.answer_of(turn), turn.now)
    if not isinstance(heard, NotRead):
        return conversations.go_on(turn, row, heard)
    digressed = _digress(turn, row, open_, meaning)
    if digressed is not None:
        return digressed
    return conversations.go_on(
        turn, row, flows.misread(open_, heard, turn.now, turn.installation.policy.talk.misreads)
    )


def _navigate(turn: Turn, row: Conversation, open_: Open, word: str | None) -> Reply | None:
    flows = turn.installation.flows
    match word:
        case "back":
            earlier = flows.back(open_, turn.now)
            if earlier is None:
                again = flows.ask_again(open_, turn.now)
                return conversations.save_conversation(turn, row, again).after(
                    Saying("talk.nothing_to_go_back")
                )
            return conversations.save_conversation(turn, row, earlier)
        case "start_over":
            return conversations.save_conversation(turn, row, flows.start_over(open_, turn.now)).after(
                Saying("talk.started_over")
            )
        case "cancel":
            stored_conversations.close(turn.session, turn.point.id, "left")
            return say(Saying("talk.cancelled"))
        case "repeat":
            return conversations.save_conversation(turn, row, flows.ask_again(open_, turn.now))
    return None


def _digress(turn: Turn, row: Conversation, open_: Open, meaning: Meaning) -> Reply | None:
    if meaning.score < SURE:
        return None
    identifying = open_.flow == "identity"
    if meaning.intent in intents.DIGRESSIONS and (meaning.intent in intents.OPEN_TO_ALL or not identifying):
        known = turn.identified
        reply = intents.answer(turn, meaning.intent, turn.person(known) if known else None)
        return conversations.asked_again(turn, row, open_, reply)
    if meaning.intent == "cancel":
        stored_conversations.close(turn.session, turn.point.id, "left")
        return say(Saying("talk.cancelled"))
    if identifying and meaning.intent not in intents.OPEN_TO_ALL and _needs_identity(meaning.intent):
        return _ask_identity_again(turn, row, replace(open_, then=meaning.intent))
    start = intents.STARTS.get(meaning.intent)
    if meaning.intent in intents.SWITCHES and (start is None or start.flow != open_.flow):
        stored_conversations.close(turn.session, turn.point.id, "left")
        return _wish(turn, meaning)
    return None


def _needs_identity(intent: str) -> bool:
    return intent in intents.PERSONAL or isinstance(intents.STARTS.get(intent), intents.Start)


def _ask_identity_again(turn: Turn, row: Conversation, open_: Open) -> Reply:
    """Ask for identity again without "that did not match": the text was no answer, and counts as no try."""
    flows = turn.installation.flows
    if open_.answers:
        return conversations.save_conversation(turn, row, flows.ask_again(open_, turn.now))
    return conversations.go_on(
        turn, row, flows.start("identity", IdentityOffer(said=turn.said), turn.now, then=open_.then)
    )


def _wish(turn: Turn, meaning: Meaning) -> Reply:
    """No question is open: answer, start a conversation, or ask for identity first."""
    if turn.inbound.kind == ArrivalKind.BUTTON:
        return say(Saying("talk.stale_button"))
    if obligations.answers_them(turn):
        return conversations.grant(turn, "obligations", turn.identified)
    doubted = DoubtOffer("stop", "change_plan") if meaning.intent == "cancel" else _in_doubt(meaning)
    if doubted:
        return conversations.go_on(turn, None, turn.installation.flows.start("doubt", doubted, turn.now))
    intent = meaning.intent if meaning.score >= SURE else "none"
    if "already_paid" in meaning.also and intent in intents.PERSONAL:
        intent = "already_paid"  # the balance is said after the search for the payment
    if intent in _MAY_BE_PARTS and _offers_parts(turn):
        intent = "payment_plan"
    intent = intents.more_precise(turn, intent)
    known = turn.identified
    person = turn.person(known) if known else None
    sayings = [
        said
        for wish in meaning.also
        if wish != intent and wish in intents.DIGRESSIONS and (person or wish in intents.OPEN_TO_ALL)
        for said in intents.answer(turn, wish, person).sayings
    ]
    if intent == "pay" and meaning.second == "hardship":
        sayings.append(Saying("answers.help_with_cost"))  # who needs help paying may need help with the cost
    if intent in intents.OPEN_TO_ALL:
        return intents.answer(turn, intent, person).before(*sayings)
    reply = conversations.grant(turn, intent, known)
    return reply.after(*sayings) if intent in intents.STARTS else reply.before(*sayings)


_MAY_BE_PARTS = frozenset({"none", "pay", "promise", "payment_plan"})


def _offers_parts(turn: Turn) -> bool:
    """Whether a text without another intent offers instalments: "400 on the 25th, rest in May"."""
    anything = Money(10**9, answers.home_currency(turn))
    found = turn.installation.reading.parts(turn.said, turn.language, anything, turn.today())
    return found is not None and len(found) > 1


def _in_doubt(meaning: Meaning) -> DoubtOffer | None:
    """The question between two readings of similar score that lead to different replies; None otherwise."""
    likely = (meaning.intent, meaning.second)
    unsure = bool(meaning.second) and meaning.score < DOUBTFUL and intents.OFFERABLE.issuperset(likely)
    flows = {intents.STARTS[one].flow if one in intents.STARTS else one for one in likely}
    return DoubtOffer(*likely) if unsure and len(flows) > 1 else None
