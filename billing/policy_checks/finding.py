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

    FIX = "mend"
    """Something the policy says cannot be, or must not be: it has to be fixed before it is used."""
    NOTE = "note"
    """Something that has no effect, or another than one may think."""


@dataclass(frozen=True, slots=True)
class PolicyFinding:
    """One line: the key in the policy's file, and what is the matter there."""

    severity: Severity
    key: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where a policy is to be used, and when. ``channels`` are those set up; none where nothing is yet."""

    today: date
    channels: frozenset[Channel] | None = None


@dataclass(frozen=True, slots=True)
class UnsolicitedMessage:
    """Something that is written unsolicited, and the channels it may go by, as the policy lists them."""

    key: str
    channels: tuple[Channel, ...]


def to_fix(key: str, sentence: str) -> PolicyFinding:
    """A finding that has to be fixed in the policy."""
    return PolicyFinding(Severity.FIX, key, sentence)


def note(key: str, sentence: str) -> PolicyFinding:
    """A finding that is good to know about the policy."""
    return PolicyFinding(Severity.NOTE, key, sentence)


def unsolicited(policy: Policy) -> Iterator[UnsolicitedMessage]:
    """Every message that the policy sends unsolicited: the announcement, each level, the notices."""
    if policy.announcement:
        yield UnsolicitedMessage("announcement.channels", policy.announcement.channels)
    for level in policy.levels:
        yield UnsolicitedMessage(f"levels.{level.name}.channels", level.channels)
    if policy.notices:
        yield UnsolicitedMessage("notices.channels", policy.notices.channels)
