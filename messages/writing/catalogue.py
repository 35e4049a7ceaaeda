"""The catalogue of messages: the facts each needs, how much it discloses, and its SMS length."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from billing.ledger.money import Money
from billing.policy import ContentClass
from messages.refusals import BadWordList, UnknownMessage, WrongFacts

if TYPE_CHECKING:
    from billing.facts import Fact, Facts

Kind: TypeAlias = Literal["money", "day", "int", "text", "bool"]
Shape: TypeAlias = Kind | dict[str, Kind]

_FILE = Path(__file__).with_name("catalogue.toml")
_TYPES: Mapping[Kind, type] = {"money": Money, "day": date, "int": int, "text": str, "bool": bool}
_SAMPLES: Mapping[Kind, Fact] = {
    "money": Money(125050, "USD"),
    "day": date(2027, 9, 25),
    "int": 12,
    "text": "Bankgiro 123-4567",
    "bool": True,
}


class CatalogueMessage(BaseModel):
    """One message of the catalogue: the facts it needs and the limits its wording must keep."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    content: ContentClass
    facts: dict[str, Shape] = Field(default_factory=dict)
    out: bool = False
    paper: bool = False
    """Used in letters only, where length and characters are not limited as in an SMS."""
    max_segments: int = Field(default=1, ge=1, le=5, alias="segments")

    @field_validator("content", mode="before")
    @classmethod
    def _named(cls, name: str) -> ContentClass:
        try:
            return ContentClass[name.upper()]
        except KeyError as unknown:
            raise ValueError(f"{name!r} is no content class") from unknown


@cache
def catalogue(file: Path = _FILE) -> Mapping[str, CatalogueMessage]:
    """Every message that a file declares, by its key, such as ``payment_plan.opening``.

    Raises:
        BadWordList: the file declares something that is not a message.
    """
    areas: dict[str, dict[str, Any]] = tomllib.loads(file.read_text(encoding="utf-8"))
    try:
        return {
            f"{area}.{block}": CatalogueMessage.model_validate(entry)
            for area, blocks in areas.items()
            for block, entry in blocks.items()
        }
    except ValidationError as broken:
        raise BadWordList(file.name, str(broken)) from broken


def message(key: str) -> CatalogueMessage:
    """The catalogue's declaration of one message.

    Raises:
        UnknownMessage: the catalogue has no such key.
    """
    try:
        return catalogue()[key]
    except KeyError:
        raise UnknownMessage(key) from None


def check(key: str, facts: Facts) -> None:
    """Check that the facts are those the catalogue declares for the message, with the right types.

    Raises:
        UnknownMessage: the catalogue has no such key.
        WrongFacts: a fact is missing, undeclared, or of another type.
    """
    shapes = message(key).facts
    missing, extra = shapes.keys() - facts.keys(), facts.keys() - shapes.keys()
    unlike = [name for name, shape in shapes.items() if name in facts and not _fits(facts[name], shape)]
    if missing or extra or unlike:
        raise WrongFacts(key, missing=missing, extra=extra, unlike=unlike)


def sample_facts(key: str) -> Facts:
    """Plausible facts for one message of the catalogue, two rows where it takes rows; for tests, previews."""
    return {name: _sample(shape) for name, shape in message(key).facts.items()}


def _fits(fact: Fact, shape: Shape) -> bool:
    if isinstance(shape, dict):
        return isinstance(fact, Sequence) and not isinstance(fact, str) and _rows_fit(fact, shape)
    if shape == "int" and isinstance(fact, bool):
        return False
    return isinstance(fact, _TYPES[shape])


def _rows_fit(rows: Iterable[Facts], shape: dict[str, Kind]) -> bool:
    return all(
        row.keys() == shape.keys() and all(_fits(row[name], kind) for name, kind in shape.items())
        for row in rows
    )


def _sample(shape: Shape) -> Fact:
    if isinstance(shape, dict):
        return [{name: _SAMPLES[kind] for name, kind in shape.items()} for _ in range(2)]
    return _SAMPLES[shape]
