"""An amount in minor units with its currency."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from billing.ledger.currencies import DECIMALS
from billing.refusals import BadAmount, CurrencyMismatch, TooFine, UnclearAmount

_PLAIN = re.compile(r"(?P<sign>-?)(?P<whole>\d{1,13})(?:\.(?P<part>\d+))?", re.ASCII)
_A_GROUP = 3
_GROUPED = re.compile(r"-?[1-9]\d{0,2}\.\d{3}", re.ASCII)
"""What somebody who writes a point between thousands would write so, too."""


def exponent(currency: str) -> int:
    """The number of decimals of the currency (ISO 4217).

    Two for a code that is not in the list, as of nearly all that were withdrawn from it.
    """
    return DECIMALS.get(currency, 2)


def minor_units(units: int, currency: str) -> int:
    """Whole units of a currency in its minor units."""
    return units * int(10 ** exponent(currency))


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents, öre) of one currency (ISO 4217, upper case).

    Integers, so that sums never have rounding errors.
    """

    minor: int
    currency: str

    @classmethod
    def parse(cls, text: str, currency: str) -> Self:
        """Read a plain decimal such as ``-1250.50``.

        Zeros beyond the currency's decimals are taken, anything finer is refused.

        Raises:
            BadAmount: the text is not a plain decimal.
            TooFine: it is finer than the currency's minor unit.
        """
        found = _PLAIN.fullmatch(text.strip())
        places = exponent(currency)
        if not found:
            raise BadAmount(text, currency)
        part = found["part"] or ""
        if part[places:].strip("0"):
            raise TooFine(text, currency, places)
        minor = int(found["whole"] + part[:places].ljust(places, "0"))
        return cls(-minor if found["sign"] else minor, currency)

    @classmethod
    def typed(cls, text: str, currency: str) -> Self:
        """Read a plain decimal that a person or an unknown program wrote: ``5.000`` francs are 5 or 5000.

        Raises:
            BadAmount: as :meth:`parse`; or the point may just as well stand between thousands.
        """
        found = cls.parse(text, currency)
        if exponent(currency) != _A_GROUP and _GROUPED.fullmatch(text.strip()):
            raise UnclearAmount(text.strip(), currency)
        return found

    def plain(self) -> str:
        """The amount as a plain decimal, for files: ``1250.50``."""
        places = exponent(self.currency)
        sign, digits = "-" if self.minor < 0 else "", str(abs(self.minor)).rjust(places + 1, "0")
        return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other).minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other).minor

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other).minor

    def __gt__(self, other: Money) -> bool:
        return self.minor > self._same(other).minor

    def __ge__(self, other: Money) -> bool:
        return self.minor >= self._same(other).minor

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise CurrencyMismatch(self.currency, other.currency)
        return other
