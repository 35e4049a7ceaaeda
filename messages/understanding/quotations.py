"""What of a text is the sender's own: phones and mail programs quote what we sent, and that is not theirs.

A quotation is known by comparing it with what was sent to that address: the verb of a reaction is in the
language of the phone, which may be any, and the quotation may be cut short.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from messages.understanding.spelling import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_OPENING: Final = '"\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a\u2018\u201a\u300c\u300e\uff02'
_CLOSING: Final = '"\u201d\u201c\u00bb\u00ab\u203a\u2039\u2019\u2018\u300d\u300f\uff02'
_MARK: Final = re.compile(f"[{_OPENING}]|^\\s*>", re.MULTILINE)
_QUOTED_LINES: Final = re.compile(r"(?:^[ \t]*>.*(?:\n|\Z))+", re.MULTILINE)
_INTRODUCED: Final = re.compile(r"[^\n]*:\s*\Z")
"""The line of a mail program above a quotation: "On Monday somebody wrote:"."""
_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_CUT: Final = re.compile(r"\u2026|\.\.\.")
_MARKS_TRIED: Final = 6
_SENTENCE: Final = re.compile(r"[?!\n\d]|[.,;:](?=\s*\S)")
"""What the words of a reaction never have."""

_ALIKE: Final = 4
"""So many words in the same order are ours; fewer only if they are all, or the quotation says it was cut."""
_AT_LEAST: Final = 2
_UNMARKED: Final = 6
"""So many words of the beginning of a message of ours are a quotation without any marks, too."""
_LONG: Final = 12
"""A text of fewer words without marks is not compared: only machines quote without marks, and at length."""
_REACTION: Final = 6
"""A reaction has no more words than this before what it quotes."""

_REACTIONS: Final = frozenset({
    "liked", "loved", "disliked", "laughed at", "emphasized", "emphasised", "questioned", "reacted to", "to",
    "le gusto", "le gusta", "me gusta", "le encanto", "me encanta", "no le gusto", "no le gusta", "se rio de",
    "enfatizo", "exclamo", "pregunto por", "cuestiono", "reacciono a", "reacciono con a", "a",
    "gillade", "gillar", "alskade", "alskar", "ogillade", "ogillar", "skrattade at", "betonade", "framhavde",
    "ifragasatte", "undrade over", "reagerade pa", "reagerade med pa", "till", "pa",
    "a aime", "a adore", "na pas aime", "a ri de", "a souligne", "a mis en doute", "gefallt",
    "hat mit gefallt mir markiert", "gostou de", "adorou", "nao gostou de", "riu de", "enfatizou",
    "questionou",
})  # fmt: skip
"""What phones write beside a quotation: for words that could mean a wish, or if ours is forgotten."""
_REMOVED: Final = re.compile(r"(?:removed|elimino|quito|se elimino|se quito|tog bort)\b.*\b(?:from|de|fran)")


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
    return bool(_MARK.search(text)) or len(text.split()) >= _LONG


def own_words(text: str, sent: Iterable[str]) -> OwnWords:
    """The sender's own words of a text, given what was sent to that address lately."""
    ours = [found for found in (_joined(one) for one in sent) if found.strip()]
    span = _quoted_lines(text, ours) or _between_marks(text, ours) or _without_marks(text, ours)
    if span is None:
        return OwnWords(text, reaction=_is_reaction_to_anything(text))
    start, end = span
    before, after = text[:start].rstrip(), text[end:].strip(_CLOSING + " .\n\u2026")
    rest = f"{before}\n{after}".strip()
    words = _words(rest)
    if not words or _is_reaction(words):
        return OwnWords("", reaction=True)
    short = not after and len(words) <= _REACTION and not _SENTENCE.search(before)
    return OwnWords(rest, perhaps_reaction=short)


def _quoted_lines(text: str, ours: Sequence[str]) -> tuple[int, int] | None:
    """Lines that begin with ">", with the line that introduces them."""
    for found in _QUOTED_LINES.finditer(text):
        if _is_ours(re.sub(r"(?m)^[ \t>]+", "", found[0]), ours):
            introduced = _INTRODUCED.search(text[: found.start()].rstrip())
            return (introduced.start() if introduced else found.start()), found.end()
    return None


def _between_marks(text: str, ours: Sequence[str]) -> tuple[int, int] | None:
    """The longest part between quotation marks that is ours; one cut short may lack the second mark."""
    opened = [place for place, sign in enumerate(text) if sign in _OPENING][:_MARKS_TRIED]
    closed = [place for place, sign in enumerate(text) if sign in _CLOSING][-_MARKS_TRIED:]
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
    """Whether words are those of a message of ours, whole, or a part of it."""
    cut = bool(_CUT.search(quoted))
    parts = [part for part in (_joined(part) for part in _CUT.split(quoted)) if part.strip()]
    many = sum(len(part.split()) for part in parts)
    if not parts:
        return False
    if many < (_AT_LEAST if cut else _ALIKE):
        return parts[0] in ours and len(parts) == 1
    # What was cut may end in the middle of a word.
    return any(all((part.rstrip() if cut else part) in one for part in parts) for one in ours)


def _is_reaction(words: Sequence[str]) -> bool:
    said = " ".join(words)
    return said in _REACTIONS or bool(_REMOVED.fullmatch(said))


def _is_reaction_to_anything(text: str) -> bool:
    """Whether a text is a reaction by its form alone: known words, and then nothing but a quotation."""
    found = re.match(rf"\s*([^{_OPENING}\n]+?)\s*[{_OPENING}](.+)[{_CLOSING}\u2026]\s*\Z", text, re.DOTALL)
    return found is not None and len(_words(found[2])) >= _ALIKE and _is_reaction(_words(found[1]))


def _words(text: str) -> list[str]:
    return [fold(found[0]) for found in _WORD.finditer(text)]


def _joined(text: str) -> str:
    """The words between spaces, so that one is never taken for the end of another."""
    return f" {' '.join(_words(text))} "
