"""Reads who insures somebody, and under which member number, out of a text: only where both are named."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Final

from messages.understanding import vocabulary
from messages.understanding.grammar import any_of, grammar
from messages.understanding.spelling import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST: Final = 400
_EVERYDAY: Final = 0.002
"""A word that is so large a part of all that people write is no part of a name."""
_WORDS: Final = 6
"""A payer's name has no more words than this."""
_NUMBER: Final = r"(?P<member>(?=[\w-]*\d)[a-z0-9][\w-]{2,39})"
"""A member number: at least three signs, one of them a digit."""
_CODE: Final = re.compile(r"(?<![\w-])(?P<member>[a-z]{1,6}-?\d[\w-]{1,38})(?![\w-])")
"""What can only be a number in the answer to who insures somebody: letters, then digits."""
_END: Final = re.compile(r"[,.;:!?()\n]|(?<![\w-])[\w-]*\d|$")
_CAPITALS: Final = re.compile(
    r"(?<=[\w,:] )[A-ZÅÄÖÉÁÍÓÚÑ][\w&'-]*(?: (?:of|och|de|del|y|&|[A-ZÅÄÖÉÁÍÓÚÑ][\w&'-]*))*"
)


def insurance(text: str, language: str, *, asked: bool = False) -> tuple[str, str] | None:
    """The payer and the member number that a text names; None unless it names both.

    With ``asked`` the text is the answer to who insures somebody: what is left beside the number is the name.
    """
    said = " ".join(text[:_LONGEST].split())
    plain = _plain(said)
    number = _labelled(language).search(plain) or (_CODE.search(plain) if asked else None)
    if number is None:
        return None
    parts = (said[: number.start()], said[number.end("member") :])
    found = (name for one in _payers(parts, language, asked=asked) if (name := _core(one, language)))
    payer = next((name for name in found if len(name.split()) <= _WORDS), None)
    return (payer, said[slice(*number.span("member"))]) if payer else None


def _payers(parts: tuple[str, ...], language: str, *, asked: bool) -> Iterator[str]:
    """What may be a payer's name, the likeliest first: what follows *with*, if it has a capital."""
    named = [one for part in parts for one in _after_with(part, language)]
    yield from (one for one in named if one[0].isupper())
    if asked:
        yield from parts
    yield from (one.group() for part in parts for one in _CAPITALS.finditer(part))
    yield from named


def _after_with(part: str, language: str) -> Iterator[str]:
    for found in _with(language).finditer(_plain(part)):
        rest = part[found.end() :]
        end = _END.search(rest)
        name = _trimmed(rest[: end.start()] if end else rest)
        if name:
            yield name


def _core(name: str, language: str) -> str:
    """A name without the everyday words around it: ``its Blue River and my`` is ``Blue River``."""
    kept, everyday = _trimmed(name).split(), _everyday(language)
    while kept and fold(kept[0]) in everyday:
        kept.pop(0)
    while kept and fold(kept[-1]) in everyday:
        kept.pop()
    return _trimmed(" ".join(kept))


@cache
def _everyday(language: str) -> frozenset[str]:
    known = vocabulary.words(language)
    least = _EVERYDAY * sum(known.values())
    return frozenset(word for word, lines in known.items() if lines >= least)


def _plain(text: str) -> str:
    """A text in lower case without accents, sign by sign: places stay the same."""
    return "".join(unicodedata.normalize("NFD", sign)[0].lower()[:1] or sign for sign in text)


def _trimmed(words: str) -> str:
    return words.strip(" ,.;:-!?#()")


@cache
def _with(language: str) -> re.Pattern[str]:
    listed = grammar(language).written.insurance
    return re.compile(rf"(?<!\w){any_of(map(_plain, listed.by))} ") if listed.by else _NEVER


@cache
def _labelled(language: str) -> re.Pattern[str]:
    """A number after a word for it, with at most two short words between: ``member number is M555``."""
    listed = grammar(language).written.insurance
    if not listed.number:
        return _NEVER
    label = any_of(map(_plain, listed.number))
    return re.compile(rf"(?<!\w){label}\w*(?:[ .:#]+[a-z]{{1,7}}(?![\w-])){{0,2}}[ .:#]+{_NUMBER}(?![\w-])")


_NEVER: Final = re.compile(r"(?!)")
