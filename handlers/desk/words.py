"""What a customer writes while a person has taken over, or a case of theirs is open, reaches the desk."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from billing.accounts.holds import HOLD_OF_INTENT, HoldKind
from handlers.arrivals import ArrivalKind
from handlers.desk import handover
from handlers.heard import DOUBTFUL, SURE
from messages.understanding import understanding
from storage.desk import case_texts

if TYPE_CHECKING:
    from collections.abc import Collection

    from handlers.turn_context import Turn
    from storage.desk.case_texts import OpenCase

_COURTESIES: Final = frozenset({"greeting", "thanks", "goodbye", "auto_reply"})
"""Intents that wait for no answer."""
_ASKS: Final = re.compile("[?\uff1f\u061f]")
_SENTENCES: Final = re.compile("[.!;\\n…]+")
_NOT_WRITTEN: Final = frozenset(
    {ArrivalKind.STOPPED, ArrivalKind.STARTED, ArrivalKind.ASKED_HELP, ArrivalKind.LINK, ArrivalKind.CONTACT}
)
"""What the carrier or the app did: nobody said anything."""


def note(turn: Turn, answered: Collection[str]) -> None:
    """Make the message of a turn, which has been answered, an event of each open case that it is about.

    Where the bot did not answer it, the customer waits from now on. ``answered`` are the intents that the
    bot answers or starts a conversation for.
    """
    if turn.inbound.kind in _NOT_WRITTEN:
        return
    handed_over = turn.point.person_since is not None
    known = turn.reads.known
    if _goes_on(turn) and not known.cases and turn.reads.point().person_since is None:
        return  # the bot goes on with its conversation: a case that came of it has what was said
    if handed_over and not turn.reads.cases():
        # A conversation without a case: what is written there would be read nowhere.
        handover.open_case(turn, "person", "the customer writes, and a person has the conversation")
    concerned = _concerned(turn)
    if not concerned:
        return
    session, now = turn.context.session, turn.context.now
    case_texts.wrote(session, [case.id for case in concerned], turn.inbound.id, now)
    before = {case.id for case in turn.reads.known.cases}
    # Who asked for a person and still writes waits on, whatever the bot has said to it.
    handed_over = handed_over or any(case.kind == "person" and case.id in before for case in concerned)
    waiting = [case.id for case in concerned if handed_over or case.id in before]
    # Who is in danger and only says hello waits for an answer, too.
    danger = any(case.kind == HoldKind.CRISIS for case in concerned)
    if waiting and (danger or _waits(turn, answered, handed_over=handed_over)):
        case_texts.waits(session, waiting, now, turn.context.answer_by())


def _concerned(turn: Turn) -> list[OpenCase]:
    """The cases about this contact point; without one, those about the customer who writes."""
    found = turn.reads.cases()
    here = [case for case in found if case.contact_point_id == turn.point.id]
    who = turn.identified or (turn.people[0] if len(turn.people) == 1 else None)
    return here or [case for case in found if who is not None and case.customer_id == who.id]


def _waits(turn: Turn, answered: Collection[str], *, handed_over: bool) -> bool:
    """Whether a person is to answer: not a courtesy or a command, and not what the bot has answered."""
    meaning = turn.heard.meaning
    if turn.heard.word is not None:
        return handed_over and turn.heard.word not in {"stop", "start", "help"}
    if _is_courtesy(turn):
        return False
    if handed_over:
        return meaning.intent != "stop" or bool(meaning.also)
    grave = meaning.intent in HOLD_OF_INTENT
    understood = meaning.intent in answered and meaning.score >= SURE and not grave
    return not (understood or meaning.intent == "stop" or _goes_on(turn))


def _goes_on(turn: Turn) -> bool:
    """Whether the bot was in a conversation with the customer that had not expired."""
    row = turn.reads.known.conversation
    return row is not None and row.expires_at > turn.context.now


def _is_courtesy(turn: Turn) -> bool:
    """Whether a message is nothing but courtesies: "Thanks. And when?" and "Thanks. It burned" are more."""
    meaning, text = turn.heard.meaning, turn.inbound.text
    if meaning.intent not in _COURTESIES or meaning.score < DOUBTFUL or meaning.also or _ASKS.search(text):
        return False
    said = [one for one in _SENTENCES.split(text) if one.strip()]
    courtesies = _COURTESIES | {"yes"}
    return len(said) < 2 or all(  # noqa: PLR2004 - one sentence was understood as a whole
        understanding.understand(one, turn.language).intent in courtesies for one in said
    )
