"""A conversation: what was paid, and whether a copy on paper is wanted."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as offered

from billing.facts import Saying
from billing.ledger.money import Money
from billing.outcomes import LeaveAsIs, Report
from handlers.talk.questions import one_of

if TYPE_CHECKING:
    from billing.outcomes import Outcome
    from handlers.talk.play import Talk


@offered(frozen=True, slots=True)
class ReceiptOffer:
    """The last payment, and what was paid in the year so far; no ``paid_on`` where nothing was."""

    year: int
    total: Money
    amount: Money
    paid_on: date | None = None


async def receipt(talk: Talk, offer: ReceiptOffer) -> Outcome:
    """Say what was paid; have the itemised statement sent if it is wanted."""
    if offer.paid_on is not None:
        talk.say(
            "receipt.paid", amount=offer.amount, paid_on=offer.paid_on, year=offer.year, total=offer.total
        )
    else:
        talk.say("receipt.nothing", year=offer.year)
    if await talk.ask(one_of("copy", Saying("receipt.copy"), "yes", "no")) == "yes":
        return Report("copy")
    return LeaveAsIs("receipt.enough")
