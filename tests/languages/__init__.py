"""What tests of every language need in its own words: a file for each language, here.

``speaks_of`` has a sentence for each thing that a reminder may mention only where its policy says so,
``speaks_of_nothing`` one with kind words that look like them. ``grave`` has a text for each kind that stops
or holds, and ``and`` what joins two of them to one text.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

HERE: Final = Path(__file__).parent


class LanguageSample(BaseModel):
    """One language's sentences for tests."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    speaks_of: dict[str, str]
    speaks_of_nothing: str
    grave: dict[str, str]
    joined: str = Field(alias="and")


@cache
def sample(language: str) -> LanguageSample:
    """The sentences of a language that comes with Kvitt.

    Raises:
        FileNotFoundError: the language has none: write `tests/languages/<language>.toml`.
    """
    return LanguageSample.model_validate(
        tomllib.loads((HERE / f"{language}.toml").read_text(encoding="utf-8"))
    )
