"""Coverages: their terms, and the order in which payers are asked; minor units."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from billing.calendar import add_months, add_years, is_minor
from billing.payers.claims import AdjustmentGroup

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from billing.payers.claims import Code


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


class PlanYear(StrEnum):
    """Over which year a coverage's deductible and out-of-pocket maximum count."""

    CALENDAR = "calendar"
    """From 1 January, as most plans do."""
    COVERAGE = "coverage"
    """From the day, of any year, that the coverage began on."""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What a covered person pays at most within twelve months from ``since`` or later (minor units).

    The sum that holds on the first visit holds for all of its twelve months.
    """

    since: date
    amount: int


@dataclass(frozen=True, slots=True)
class CoverageTerms:
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
    excluded_is: AdjustmentGroup = AdjustmentGroup.PATIENT
    """Who bears a service that is excluded."""
    unauthorised_is: AdjustmentGroup = AdjustmentGroup.CONTRACT
    """Who bears a service that was given without the authorisation it needed."""
    plan_year: PlanYear = PlanYear.CALENDAR
    ceilings: tuple[Ceiling, ...] = ()
    """Sums of a ceiling that the law sets year by year, the oldest first; they outrank ``ceiling``."""
    network: str = ""
    """The network whose prices hold between this payer and us; empty for none."""
    in_network: bool = True
    """Whether we are one of the providers with whom this plan costs the person least."""

    def ceiling_of(self, window: date) -> int | None:
        """What the person pays at most in the window that begins on this day; nothing for no limit."""
        since = [one for one in self.ceilings if one.since <= window]
        return since[-1].amount if since else self.ceiling

    @property
    def has_ceiling(self) -> bool:
        """Whether what the person pays has a limit over a rolling window."""
        return self.ceiling is not None or bool(self.ceilings)


@dataclass(frozen=True, slots=True)
class Used:
    """What the person has paid already in the period that the coverage's terms count over."""

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
    terms: CoverageTerms = CoverageTerms()
    known: bool = True
    """Whether anybody told us the terms; where not, nobody can say what is left to the person."""

    def on(self, day: date) -> bool:
        """Whether it covers a day."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


def in_order(coverages: Iterable[Covered], day: date) -> list[Covered]:
    """The coverages valid on a day, in the order in which they are asked."""
    return sorted(
        (one for one in coverages if one.on(day)),
        key=lambda one: (one.priority, one.starts_on, one.coverage_id),
    )


@dataclass(frozen=True, slots=True)
class CostShare:
    """What one service left to the person under one coverage, by what for."""

    coverage_id: str
    day: date
    deductible: int = 0
    copay: int = 0
    coinsurance: int = 0
    protected: bool = False
    """Whether it counts towards a ceiling."""

    @property
    def amount(self) -> int:
        """All of it."""
        return self.deductible + self.copay + self.coinsurance


def used(covered: Covered, past: Iterable[CostShare], day: date) -> Used:
    """What the person has paid of what the coverage's terms count, in the periods that ``day`` lies in.

    Shares count whether or not they were paid yet: what is invoiced counts (HSL 2017:30 17:6; COMPLIANCE.md
    2.2). They count by the day of the service, so the order in which payers answer does not matter.
    """
    past = list(past)
    begins, ends = _year(covered, day)
    mine = [one for one in past if one.coverage_id == covered.coverage_id and begins <= one.day < ends]
    opened = window(past, covered.terms.ceiling_months, day)
    closes = add_months(opened, covered.terms.ceiling_months)
    towards = [one for one in past if one.protected and opened <= one.day < closes]
    return Used(
        deductible=sum(one.deductible for one in mine),
        out_of_pocket=sum(one.amount for one in mine),
        towards_ceiling=sum(one.amount for one in towards) if covered.terms.has_ceiling else 0,
    )


def of_siblings(shares: Iterable[CostShare], birth_date: date | None) -> tuple[CostShare, ...]:
    """Those shares of a sibling, born on a day, that count towards a coverage's ceiling for children.

    Patient fees of children under 18 of one family count together (HSL 2017:30 17:6, Region Stockholm and
    VGR); deductibles and the like are each child's own.
    """
    return tuple(one for one in shares if one.protected and is_minor(birth_date, one.day))


def window(past: Sequence[CostShare], months: int, day: date) -> date:
    """The first visit of the coverage ceiling's window that ``day`` lies in; ``day`` if it opens one."""
    opened = date.min
    for visit in sorted({one.day for one in past if one.protected and one.amount} | {day}):
        if visit > day:
            break
        if opened == date.min or visit >= add_months(opened, months):
            opened = visit
    return opened


def _year(covered: Covered, day: date) -> tuple[date, date]:
    """The plan year a day lies in: its first day, and the first one of the next."""
    if covered.terms.plan_year is PlanYear.CALENDAR:
        return date(day.year, 1, 1), date(day.year + 1, 1, 1)
    years = day.year - covered.starts_on.year
    begins = add_years(covered.starts_on, years)
    if begins > day:
        years, begins = years - 1, add_years(covered.starts_on, years - 1)
    return begins, add_years(covered.starts_on, years + 1)
