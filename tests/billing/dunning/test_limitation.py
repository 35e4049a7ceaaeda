"""Limitation: the last day a claim may be demanded."""

from __future__ import annotations

import pytest

from billing.dunning.limitation import limitation_date
from billing.policy import Limitation
from tests.builders import day

RULES = Limitation(source="test", years=3, regions={"US": 4, "US-CA": 5})


@pytest.mark.parametrize(
    ("country", "region", "last"),
    [
        ("US", "CA", "2031-01-10"),  # the region's own
        ("US", "TX", "2030-01-10"),  # the country's
        ("SE", "AB", "2029-01-10"),  # the policy's
        ("", "", "2029-01-10"),
    ],
)
def test_the_nearest_rule_counts(country: str, region: str, last: str) -> None:
    """A region's period goes before its country's, and that before the policy's own."""
    assert day(last) == limitation_date(RULES, day("2026-01-10"), day("2026-02-10"), country, region)


def test_a_policy_may_count_from_the_due_date() -> None:
    """The policy says whether the period runs from issue or from the due date."""
    rules = Limitation(source="test", years=3, counts_from="due")
    assert day("2029-02-10") == limitation_date(rules, day("2026-01-10"), day("2026-02-10"), "", "")


def test_a_leap_day_bill_lapses_at_the_end_of_february() -> None:
    """Counted from 29 February, the last day is never in March."""
    assert day("2027-02-28") == limitation_date(RULES, day("2024-02-29"), day("2024-03-30"), "SE", "")
