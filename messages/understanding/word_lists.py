"""The data classes of one language's `phrases.toml`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, field_validator

from messages.understanding.spelling import fold


class IntentPhrases(BaseModel):
    """The word list of one intent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    said: list[str]


class Option(BaseModel):
    """The word list of a choice: the text of its button, and what people write for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    said: list[str]


class PhraseFile(BaseModel):
    """The word lists of one language's `phrases.toml`.

    ``breaks`` stand between two clauses, ``turns`` may reverse a yes or no before them. ``pairs`` are two
    words spelled differently side by side: "kan ja" means "kan jag", while "ja" alone is a yes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    negations: list[str]
    breaks: list[str]
    turns: list[str]
    spellings: dict[str, str]
    groups: dict[str, list[str]]
    choices: dict[str, Option]
    intents: dict[str, IntentPhrases]
    pairs: dict[str, str] = {}

    @field_validator("spellings", "pairs")
    @classmethod
    def _folded(cls, spellings: dict[str, str]) -> dict[str, str]:
        return {fold(odd): fold(plain) for odd, plain in spellings.items()}
