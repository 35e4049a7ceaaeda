"""Who covers what: the order in which payers are asked, and the terms of each. Amounts are minor units."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from billing.claims import Code


class PayerKind(StrEnum):
    """What a payer is."""

    INSURER = "insurer"
    AGENCY = "agency"
    EMPLOYER = "employer"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class PayerTerms:
    """How one payer wants to be billed, and the days it is bound to.

    ``form`` is ``x12``, ``fhir``, ``csv`` or ``invoice``. Days count from the service (filing), from the
    filing (answer) and from the denial (appeal); ``None`` where nothing was agreed.
    """

    form: str = "csv"
    electronic_id: str = ""
    code_systems: tuple[str, ...] = ()
    """The code systems it accepts; none named, it takes any."""
    file_days: int | None = None
    answer_days: int | None = None
    appeal_days: int | None = None
    address: str = ""
    email: str = ""
    remind_days: tuple[int, ...] = ()
    """Days after filing on which a payer that is billed by invoice is reminded."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a coverage leaves to the person. ``coinsurance`` in hundredths of a percent (2000 is 20 %).

    Everything unset costs the person nothing. ``ceiling`` is what they pay at most for services within
    ``ceiling_months`` (Sweden's high-cost protection: twelve months from the first visit).
    """

    plan: str = ""
    deductible: int = 0
    copay: int = 0
    """A fixed sum a visit."""
    coinsurance: int = 0
    out_of_pocket_max: int | None = None
    ceiling: int | None = None
    ceiling_months: int = 12
    needs_authorisation: frozenset[Code] = frozenset()
    excluded: frozenset[Code] = frozenset()
    allowed: Mapping[Code, int] = field(default_factory=dict)
    """The most the payer recognises a unit; what is above is forgone by contract. Unlisted: the price."""


@dataclass(frozen=True, slots=True)
class Used:
    """What the person has paid already in the period that the terms count over."""

    deductible: int = 0
    out_of_pocket: int = 0
    towards_ceiling: int = 0


@dataclass(frozen=True, slots=True)
class Covered:
    """One coverage of one person: payer, order, period and terms."""

    coverage_id: str
    payer_id: str
    member_id: str
    priority: int
    starts_on: date
    ends_on: date | None = None
    terms: Terms = Terms()

    def on(self, day: date) -> bool:
        """Whether it covers a day."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


def in_order(coverages: Iterable[Covered], day: date) -> list[Covered]:
    """The coverages that hold on a day, the one asked first ahead."""
    return sorted(
        (one for one in coverages if one.on(day)),
        key=lambda one: (one.priority, one.starts_on, one.coverage_id),
    )
