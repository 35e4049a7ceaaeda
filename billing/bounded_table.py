"""Tables of files that a person writes: their numbers stay within what days and amounts can be."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from pydantic import BaseModel, ValidationInfo, field_validator

_MOST: Final = {"days": 36_500, "hours": 876_000, "months": 1_200, "years": 100}
"""By the unit that a number's name has: a hundred years of each, from which a day can still be counted."""
_ANY: Final = 10**12
"""Of any other number, as an amount in whole units."""


class BoundedTable(BaseModel):
    """A table whose numbers are refused where nothing could be counted with them."""

    @field_validator("*")
    @classmethod
    def _countable(cls, value: Any, info: ValidationInfo) -> Any:
        units = set((info.field_name or "").split("_"))
        most = min((_MOST[unit] for unit in units & _MOST.keys()), default=_ANY)
        if isinstance(value, int | float | Decimal) and not -most <= value <= most:
            raise ValueError(f"is beyond {most}, which is more than a hundred years or any amount")
        return value
