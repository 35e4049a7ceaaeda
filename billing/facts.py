"""Facts for a message: named values, and their JSON form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date
from typing import TypeAlias, cast

from billing.ledger.money import Money
from billing.values import value

Fact: TypeAlias = "str | int | bool | Money | date | Sequence[Facts] | None"
Facts: TypeAlias = Mapping[str, Fact]
Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


@value(frozen=True, slots=True)
class Saying:
    """One thing to say: the name of a message (``payment_plan.opening``) and the facts it needs."""

    key: str
    facts: Facts = field(default_factory=dict)


def to_json(facts: Facts) -> dict[str, Json]:
    """Facts as plain JSON; money and days are tagged so that :func:`from_json` gives them back."""
    return {name: _pack(fact) for name, fact in facts.items()}


def from_json(packed: Mapping[str, Json]) -> Facts:
    """The facts that :func:`to_json` packed."""
    return {name: _unpack(value) for name, value in packed.items()}


def _pack(fact: Fact) -> Json:
    match fact:
        case Money(minor, currency):
            return {"money": [minor, currency]}
        case date():
            return {"day": fact.isoformat()}
        case None | str() | int():
            return fact
    return [to_json(row) for row in fact]


def _unpack(value: Json) -> Fact:
    match value:
        case {"money": [int(minor), str(currency)]}:
            return Money(minor, currency)
        case {"day": str(day)}:
            return date.fromisoformat(day)
        case list():
            return [from_json(cast("dict[str, Json]", row)) for row in value]
        case None | str() | int():
            return value
    raise TypeError(f"no fact is kept like this: {value!r}")
