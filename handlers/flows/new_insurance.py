"""A conversation: the customer has a new insurance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as offered

from billing.facts import Saying
from billing.outcomes import NoteInsurance
from handlers.talk.questions import text, words

if TYPE_CHECKING:
    from billing.outcomes import Outcome
    from handlers.talk.play import Talk


@offered(frozen=True, slots=True)
class InsuranceOffer:
    """Empty: the coverage on file is neither disclosed nor changed here."""


async def new_insurance(talk: Talk, offer: InsuranceOffer) -> Outcome:  # noqa: ARG001 - every flow has an offer
    """Take down who insures them, under which number, since when; a person confirms it."""
    payer = await talk.ask(words("payer", Saying("new_insurance.payer"), longest=120))
    member = await talk.ask(text("member_id", Saying("new_insurance.member_id"), longest=60))
    since = await talk.ask(text("since", Saying("new_insurance.since"), longest=60))
    return NoteInsurance(payer, member, since)
