"""What must be respected about a person: typed, because each changes what may be done."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from billing.accounts.channels import Channel

if TYPE_CHECKING:
    from collections.abc import Collection


class Concern(StrEnum):
    """A concern by the word that files and tables keep; others are kept too, and only shown to the desk."""

    UNSAFE_NUMBER = "unsafe_number"
    """Another person may read messages there: nothing unsolicited by phone."""
    PROTECTED_ADDRESS = "protected_address"
    """Where they live is secret: no letters, and no address in any file for others."""
    MILITARY = "military"
    """In active service: interest is capped, 50 USC 3937."""


_PHONES = frozenset({Channel.SMS, Channel.WHATSAPP})


def closes(concerns: Collection[str], channel: Channel) -> bool:
    """Whether a concern forbids writing to the person on this channel unsolicited."""
    if Concern.UNSAFE_NUMBER in concerns and channel in _PHONES:
        return True
    return Concern.PROTECTED_ADDRESS in concerns and channel is Channel.LETTER
