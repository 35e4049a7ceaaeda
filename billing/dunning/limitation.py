"""The day after which a claim may no longer be demanded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.calendar import add_years

if TYPE_CHECKING:
    from datetime import date

    from billing.policy import Limitation


def limitation_date(rules: Limitation, issued_on: date, due_on: date, country: str, region: str) -> date:
    """The last local day on which the bill may be demanded.

    The period is the region's (``US-CA``), else the country's, else the policy's own; it counts from
    the day the policy names. Tables of periods conflict (COMPLIANCE.md section 6), so the policy's
    default is the shortest and nothing here guesses.
    """
    years = rules.regions.get(f"{country}-{region}", rules.regions.get(country, rules.years))
    return add_years(issued_on if rules.counts_from == "issued" else due_on, years)
