"""Whoever says not to be the customer: nobody is taken for the customer there until a person has looked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from billing.accounts.holds import HOLD_OF_INTENT
from billing.facts import Saying
from handlers.conversation import answers
from handlers.heard import DOUBTFUL, SURE, WRITTEN
from handlers.people import identity
from handlers.turn_context import say
from storage.conversation import conversations

if TYPE_CHECKING:
    from handlers.turn_context import Reply, Turn

_SAYS_NOTHING: Final = frozenset({*answers.PLAIN.values(), "answers.not_understood"} - {"answers.help"})
"""Replies in whose place it is said that a person looks first."""


def note(turn: Turn) -> Turn | None:
    """Mark the contact point where the words say so, whatever else they ask; returns the turn as it goes on.

    None where they do not, or where a person is to look already.
    """
    if (
        turn.inbound.kind not in WRITTEN
        or turn.reads.identity().not_the_customer
        or not _is_not_the_customer(turn)
    ):
        return None
    mark(turn)
    conversations.close(turn.context.session, turn.point.id, "left")
    return replace(turn, point=turn.reads.point())


def mark(turn: Turn) -> None:
    """Whoever writes in this turn is not the customer, or not for certain."""
    identity.mark_not_the_customer(turn.context, turn.point.id)


def acknowledged(turn: Turn, reply: Reply) -> Reply:
    """Open the case in which a person looks, unless the words did; say so where nothing else is said."""
    identity.have_looked_at(turn.context, turn.point.id, [one.id for one in turn.people])
    said = {saying.key for saying in reply.sayings}
    return say(Saying("identity.person_first")) if said and said <= _SAYS_NOTHING else reply


def _is_not_the_customer(turn: Turn) -> bool:
    meaning = turn.heard.meaning
    meant = {meaning.intent, *meaning.also} if meaning.score >= SURE else set()
    if "wrong_number" in meant and turn.reads.known.verification:
        return False  # a new address that was asked whether it is the customer's, and is not
    talk = turn.conversation()
    if talk is not None and talk.flow == "dispute":
        meant -= {"wrong_number"}  # "I have never been to your clinic" tells what is wrong with the bill
    if any(HOLD_OF_INTENT[intent].traits.not_the_customer for intent in meant if intent in HOLD_OF_INTENT):
        return True
    names = [one.name for one in turn.people] if len(turn.people) == 1 else []
    said = turn.context.installation.reading.speaker(turn.inbound.text, names)
    speaks_for = "representative" in meant and meaning.score >= DOUBTFUL and said != "own_child"
    # Who has shown to be the customer may ask about somebody else; who has not is not asked for a birth date.
    asks = said == "about_another" and turn.identified is None
    return said == "not_the_customer" or speaks_for or asks
