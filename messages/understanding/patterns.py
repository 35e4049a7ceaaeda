"""Patterns of words, and matching them in a message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

END: Final = "."

_GAP: Final = 6
_REACH: Final = 12  # how far apart the words of a phrase in any order may be


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a message to match with patterns, and what it may be; ends of sentences are words too."""

    text: str
    meant: frozenset[str]


@dataclass(frozen=True, slots=True)
class PatternStep:
    """One step of a phrase: some words, beginnings of words, or a gap."""

    words: frozenset[str] = frozenset()
    starts: tuple[str, ...] = ()
    optional: bool = False
    gap: bool = False

    def fits(self, word: Word) -> bool:
        """Whether a word of a message matches this step."""
        return not self.words.isdisjoint(word.meant) or (
            bool(self.starts) and any(known.startswith(self.starts) for known in word.meant or (word.text,))
        )


@dataclass(frozen=True, slots=True)
class Phrase:
    """A pattern of words and the intent it shows."""

    intent: str
    written: str
    steps: tuple[PatternStep, ...]
    whole: bool = False
    first: bool = False
    last: bool = False
    loose: bool = False

    def match(self, words: Sequence[Word], start: int) -> tuple[int, ...] | None:
        """The positions of the words that match from ``start`` on; ``None`` if they do not."""
        if self.loose:
            return _gather(self.steps, words, start)
        if self.first and start and words[start - 1].text != END:
            return None
        places = self.places(words, start)
        if places is None or (self.whole and len(places) != len(words)):
            return None
        ended = places[-1] + 1 == len(words) or words[places[-1] + 1].text == END
        return places if ended or not self.last else None

    def places(self, words: Sequence[Word], start: int) -> tuple[int, ...] | None:
        """The positions of the phrase's words from ``start`` on, regardless of what surrounds them."""
        return _walk(self.steps, 0, words, start)


def _walk(steps: Sequence[PatternStep], at: int, words: Sequence[Word], place: int) -> tuple[int, ...] | None:
    if at == len(steps):
        return ()
    step = steps[at]
    if step.gap:
        return _walk_gap(steps, at + 1, words, place)
    if place < len(words) and step.fits(words[place]):
        rest = _walk(steps, at + 1, words, place + 1)
        if rest is not None:
            return (place, *rest)
    return _walk(steps, at + 1, words, place) if step.optional else None


def _walk_gap(
    steps: Sequence[PatternStep], at: int, words: Sequence[Word], place: int
) -> tuple[int, ...] | None:
    for further in range(place, min(place + _GAP, len(words)) + 1):
        rest = _walk(steps, at, words, further)
        if rest is not None:
            return rest
        if further < len(words) and words[further].text == END:
            return None
    return None


def _gather(steps: Sequence[PatternStep], words: Sequence[Word], start: int) -> tuple[int, ...] | None:
    """The positions of all steps in any order, the first at ``start``, within one sentence."""
    end = start
    while end < len(words) and end < start + _REACH and words[end].text != END:
        end += 1
    places: list[int] = []
    for step in sorted(steps, key=lambda one: one.optional):
        free = (place for place in range(start, end) if place not in places and step.fits(words[place]))
        place = next(free, None)
        if place is not None:
            places.append(place)
        elif not step.optional:
            return None
    return tuple(sorted(places)) if start in places else None
