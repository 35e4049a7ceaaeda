"""What is read before any question of ours: opt-outs, words that hold everything, cards, photos, a person."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from billing.accounts.holds import HOLD_OF_INTENT, HoldKind
from billing.facts import Saying
from billing.gate import Purpose
from handlers.arrivals import ArrivalKind
from handlers.conversation import answers, conversations, details, intents, several, speaker
from handlers.conversation.open_question import only_money
from handlers.desk import handover
from handlers.heard import DOUBTFUL, SURE
from handlers.people import consent
from handlers.talk import saved
from handlers.turn_context import SILENCE, say
from messages.understanding import language_detection
from storage.payers import claim_reminders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handlers.heard import Heard
    from handlers.turn_context import Reply, Turn
    from storage.conversation.conversations import Conversation


def from_a_payer(turn: Turn) -> Reply | None:
    """A payer answers a claim reminder: a person reads it; the questions of a chat fit no payer."""
    if (
        turn.heard.word == "stop"
        or turn.people
        or HoldKind.CRISIS in graves(turn)
        or not claim_reminders.from_payer(turn.context.session, turn.point.id)
    ):
        return None
    handover.open_case(
        turn, "payer_wrote", "a payer answered a reminder about claims: read it and answer", waits=True
    )
    return SILENCE


def opt_out_or_in(turn: Turn) -> Reply | None:
    """STOP in any wording, START and HELP as single words: read even while a person has taken over.

    A revocation counts in any reasonable wording (47 CFR 64.1200(a)(10)); consent only by a deliberate START.
    What is grave in the same text is acted on as well, and the one reply speaks of both.
    """
    if stops(turn):
        grave = graves(turn)
        stopped = conversations.stop(turn)
        return _both(turn, handover.hold_for(turn, grave), stopped) if grave else stopped
    if turn.heard.word == "start":
        if turn.point.stopped_at is None and not turn.people:
            return say(Saying("answers.greeting"))  # a stranger's first word: nothing was stopped
        consent.start(turn.context, turn.point.id, "text")
        return say(Saying("consent.started"))
    if turn.heard.word == "help":
        return conversations.after_digression(turn, say(Saying("answers.help")))
    return None


def stops(turn: Turn) -> bool:
    """Whether the words of a message are an opt-out, in any wording."""
    return stop_in(turn.heard)


def stop_in(heard: Heard) -> bool:
    """The same of words by themselves, as somebody said them on the phone."""
    meaning = heard.meaning
    return heard.word == "stop" or (heard.word is None and meaning.intent == "stop" and meaning.score >= SURE)


def _both(turn: Turn, grave: Reply, stopped: Reply) -> Reply:
    """The one reply to a stop beside grave words; danger is spoken of first."""
    if grave.purpose is Purpose.DANGER:
        return grave.before(*stopped.sayings)
    return stopped if turn.point.person_since else replace(stopped, sayings=stopped.sayings + grave.sayings)


def new_number_confirmed(turn: Turn) -> Reply | None:
    """The yes or no of a new number that was asked whether it is the customer's."""
    if turn.heard.word is not None or turn.conversation():
        return None
    asked = turn.reads.known.verification
    if any(kind is not HoldKind.WRONG_NUMBER for kind in graves(turn)):
        return None  # "yes, but she died": what is grave comes first
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

    All that are in one text act. A dispute or hardship then starts its conversation: what is wrong, what
    would help.
    """
    kinds = graves(turn)
    row = turn.conversation()
    if row and row.flow in HOLD_OF_INTENT and row.expires_at > turn.context.now:
        # The open conversation is about its own kind already; "wrong" and "not mine" are said in a dispute.
        kinds = [kind for kind in kinds if kind.traits.intent != row.flow and not kind.traits.unlinks]
        if not any(kind.traits.interrupts for kind in kinds):
            handover.hold_beside(turn, kinds)
            return None
    if not kinds or _only_answers(turn, row, kinds):
        return None
    turn.agenda.clear()
    turn.agenda.add([] if any(kind.traits.takes_over for kind in kinds) else several.others(turn))
    reply = handover.hold_for(turn, kinds)
    if turn.heard.meaning.learned and not kinds[0].traits.takes_over:
        reply = reply.before(Saying("stop_states.perhaps_misread"))
    if turn.point.person_since:
        return reply if kinds[0].traits.takes_over else SILENCE
    gravest = kinds[0].traits.intent
    if kinds[0] is HoldKind.DECEASED and speaker.who_died_unclear(turn):
        speaker.note_who_died_unclear(turn)
        return conversations.ask_who(replace(turn, point=turn.reads.point())).after(*reply.sayings)
    perhaps = turn.heard.meaning.learned and kinds[0].is_stop_state
    if gravest not in intents.STARTS or perhaps:  # whoever was misread is asked nothing more about it
        return reply
    return conversations.grant(turn, gravest, turn.identified).after(*reply.sayings)


def _only_answers(turn: Turn, row: Conversation | None, kinds: Sequence[HoldKind]) -> bool:
    """Whether words that no phrase shows to be grave are an answer: who speaks, when born, a choice.

    Danger never is: who may be in danger is spoken to, whatever was asked. Nor is what is surely grave.
    """
    meaning = turn.heard.meaning
    if kinds == [HoldKind.DISPUTE] and row is not None and row.asked == "whose" and _picks(turn, row):
        return True  # "it is mine" says whose bill it is, and disputes none
    if meaning.phrase or any(kind.traits.takes_over for kind in kinds):
        return False
    if kinds == [HoldKind.WRONG_NUMBER] and speaker.is_someone_else(turn):
        return True  # another takes the phone, which is no wrong number
    if row is None or row.expires_at <= turn.context.now:
        return False
    if row.flow == "identity" and turn.context.installation.reading.birth_date(
        turn.inbound.text, turn.language
    ):
        return len(turn.inbound.text.split()) <= _A_BIRTH_DATE
    # "I can do 60, not 80" disputes nothing, and what is agreed is asked once more.
    money = only_money(turn, row, _LITTLE_BESIDE_AN_AMOUNT)
    # A bare "none" is what a question offers, however grave the word is where it stands alone.
    bare = len(turn.inbound.text.split()) <= _BARE
    return money or ((meaning.learned or bare) and _picks(turn, row))


_BARE: Final = 2


def _picks(turn: Turn, row: Conversation) -> bool:
    """Whether a text is one of the choices of the open question, which has not lapsed."""
    open_ = saved.unpack(row)
    live = row.expires_at > turn.context.now
    return live and turn.context.installation.flows.picks(open_, conversations.answer_of(turn))


def graves(turn: Turn) -> list[HoldKind]:
    """The kinds of holds that the words of a message place, the gravest first."""
    return [] if turn.inbound.kind == ArrivalKind.BUTTON else graves_in(turn.heard)


def graves_in(heard: Heard) -> list[HoldKind]:
    """The same of words by themselves."""
    meaning = heard.meaning
    if heard.word is not None or meaning.score < DOUBTFUL:
        return []
    said = {meaning.intent, *meaning.also}
    return [kind for intent, kind in HOLD_OF_INTENT.items() if intent in said]


def card_number(turn: Turn) -> Reply | None:
    """A card number was received (masked before storage, PCI DSS 4.2.2): say how to pay safely."""
    if turn.inbound.kind != ArrivalKind.CARD:
        return None
    if handover.asks_person_to_pay(turn):
        why = "somebody wants to pay by card, and a death, a dispute or a lawyer was named"
        return handover.to_a_person(turn, why).after(Saying("answers.card_number"))
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


_LITTLE_BESIDE_AN_AMOUNT: Final = 6
_A_BIRTH_DATE: Final = 8
"""So many words at most say nothing but when somebody was born."""
_WHETHER_TO_PAY: Final = frozenset({"pay", "consequences", "discount", "fee"})


def whether_to_pay(turn: Turn) -> Reply | None:
    """Whether anything is to be paid, or how, after a death, a dispute or a lawyer: a person answers that.

    So does a person where the words are not understood: our offer of what to write names ways to pay.
    """
    if turn.inbound.kind == ArrivalKind.BUTTON or turn.heard.word is not None:
        return None
    meaning, reading = turn.heard.meaning, turn.context.installation.reading
    least = DOUBTFUL if meaning.intent in answers.PLAIN else SURE  # a courtesy may be only part of a question
    sure = meaning.score >= least and meaning.intent != "none"
    row = turn.conversation()
    open_ = row is not None and row.expires_at > turn.context.now
    asks = not open_ and (not sure or meaning.intent in _WHETHER_TO_PAY)
    # A number alone is the answer to an open question, not the first of these words.
    words = any(sign.isalpha() for sign in turn.inbound.text)
    asks = asks or (
        words and reading.choice(turn.inbound.text, turn.language, ("whether_to_pay",)) is not None
    )
    if not asks or not handover.asks_person_to_pay(turn):
        return None
    return handover.to_a_person(turn, intents.WHETHER_TO_PAY)


def unspoken_language(turn: Turn) -> Reply | None:
    """A language without wording of ours: one line in English, then a person with an interpreter."""
    if turn.heard.meaning.intent != "none" or language_detection.unspoken(turn.inbound.text) is None:
        return None
    reason = "the customer writes in a language we do not speak: answer with an interpreter"
    return handover.to_a_person(turn, reason, "talk.unspoken")
