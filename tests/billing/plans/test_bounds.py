"""Which plans keep to the policy's bounds, and that their instalments add up."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some

from billing.plans import bounds
from billing.plans.frequency import Frequency

TODAY = date(2026, 3, 2)


@given(
    owed=some.integers(200, 10**7),
    months=some.integers(2, 60),
    first=some.integers(0, 100),
    often=some.sampled_from(Frequency),
)
def test_instalments_add_up_whatever_the_first_payment(
    owed: int, months: int, first: int, often: Frequency
) -> None:
    """Every cent is in one instalment, numbered from one, each on a later day than the one before."""
    found = bounds.instalments_of(owed, often, 15, TODAY, months=months, first=first)
    assert sum(one.amount for one in found) == owed
    assert [one.number for one in found] == list(range(1, len(found) + 1))
    days = [one.due_on for one in found]
    assert days == sorted(set(days))
    assert days[0] > TODAY


@pytest.mark.parametrize(
    ("more", "outside"),
    [
        ({"months": 12}, ()),
        ({"months": 13}, (bounds.TOO_LONG,)),
        ({"amount": 2000}, (bounds.TOO_LONG, bounds.TOO_SMALL, bounds.TOO_LITTLE_FIRST)),
        ({"months": 6, "first": 1000}, (bounds.TOO_SMALL, bounds.TOO_LITTLE_FIRST)),
        ({"months": 6, "first": 20000}, ()),
    ],
    ids=str,
)
def test_what_is_outside_is_named(more: dict[str, int], outside: tuple[str, ...]) -> None:
    """More months, smaller instalments, a smaller first payment; the last one may be what is left."""
    found = bounds.instalments_of(60000, Frequency.MONTHLY, 15, TODAY, **more)
    bounded = bounds.outside(found, Frequency.MONTHLY, longest=12, smallest=2500, first_percent=5)
    assert bounded == outside
