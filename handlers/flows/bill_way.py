"""A conversation: by which way bills come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic.dataclasses import dataclass as offered

from billing.accounts.channels import Channel
from billing.facts import Saying
from billing.outcomes import ChooseBillWay
from handlers.talk.questions import one_of

if TYPE_CHECKING:
    from billing.outcomes import Outcome
    from handlers.talk.play import Talk

_CHOICES: Final = {channel: f"by_{channel.value}" for channel in Channel}
_CHANNELS: Final = {choice: channel for channel, choice in _CHOICES.items()}


@offered(frozen=True, slots=True)
class BillWayOffer:
    """The ways that reach this person and may carry a bill, the one that comes first ahead."""

    ways: tuple[Channel, ...]


async def bill_way(talk: Talk, offer: BillWayOffer) -> Outcome:
    """Ask which one."""
    choices = [_CHOICES[way] for way in offer.ways]
    return ChooseBillWay(_CHANNELS[await talk.ask(one_of("way", Saying("bill_way.which"), *choices))])
