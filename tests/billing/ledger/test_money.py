"""Amounts: read, written, added, never mixed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.ledger.money import Money, exponent, minor_units
from billing.refusals import BadAmount, CurrencyMismatch, TooFine, UnclearAmount

amounts = st.integers(-(10**12), 10**12)
currencies = st.sampled_from(["USD", "SEK", "JPY", "KWD"])


@given(amounts, currencies)
def test_a_plain_amount_reads_back_as_itself(minor: int, currency: str) -> None:
    """What is written into a file is what is read from it, to the cent, whatever the currency's decimals."""
    money = Money(minor, currency)
    assert money == Money.parse(money.plain(), currency)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1250", "USD", 125000),
        ("1250.5", "USD", 125050),
        (" -0.05 ", "USD", -5),
        ("12.3400", "SEK", 1234),
        ("500", "JPY", 500),
        ("500.00", "JPY", 500),
        ("1.234", "KWD", 1234),
        ("9999999999999", "USD", 999999999999900),
    ],
)
def test_a_plain_decimal_is_read(text: str, currency: str, minor: int) -> None:
    """Decimals are counted by the currency, and zeros beyond them are taken."""
    assert Money(minor, currency) == Money.parse(text, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("", "USD"), ("12,50", "USD"), ("1 250", "USD"), ("1e3", "USD"), ("$5", "USD"), ("5.", "USD"),
        (".5", "USD"), ("+5", "USD"), ("--5", "USD"), ("0.001", "USD"), ("0.5", "JPY"), ("٣", "USD"),
        ("12345678901234", "USD"), ("nan", "USD"),
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str, currency: str) -> None:
    """What is no plain decimal, or finer than the currency's minor unit, is refused by name."""
    with pytest.raises(BadAmount, match="is not an amount in"):
        Money.parse(text, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [("5.000", "RWF"), ("5.000", "ISK"), ("5.100", "USD"), ("-12.500", "SEK"), ("999.000", "JPY")],
)
def test_a_point_that_may_stand_between_thousands_is_refused(text: str, currency: str) -> None:
    """Whoever typed it meant 5 or 5000: nobody knows, so it is never guessed."""
    with pytest.raises(UnclearAmount, match="may be"):
        Money.typed(text, currency)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("5000", "RWF", 5000), ("5000.00", "RWF", 5000), ("5.00", "RWF", 5), ("5.000", "KWD", 5000),
        ("5.0000", "USD", 500), ("1250.000", "USD", 125000), ("0.500", "USD", 50), ("5.00", "USD", 500),
    ],
)  # fmt: skip
def test_a_point_that_can_only_stand_before_decimals_is_read(text: str, currency: str, minor: int) -> None:
    """Two decimals, four, the currency's own three, or more digits before it than a group has."""
    assert Money.typed(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency", "do"),
    [
        ("1.005", "USD", "with 2 decimals"),
        ("0.5", "JPY", "without decimals"),
        ("1.2345", "KWD", "with 3 decimals"),
    ],
)
def test_an_amount_finer_than_its_currency_is_named_as_that(text: str, currency: str, do: str) -> None:
    """Digits and a point are there already; what is wrong is how many stand behind it."""
    with pytest.raises(TooFine, match=f"it is finer than the currency; write it {do}"):
        Money.parse(text, currency)


def test_a_refused_amount_is_shown_in_one_short_line() -> None:
    """A whole page in the place of an amount is cut, and line ends are shown as escapes."""
    with pytest.raises(BadAmount) as refused:
        Money.parse("x\n" * 500, "USD")
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 200


@given(amounts, amounts, currencies)
def test_sums_and_comparisons_are_those_of_the_minor_units(one: int, other: int, currency: str) -> None:
    """Money of one currency adds, subtracts, negates and compares like its minor units."""
    left, right = Money(one, currency), Money(other, currency)
    assert Money(one + other, currency) == left + right
    assert Money(one - other, currency) == left - right
    assert Money(-one, currency) == -left
    assert (one < other, one <= other, one > other, one >= other) == (
        left < right,
        left <= right,
        left > right,
        left >= right,
    )


def test_two_currencies_never_meet() -> None:
    """Adding, subtracting or comparing two currencies is refused, and the refusal names both."""
    crowns, dollars = Money(1, "SEK"), Money(1, "USD")
    with pytest.raises(CurrencyMismatch, match="SEK and USD"):
        crowns + dollars
    with pytest.raises(CurrencyMismatch, match="USD and SEK"):
        dollars - crowns
    for compare in (crowns.__lt__, crowns.__le__, crowns.__gt__, crowns.__ge__):
        with pytest.raises(CurrencyMismatch):
            compare(dollars)


@pytest.mark.parametrize(("currency", "places"), [("USD", 2), ("JPY", 0), ("KWD", 3), ("SEK", 2)])
def test_whole_units_become_minor_units(currency: str, places: int) -> None:
    """One unit of a currency is ten to the power of its decimals."""
    assert places == exponent(currency)
    assert 25 * 10**places == minor_units(25, currency)
