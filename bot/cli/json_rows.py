"""Records as JSON rows: beside a currency each amount is named as what it is, minor units of it."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Final

AMOUNTS: Final = frozenset({
    "1_30", "31_60", "61_90", "adjusted", "adjustments", "amount", "amount_to", "asked", "asked_now",
    "balance", "bank", "charged", "charges", "coinsurance", "copay", "credit", "credits", "customer",
    "deductible", "expected", "expected_fee", "fee", "fees", "forgone", "gross", "high", "interest",
    "journal", "ledger", "left", "low", "net", "not_due", "over_90", "owed", "paid", "payers", "payments",
    "price", "principal", "proposed", "refused", "total", "unused", "written_off",
})  # fmt: skip
"""Keys whose whole numbers are amounts where a currency stands beside or above them, or is their key."""
_CURRENCY: Final = re.compile("[A-Z]{3}")


def record(value: Any) -> Any:
    """A record with all it holds as plain dictionaries and lists; a count by name stays a count by name."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: record(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, dict):
        return {_key(key): record(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [record(one) for one in value]
    return value


def with_minor(row: dict[Any, Any], *, currency: bool = False) -> dict[Any, Any]:
    """The row with ``amount_minor`` beside each ``amount``: older programs go on reading the name without."""
    inside = currency or isinstance(row.get("currency"), str)
    found: dict[Any, Any] = {}
    for key, value in row.items():
        found[key] = _with_minor(value, currency=inside)
        if key in AMOUNTS and (_by_currency(value) or (inside and (_whole(value) or _wholes(value)))):
            found[f"{key}_minor"] = value
    return found


def _with_minor(value: Any, *, currency: bool) -> Any:
    if isinstance(value, dict):
        return with_minor(value, currency=currency)
    if isinstance(value, list):
        return [_with_minor(one, currency=currency) for one in value]
    return value


def _by_currency(value: Any) -> bool:
    return _wholes(value) and all(isinstance(key, str) and _CURRENCY.fullmatch(key) for key in value)


def _wholes(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(map(_whole, value.values()))


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _key(key: Any) -> Any:
    """A key as JSON has it: a name, whatever it is to us."""
    if isinstance(key, Enum):
        return key.value
    return ":".join(str(_key(part)) for part in key) if isinstance(key, tuple) else key
