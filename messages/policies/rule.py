"""One rule in words, and helpers to write rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from billing.accounts.channels import Channel

_MIDSUMMER: Final = "midsummer"
_MIDSUMMER_EVE: Final = "Midsummer Eve"
_LEAP_YEAR: Final = 2024


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """One part of a policy. ``key`` is its place in the file, ``source`` the law or contract behind it."""

    key: str
    title: str
    says: tuple[str, ...]
    source: str


def counted(number: int, one: str) -> str:
    """A number with its noun in a rule: ``1 day``, ``3 days``."""
    return f"{number:,} {one}" if number == 1 else f"{number:,} {one}s"


def listed(words: Iterable[str], joining: str = "and") -> str:
    """A list in a rule's words: ``a, b and c``."""
    found = list(words)
    return f" {joining} ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)


def spoken(name: str) -> str:
    """A name of the policy file in a rule's words: ``unbooked_money`` is "unbooked money"."""
    return name.replace("_", " ")


def by(channels: Sequence[Channel]) -> str:
    """Channels of a rule in order of preference: the next is used only where the one before cannot be."""
    return ", else ".join(channel.capabilities.called for channel in channels)


def clock(hours: tuple[time, time]) -> str:
    """Hours of a day in a rule."""
    return f"{hours[0]:%H:%M} to {hours[1]:%H:%M}"


def eve(name: str) -> str:
    """A day of the year that a rule names: ``12-24`` or ``midsummer``."""
    if name == _MIDSUMMER:
        return _MIDSUMMER_EVE
    month, day = name.split("-")
    return f"{date(_LEAP_YEAR, int(month), int(day)):%-d %B}"
