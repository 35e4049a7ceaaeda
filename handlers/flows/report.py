"""A conversation: something a person has to look into, with a number and a day to answer by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as offered

from billing.facts import Saying
from billing.outcomes import Report
from handlers.talk.questions import words

if TYPE_CHECKING:
    from billing.outcomes import Outcome
    from handlers.talk.play import Talk


@offered(frozen=True, slots=True)
class ReportOffer:
    """What it is: ``refund``, ``complaint`` or ``estimate``."""

    kind: str


async def report(talk: Talk, offer: ReportOffer) -> Outcome:
    """Take it down in the customer's words."""
    said = await talk.ask(words("words", Saying(f"report.{offer.kind}"), longest=1000))
    return Report(offer.kind, said)
