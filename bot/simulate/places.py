"""Where simulated people live: with the zones that are truly theirs, by a list of our own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from billing.accounts.creditor import Creditor, WayToPay


@dataclass(frozen=True, slots=True)
class Place:
    """A place: a home town, and the beginning of a phone number from there.

    ``zones`` are all zones of the address and the area code; ``stated`` is a zone the person stated.
    """

    country: str
    region: str
    prefix: str
    zones: tuple[str, ...]
    languages: tuple[str, ...] = ("en",)
    stated: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """A creditor, the currency of the bills, and the places their customers live in."""

    creditor: Creditor
    currency: str
    places: tuple[Place, ...]


NOWHERE: Final = Place("", "", "+88211234", ())
"""A satellite phone and no address: nobody knows what time it is there."""

_AMERICA: Final = (
    Place("US", "NY", "+1212555", ("America/New_York",), ("en", "en", "es")),
    Place("US", "CA", "+1415555", ("America/Los_Angeles",), ("en", "en", "es")),
    Place("US", "IL", "+1312555", ("America/Chicago",)),
    Place("US", "AZ", "+1602555", ("America/Phoenix", "America/Denver"), ("en", "es")),
    Place("US", "FL", "+1305555", ("America/New_York", "America/Chicago"), ("en", "es")),
    Place("US", "HI", "+1808555", ("Pacific/Honolulu",)),
    Place("US", "MA", "+1617555", ("America/New_York",)),
    Place("US", "CA", "+1212556", ("America/Los_Angeles", "America/New_York")),
    Place("US", "AK", "+1907555", ("America/Anchorage", "America/Adak")),
)
_SWEDEN: Final = (
    Place("SE", "", "+4670174", ("Europe/Stockholm",), ("sv", "sv", "sv", "en")),
    Place("SE", "", "+4673200", ("Europe/Stockholm",), ("sv",)),
    Place("SE", "", "+358402", ("Europe/Stockholm", "Europe/Helsinki"), ("sv", "en")),
)
_ANYWHERE: Final = (
    Place("GB", "", "+44770090", ("Europe/London",), stated="Europe/London"),
    Place("IN", "", "+91981234", ("Asia/Kolkata",)),
    Place("NP", "", "+977981234", ("Asia/Kathmandu",)),
    Place("AU", "", "+6188120", ("Australia/Adelaide", "Australia/Perth")),
    Place("ES", "", "+3461230", ("Europe/Madrid",), ("es",), "Europe/Madrid"),
    Place("SE", "", "+4670174", ("Europe/Stockholm",), ("sv",)),
    Place("US", "NY", "+1212555", ("America/New_York",), ("en", "es")),
)

CLINIC: Final = Setting(
    Creditor(
        name="Harbor Clinic",
        phone="+1 415 555 0100",
        hours="weekdays 9 to 4",
        zone=ZoneInfo("America/Los_Angeles"),
        country="US",
        helpline="988",
        address=("1 Pier Road", "San Francisco, CA 94111"),
        ways_to_pay=(WayToPay("Card", "harbor.example/pay"),),
    ),
    "USD",
    _AMERICA,
)
DENTIST: Final = Setting(
    Creditor(
        name="Norra Hamnen",
        phone="08-555 01 00",
        hours="vardagar 9-16",
        zone=ZoneInfo("Europe/Stockholm"),
        country="SE",
        language="sv",
        helpline="90101",
        address=("Hamngatan 1", "111 47 Stockholm"),
        ways_to_pay=(WayToPay("Bankgiro", "5050-1055"),),
    ),
    "SEK",
    _SWEDEN,
)
UTILITY: Final = Setting(
    Creditor(
        name="Brook Water",
        phone="+44 20 7946 0100",
        hours="weekdays 9 to 4",
        zone=ZoneInfo("Europe/London"),
        country="GB",
        helpline="116 123",
        address=("1 Brook Lane", "London N1 9GU"),
        ways_to_pay=(WayToPay("Card", "brook.example/pay"),),
    ),
    "EUR",
    _ANYWHERE,
)


def setting_of(policy_name: str) -> Setting:
    """The creditor and places that a policy is tried with: by the country it was made for."""
    base = policy_name.split("+", maxsplit=1)[0]
    return {"us": CLINIC, "se": DENTIST}.get(base, UTILITY)
