"""What may be written under each key of a policy's file, in words: for refusals and for docs/policies.md."""

from __future__ import annotations

import types
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from difflib import get_close_matches
from enum import Enum, IntEnum
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel
from pydantic.fields import FieldInfo

from billing.policy import parts

_PATTERNS: Final = {
    "^[A-Z]{3}$": 'a currency, like "SEK"',
    get_args(parts.Eve)[1].metadata[0].pattern: 'a day like "12-24", or "midsummer"',
}
_VALIDATED: Final = {
    get_args(parts.Zone)[1].func: 'a time zone, like "Europe/Stockholm"',
    get_args(parts.Country)[1].func: 'a country, like "SE"',
}
_SIMPLE: Final = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    Decimal: "a number",
    str: "a text in quotes",
    date: "a day",
    time: "a time",
}
_EXAMPLES: Final = {Decimal: ', like 60 or "2.5"', date: ", like 2026-01-31", time: ', like "09:00"'}


def words(kind: Any, limits: list[Any] | None = None) -> str:
    """What a value of this type looks like in TOML; ``limits`` are those that pydantic keeps beside it."""
    limits = limits or []
    if get_origin(kind) is Annotated:
        kind, *more = get_args(kind)
        return words(kind, [*limits, *_flat(more)])
    for limit in limits:
        if isinstance(limit, AfterValidator) and limit.func in _VALIDATED:
            return _VALIDATED[limit.func]
        if getattr(limit, "pattern", None) in _PATTERNS:
            return _PATTERNS[limit.pattern]
    kind = _without_none(kind)
    return _of_many(kind) or _of_choices(kind) or _simple(kind, limits)


def field_words(field: FieldInfo) -> str:
    """What may be written under a key."""
    return words(field.annotation, list(field.metadata))


def at(model: type[BaseModel], path: tuple[str | int, ...]) -> str:
    """What may be written at a place in a policy; empty where the policy knows no such place."""
    kind, limits = _place(model, path)
    return words(kind, limits) if kind is not None else ""


def names_at(model: type[BaseModel], path: tuple[str | int, ...]) -> tuple[str, ...]:
    """The keys of the table at a place; none where it is no table of fixed keys."""
    table = table_of(_place(model, path)[0])
    return tuple(table.model_fields) if table else ()


def wanted_by(model: type[BaseModel], one: Mapping[str, Any]) -> str:
    """What may be written where one of pydantic's errors is; with its form, where only that is wrong."""
    wanted = at(model, one["loc"])
    if one["type"] == "string_pattern_mismatch" and wanted == _SIMPLE[str]:
        return f"{wanted} of the form {one['ctx']['pattern']}"
    if one["type"] == "string_too_long":
        return f"{wanted} of at most {one['ctx']['max_length']} signs"
    return wanted


def mistake(model: type[BaseModel], one: Mapping[str, Any]) -> list[str]:
    """What is wrong at a place of a file, a line each, in words of ours; ``one`` of pydantic's errors."""
    path = one["loc"]
    wanted = wanted_by(model, one)
    match one["type"]:
        case "value_error":
            return str(one["ctx"]["error"]).splitlines()
        case "missing":
            return [f"is missing: write {wanted}" if wanted else "is missing"]
        case "extra_forbidden":
            known = names_at(model, path[:-1])
            near = get_close_matches(str(path[-1]), known, n=1)
            if near:
                return [f"there is no such key here: did you mean {near[0]}?"]
            return [f"there is no such key here; the keys are {', '.join(known)}"]
        case "too_short" if wanted:
            return [f"is empty: write {wanted}"]
    return [f"write {wanted}" if wanted else one["msg"]]


def table_of(kind: Any) -> type[BaseModel] | None:
    """The table that a type is, or is a list of; None for everything else."""
    kind = _without_none(kind)
    if get_origin(kind) is tuple and get_args(kind)[-1] is Ellipsis:
        kind = _without_none(get_args(kind)[0])
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _place(model: type[BaseModel], path: tuple[str | int, ...]) -> tuple[Any, list[Any]]:
    kind: Any = model
    limits: list[Any] = []
    for step in path:
        kind = _without_none(kind)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            field = kind.model_fields.get(str(step))
            if field is None:
                return None, []
            kind, limits = field.annotation, list(field.metadata)
        elif get_origin(kind) in {tuple, dict}:
            inner = get_args(kind)
            kind = inner[-1] if get_origin(kind) is dict else inner[0]
            kind, limits = (get_args(kind)[0], _flat(get_args(kind)[1:])) if _annotated(kind) else (kind, [])
        else:
            return None, []
    return kind, limits


def _of_many(kind: Any) -> str:
    """Lists and tables of a kind."""
    kind = _without_none(kind)
    inner = get_args(kind)
    if get_origin(kind) is tuple:
        if inner[-1] is Ellipsis:
            one = words(inner[0])
            return "tables in double brackets" if table_of(kind) else f"a list in brackets, each {one}"
        return 'two times, like ["09:00", "18:00"]'
    if get_origin(kind) in {dict, Mapping}:
        return f"a table of names, each {words(inner[1])}"
    return words(kind) if kind in _SIMPLE and inner else ""


def _of_choices(kind: Any) -> str:
    kind = _without_none(kind)
    found: list[str] = []
    if get_origin(kind) is Literal:
        found = [str(one) for one in get_args(kind)]
    elif isinstance(kind, type) and issubclass(kind, Enum):
        by_name = issubclass(kind, IntEnum)
        found = [one.name.lower() if by_name else str(one.value) for one in kind]
    quoted = [f'"{one}"' for one in found]
    return f"one of {', '.join(quoted)}" if quoted else ""


def _simple(kind: Any, limits: list[Any]) -> str:
    return f"{_SIMPLE.get(kind, 'a table')}{_within(limits)}{_EXAMPLES.get(kind, '')}"


def _within(limits: list[Any]) -> str:
    least = next((limit.ge for limit in limits if getattr(limit, "ge", None) is not None), None)
    most = next((limit.le for limit in limits if getattr(limit, "le", None) is not None), None)
    if least is not None and most is not None:
        return f" from {least} to {most}"
    if least is not None:
        return f" of at least {least}"
    return f" of at most {most}" if most is not None else ""


def _without_none(kind: Any) -> Any:
    if get_origin(kind) in {Union, types.UnionType}:
        rest = [one for one in get_args(kind) if one is not type(None)]
        return rest[0] if len(rest) == 1 else kind
    return kind


def _annotated(kind: Any) -> bool:
    return get_origin(kind) is Annotated


def _flat(limits: Any) -> list[Any]:
    """The limits themselves, where a field's own description holds them."""
    return [one for limit in limits for one in (limit.metadata if isinstance(limit, FieldInfo) else [limit])]
