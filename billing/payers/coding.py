"""Codes of services and conditions: validity by day, and translation to a payer's systems."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from billing.payers.claims import Code

ALWAYS: Final = date(1900, 1, 1)
"""Since when a code holds that nobody gave a first day: before anything that is still billed."""


@dataclass(frozen=True, slots=True)
class KnownCode:
    """A code as its system lists it, from a day on; ``valid_to`` is the last day, if there is one.

    ``unit_amount`` (minor units of ``currency``, for one ``unit``) is what a tariff asks; most systems
    name services only. A code that is not ``billable`` is a heading: a payer wants a finer one.
    """

    system: str
    code: str
    description: str
    valid_from: date = ALWAYS
    valid_to: date | None = None
    version: str = ""
    billable: bool = True
    unit: str = ""
    unit_amount: int | None = None
    currency: str = ""

    def on(self, day: date) -> bool:
        """Whether it holds on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def says_the_same(self, other: KnownCode) -> bool:
        """Whether another row says the same of the code, whatever its days and version."""
        return replace(self, valid_from=ALWAYS, valid_to=None, version="") == replace(
            other, valid_from=ALWAYS, valid_to=None, version=""
        )


def on_day(codes: Iterable[KnownCode], day: date) -> KnownCode | None:
    """What a coding system says of a code on a day; of several rows the one that began last."""
    return max((one for one in codes if one.on(day)), key=lambda one: one.valid_from, default=None)


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """What a payer (any payer, with no ``payer_id``) wants instead of a code, from when until when."""

    payer_id: str
    source: Code
    target: Code
    modifiers: tuple[str, ...] = ()
    valid_from: date = ALWAYS
    valid_to: date | None = None

    def on(self, day: date) -> bool:
        """Whether it holds on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Recoded:
    """A code as a payer wants it, and the modifiers that go with it."""

    code: Code
    modifiers: tuple[str, ...] = ()


def recode(
    code: Code,
    rows: Iterable[Crosswalk],
    payer_id: str,
    day: date,
    takes: Callable[[str], bool],
) -> Recoded | None:
    """A code as a payer wants it on a day; nothing where no row leads to a system it takes.

    A row of the payer's own goes before one for any payer, the one that began last before older ones.
    Without a row a code stays as it is if its system is taken. ``takes`` tells whether a system may be
    used here: the payer accepts it, and it names what is asked for.
    """
    fitting = [
        row
        for row in rows
        if row.source == code and row.payer_id in {payer_id, ""} and row.on(day) and takes(row.target.system)
    ]
    if fitting:
        best = max(fitting, key=lambda row: (row.payer_id != "", row.valid_from))
        return Recoded(best.target, best.modifiers)
    return Recoded(code) if takes(code.system) else None
