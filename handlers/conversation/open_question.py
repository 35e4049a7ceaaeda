"""What a message is to the question that is open: navigation, the answer, a digression, or misread."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from billing.facts import Saying
from handlers.agenda import Kept
from handlers.arrivals import ArrivalKind
from handlers.conversation import conversations, currencies, intents, later, several, speaker
from handlers.heard import DOUBTFUL
from handlers.talk import saved
from handlers.talk.conversation import NotRead
from handlers.turn_context import say
from storage.conversation import conversations as stored_conversations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handlers.talk.conversation import Open
    from handlers.turn_context import Reply, Turn
    from storage.conversation.conversations import Conversation


_NO_ANSWER: Final = frozenset({"person", "help", "bot_question", "who_are_you", "greeting"})
"""Intents that are no answer to a question for words of any kind, if little else is said."""
_ASKED: Final = frozenset({"balance", "due_date", "pay"})
"""Intents that are none either where a question mark, or hardly another word, shows that it is asked."""
_FEW_WORDS: Final = 5
_MOST_WORDS: Final = 10


def expired(turn: Turn) -> Reply | None:
    """Close a conversation that has expired: what follows reads the message as a new one."""
    row = turn.conversation()
    if row is not None and row.expires_at <= turn.context.now:
        turn.agenda.clear()
        stored_conversations.close(turn.context.session, turn.point.id, "expired")
    return None


def lapsed(turn: Turn, reply: Reply) -> Reply:
    """Say that the question had lapsed, where a text answers it too late: nobody believes it was agreed."""
    row, now = turn.reads.known.conversation, turn.context.now
    late = row is not None and row.expires_at <= now
    if not (late or turn.reads.known.notes) or turn.point.person_since:
        return reply
    if {saying.key for saying in reply.sayings} in ({"answers.not_understood"}, {"answers.all_right"}):
        return say(Saying("talk.lapsed"))
    flows, after = turn.context.installation.flows, turn.conversation()
    if row is None or not late or after is None or after.flow not in {row.flow, "identity"}:
        return reply
    open_ = saved.unpack(row)
    heard = flows.hear(open_, conversations.answer_of(turn), now)
    answers_it = not isinstance(heard, NotRead) and not flows.takes_any_words(open_)
    return reply.after(Saying("talk.begin_again")) if answers_it else reply


def whose_first(turn: Turn) -> Reply | None:
    """Leave a talk about somebody's bill in which it became open whose it is, and ask that."""
    row = turn.conversation()
    if row is None or row.customer_id is None or row.flow in speaker.FREE_WORDS:
        return None
    if turn.identified is not None or not speaker.whose_unclear(turn):
        return None
    turn.agenda.clear()
    stored_conversations.close(turn.context.session, turn.point.id, "left")
    return conversations.ask_who(turn)


def navigation(turn: Turn) -> Reply | None:
    """Go back, start over, leave or repeat the question."""
    row = turn.conversation()
    return None if row is None else _navigated(turn, row, saved.unpack(row))


def _navigated(turn: Turn, row: Conversation, open_: Open) -> Reply | None:
    flows = turn.context.installation.flows
    match turn.heard.word:
        case "back":
            earlier = flows.back(open_, turn.context.now)
            if earlier is None:
                again = flows.ask_again(open_, turn.context.now)
                return conversations.save_conversation(turn, row, again).after(
                    Saying("talk.nothing_to_go_back")
                )
            return conversations.save_conversation(turn, row, earlier)
        case "start_over":
            return conversations.save_conversation(
                turn, row, flows.start_over(open_, turn.context.now)
            ).after(Saying("talk.started_over"))
        case "cancel":
            stored_conversations.close(turn.context.session, turn.point.id, "left")
            return say(Saying("talk.cancelled"))
        case "repeat":
            return conversations.save_conversation(turn, row, flows.ask_again(open_, turn.context.now))
    return None


