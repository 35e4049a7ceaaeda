"""What shows a payment that is looked for: a photo of a receipt, its number or date, for the case of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.accounts.holds import HoldKind
from billing.facts import Saying
from handlers.arrivals import ArrivalKind
from handlers.conversation import conversations
from handlers.turn_context import say
from storage.delivery import lookups
from storage.desk import case_details

if TYPE_CHECKING:
    from handlers.turn_context import Reply, Turn

_SHOWS: Final = frozenset({"none", "receipt", "already_paid"})
"""What the number or date of a receipt is read as."""
_ASKED: Final = frozenset({"already_paid.searched", "already_paid.shown"})


def photo(turn: Turn) -> Reply | None:
    """A photo without words, while a payment is looked for: it goes to the case."""
    if turn.inbound.kind != ArrivalKind.MEDIA or turn.inbound.text or not _looked_for(turn):
        return None
    return conversations.after_digression(turn, say(Saying("already_paid.shown")))


def note_photo(turn: Turn) -> None:
    """Name the message of a photo in the case of a payment that is looked for: a person finds it by that."""
    if turn.inbound.kind == ArrivalKind.MEDIA and _looked_for(turn):
        _add(turn, {"photo": turn.inbound.provider_id})


def words(turn: Turn) -> Reply | None:
    """The number or date of a receipt, right after we asked for it."""
    said = turn.inbound.text
    if turn.inbound.kind != ArrivalKind.TEXT or "?" in said or not any(sign.isdigit() for sign in said):
        return None
    meaning = turn.heard.meaning
    if not {meaning.intent, meaning.second} & _SHOWS or not _looked_for(turn):
        return None
    if not _ASKED.intersection(lookups.last_said(turn.context.session, turn.point.id)):
        return None
    _add(turn, {"receipt": said})
    return say(Saying("already_paid.shown"))


def _looked_for(turn: Turn) -> bool:
    here = [case for case in turn.reads.cases() if case.contact_point_id == turn.point.id]
    return any(case.kind == HoldKind.ALREADY_PAID.value for case in here)


def _add(turn: Turn, detail: dict[str, str]) -> None:
    case_details.add(turn.context.session, f"{HoldKind.ALREADY_PAID.value}:{turn.point.id}", detail)
