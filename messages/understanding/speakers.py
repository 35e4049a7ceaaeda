"""Finds out from a text whether whoever writes says not to be the customer, or asks about somebody else."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from messages.languages import file, languages
from messages.understanding.spelling import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Speaker: TypeAlias = Literal["", "own_child", "not_the_customer", "about_another"]

_SIGNS: Final = {"": "", " ": " ", "^": "^ ", "..": r"(?:\w+ ){0,2}?", "*": r"\w+ "}
"""What a sign of a phrase stands for; the rest are words."""
_SIGN: Final = re.compile(r"[^a-z0-9]+")
_SHORTEST_NAME: Final = 3
_LONGEST: Final = 600
_NAME: Final = "qqname"
_NAMES: Final = "qqnames"
"""What stands for a name in a pattern: no language has such words."""


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    said: list[str]


class _SpeakerFile(BaseModel):
    """One language's ``speakers.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    groups: dict[str, list[str]]
    own_child: _Said
    not_the_customer: _Said
    about_another: _Said


def speaker(text: str, names: Iterable[str]) -> Speaker:
    """Who writes, in any language: somebody else than ``names``, or who asks about another account.

    A parent who asks about a child's bill (``own_child``) does not say to be somebody else.
    """
    words, spoken = _plain(text, names), [_patterns(language) for language in sorted(languages())]
    found = (one for one in _ORDER if any(said.search(words) for own in spoken for said in own[one]))
    return next(found, "")


_ORDER: Final[Sequence[Speaker]] = ("not_the_customer", "own_child", "about_another")


def _plain(text: str, names: Iterable[str]) -> str:
    """The words of a text between single blanks, each name of a customer as one and the same word."""
    said = [word for word in _SIGN.split(fold(text[:_LONGEST])) if word]
    parts = {part for name in names for part in _SIGN.split(fold(name)) if len(part) >= _SHORTEST_NAME}
    plain: list[str] = []
    for word in said:
        name = _NAME if word in parts else _NAMES if word.removesuffix("s") in parts else word
        if not (name == _NAME and plain[-1:] == [_NAME]):
            plain.append(name)
    return f" {' '.join(plain)} "


@cache
def _patterns(language: str) -> Mapping[Speaker, Sequence[re.Pattern[str]]]:
    listed = _SpeakerFile(**tomllib.loads(file(language, "speakers.toml").read_text(encoding="utf-8")))
    return {
        "own_child": _compiled(listed.own_child, listed.groups),
        "not_the_customer": _compiled(listed.not_the_customer, listed.groups),
        "about_another": _compiled(listed.about_another, listed.groups),
    }


def _compiled(listed: _Said, groups: Mapping[str, Sequence[str]]) -> list[re.Pattern[str]]:
    return [
        re.compile("".join(_step(word, groups) for word in [_begin(phrase), *phrase.split()]))
        for phrase in listed.said
    ]


def _begin(phrase: str) -> str:
    return "" if phrase.startswith("^ ") else " "


def _step(word: str, groups: Mapping[str, Sequence[str]]) -> str:
    if word in _SIGNS:
        return _SIGNS[word]
    if word.startswith("!"):
        return f"(?!(?:{'|'.join(_alternatives(word[1:], groups))}) )"
    optional = word.endswith("?")
    either = "|".join(_alternatives(word.removesuffix("?"), groups))
    return f"(?:(?:{either}) )?" if optional else f"(?:{either}) "


def _alternatives(word: str, groups: Mapping[str, Sequence[str]]) -> list[str]:
    found: list[str] = []
    for one in word.split("|"):
        if one in {"@name", "@names"}:
            found.append(_NAME if one == "@name" else _NAMES)
        elif one.startswith("@"):
            found += [part for member in groups[one[1:]] for part in _alternatives_of_member(member, groups)]
        else:
            found.append(fold(one))
    return found


def _alternatives_of_member(member: str, groups: Mapping[str, Sequence[str]]) -> list[str]:
    return _alternatives(member, groups) if member.startswith("@") else [fold(member)]
