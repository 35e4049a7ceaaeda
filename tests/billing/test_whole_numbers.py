"""Whole numbers that others wrote are read where they can be kept, and nowhere else."""

from __future__ import annotations

import pytest

from billing.bills.reference_numbers import bill_number_of, reference_for
from billing.whole_numbers import LARGEST, whole_number


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "1.0", "1 0", "²", "٣", "1e3", str(LARGEST + 1), "9" * 5000]
)
def test_what_is_no_number_that_is_kept_is_none(text: str) -> None:
    """Signs, other scripts' digits, and what is beyond 64 bits: none of it raises, none of it counts."""
    assert whole_number(text) is None


def test_the_largest_number_is_read() -> None:
    """The border is that of the databases."""
    assert whole_number(str(LARGEST)) == LARGEST


def test_a_reference_that_no_bill_of_ours_can_have_is_nobody_s() -> None:
    """A payer may write any digits whose check digit is right."""
    assert bill_number_of(reference_for(10**30)) is None
    assert bill_number_of(reference_for(42)) == 42
