"""Tells a question about what was just said from an answer to it: "when is the first one due?"."""

from __future__ import annotations

import re
from functools import cache

from messages.understanding.grammar import any_of, grammar
from messages.understanding.spelling import fold

_LONGEST = 400


def asks(text: str, language: str) -> bool:
    """Whether a text asks when, how much or how many, rather than answers."""
    pattern = _pattern(language)
    return pattern is not None and bool(pattern.search(fold(text[:_LONGEST])))


def contrasts(text: str, language: str) -> bool:
    """Whether a text sets something against something else: "150 instead of 200"."""
    instead = grammar(language).written.words.instead
    return bool(instead and re.search(rf"\b{any_of(instead)}\b", fold(text[:_LONGEST])))


@cache
def _pattern(language: str) -> re.Pattern[str] | None:
    asking = grammar(language).written.words.asking
    return re.compile(rf"\b{any_of(asking)}\b") if asking else None
