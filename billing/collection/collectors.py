"""Collectors, and the terms of their contracts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from billing.ledger.money import minor_units
from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from billing.facts import Json


class NoSuchCollector(Refusal):
    """A collector is named that no ``[[collectors]]`` table describes."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        listed = f"known are {', '.join(known)}" if known else "write a [[collectors]] table in kvitt.toml"
        super().__init__(f"no collector{f' {name!r}' if name else ' is set up'}: {listed}")


class WhichCollector(Refusal):
    """There are several collectors, and none was named."""

    def __init__(self, known: Sequence[str]) -> None:
        super().__init__(f"name the collector: --collector {' or '.join(known)}")


class Basis(StrEnum):
    """What a collector's contingency percentage is taken of."""

    PRINCIPAL = "principal"
    ALL = "all"


class Remits(StrEnum):
    """What a collector pays over: the money less the fee, or all of it and a bill for the fee."""

    NET = "net"
    GROSS = "gross"


@dataclass(frozen=True, slots=True)
class Rate:
    """A contingency percentage for debts up to so many days past due when placed; the last has no end."""

    percent: Decimal
    up_to_days: int | None = None


@dataclass(frozen=True, slots=True)
class ContractTerms:
    """What a placement was made under; kept with it, so that a new contract changes no old fee."""

    statement_of_work: str
    percent: Decimal
    basis: Basis = Basis.PRINCIPAL
    keeps_extras: bool = False
    """Whether reminder fees and interest that are collected are the collector's own."""
    remits: Remits = Remits.NET
    recall_days: int = 0

    def fee(self, principal: int, extras: int) -> int:
        """The contingency fee, in minor units, on what was collected; halves are rounded up.

        ``principal`` and ``extras`` (fees and interest) are minor units, positive. The source of every
        number is the contract.
        """
        base = principal if self.basis is Basis.PRINCIPAL or self.keeps_extras else principal + extras
        kept = extras if self.keeps_extras else 0
        return kept + int((self.percent * base / 100).quantize(Decimal(1), ROUND_HALF_UP))

    def net(self, gross: int, fee: int, *, direct: bool = False) -> int:
        """What the collector pays over, in minor units; money paid to us directly leaves only the fee."""
        passed_on = 0 if direct else gross
        return passed_on - (fee if self.remits is Remits.NET else 0)

    def to_json(self) -> dict[str, Json]:
        """The terms as they are kept with a placement."""
        return {
            "statement_of_work": self.statement_of_work,
            "percent": str(self.percent),
            "basis": self.basis.value,
            "keeps_extras": self.keeps_extras,
            "remits": self.remits.value,
            "recall_days": self.recall_days,
        }

    @classmethod
    def from_json(cls, kept: dict[str, Json]) -> ContractTerms:
        """The terms that :meth:`to_json` packed."""
        return cls(
            statement_of_work=str(kept["statement_of_work"]),
            percent=Decimal(str(kept["percent"])),
            basis=Basis(str(kept["basis"])),
            keeps_extras=bool(kept["keeps_extras"]),
            remits=Remits(str(kept["remits"])),
            recall_days=int(str(kept["recall_days"])),
        )


@dataclass(frozen=True, slots=True)
class Collector:
    """One collector: how customers reach them, and the contract. Amounts are whole units of the currency."""

    id: str
    name: str
    statement_of_work: str
    rates: tuple[Rate, ...]
    phone: str = ""
    email: str = ""
    basis: Basis = Basis.PRINCIPAL
    keeps_extras: bool = False
    remits: Remits = Remits.NET
    minimum: int = 0
    recall_days: int = 0
    """Within how many days of placement a bill may be recalled without a charge."""
    four_eyes_above: int | None = None
    """From more than this on a second person approves; empty asks for none."""

    def terms(self, days_past_due: int) -> ContractTerms:
        """The contract for a debt that is so many days past due on the day it is placed."""
        rate = next(one for one in self.rates if one.up_to_days is None or days_past_due <= one.up_to_days)
        return ContractTerms(
            statement_of_work=self.statement_of_work,
            percent=rate.percent,
            basis=self.basis,
            keeps_extras=self.keeps_extras,
            remits=self.remits,
            recall_days=self.recall_days,
        )

    def needs_two(self, amount: int, currency: str) -> bool:
        """Whether an amount (minor units) needs two approvals."""
        return self.four_eyes_above is not None and amount > minor_units(self.four_eyes_above, currency)


def named(collectors: Sequence[Collector], name: str) -> Collector | None:
    """The collector with this id or name; without a name the only one there is.

    None if no collectors are configured: then any name is accepted.

    Raises:
        NoSuchCollector: there are others, but not this one.
        WhichCollector: there are several and none was named.
    """
    known = [one.id for one in collectors]
    if not known:
        return None
    if not name:
        if len(known) > 1:
            raise WhichCollector(known)
        return collectors[0]
    found = next((one for one in collectors if name in {one.id, one.name}), None)
    if found is None:
        raise NoSuchCollector(name, known)
    return found
