"""What of a text is the sender's own: phones and mail programs quote what we sent, and that is not theirs.

A quotation is known by comparing it with what was sent to that address: the verb of a reaction is in the
language of the phone, which may be any, and the quotation may be cut short anywhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from messages.understanding import reactions
from messages.understanding.spelling import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MARKS: Final = '"\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a\u2018\u201a\u300c\u300e\uff02'
_OPENING: Final = re.compile(rf"[{_MARKS}]|(?<!\S)['\u2019?](?=\S)")
"""What opens a quotation. Some networks make a "?" of a curly mark: it then stands before a word."""
_CLOSES: Final = '"\u201d\u201c\u00bb\u00ab\u203a\u2039\u2019\u2018\u300d\u300f\uff02'
_CLOSING: Final = re.compile(rf"[{_CLOSES}]|(?<=\S)['?](?!\w)")
_MARK: Final = re.compile(rf"{_OPENING.pattern}|^\s*>", re.MULTILINE)
_QUOTED_LINES: Final = re.compile(r"(?:^[ \t]*>.*(?:\n|\Z))+", re.MULTILINE)
_INTRODUCED: Final = re.compile(r"[^\n]*:\s*\Z")
"""The line of a mail program above a quotation: "On Monday somebody wrote:"."""
_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_CUT: Final = re.compile(r"\u2026|\.\.\.")
_MARKS_TRIED: Final = 6
_QUOTATIONS: Final = 8
"""So many quotations in one text are looked for."""

_ALIKE: Final = 4
"""So many words in the same order are ours; fewer only if they are all, or the quotation says it was cut."""
_AT_LEAST: Final = 2
_UNMARKED: Final = 6
"""So many words of the beginning of a message of ours are a quotation without any marks, too."""
_LONG: Final = 12
"""A text of fewer words without marks is not compared: only machines quote without marks, and at length."""


@dataclass(frozen=True, slots=True)
class OwnWords:
    """What of a text is the sender's own."""

    text: str
    reaction: bool = False
    """Whether they only reacted to what we sent, as a phone does for them."""
    perhaps_reaction: bool = False
    """Whether the words may be those of a phone in any language: they are, if they mean nothing else."""


def may_quote(text: str) -> bool:
    """Whether a text may quote anything, before it is known what was sent: most texts do not."""
    return bool(_MARK.search(text)) or len(text.split()) >= _LONG or reactions.label_before(text) > 0


def own_words(text: str, sent: Iterable[str]) -> OwnWords:
    """The sender's own words of a text, given what was sent to that address lately."""
    ours = [found for found in (_joined(one) for one in sent) if found.strip()]
    label = reactions.label_before(text)
    if label and _is_ours(text[label:], ours):
        return OwnWords("", reaction=True)
    pieces = [text]
    for _ in range(_QUOTATIONS):
        found = next(
            ((place, span) for place, one in enumerate(pieces) if (span := _quotation(one, ours))), None
        )
        if found is None:
            break
        place, (start, end) = found
        pieces[place : place + 1] = [pieces[place][:start], pieces[place][end:]]
    if len(pieces) == 1:
        return OwnWords(text, reaction=_is_reaction_to_anything(text))
    before, *between, after = _trimmed(pieces)
    rest = "\n".join(one for one in (before, *between, after) if one)
    words = _words(rest)
    if not words or reactions.is_known(words):
        return OwnWords("", reaction=True)
    around = not any(between) and reactions.may_be_around(before, _words(before), after, _words(after))
    return OwnWords(rest, perhaps_reaction=around)


def _trimmed(pieces: Sequence[str]) -> list[str]:
    """What is left around quotations, without the signs that ended them."""
    first, *others = pieces
    ends = f"{_CLOSES}'. \n\u2026\u200a\u200b"
    return [first.strip(), *(one.lstrip(f"?{ends}").rstrip(ends) for one in others)]


def _quotation(text: str, ours: Sequence[str]) -> tuple[int, int] | None:
    return _quoted_lines(text, ours) or _between_marks(text, ours) or _without_marks(text, ours)


def _quoted_lines(text: str, ours: Sequence[str]) -> tuple[int, int] | None:
    """Lines that begin with ">", with the line that introduces them."""
    for found in _QUOTED_LINES.finditer(text):
        if _is_ours(re.sub(r"(?m)^[ \t>]+", "", found[0]), ours):
            introduced = _INTRODUCED.search(text[: found.start()].rstrip())
            return (introduced.start() if introduced else found.start()), found.end()
    return None


def _between_marks(text: str, ours: Sequence[str]) -> tuple[int, int] | None:
    """The longest part between quotation marks that is ours; one cut short may lack the second mark."""
    opened = [found.start() for found in _OPENING.finditer(text)][:_MARKS_TRIED]
    closed = [found.start() for found in _CLOSING.finditer(text)][-_MARKS_TRIED:]
    spans = [(start, end) for start in opened for end in (*closed, len(text)) if end > start]
    for start, end in sorted(spans, key=lambda one: one[0] - one[1]):
        if _is_ours(text[start + 1 : end], ours):
            return start, min(end + 1, len(text))
    return None


def _without_marks(text: str, ours: Sequence[str]) -> tuple[int, int] | None:
    """The beginning of a message of ours, as far as it goes: some networks drop the marks."""
    found = list(_WORD.finditer(text))
    words = [fold(one[0]) for one in found]
    for one in ours:
        start = one.split()
        for place in range(len(words) - _UNMARKED + 1):
            if words[place : place + _UNMARKED] != start[:_UNMARKED]:
                continue
            alike = _alike(words[place:], start)
            return found[place].start(), found[place + alike - 1].end()
    return None


def _alike(words: Sequence[str], ours: Sequence[str]) -> int:
    """How many words are the same from the beginning; the very last may have been cut in its middle."""
    pairs = zip(words, ours, strict=False)
    alike = next((number for number, (one, our) in enumerate(pairs) if one != our), len(ours))
    alike = min(alike, len(words))
    cut = alike == len(words) - 1 and alike < len(ours) and ours[alike].startswith(words[alike])
    return alike + cut


def _is_ours(quoted: str, ours: Sequence[str]) -> bool:
    """Whether words are those of a message of ours, whole, or parts of it in their order."""
    parts = [part.strip() for part in (_joined(part) for part in _CUT.split(quoted)) if part.strip()]
    many = sum(len(part.split()) for part in parts)
    cut = bool(_CUT.search(quoted))
    if not parts:
        return False
    if many < (_AT_LEAST if cut else _ALIKE):
        return len(parts) == 1 and f" {parts[0]} " in ours
    return any(_in_order(parts, one) for one in ours)


def _in_order(parts: Sequence[str], one: str) -> bool:
    """Whether a message has the parts one after the other; a cut may go through the middle of a word."""
    place = 0
    for part in parts:
        found = one.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    return True


def _is_reaction_to_anything(text: str) -> bool:
    """Whether a text is a reaction by its form alone: known words, then a thing or a quotation."""
    if reactions.to_a_thing(_words(text)):
        return True
    opened = _OPENING.search(text)
    if opened is None or text.rstrip()[-1:] not in f"{_CLOSES}\u2026?":
        return False
    label = _words(text[: opened.start()])
    return len(_words(text[opened.end() :])) >= _ALIKE and reactions.is_known(label)


def _words(text: str) -> list[str]:
    return [fold(found[0]) for found in _WORD.finditer(text)]


def _joined(text: str) -> str:
    """The words between spaces, so that one is never taken for the end of another."""
    return f" {' '.join(_words(text))} "
