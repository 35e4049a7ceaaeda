"""An open conversation as plain JSON, and back."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol

from handlers.talk.conversation import Open
from handlers.talk.questions import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping


class SavedConversation(Protocol):
    """A stored conversation: a row, or a file of an earlier release."""

    @property
    def flow(self) -> str:
        """Which conversation it is."""

    @property
    def offer(self) -> Mapping[str, Any]:
        """What it may agree to, as plain JSON."""

    @property
    def answers(self) -> Mapping[str, Any]:
        """The answers so far by name, as plain JSON."""

    @property
    def asked(self) -> str:
        """The question that was asked."""

    @property
    def asked_at(self) -> datetime:
        """When it was asked (UTC)."""

    @property
    def misreads(self) -> int:
        """How many messages in a row were no answer."""

    @property
    def then(self) -> str:
        """What was wanted before we asked who it is."""


def pack(open_: Open) -> dict[str, dict[str, Any]]:
    """The offer and answers of an open conversation as plain JSON, to be saved."""
    answers = {
        slot: asdict(answer) | {"day": answer.day.isoformat(), "at": answer.at.isoformat()}
        for slot, answer in open_.answers.items()
    }
    return {"offer": dict(open_.offer), "answers": answers}


def whole(open_: Open) -> dict[str, Any]:
    """An open conversation as plain JSON, with all that its row would have."""
    rest = {
        "flow": open_.flow,
        "asked": open_.asked,
        "asked_at": open_.asked_at.isoformat(),
        "then": open_.then,
    }
    return {**pack(open_), **rest}


def whole_again(packed: Mapping[str, Any]) -> Open:
    """The open conversation from the JSON that `whole` made of it; misread answers are forgotten."""
    return Open(
        packed["flow"],
        packed["offer"],
        _answers(packed["answers"]),
        packed["asked"],
        datetime.fromisoformat(packed["asked_at"]),
        then=packed["then"],
    )


def unpack(kept: SavedConversation) -> Open:
    """The open conversation from the JSON it was saved as."""
    return Open(
        kept.flow, kept.offer, _answers(kept.answers), kept.asked, kept.asked_at, kept.misreads, kept.then
    )


def _answers(packed: Mapping[str, Any]) -> dict[str, Answer]:
    return {
        slot: Answer(
            answer["text"],
            answer["language"],
            date.fromisoformat(answer["day"]),
            datetime.fromisoformat(answer["at"]),
        )
        for slot, answer in packed.items()
    }
