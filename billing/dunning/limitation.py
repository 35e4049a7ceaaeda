"""The limitation date: the last day on which a claim may be demanded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from billing.calendar import add_years

if TYPE_CHECKING:
    from datetime import date

    from billing.policy import Limitation


class Dated(Protocol):
    """A bill, as far as its limitation date goes."""

    @property
    def issued_on(self) -> date:
        """The local day it was issued."""

    @property
    def due_on(self) -> date:
        """The local day it is due."""


class Located(Protocol):
    """Whoever owes it, or their account: where they live."""

    @property
    def country(self) -> str:
        """The country's code: ``US``."""

    @property
    def region(self) -> str:
        """The region's code, such as ``CA``; may be empty."""


def last_day_to_demand(rules: Limitation, bill: Dated, lives: Located) -> date:
    """The last local day on which a bill may be demanded; that day itself still counts."""
    return limitation_date(rules, bill.issued_on, bill.due_on, lives.country, lives.region)


def limitation_date(rules: Limitation, issued_on: date, due_on: date, country: str, region: str) -> date:
    """The last local day on which the bill may be demanded.

    The period is the region's (``US-CA``), else the country's, else the policy's own, counted from the day
    the policy names. Published tables conflict (COMPLIANCE.md section 6), so the default of a policy is the
    shortest. A part payment may restart the period; that is not assumed here, which is the safe side.
    """
    years = rules.regions.get(f"{country}-{region}", rules.regions.get(country, rules.years))
    return add_years(issued_on if rules.counts_from == "issued" else due_on, years)
