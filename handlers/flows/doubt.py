"""A conversation: which of the two likeliest things was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as offered

from billing.facts import Saying
from billing.outcomes import GoOn, LeaveAsIs
from handlers.talk.questions import one_of

if TYPE_CHECKING:
    from billing.outcomes import Outcome
    from handlers.talk.play import Talk


@offered(frozen=True, slots=True)
class DoubtOffer:
    """Two wishes, by their names."""

    first: str
    second: str


async def doubt(talk: Talk, offer: DoubtOffer) -> Outcome:
    """Ask, rather than guess."""
    meant = await talk.ask(one_of("meant", Saying("talk.which_of_two"), offer.first, offer.second, "none"))
    return LeaveAsIs("talk.tell_again") if meant == "none" else GoOn(meant)
