"""The creditor: the one provider in whose name an installation writes.

Always its own registered name: another one would make it a third-party collector (15 USC 1692a(6)).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from billing.accounts.opening_hours import OpeningHours

if TYPE_CHECKING:
    from collections.abc import Mapping

_EMERGENCY: Final = {
    "US": "911", "CA": "911", "GB": "999", "SE": "112", "NO": "112", "DK": "112", "FI": "112", "DE": "112",
    "ES": "112", "FR": "112", "IT": "112", "NL": "112", "PT": "112", "IE": "112", "MX": "911",
}  # fmt: skip
"""Emergency numbers by country (ISO 3166)."""


@dataclass(frozen=True, slots=True)
class WayToPay:
    """One method to pay the creditor: its name in people's words, and where the money goes."""

    name: str
    details: str
    translated: Mapping[str, WayToPay] = field(default_factory=dict, hash=False)
    """The same method in the words of other languages, by code."""


@dataclass(frozen=True, slots=True)
class Creditor:
    """The provider whose bills these are; every message is signed with this name (invariant 26)."""

    name: str
    phone: str = ""
    hours: str = ""
    """When the desk is open, in words for customers, in :attr:`language`."""
    hours_translated: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The same in other languages, by code."""
    opening: OpeningHours = field(default_factory=OpeningHours)
    """When the desk is open: deadlines of cases count only then."""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    country: str = ""
    language: str = "en"
    helpline: str = ""
    emergency: str = ""
    """The emergency number of its country; :attr:`emergency_number` knows those of some countries."""
    ways_to_pay: tuple[WayToPay, ...] = ()
    address: tuple[str, ...] = ()
    """The lines of its postal address, street first; a letter comes from there and goes back there."""
    aid_phone: str = ""
    """Phone number for financial assistance, if it differs."""
    aid_url: str = ""
    """Where to read about help with the cost."""
    company_number: str = ""
    """Under which register it can be found, as it writes it: ``Org.nr 556000-0000``."""

    def hours_in(self, language: str) -> str:
        """When the desk is open, in words of a language; empty where nobody wrote them in it.

        Hours without a letter, such as 9-16, are read in every language.
        """
        everywhere = language == self.language or not any(sign.isalpha() for sign in self.hours)
        return self.hours_translated.get(language, self.hours if everywhere else "")

    def ways_in(self, language: str) -> tuple[WayToPay, ...]:
        """The ways to pay, each in words of a language where they were written in it."""
        return tuple(way.translated.get(language, way) for way in self.ways_to_pay)

    @property
    def emergency_number(self) -> str:
        """The emergency number for somebody in danger; empty where none is set or known."""
        return self.emergency or _EMERGENCY.get(self.country, "")

    @property
    def currency(self) -> str:
        """The currency of its country."""
        return {"SE": "SEK", "GB": "GBP", "US": "USD"}.get(self.country, "EUR")
