"""A conversation: which bill to explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as offered

from billing.outcomes import ExplainBill
from handlers.talk.bills import BillLine, which_bill

if TYPE_CHECKING:
    from billing.outcomes import Outcome
    from handlers.talk.play import Talk


@offered(frozen=True, slots=True)
class ExplainOffer:
    """The bills that can be explained; at least one."""

    bills: tuple[BillLine, ...]
    strange: bool = False
    """Whether a number was named that none of them has."""


async def explain_bill(talk: Talk, offer: ExplainOffer) -> Outcome:
    """Find out which bill is meant, where there are several."""
    if offer.strange:
        talk.say("explain_bill.strange")
    elif len(offer.bills) == 1:
        return ExplainBill(offer.bills[0].bill_id)
    return ExplainBill(await talk.ask(which_bill("which", "explain_bill.which", offer.bills)))
