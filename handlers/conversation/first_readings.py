"""What is read before any question of ours: opt-outs, words that hold everything, cards, photos, a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.holds import HOLD_OF_INTENT
from billing.facts import Saying
from handlers.arrivals import ArrivalKind
from handlers.conversation import answers, conversations, details, intents
from handlers.desk import handover
from handlers.heard import SURE
from handlers.people import consent
from handlers.turn_context import SILENCE, say
from messages.understanding import language_detection
from storage.payers import claim_reminders

if TYPE_CHECKING:
    from handlers.turn_context import Reply, Turn


def from_a_payer(turn: Turn) -> Reply | None:
    """A payer answers a claim reminder: a person reads it; the questions of a chat fit no payer."""
    if (
        turn.heard.word == "stop"
        or turn.people
        or not claim_reminders.from_payer(turn.context.session, turn.point.id)
    ):
        return None
    handover.open_case(turn, "payer_wrote", "a payer answered a reminder about claims: read it and answer")
    return SILENCE


def opt_out_or_in(turn: Turn) -> Reply | None:
    """STOP in any wording, START and HELP as single words: read even while a person has taken over.

    A revocation counts in any reasonable wording (47 CFR 64.1200(a)(10)); consent only by a deliberate START.
    """
    if turn.heard.word == "stop" or (
        turn.heard.word is None and turn.heard.meaning.intent == "stop" and turn.heard.meaning.score >= SURE
    ):
        return conversations.stop(turn)
    if turn.heard.word == "start":
        consent.start(turn.context, turn.point.id, "text")
        return say(Saying("consent.started"))
    if turn.heard.word == "help":
        return conversations.after_digression(turn, say(Saying("answers.help")))
    return None


def new_number_confirmed(turn: Turn) -> Reply | None:
    """The yes or no of a new number that was asked whether it is the customer's."""
    if turn.heard.word is not None or turn.conversation():
        return None
    asked = turn.reads.known.verification
    said = (
        turn.context.installation.reading.choice(turn.inbound.text, turn.language, ("yes", "no"))
        if asked
        else None
    )
    if asked and (said == "no" or turn.heard.meaning.intent == "wrong_number"):
        return details.answer_verification(turn, asked, mine=False)
    return details.answer_verification(turn, asked, mine=True) if asked and said == "yes" else None


def grave_words(turn: Turn) -> Reply | None:
    """Words that put a hold on everything; while a person has taken over only a crisis gets our reply.

    A dispute or hardship then starts its conversation: what is wrong, what would help.
    """
    if turn.heard.word is not None or turn.inbound.kind == ArrivalKind.BUTTON:
        return None
    found = [
        intent
        for intent in (turn.heard.meaning.intent, *turn.heard.meaning.also)
        if intent in HOLD_OF_INTENT and turn.heard.meaning.score >= SURE
    ]
    if not found:
        return None
    gravest = min(found, key=list(HOLD_OF_INTENT).index)
    kind = HOLD_OF_INTENT[gravest]
    row = turn.conversation()
    if (
        row
        and row.flow in HOLD_OF_INTENT
        and row.expires_at > turn.context.now
        and not kind.traits.interrupts
    ):
        return None  # the open conversation is about this already
    reply = handover.hold_for(turn, kind)
    if turn.point.person_since:
        return reply if kind.traits.takes_over else SILENCE
    if gravest not in intents.STARTS:
        return reply
    return conversations.grant(turn, gravest, turn.identified).after(*reply.sayings)


def card_number(turn: Turn) -> Reply | None:
    """A card number was received (masked before storage, PCI DSS 4.2.2): say how to pay safely."""
    if turn.inbound.kind != ArrivalKind.CARD:
        return None
    known = turn.identified
    safely = answers.how_to_pay(turn, turn.person(known) if known else None)
    return conversations.after_digression(turn, say(Saying("answers.card_number"), safely))


def with_a_person(turn: Turn) -> Reply | None:
    """A person answers here: at most that the text was noted."""
    return handover.while_with_a_person(turn) if turn.point.person_since else None


def without_words(turn: Turn) -> Reply | None:
    """A changed text, or a photo, voice note or place without a word."""
    if turn.inbound.kind == ArrivalKind.EDITED:
        return conversations.after_digression(turn, say(Saying("talk.edited")))
    if turn.inbound.kind == ArrivalKind.MEDIA and not turn.inbound.text:
        return conversations.after_digression(turn, say(Saying("answers.media")))
    return None


def unspoken_language(turn: Turn) -> Reply | None:
    """A language without wording of ours: one line in English, then a person with an interpreter."""
    if turn.heard.meaning.intent != "none" or language_detection.unspoken(turn.inbound.text) is None:
        return None
    reason = "the customer writes in a language we do not speak: answer with an interpreter"
    return handover.to_a_person(turn, reason, "talk.unspoken")
