"""A conversation: a second answer that shows who is writing, before something that must not go wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as offered

from billing.facts import Saying
from billing.outcomes import ProveMore
from handlers.talk.questions import text

if TYPE_CHECKING:
    from billing.outcomes import Outcome
    from handlers.talk.play import Talk


@offered(frozen=True, slots=True)
class ProofOffer:
    """``again`` after a wrong answer; ``said`` are the words of the wish that made us ask."""

    again: bool = False
    said: str = ""


async def proof(talk: Talk, offer: ProofOffer) -> Outcome:
    """Ask for the postal code on file."""
    saying = Saying("identity.postal_code_again" if offer.again else "identity.postal_code")
    return ProveMore(await talk.ask(text("postal_code", saying, longest=40)))
