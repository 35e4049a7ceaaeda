"""Several rows of a file that are one of ours, as the lines of one invoice are."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from bot.importing.fields import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.importing.mapping import MappedSheet
    from bot.importing.tally import SourceRow

_FREE = frozenset({"description", "note"})
"""Columns in which rows of one of ours may say different things: the first counts."""


def joined(places: Sequence[SourceRow], sheet: MappedSheet) -> SourceRow:
    """Rows as one, on the line of the first; it has a trouble where they contradict each other."""
    first = places[0]
    assert first.origin
    if len(places) == 1:
        return first
    trouble = next((place.origin.trouble for place in places if place.origin and place.origin.trouble), None)
    values = []
    for number, name in enumerate(first.columns):
        each = [place.values[number] for place in places]
        value, why = _one(name, sheet.columns[name].rows, each, places)
        trouble = trouble or (why and (name, why)) or None
        values.append(value)
    rest = tuple((place.line, place.origin.values) for place in places[1:] if place.origin)
    return replace(first, values=tuple(values), origin=replace(first.origin, trouble=trouble, joined=rest))


def _one(name: str, how: str, each: Sequence[str], places: Sequence[SourceRow]) -> tuple[str, str]:
    """What rows say in a column together, and why they cannot be joined, if they cannot."""
    said = [value for value in each if value]
    if how == "sum":
        try:
            return str(sum(map(Decimal, said), Decimal(0))) if said else "", ""
        except InvalidOperation:
            return "", "has rows that are no amounts"
    if how == "list":
        return "; ".join(dict.fromkeys(said)), ""
    if name not in _FREE and len(set(said)) > 1:
        other = next(place for place, value in zip(places, each, strict=True) if value and value != said[0])
        return said[0], (
            f"{shown(said[0])} here, {shown(next(v for v in said if v != said[0]))} on line {other.line} of "
            f'the same {name}: are they to be added? Then write rows = "sum"'
        )
    return (said or [""])[0], ""
