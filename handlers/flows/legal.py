"""A conversation: who speaks for a customer who named a lawyer, an insolvency or a debt adviser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as offered

from billing.facts import Saying
from billing.outcomes import NoteCounsel
from handlers.talk.questions import text

if TYPE_CHECKING:
    from billing.outcomes import Outcome
    from handlers.talk.play import Talk


@offered(frozen=True, slots=True)
class LegalOffer:
    """Empty: everything rests already, and a person goes on."""


async def legal(talk: Talk, offer: LegalOffer) -> Outcome:  # noqa: ARG001 - every flow has an offer
    """Take down who speaks for them and under which reference, in the customer's words."""
    return NoteCounsel(await talk.ask(text("who", Saying("legal.who"), longest=1000)))
