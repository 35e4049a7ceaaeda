"""A conversation: what would help a customer who cannot pay. Reminders are held already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as offered

from billing.facts import Saying
from billing.outcomes import AskForAid, GoOn, HandToPerson
from handlers.talk.questions import one_of

if TYPE_CHECKING:
    from billing.outcomes import Outcome
    from handlers.talk.play import Talk


@offered(frozen=True, slots=True)
class HardshipOffer:
    """What the policy allows for these bills, beside help with the cost and a person."""

    can_plan: bool = False
    can_wait: bool = False
    can_apply: bool = False
    """Whether there is a programme to apply to here; else a person sends what there is."""


async def hardship(talk: Talk, offer: HardshipOffer) -> Outcome:
    """Offer every way to make it lighter."""
    options = ["smaller"] * offer.can_plan + ["more_time"] * offer.can_wait + ["aid", "person"]
    match await talk.ask(one_of("help", Saying("hardship.what_helps"), *options)):
        case "smaller":
            return GoOn("payment_plan")
        case "more_time":
            return GoOn("extension")
        case "aid":
            return GoOn("aid") if offer.can_apply else AskForAid()
        case _:
            return HandToPerson("the customer cannot pay and wants to talk")
