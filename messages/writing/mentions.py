"""Finds topics that a text mentions, by word lists: it checks the wording of our own demands."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from typing import TYPE_CHECKING, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from billing.policy.demands import Mention
from messages.languages import file
from messages.refusals import BadWordList

if TYPE_CHECKING:
    from typing import Self


class Mentions(BaseModel):
    """The words of one language; a word that ends with ``*`` matches every word that begins with it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    opt_out: tuple[str, ...] = Field(min_length=1)
    speaks_of: dict[Mention, tuple[str, ...]]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        missing = set(get_args(Mention)) - set(self.speaks_of)
        if missing:
            raise ValueError(f"no words for {', '.join(sorted(missing))}")
        return self

    def found(self, text: str) -> dict[Mention, str]:
        """The topics that a text mentions, each with the first word that shows it."""
        hits = {
            mention: hit
            for mention, words in self.speaks_of.items()
            if (hit := _pattern(words).search(text.casefold()))
        }
        return {mention: hit.group() for mention, hit in hits.items()}

    def opts_out(self, text: str) -> bool:
        """Whether a text contains an opt-out word, written as it is listed."""
        return any(re.search(rf"\b{re.escape(word)}\b", text) for word in self.opt_out)


@cache
def mentions(language: str) -> Mentions:
    """The word lists of a language.

    Raises:
        BadWordList: the file is not a list of such words.
    """
    written = file(language, "mentions.toml")
    try:
        return Mentions.model_validate(tomllib.loads(written.read_text(encoding="utf-8")))
    except (ValidationError, tomllib.TOMLDecodeError) as broken:
        raise BadWordList.because(f"{language}/{written.name}", broken, Mentions) from broken


@cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern that matches any of the words as a whole word."""
    alone = (re.escape(word.casefold()).replace(r"\*", r"\w*") for word in words)
    return re.compile(rf"\b(?:{'|'.join(alone)})(?!\w)")
