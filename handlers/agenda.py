"""What somebody also wants in a talk: wishes of the same text, and a conversation left for another one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST: Final = 6
"""So many wishes are kept at most: who writes more is asked again."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One thing that is come to later: a wish and the words that stated it, or an open conversation.

    ``left`` is that conversation as plain JSON, with whose it was (``customer_id``); empty for a wish.
    """

    wish: str
    said: str = ""
    left: Mapping[str, Any] = field(default_factory=dict)
    customer_id: str = ""


@dataclass(slots=True)
class Agenda:
    """What is still to be come to in a talk, in order, and what became of what was.

    It is part of the open conversation, and is kept and forgotten with it.
    """

    kept: list[Kept] = field(default_factory=list)
    settled: list[tuple[str, str]] = field(default_factory=list)
    """What was worked off, with what became of it: ``done``, ``still_open`` or ``as_it_was``."""
    several: bool = False
    """Whether one text had several wishes: at its end it is said what became of each."""
    agreed: bool = False
    """Whether this turn has agreed how something is paid."""
    noted: str = ""
    """What is to be said of the wishes that this turn kept, if any of them is not come to in it."""

    @classmethod
    def of(cls, packed: Mapping[str, Any]) -> Agenda:
        """An agenda from the JSON that `packed` made of it."""
        kept = [Kept(**one) for one in packed.get("kept", [])]
        settled = [(wish, state) for wish, state in packed.get("settled", [])]
        return cls(kept, settled, several=packed.get("several", False))

    def packed(self) -> dict[str, Any]:
        """The agenda as plain JSON; empty where there is nothing in it."""
        if not (self.kept or self.settled or self.several):
            return {}
        kept = [
            {"wish": one.wish, "said": one.said, "left": dict(one.left), "customer_id": one.customer_id}
            for one in self.kept
        ]
        return {"kept": kept, "settled": [list(one) for one in self.settled], "several": self.several}

    def add(self, wishes: Sequence[Kept]) -> list[Kept]:
        """Put wishes at the end, unless the same is there already; returns the new ones."""
        there = {one.wish for one in self.kept}
        new = [one for one in wishes if one.wish not in there][: max(0, MOST - len(self.kept))]
        self.kept += new
        self.several = self.several or bool(new)
        return new

    def leave(self, conversation: Kept) -> None:
        """Put a conversation that is left for another one first: it goes on once that is over."""
        self.kept.insert(0, conversation)

    def note_outcome(self, wish: str, state: str) -> None:
        """Note what became of a wish."""
        if self.several and state:
            self.settled.append((wish, state))

    def clear(self) -> None:
        """Drop everything: somebody else writes, or the talk is over."""
        self.kept.clear()
        self.settled.clear()
        self.several = False
