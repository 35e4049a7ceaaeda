"""A conversation: a payment that the customer made and we may not have seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as offered

from billing.facts import Saying
from billing.outcomes import SeekPayment
from handlers.talk.questions import text

if TYPE_CHECKING:
    from billing.outcomes import Outcome
    from handlers.talk.play import Talk


@offered(frozen=True, slots=True)
class PaidOffer:
    """What the customer told with their first words, if that says enough to look the payment up."""

    words: str = ""


async def already_paid(talk: Talk, offer: PaidOffer) -> Outcome:
    """Ask when and how it was paid, unless that was told."""
    if offer.words:
        return SeekPayment(offer.words)
    return SeekPayment(await talk.ask(text("when_and_how", Saying("already_paid.when_and_how"))))
