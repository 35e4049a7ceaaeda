"""How Stripe counts money: its own table, which is not that of ISO 4217.

From Stripe's "Supported currencies" (docs.stripe.com/currencies: zero-decimal currencies, three-decimal
currencies, special cases). Other currencies are counted in hundredths.
"""

from __future__ import annotations

from typing import Final

from billing.ledger.currencies import DECIMALS
from billing.ledger.money import Money, exponent

_WHOLE: Final = frozenset(
    "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split()  # noqa: SIM905 - a list to compare
)
"""Counted in whole units; of these MGA has decimals in ISO 4217."""
_WHOLE_IN_HUNDREDTHS: Final = frozenset({"ISK", "UGX"})
"""Without decimals, but counted in hundredths as before; the hundredths must be 00."""
_THOUSANDTHS: Final = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
"""Counted in thousandths; the last digit must be 0."""


_LARGEST: Final = 10**12 - 1
"""Stripe's amounts have twelve digits at most."""


def decimals(currency: str) -> int | None:
    """In how many decimals Stripe counts a currency; None if it takes none with such decimals."""
    if currency in _WHOLE:
        return 0
    if currency in _THOUSANDTHS:
        return 3
    # Fund codes and dinars that are not in Stripe's tables: a guess could be a hundred times too much.
    return 2 if currency in _WHOLE_IN_HUNDREDTHS or DECIMALS.get(currency) == 2 else None  # noqa: PLR2004


def asked_of_card(amount: Money) -> int | None:
    """The amount as Stripe counts it, never more than was asked for; None if a card cannot take it.

    What a card cannot take (the last digit of 5.124 KWD) stays owed.
    """
    theirs = decimals(amount.currency)
    if theirs is None:
        return None
    more = theirs - exponent(amount.currency)
    asked = amount.minor * 10**more if more >= 0 else amount.minor // 10**-more
    if amount.currency in _THOUSANDTHS:
        asked -= asked % 10
    return asked if asked > 0 else None


def came_by_card(counted: object, code: object) -> Money:
    """An amount as Stripe counts it in its own events, in the currency's minor units.

    Raises:
        ValueError: it is no amount above zero in a currency that Stripe takes.
    """
    if (
        not isinstance(counted, int)
        or isinstance(counted, bool)
        or not isinstance(code, str)
        or not 0 < counted <= _LARGEST
    ):
        raise ValueError("no amount")
    currency = code.upper()
    theirs = decimals(currency)
    if theirs is None:
        raise ValueError("no currency of cards")
    more = exponent(currency) - theirs
    return Money(counted * 10**more if more >= 0 else counted // 10**-more, currency)
