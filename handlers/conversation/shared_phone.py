"""A shared phone: who is spoken with changes when another of its people says so.

Nobody hears the other's name, and what the first had begun is left: it was theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.calendar import is_minor
from billing.facts import Saying
from billing.outcomes import Identify
from handlers.arrivals import ArrivalKind
from handlers.conversation import conversations, identify, speaker
from handlers.conversation.identify import Shown
from handlers.turn_context import say
from storage.conversation import conversations as stored_conversations
from storage.people import contact_points

if TYPE_CHECKING:
    from datetime import date

    from handlers.turn_context import Reply, Turn

_OWN_WORDS: Final = speaker.FREE_WORDS | {"identity"}
_SHARED: Final = 2


def another_birth_date(turn: Turn) -> Reply | None:
    """The birth date of another person reached here, from where somebody else had shown who they are.

    A birth date alone that is nobody's counts as a wrong answer, whether others are reached here or not:
    otherwise it could be guessed for ever, and the reply would tell whether there are others.
    """
    born = _another(turn)
    if born is None:
        return None
    found = identify.check(turn, Identify(born))
    if found.shown is Shown.WHOSE:
        return conversations.ask_who(speaker.leave_open(turn))
    if found.customer is not None:
        return conversations.begin_with(turn, found.customer)
    if found.shown in {Shown.LOCKED, Shown.PERSON_FIRST}:
        return conversations.refused(found.shown)
    return conversations.ask_who(turn, again=found.shown is Shown.WRONG)


def _another(turn: Turn) -> date | None:
    """The birth date in a text that is not that of whoever was spoken with; None where it is no answer."""
    known = turn.identified
    if known is None or not _may_be_another(turn):
        return None
    born = turn.context.installation.reading.birth_date(turn.inbound.text, turn.language)
    if born is None or born == known.birth_date:
        return None
    guessed = _alone(turn.inbound.text) and turn.conversation() is None and not is_minor(born, turn.today())
    return born if guessed or any(one.birth_date == born for one in turn.people) else None


def someone_else(turn: Turn) -> Reply | None:
    """Somebody says that they are not the one who was spoken with: who they are is asked anew.

    Where no two are reached they say not to be the customer, and a person looks first.
    """
    if not _may_be_another(turn) or not speaker.is_someone_else(turn):
        return None
    turn.agenda.clear()
    stored_conversations.close(turn.context.session, turn.point.id, "left")
    if len(turn.people) < _SHARED:
        speaker.mark(turn)
        return speaker.acknowledged(turn, say(Saying("identity.person_first")))
    contact_points.end_identity(turn.context.session, [turn.point.id])
    return conversations.ask_who(turn)


def _may_be_another(turn: Turn) -> bool:
    row = turn.conversation()
    words = turn.inbound.kind == ArrivalKind.TEXT and turn.heard.word is None
    return words and (row is None or row.flow not in _OWN_WORDS)


def _alone(text: str) -> bool:
    """Whether a text is a date and nothing else."""
    return any(sign.isdigit() for sign in text) and len(text.split()) <= _WORDS_OF_A_DATE


_WORDS_OF_A_DATE: Final = 3
