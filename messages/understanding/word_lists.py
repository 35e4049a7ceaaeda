"""The data classes of one language's `phrases.toml`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, field_validator

from messages.understanding.spelling import fold


class IntentPhrases(BaseModel):
    """The word list of one intent; phrases in ``unless`` are similar and mean something else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    said: list[str]
    unless: list[str] = []
    negatable: bool = False


class Option(BaseModel):
    """The word list of a choice: the text of its button, and what people write for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    said: list[str]


class PhraseFile(BaseModel):
    """The word lists of one language's `phrases.toml`.

    ``tails`` are endings of compounds: a Swedish *elräkning* is a bill. ``pairs`` are two words that are
    spelled differently side by side: "kan ja" means "kan jag", while "ja" alone is a yes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    fillers: list[str]
    polite: list[str]
    negations: list[str]
    breaks: list[str]
    turns: list[str]
    common: list[str]
    spellings: dict[str, str]
    groups: dict[str, list[str]]
    choices: dict[str, Option]
    intents: dict[str, IntentPhrases]
    foreign: list[str] = []
    tails: list[str] = []
    plain: list[str] = []
    objects: list[str] = []
    payable: list[str] = []
    owing: list[str] = []
    asking: list[str] = []
    telling: list[str] = []
    elsewhere: list[str] = []
    owners: list[str] = []
    endings: list[str] = []
    pairs: dict[str, str] = {}
    forms: list[str] = []

    @field_validator("spellings", "pairs")
    @classmethod
    def _folded(cls, spellings: dict[str, str]) -> dict[str, str]:
        return {fold(odd): fold(plain) for odd, plain in spellings.items()}
