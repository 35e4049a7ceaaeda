"""Words that mean one thing where they are all that is said: STOP, HELP, START, and navigation."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from messages.languages import about, languages
from messages.refusals import BadWordList
from messages.understanding.spelling import fold

_LETTERS: Final = re.compile(r"[^\W_]+")


def lone_word(text: str) -> str | None:
    """The intent of a text that is only one opt-out, help, start or navigation word, courtesies aside."""
    if len(text) > 100:  # noqa: PLR2004
        return None
    stripped = text.strip()
    if stripped and not stripped.strip("?"):
        return "help"
    said = _words_only(stripped)
    plain = " ".join(word for word in said.split() if word not in _polite())
    return _lone().get(said) or _lone().get(plain)


@cache
def _polite() -> frozenset[str]:
    """Every language's courtesies: END PLEASE stops as END does."""
    return frozenset(fold(word) for language in languages() for word in about(language).polite)


@cache
def _lone() -> dict[str, str]:
    """Every language's words that mean one thing alone: STOP stops in any language, as carriers demand."""
    found: dict[str, str] = {}
    for language in languages():
        for intent, words in about(language).alone:
            for word in words:
                if found.setdefault(_words_only(word), intent) != intent:
                    meant = found[_words_only(word)]
                    raise BadWordList(f"{language}/language.toml", f"alone.{intent}: {word!r} is {meant}")
    return found


def _words_only(text: str) -> str:
    return " ".join(_LETTERS.findall(fold(text)))
