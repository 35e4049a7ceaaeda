"""Counts the words and patterns that are written by hand to understand texts.

Lines of `said/` are learned from and labels are shown, so neither counts.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, Final

from messages.languages import WORDING
from messages.understanding import language_detection, reactions

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES: Final = ("phrases", "choices", "speakers", "reading", "schedules", "services", "language")


def alternatives(languages: tuple[str, ...]) -> int:
    """How many there are in some languages together: of ``a|b c`` two, of a list of words each."""
    found = sum(
        _many(
            tomllib.loads((WORDING / language / f"{file}.toml").read_text(encoding="utf-8")),
            words=file == "services",
        )
        for language in languages
        for file in FILES
    )
    others = sum(len(words) for _, _, words in language_detection._OWN_WORDS)
    patterns = sum(1 + one.pattern.count("|") for one in (reactions._REMOVED, reactions._THINGS))
    return found + others + len(reactions._LABELS) + patterns


def _many(node: Any, *, words: bool) -> int:
    return sum(len(one.split()) if words else 1 + one.count("|") for one in _strings(node))


def _strings(node: Any, name: str = "") -> Iterator[str]:
    if isinstance(node, str):
        if name != "label":
            yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _strings(value, key)
    elif isinstance(node, list):
        for one in node:
            yield from _strings(one)
