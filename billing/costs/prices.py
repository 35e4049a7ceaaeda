"""Price lists: list prices, their days, and prices agreed with payers' networks.

Amounts are minor units a unit of the service.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from billing.payers.claims import Code
    from billing.payers.coverage import Covered


@dataclass(frozen=True, slots=True)
class Price:
    """What one service costs from a day to a day. ``amount_to`` is set where it may cost more."""

    code: Code
    description: str
    amount: int
    currency: str
    valid_from: date
    valid_to: date | None = None
    amount_to: int | None = None
    network: str = ""
    """Empty for the price on the list; else the payers' network with which this price is agreed."""
    alike: str = ""
    """Services with the same word here can stand in for each other: a brand and its generic."""
    named: Mapping[str, str] = field(default_factory=dict)
    """Its name in other languages, by their codes."""
    words: str = ""
    """What else people call it, in any language."""

    def on(self, day: date) -> bool:
        """Whether it holds on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def name(self, language: str) -> str:
        """What it is called in a language, as far as anybody said."""
        return self.named.get(language, self.description)

    @property
    def most(self) -> int:
        """What a unit costs at most."""
        return max(self.amount, self.amount_to or 0)


def listed(prices: Iterable[Price], day: date) -> dict[Code, Price]:
    """The prices on the list that hold on a day, the newest of each service."""
    found: dict[Code, Price] = {}
    for price in prices:
        known = found.get(price.code)
        if price.on(day) and not price.network and (known is None or known.valid_from < price.valid_from):
            found[price.code] = price
    return found


def agreed(prices: Iterable[Price], network: str, day: date) -> dict[Code, int]:
    """The prices agreed with the payers of a network on a day, a unit of each service."""
    found: dict[Code, Price] = {}
    for price in prices:
        known = found.get(price.code)
        newer = known is None or known.valid_from < price.valid_from
        if network and price.network == network and price.on(day) and newer:
            found[price.code] = price
    return {code: price.amount for code, price in found.items()}


def under(covered: Covered, agreed_prices: Mapping[Code, int]) -> Covered:
    """A coverage with the prices of its network: what its own terms recognise outranks them."""
    if not agreed_prices:
        return covered
    terms = replace(covered.terms, allowed={**agreed_prices, **covered.terms.allowed})
    return replace(covered, terms=terms)
