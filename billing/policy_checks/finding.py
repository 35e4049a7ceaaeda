"""One finding about a policy, and where the policy is looked at from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from billing.accounts.channels import Channel
    from billing.policy import Policy


class Severity(StrEnum):
    """How grave a finding is."""

    MEND = "mend"
    """Something the policy says cannot be, or must not be: it is to be mended before it is used."""
    NOTE = "note"
    """Something that has no effect, or another than one may think."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: the key in the policy's file, and what is the matter there."""

    severity: Severity
    key: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a policy is to be used, and when. ``channels`` are those set up; none where nothing is yet."""

    today: date
    channels: frozenset[Channel] | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """Something that is written unasked, and the channels it may go by, as the policy lists them."""

    key: str
    channels: tuple[Channel, ...]


def mend(key: str, sentence: str) -> Finding:
    """What is to be mended."""
    return Finding(Severity.MEND, key, sentence)


def note(key: str, sentence: str) -> Finding:
    """What is good to know."""
    return Finding(Severity.NOTE, key, sentence)


def unasked(policy: Policy) -> Iterator[Said]:
    """Everything that is written unasked: the announcement, each level, the notices."""
    if policy.announcement:
        yield Said("announcement.channels", policy.announcement.channels)
    for level in policy.levels:
        yield Said(f"levels.{level.name}.channels", level.channels)
    if policy.notices:
        yield Said("notices.channels", policy.notices.channels)
