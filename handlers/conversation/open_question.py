"""What a message is to the question that is open: navigation, the answer, a digression, or misread."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from billing.facts import Saying
from handlers.arrivals import ArrivalKind
from handlers.conversation import answers, conversations, intents, speaker
from handlers.heard import DOUBTFUL
from handlers.talk import saved
from handlers.talk.conversation import NotRead
from handlers.turn_context import say
from storage.conversation import conversations as stored_conversations

if TYPE_CHECKING:
    from handlers.talk.conversation import Open
    from handlers.turn_context import Reply, Turn
    from storage.conversation.conversations import Conversation


def expired(turn: Turn) -> Reply | None:
    """Close a conversation that has expired: what follows reads the message as a new one."""
    row = turn.conversation()
    if row is not None and row.expires_at <= turn.context.now:
        stored_conversations.close(turn.context.session, turn.point.id, "expired")
    return None


def whose_first(turn: Turn) -> Reply | None:
    """Leave a talk about somebody's bill in which it became open whose it is, and ask that."""
    row = turn.conversation()
    if row is None or row.customer_id is None or row.flow in speaker.FREE_WORDS:
        return None
    if turn.identified is not None or not speaker.whose_unclear(turn):
        return None
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
    heard = turn.context.installation.flows.hear(
        saved.unpack(row), conversations.answer_of(turn), turn.context.now
    )
    return None if isinstance(heard, NotRead) else conversations.go_on(turn, row, heard)


def photo_of_card(turn: Turn) -> Reply | None:
    """Take a photo as the answer about an insurance card; a person finds it by the message's id."""
    row = turn.conversation()
    without_words = turn.inbound.kind == ArrivalKind.MEDIA and not turn.inbound.text
    asked = row is not None and row.flow == "new_insurance" and row.expires_at > turn.context.now
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
    currency = answers.home_currency(turn)
    found = reading.amount(text, language, currency) or reading.either_amount(text, language, currency)
    return bool(found or reading.no_amount(text, language, currency))


def digression(turn: Turn) -> Reply | None:
    """Answer something else in between; another wish leaves the conversation, and is read as a new one."""
    row, meaning = turn.conversation(), turn.heard.meaning
    if row is None or only_money(turn, row):
        return None
    open_ = saved.unpack(row)
    if meaning.score < DOUBTFUL:
        return None  # what may be an answer that was not read is asked for again
    identifying = open_.flow == "identity"
    if meaning.intent in intents.DIGRESSIONS and (meaning.intent in intents.OPEN_TO_ALL or not identifying):
        known = turn.identified
        reply = intents.answer(turn, meaning.intent, turn.person(known) if known else None)
        # Where a person has taken over meanwhile, nothing is asked any more.
        return conversations.asked_again(turn, row, open_, reply) if turn.conversation() else reply
    if meaning.intent == "cancel":
        stored_conversations.close(turn.context.session, turn.point.id, "left")
        return say(Saying("talk.cancelled"))
    if identifying and meaning.intent not in intents.OPEN_TO_ALL and _needs_identity(meaning.intent):
        return _ask_identity_again(turn, row, replace(open_, then=meaning.intent))
    start = intents.STARTS.get(meaning.intent)
    if meaning.intent in intents.SWITCHES and (start is None or start.flow != open_.flow):
        stored_conversations.close(turn.context.session, turn.point.id, "left")
    return None


def misread(turn: Turn) -> Reply | None:
    """Ask the question again, otherwise; after several misreads a person takes over."""
    row = turn.conversation()
    if row is None:
        return None
    open_, flows = saved.unpack(row), turn.context.installation.flows
    heard = flows.hear(open_, conversations.answer_of(turn), turn.context.now)
    assert isinstance(heard, NotRead)
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
    return conversations.go_on(turn, row, flows.start("identity", offer, turn.context.now, then=open_.then))