def answer(turn: Turn) -> Reply | None:
    """Take the message as the answer to the open question."""
    row = turn.conversation()
    if row is None:
        return None
    open_, flows = saved.unpack(row), turn.context.installation.flows
    if _plainly_a_wish(turn) and flows.takes_any_words(open_):
        return None
    answered, beside = conversations.answer_of(turn), _beside(turn, row)
    if beside:
        # "Yes, and send me a receipt": what is left without the wishes is the answer.
        left = replace(answered, text=several.apart_from(turn, beside))
        alone = flows.hear(open_, left, turn.context.now)
        if not isinstance(alone, NotRead):
            _add_to_agenda(turn, beside)
            return conversations.go_on(turn, row, alone)
    if _only_asks(turn) and flows.picks(open_, answered):
        return None  # "how much do I owe?" is no wish for another amount, though it has its words
    heard = flows.hear(open_, answered, turn.context.now)
    return None if isinstance(heard, NotRead) else conversations.go_on(turn, row, heard)


def _plainly_a_wish(turn: Turn) -> bool:
    """Whether a short text plainly asks for something else than it is asked: a person, help, who writes."""
    meaning = turn.heard.meaning
    words = len(turn.inbound.text.split())
    asked = "?" in turn.inbound.text or words <= _FEW_WORDS
    own = meaning.intent not in intents.PERSONAL or turn.identified is not None
    asks = meaning.intent in _NO_ANSWER or (meaning.intent in _ASKED and asked and own)
    return asks and meaning.score >= DOUBTFUL and words <= _MOST_WORDS


def _only_asks(turn: Turn) -> bool:
    """Whether a text in a few words clearly asks for something that is answered in between."""
    meaning = turn.heard.meaning
    asks = meaning.intent in _ASKED_BETWEEN and meaning.score >= _CLEARLY
    return asks and len(turn.inbound.text.split()) >= _FEW and turn.inbound.kind == ArrivalKind.TEXT


_ASKED_BETWEEN: Final = intents.PERSONAL | {"consequences", "who_are_you", "bot_question"}
_CLEARLY: Final = 0.9
_FEW: Final = 3
"""Fewer words may be a choice: "how much"."""


def _beside(turn: Turn, row: Conversation) -> list[Kept]:
    """What a text wishes beside its answer; nothing where any words are an answer."""
    return [] if row.flow in speaker.FREE_WORDS else several.beside(turn, row.flow)


def _add_to_agenda(turn: Turn, wishes: Sequence[Kept]) -> None:
    if turn.agenda.add(wishes):
        turn.agenda.noted = "later.noted"


_BY_PHOTO: Final = frozenset({"new_insurance", "already_paid"})


def photo_of_card(turn: Turn) -> Reply | None:
    """Take a photo as the answer about an insurance card or a payment; its message names it to a person."""
    row = turn.conversation()
    without_words = turn.inbound.kind == ArrivalKind.MEDIA and not turn.inbound.text
    asked = row is not None and row.flow in _BY_PHOTO and row.expires_at > turn.context.now
    if not asked or not without_words:
        return None
    text = f"photo {turn.inbound.provider_id}"
    shown = replace(turn, inbound=replace(turn.inbound, text=text))
    return answer(shown) or misread(shown)


_OF_MONEY: Final = frozenset({"payment_plan", "promise"})
_AN_AMOUNT: Final = 4
"""So many words at most say nothing but how much."""


def only_money(turn: Turn, row: Conversation, most: int = _AN_AMOUNT) -> bool:
    """Whether a text of ``most`` words says only how much, in a conversation about that: "60, not 80"."""
    text, language, reading = turn.inbound.text, turn.language, turn.context.installation.reading
    if row.flow not in _OF_MONEY or len(text.split()) > most:
        return False
    currency = currencies.home_currency(turn)
    found = reading.amount(text, language, currency) or reading.either_amount(text, language, currency)
    return bool(found or reading.no_amount(text, language, currency))


def digression(turn: Turn) -> Reply | None:
    """Answer something else in between; another wish leaves the conversation, and is read as a new one."""
    row, meaning = turn.conversation(), turn.heard.meaning
    if row is None or only_money(turn, row):
        return None
    open_ = saved.unpack(row)
    flows = turn.context.installation.flows
    if meaning.score < DOUBTFUL or (flows.takes_any_words(open_) and not _plainly_a_wish(turn)):
        return None  # what may be an answer that was not read is asked for again
    known = turn.identified is not None and open_.flow != "identity"
    if meaning.intent in intents.DIGRESSIONS and (meaning.intent in intents.OPEN_TO_ALL or known):
        return _answered_between(turn, row, open_)
    return _left_for_another(turn, row, open_)


