"""A conversation: a representative writes for the customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as offered

from billing.facts import Saying
from billing.outcomes import NoteRepresentative
from handlers.talk.questions import name, one_of, text

if TYPE_CHECKING:
    from billing.outcomes import Outcome
    from handlers.talk.play import Talk


@offered(frozen=True, slots=True)
class RepresentativeOffer:
    """Empty: nothing is disclosed before a rep has checked the papers."""


async def representative(talk: Talk, offer: RepresentativeOffer) -> Outcome:  # noqa: ARG001 - every flow has an offer
    """Take down who it is, by what right, and until when."""
    called = await talk.ask(name("name", Saying("representative.name")))
    kinds = ("attorney", "trustee", "family")
    kind = await talk.ask(one_of("kind", Saying("representative.kind"), *kinds))
    until = await talk.ask(text("until", Saying("representative.until"), longest=120))
    return NoteRepresentative(called, kind, until)
