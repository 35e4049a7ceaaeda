"""Money and days in the customer's language, in characters that a plain SMS can carry."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from babel.dates import format_date
from babel.numbers import format_currency, get_currency_symbol, get_decimal_symbol

from billing.ledger.money import Money, exponent
from messages.understanding.grammar import locale

if TYPE_CHECKING:
    from datetime import date

# One no-break space would turn a whole SMS into UCS-2, at 70 characters a segment instead of 160.
_ORDINARY = str.maketrans(
    {"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2212": "-", "\u200e": "", "\u200f": ""}
)
# Currency signs of the GSM alphabet; any other currency is written as its three letters.
_SYMBOLS = frozenset({"$", "kr", "£", "€", "US$", "¥"})


def money(amount: Money, language: str) -> str:
    """Format an amount with its currency, to the last minor unit: ``$1,250.50``, ``1 250,50 kr``."""
    places = exponent(amount.currency)
    value = Decimal(amount.minor).scaleb(-places)
    text = format_currency(
        value,
        amount.currency,
        locale=locale(language),
        format=_pattern(language, places),
        currency_digits=False,
        decimal_quantization=False,
    )
    symbol = get_currency_symbol(amount.currency, locale=locale(language))
    if symbol not in _SYMBOLS:
        text = text.replace(symbol, f" {amount.currency} ").replace("- ", "-")
    return " ".join(text.translate(_ORDINARY).split())


def day(when: date, language: str) -> str:
    """Format a day with its year, so that it cannot be misread: ``January 25, 2027``, ``25 januari 2027``."""
    return format_date(when, format="long", locale=locale(language)).translate(_ORDINARY)


def short_day(when: date, language: str) -> str:
    """Format a day for a table's narrow column: ``Jan 25, 2027``, ``25 jan. 2027``."""
    return format_date(when, format="medium", locale=locale(language)).translate(_ORDINARY)


def decimal_sign(language: str) -> str:
    """The sign before decimals in a formatted amount: ``.`` or ``,``."""
    return get_decimal_symbol(locale(language))


def _pattern(language: str, places: int) -> str:
    """The language's own pattern for amounts, with exactly the decimals the currency has."""
    pattern = str(locale(language).currency_formats["standard"].pattern)
    return pattern.replace(".00", "." + "0" * places if places else "")
