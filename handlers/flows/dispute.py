"""A conversation: what is wrong with a bill. Reminders are held already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as offered

from billing.facts import Saying
from billing.outcomes import NoteDispute
from handlers.talk.bills import BillLine, which_bill
from handlers.talk.questions import words

if TYPE_CHECKING:
    from billing.outcomes import Outcome
    from handlers.talk.play import Talk


@offered(frozen=True, slots=True)
class DisputeOffer:
    """The bills to choose from; none as long as the customer is not identified."""

    bills: tuple[BillLine, ...] = ()
    named: str = ""
    """The id of the bill that the first words named."""


_WHAT = Saying("dispute.what")


async def dispute(talk: Talk, offer: DisputeOffer) -> Outcome:
    """Find out which bill is wrong, and how, in the customer's words."""
    about = offer.bills[0].bill_id if len(offer.bills) == 1 else offer.named
    if len(offer.bills) > 1 and not about:
        about = await talk.ask(which_bill("which", "dispute.which", offer.bills, everything="all_bills"))
    one = next((bill for bill in offer.bills if bill.bill_id == about and len(offer.bills) > 1), None)
    # Said back, so that a bill that was understood wrongly is noticed.
    asked = Saying("dispute.what_of", {"amount": one.amount, "due_on": one.due_on}) if one else _WHAT
    what = await talk.ask(words("what", asked, longest=1000))
    return NoteDispute(what, about)
