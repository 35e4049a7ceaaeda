"""A conversation: the next step after an estimate (authorisation, assistance, terms)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as offered

from billing.facts import Saying
from billing.ledger.money import Money
from billing.outcomes import AcceptObligations, AskAuthorisation, GoOn, LeaveAsIs
from billing.payers.obligations import StatedObligations
from handlers.talk.questions import one_of

if TYPE_CHECKING:
    from billing.outcomes import Outcome
    from handlers.talk.play import Talk


@offered(frozen=True, slots=True)
class NextStepOffer:
    """The service that was asked about, and what can be done: at least one of them."""

    code_system: str
    code: str
    service_on: date
    can_authorise: bool = False
    can_aid: bool = False
    fee: Money | None = None
    """What a reminder will cost, where nothing else is to be agreed before the service."""
    stated: StatedObligations | None = None
    """What is still to be agreed before the service."""


async def next_step(talk: Talk, offer: NextStepOffer) -> Outcome:
    """Offer what makes it cheaper or certain; nothing happens unless it is chosen."""
    stated = offer.stated or (StatedObligations(offer.fee) if offer.fee else None)
    for saying in stated.sayings() if stated else ():
        talk.say(saying.key, **saying.facts)
    options = (
        ["accept_fee"] * bool(stated)
        + ["authorise"] * offer.can_authorise
        + ["aid"] * offer.can_aid
        + ["nothing_now"]
    )
    match await talk.ask(one_of("next", Saying("estimate.next"), *options)):
        case "authorise":
            return AskAuthorisation(offer.code_system, offer.code, offer.service_on)
        case "accept_fee" if stated:
            return AcceptObligations(stated)
        case "aid":
            return GoOn("aid")
        case _:
            return LeaveAsIs("estimate.fine")
