"""Money in any currency: ISO 4217 in files and ledger, CLDR in what is read, Stripe's table on the card."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from babel.numbers import get_currency_precision

from billing.ledger.currencies import DECIMALS
from billing.ledger.money import Money, exponent
from bot.card_amounts import asked_of_card, came_by_card, decimals
from messages.writing import format as written

NOT_IN_HUNDREDTHS = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0,
    "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0, "BHD": 3, "IQD": 3, "JOD": 3,
    "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3, "CLF": 4, "UYW": 4,
}  # fmt: skip
"""ISO 4217, written down here a second time."""
CARD = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "JPY": 0, "KMF": 0, "KRW": 0, "MGA": 0, "PYG": 0, "RWF": 0,
    "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0, "BHD": 3, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3,
}  # fmt: skip
"""Stripe's table, written down here a second time; ISK and UGX are special."""
NO_CARD = {"CLF", "IQD", "LYD", "UYI", "UYW"}
EVERY = sorted(DECIMALS)


@pytest.mark.parametrize("currency", EVERY)
def test_files_ledger_display_and_card_mean_the_same_money(currency: str) -> None:
    """5000 of any currency are 5000 in the ledger, in files, in a text, and on the card."""
    amount = Money.parse("5000", currency)
    assert exponent(currency) == NOT_IN_HUNDREDTHS.get(currency, 2)
    assert amount.minor == 5000 * 10 ** NOT_IN_HUNDREDTHS.get(currency, 2)
    assert Decimal(amount.plain()) == 5000
    shown = re.sub(r"[^\d.]", "", written.money(amount, "en"))
    assert Decimal(shown) == 5000
    asked = asked_of_card(amount)
    if currency in NO_CARD:
        assert asked is None
        return
    assert asked == 5000 * 10 ** CARD.get(currency, 2)
    assert came_by_card(asked, currency.lower()) == amount


@pytest.mark.parametrize("currency", EVERY)
def test_a_text_shows_every_decimal_that_is_owed(currency: str) -> None:
    """Where people are used to fewer decimals than a currency has, the last one is shown all the same."""
    amount = Money(1, currency)
    assert Decimal(re.sub(r"[^\d.]", "", written.money(amount, "en"))) == Decimal(amount.plain())


def test_the_three_tables_differ() -> None:
    """None can stand for another: display has no decimals where ISO has, and so has the card."""
    assert {code for code in EVERY if get_currency_precision(code) != exponent(code)} >= {"ALL", "IQD", "LBP"}
    assert {code for code in EVERY if decimals(code) != exponent(code)} == {"ISK", "MGA", "UGX", *NO_CARD}


@pytest.mark.parametrize("currency", ["RWF", "VUV", "GNF", "KMF", "DJF", "BIF"])
def test_currencies_without_decimals_go_to_the_card_as_they_are(currency: str) -> None:
    """5000 francs are asked of the card as 5000, never a hundred times as much."""
    assert asked_of_card(Money.parse("5000", currency)) == 5000


@pytest.mark.parametrize(
    ("text", "currency", "asked"),
    [
        ("5.124", "KWD", 5120), ("5.120", "KWD", 5120), ("0.009", "BHD", None), ("5000.40", "MGA", 5000),
        ("0.40", "MGA", None), ("5", "ISK", 500), ("5", "UGX", 500), ("5.50", "HUF", 550),
        ("5.50", "TWD", 550), ("1", "XXX", None),
    ],
)  # fmt: skip
def test_what_a_card_cannot_take_stays_owed(text: str, currency: str, asked: int | None) -> None:
    """The card is never asked for more than is owed; where nothing is left to ask for, there is no page."""
    assert asked_of_card(Money.parse(text, currency)) == asked


@pytest.mark.parametrize(
    ("counted", "code"), [(0, "usd"), (-5, "usd"), (True, "usd"), (5, None), ("5", "usd"), (5, "iqd")]
)
def test_what_is_no_amount_of_a_card_is_refused(counted: object, code: object) -> None:
    """An event without an amount above zero in a currency of cards is malformed."""
    with pytest.raises(ValueError, match="no "):
        came_by_card(counted, code)


def test_hundredths_that_a_currency_does_not_have_are_not_credited() -> None:
    """ISK come in hundredths: what is below a whole one is not made up."""
    assert came_by_card(512, "isk") == Money(5, "ISK")