def automatic(turn: Turn) -> Reply | None:
    """Pass over what a machine answers to the open question, which stays."""
    meaning = turn.heard.meaning
    sure = meaning.intent == "auto_reply" and meaning.score >= DOUBTFUL
    return intents.answer(turn, meaning.intent, None) if sure and turn.conversation() else None


def _answered_between(turn: Turn, row: Conversation, open_: Open) -> Reply:
    known, intent = turn.identified, turn.heard.meaning.intent
    reply = intents.answer(turn, intent, turn.person(known) if known else None)
    _add_to_agenda(turn, [one for one in _beside(turn, row) if one.wish != intent])
    if open_.flow == "doubt":
        # Which of two was meant matters no more to who has asked something else.
        stored_conversations.close(turn.context.session, turn.point.id, "left")
        return reply
    # Where a person has taken over meanwhile, nothing is asked any more.
    return conversations.asked_again(turn, row, open_, reply) if turn.conversation() else reply


def _left_for_another(turn: Turn, row: Conversation, open_: Open) -> Reply | None:
    """Leave the conversation for another wish, or keep the wish until it is known who writes."""
    meaning, identifying = turn.heard.meaning, open_.flow == "identity"
    if meaning.intent == "cancel":
        stored_conversations.close(turn.context.session, turn.point.id, "left")
        return say(Saying("talk.cancelled"))
    if identifying and meaning.intent not in intents.OPEN_TO_ALL and _needs_identity(meaning.intent):
        return _ask_identity_again(turn, row, replace(open_, then=meaning.intent))
    return _switched(turn, row, open_)


def _switched(turn: Turn, row: Conversation, open_: Open) -> Reply | None:
    """Leave a conversation for another wish, to go on with it afterwards; or the other way round."""
    wish = turn.heard.meaning.intent
    start = intents.STARTS.get(wish)
    of_doubt = open_.flow == "doubt" and wish in intents.PERSONAL
    if not of_doubt and (wish not in intents.SWITCHES or (start is not None and start.flow == open_.flow)):
        return None
    if row.flow == "enrolment" and turn.identified is None and _needs_identity(wish):
        # Who signs up is nobody's customer yet: what they also want comes after it.
        turn.agenda.add([Kept(wish, turn.said)])
        return conversations.asked_again(turn, row, open_, say(Saying("later.first_this")))
    if not of_doubt:
        later.leave_for(turn, row, open_, wish)
    stored_conversations.close(turn.context.session, turn.point.id, "left")
    return None


def misread(turn: Turn) -> Reply | None:
    """Ask the question again, otherwise; after several misreads a person takes over."""
    row = turn.conversation()
    if row is None:
        return None
    open_, flows = saved.unpack(row), turn.context.installation.flows
    heard = flows.hear(open_, conversations.answer_of(turn), turn.context.now)
    if not isinstance(heard, NotRead):
        heard = NotRead(Saying("talk.misread"))  # "hello" would be an answer to a question for any words
    again = flows.misread(open_, heard, turn.context.now, turn.context.policy.talk.misreads)
    return conversations.go_on(turn, row, again)


def _needs_identity(intent: str) -> bool:
    return intent in intents.PERSONAL or isinstance(intents.STARTS.get(intent), intents.Start)


def _ask_identity_again(turn: Turn, row: Conversation, open_: Open) -> Reply:
    """Ask for identity again without "that did not match": the text was no answer, and counts as no try."""
    flows = turn.context.installation.flows
    if open_.answers:
        return conversations.save_conversation(turn, row, flows.ask_again(open_, turn.context.now))
    offer = conversations.identity_offer(turn, turn.said)
    child = offer.child or bool(open_.offer.get("child", False))
    offer = replace(offer, reminded=open_.asked == "birth_date", child=child)
    return conversations.go_on(turn, row, flows.start("identity", offer, turn.context.now, then=open_.then))
