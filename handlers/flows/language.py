"""A conversation: which language to speak."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as offered

from billing.facts import Saying
from billing.outcomes import SetLanguage
from handlers.talk.questions import one_of

if TYPE_CHECKING:
    from billing.outcomes import Outcome
    from handlers.talk.play import Talk


@offered(frozen=True, slots=True)
class LanguageOffer:
    """Nothing but the question."""


async def language(talk: Talk, offer: LanguageOffer) -> Outcome:  # noqa: ARG001 - every flow has an offer
    """Ask which one."""
    spoken = talk.languages
    return SetLanguage(spoken[await talk.ask(one_of("which", Saying("language.which"), *spoken))])
