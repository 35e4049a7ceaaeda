"""What must be respected about a person: typed, because each changes what may be done."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from billing.accounts.channels import Channel


class Concern(StrEnum):
    """A concern by the word that files and tables keep; others are kept too, and only shown to the desk."""

    UNSAFE_NUMBER = "unsafe_number"
    """Another person may read messages there: nothing unsolicited by phone."""
    PROTECTED_ADDRESS = "protected_address"
    """Where they live is secret: no letters, and no address in any file for others."""
    MILITARY = "military"
    """In active service: interest is capped, 50 USC 3937."""


def closes(concerns: Collection[str], channel: Channel) -> bool:
    """Whether a concern forbids writing to the person on this channel unsolicited."""
    if Concern.UNSAFE_NUMBER in concerns and channel.by_phone:
        return True
    return channel.on_paper and hides_address(concerns)


def hides_address(concerns: Collection[str]) -> bool:
    """Whether the postal address may stand in no letter and no file."""
    return Concern.PROTECTED_ADDRESS in concerns
