"""A conversation: the payment terms are shown and accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as offered

from billing.facts import Saying
from billing.outcomes import AcceptObligations, LeaveAsIs
from billing.payers.obligations import StatedObligations
from handlers.talk.questions import one_of

if TYPE_CHECKING:
    from billing.outcomes import Outcome
    from handlers.talk.play import Talk


@offered(frozen=True, slots=True)
class ObligationsOffer:
    """What is put to them."""

    stated: StatedObligations


async def obligations(talk: Talk, offer: ObligationsOffer) -> Outcome:
    """State them once more, and take a yes that was given to just these words."""
    for saying in offer.stated.sayings():
        talk.say(saying.key, **saying.facts)
    asked = one_of("accepted", Saying("obligations.accept"), "accept_fee", "nothing_now", fresh=True)
    if await talk.ask(asked) == "accept_fee":
        return AcceptObligations(offer.stated)
    return LeaveAsIs("obligations.left")
