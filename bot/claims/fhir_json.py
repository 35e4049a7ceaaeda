"""FHIR resources as JSON: read with their places, amounts exact, nothing nested without bound."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from billing.ledger.money import exponent
from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

_LARGEST: Final = 10**13
"""No amount has more whole units."""


class NoJson(Refusal):
    """A text is no JSON."""

    def __init__(self, why: str) -> None:
        super().__init__(f"this is no JSON: {why}; nothing was read")


class NoResource(Refusal):
    """A JSON text holds no FHIR resource of the kind that is read here."""

    def __init__(self, kinds: tuple[str, ...], found: str) -> None:
        super().__init__(f"it holds {found}; give {' or '.join(kinds)}, alone or in a Bundle")


class BadElement(Refusal):
    """An element of a FHIR resource does not hold what it must."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")


def parse(text: str) -> Any:
    """A JSON text, with decimals as they are written.

    Raises:
        NoJson: it is none; line and column are named.
    """
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise NoJson(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise NoJson("it is nested deeper than any resource") from None
    except (ValueError, InvalidOperation):
        raise NoJson("a number in it is longer than any amount") from None


def _no_number(text: str) -> Any:
    raise NoJson(f"{text} is no number")


def resources(text: str, kinds: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every FHIR resource of these kinds with its place: alone, in a Bundle, a list, or a line (ndjson).

    Raises:
        NoJson: it is no JSON.
        NoResource: there is none of these kinds.
    """
    found = list(_within(_documents(text), "", kinds))
    if not found:
        tops = sorted({str(one.get("resourceType")) if isinstance(one, dict) else type(one).__name__
                       for one in _documents(text)})  # fmt: skip
        raise NoResource(kinds, ", ".join(tops) or "nothing")
    yield from found


def _documents(text: str) -> list[Any]:
    try:
        return [parse(text)]
    except NoJson:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2 or not all(line.lstrip().startswith("{") for line in lines):  # noqa: PLR2004
            raise
        found = []
        for number, line in enumerate(lines, 1):
            try:
                found.append(parse(line))
            except NoJson as refusal:
                raise NoJson(f"row {number}: {refusal}") from None
        return found


def _within(documents: list[Any], place: str, kinds: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, one in enumerate(documents):
        if not isinstance(one, dict):
            if isinstance(one, list) and not place:
                yield from _within(one, f"[{number}]", kinds)
            continue
        kind = str(one.get("resourceType"))
        if kind in kinds:
            yield f"{place}{kind} {one.get('id') or number}", one
        elif kind == "Bundle":
            inner = [entry.get("resource") for entry in several(one, "entry")]
            yield from _within(inner, f"{place}entry ", kinds)


def several(resource: Any, name: str) -> list[dict[str, Any]]:
    """The objects of a FHIR list element; nothing where there is none."""
    found = resource.get(name) if isinstance(resource, dict) else None
    return [one for one in found or () if isinstance(one, dict)] if isinstance(found, list) else []


def one(resource: Any, *path: str) -> Any:
    """The value at a path of a FHIR resource; ``None`` if there is none."""
    for name in path:
        resource = resource.get(name) if isinstance(resource, dict) else None
    return resource


def text(resource: Any, *path: str) -> str:
    """The text at a path of a FHIR resource; empty where there is none."""
    found = one(resource, *path)
    return found.strip() if isinstance(found, str) else ""


def codes(concept: Any) -> list[str]:
    """The codes of a FHIR CodeableConcept, and its text."""
    found = [text(coding, "code") for coding in several(concept, "coding")]
    return [code for code in (*found, text(concept, "text")) if code]


def money(path: str, amount: Any) -> tuple[int, str, bool]:
    """A FHIR Money in minor units, its currency (dollars where unsaid), and whether it is exactly that.

    Programs write 27.200000000000003, and some payers compute finer than a cent: half a minor unit rounds up.

    Raises:
        BadElement: it is no amount.
    """
    currency = text(amount, "currency") or "USD"
    value = one(amount, "value")
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or abs(Decimal(value)) > _LARGEST:
        raise BadElement(path, f"{value!r} is no amount")
    scaled = Decimal(value).scaleb(exponent(currency))
    near = scaled.quantize(Decimal(1), ROUND_HALF_UP)
    return int(near), currency, near == scaled
