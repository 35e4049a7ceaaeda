"""Payment references: made, recognised, and any slip caught."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.bills.reference_numbers import is_reference, reference_for

numbers = st.integers(0, 10**14)


@given(numbers)
def test_every_reference_is_recognised_and_carries_its_bill(number: int) -> None:
    """A reference is valid, its length digit is right, and the bill's number can be read off it."""
    reference = reference_for(number)
    assert is_reference(reference)
    assert len(reference) % 10 == int(reference[-2])
    assert number == int(reference[:-2])


@given(numbers, numbers)
def test_two_bills_never_share_a_reference(one: int, other: int) -> None:
    """References are equal only for the same bill."""
    assert (one == other) is (reference_for(one) == reference_for(other))


@pytest.mark.parametrize("number", [0, 7, 123456, 9999999, 40012345678])
def test_any_single_wrong_digit_is_caught(number: int) -> None:
    """Whichever one digit is mistyped, the reference is refused."""
    reference = reference_for(number)
    for at, right in enumerate(reference):
        for digit in set("0123456789") - {right}:
            assert not is_reference(reference[:at] + digit + reference[at + 1 :])


@given(numbers)
def test_swapped_neighbours_are_caught(number: int) -> None:
    """Two neighbours swapped are refused, except 09 and 90, which the Luhn sum cannot tell apart."""
    reference = reference_for(number)
    for at, pair in enumerate(itertools.pairwise(reference)):
        if pair[0] == pair[1] or set(pair) == {"0", "9"}:
            continue
        assert not is_reference(reference[:at] + pair[1] + pair[0] + reference[at + 2 :])


@given(numbers, st.data())
def test_a_lost_digit_is_caught(number: int, data: st.DataObject) -> None:
    """A reference that lost one of its leading digits has the wrong length digit or sum."""
    reference = reference_for(number)
    at = data.draw(st.integers(0, len(reference) - 3))
    assert not is_reference(reference[:at] + reference[at + 1 :])


def test_spaces_and_dashes_are_read_over() -> None:
    """People group digits as they like."""
    reference = reference_for(123456)
    assert is_reference(f" {reference[:4]} {reference[4:6]}-{reference[6:]}")


@pytest.mark.parametrize("text", ["", "hello", "0000000", "18", "٠٠٠٠٠٠٨٢"])
def test_what_is_too_short_is_no_reference(text: str) -> None:
    """A few digits, none, or digits of another script are no reference."""
    assert not is_reference(text)
