"""Machines that answer: phones that quote what we sent, and programs that answer whatever they get."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from billing.accounts.holds import HOLD_OF_INTENT
from handlers.arrivals import ArrivalKind
from handlers.conversation import intents
from handlers.desk import cases, handover
from handlers.heard import SURE, WRITTEN
from handlers.turn_context import SILENCE
from messages.understanding import quotations, reactions
from storage.delivery import lookups
from storage.people import contact_points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from handlers.turn_context import Reply, Turn
    from storage.conversation.conversations import Conversation
    from storage.conversation.inbox import Inbound

IDLE_TEXTS: Final = 3
"""So many texts in a row that told nothing are answered; then there is silence, and a person looks."""
IDLE_FOR: Final = timedelta(days=2)
"""Texts that are further apart are not in a row: who is slow is no machine; silence ends so."""
_LATELY: Final = 40
"""So many messages back a quotation is looked for."""
_WHO: Final = "identity"
"""The conversation that asks who writes."""
_DOUBT: Final = "doubt"
"""The conversation that asks which of two was meant."""
_COURTESIES: Final = frozenset(
    {"none", "greeting", "thanks", "goodbye", "yes", "no", "auto_reply", "bot_question", "repeat"}
)
"""Intents that tell nothing by themselves."""


def own_words(
    session: Session, inbound: Inbound, customer_ids: Sequence[str], language: str
) -> Inbound | None:
    """The message without what it quotes of ours, sent there or elsewhere; None if it only reacts to that."""
    if inbound.kind not in WRITTEN or not quotations.may_quote(inbound.text):
        return inbound
    sent = lookups.texts_lately(session, inbound.contact_point_id, customer_ids, _LATELY)
    own = quotations.own_words(inbound.text, sent)
    if own.reaction or (own.perhaps_reaction and reactions.means_nothing(own.text, language)):
        return None
    return replace(inbound, text=own.text)


def silent_after_many(turn: Turn, before: Conversation | None, reply: Reply) -> Reply:
    """The reply, or silence after several texts in a row that told nothing: a person looks, once.

    Words that stop, ask for help or hold everything act and are answered each time, as is whatever leads on;
    ``before`` is the conversation that was open when the text came.
    """
    point, now = turn.point, turn.context.now
    if not reply.sayings or point.person_since:
        return reply
    said = ",".join(saying.key for saying in reply.sayings)
    in_a_row = point.idle_at is not None and now - point.idle_at <= IDLE_FOR
    count = point.idle_texts if in_a_row else 0
    led = _led(turn, before, reply)
    if led in {_Led.ON, _Led.TO_A_QUESTION}:
        if led is _Led.ON and point.idle_at:
            contact_points.set_idle(turn.context.session, point.id, 0, None, "")
        return reply
    match led:
        case _Led.NOWHERE:
            count += 1
        case _Led.TO_AN_ANSWER if in_a_row and said == point.idle_reply:
            count = max(count, 1) + 1  # the same answer once more: the first was for nothing, too
        case _Led.TO_AN_ANSWER:
            count = 0
    contact_points.set_idle(turn.context.session, point.id, min(count, IDLE_TEXTS + 1), now, said)
    if count <= IDLE_TEXTS:
        return reply
    why = f"more than {IDLE_TEXTS} texts in a row told nothing, perhaps a machine answers: read them"
    handover.open_case(turn, cases.MACHINE, why, severity=3)
    return SILENCE


class _Led(Enum):
    """Where a text led."""

    NOWHERE = auto()
    """It was not understood, or was a courtesy."""
    TO_AN_ANSWER = auto()
    """It got an answer that anybody gets, and that changed nothing."""
    TO_A_QUESTION = auto()
    """It began with who writes: that is answered, and shows a person only once it is answered, too."""
    ON = auto()


def _led(turn: Turn, before: Conversation | None, reply: Reply) -> _Led:
    meaning = turn.heard.meaning
    meant = {meaning.intent, *meaning.also} if meaning.score >= SURE else {"none"}
    acts = turn.heard.word is not None or meant & {"stop", *HOLD_OF_INTENT}
    if turn.inbound.kind != ArrivalKind.TEXT or acts:
        return _Led.ON
    after = turn.conversation()
    if _not_understood(before, after, reply):
        return _Led.NOWHERE
    if before is None and after is None:
        for_anybody = _Led.TO_AN_ANSWER if meant <= intents.OPEN_TO_ALL else _Led.ON
        return _Led.NOWHERE if meant <= _COURTESIES else for_anybody
    if after is not None and after.flow == _WHO:
        return _asked_who(before, after, reply)
    if before is None or after is None or (before.id, before.answers) != (after.id, after.answers):
        return _Led.ON
    courtesy = meant <= _COURTESIES - {"none"}
    misread = after.misreads > before.misreads
    return _Led.NOWHERE if misread or courtesy else _Led.ON


def _not_understood(before: Conversation | None, after: Conversation | None, reply: Reply) -> bool:
    """Whether it was asked which of two was meant, or that turned out to be neither."""
    neither = any(saying.key == "talk.tell_again" for saying in reply.sayings)
    return neither or (
        after is not None and after.flow == _DOUBT and (before is None or before.flow == _DOUBT)
    )


def _asked_who(before: Conversation | None, after: Conversation, reply: Reply) -> _Led:
    """Where a text led that made us ask who writes, for whatever was wanted."""
    if before is None or before.flow != _WHO:
        return _Led.TO_A_QUESTION
    if before.id == after.id and before.answers != after.answers:
        return _Led.ON
    # A date answers the question, right or wrong: only people do that, and the tries are counted elsewhere.
    dated = any(saying.key in {"identity.again", "identity.locked"} for saying in reply.sayings)
    return _Led.ON if dated else _Led.NOWHERE
