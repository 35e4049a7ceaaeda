"""A conversation: the customer has a new insurance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as offered

from billing.facts import Saying
from billing.outcomes import NoteInsurance
from handlers.talk.questions import insurer, text

if TYPE_CHECKING:
    from billing.outcomes import Outcome
    from handlers.talk.play import Talk


@offered(frozen=True, slots=True)
class InsuranceOffer:
    """What the first text named already; the coverage on file is neither disclosed nor changed here."""

    payer: str = ""
    member_id: str = ""


async def new_insurance(talk: Talk, offer: InsuranceOffer) -> Outcome:
    """Take down who insures them, under which number, since when; a person confirms it."""
    payer, member = offer.payer, offer.member_id
    if payer:
        talk.say("new_insurance.taken", payer=payer, member_id=member)
    else:
        payer, member = await talk.ask(insurer("payer", Saying("new_insurance.payer")))
    member = member or await talk.ask(text("member_id", Saying("new_insurance.member_id"), longest=60))
    since = await talk.ask(text("since", Saying("new_insurance.since"), longest=60))
    return NoteInsurance(payer, member, since)
