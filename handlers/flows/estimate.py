"""A conversation: the service whose cost is asked for."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as offered

from billing.facts import Saying
from billing.outcomes import GiveEstimate, GoOn, Report
from handlers.talk.questions import Answer, Misread, Question, Reader, words

if TYPE_CHECKING:
    from billing.facts import Facts
    from billing.outcomes import Outcome
    from handlers.talk.play import Talk


@offered(frozen=True, slots=True)
class ServiceLine:
    """A service whose cost estimate may be meant, as its name is on the price list."""

    code_system: str
    code: str
    name: str


@offered(frozen=True, slots=True)
class EstimateOffer:
    """The services that may be meant, the likeliest first; none where nothing was named yet.

    ``named`` says whether their names may be said on this channel; ``wish`` is what to go on with once the
    service is named.
    """

    services: tuple[ServiceLine, ...]
    service_on: date
    about: str
    wish: str
    named: bool = True
    unknown: str = ""
    """The words, where they name something we have no price for."""


async def estimate(talk: Talk, offer: EstimateOffer) -> Outcome:
    """Find out which service is meant, where it is not clear; what it costs is worked out afterwards."""
    if offer.unknown:
        talk.say("estimate.unknown")
        return Report("estimate", offer.unknown)
    if not offer.services:
        return GoOn(offer.wish, await talk.ask(words("service", Saying("estimate.which_service"))))
    if len(offer.services) == 1:
        return _about(offer, offer.services[0])
    if not offer.named:
        return GoOn(offer.wish, await talk.ask(words("service", Saying("estimate.be_precise"))))
    return _about(offer, await talk.ask(_which(offer.services)))


def _about(offer: EstimateOffer, service: ServiceLine) -> Outcome:
    return GiveEstimate(service.code_system, service.code, offer.service_on, offer.about)


def _which(services: tuple[ServiceLine, ...]) -> Question[ServiceLine]:
    """One of the services, by its number or its name."""
    rows: list[Facts] = [{"number": number, "name": one.name} for number, one in enumerate(services, 1)]

    def read(answer: Answer, reader: Reader) -> ServiceLine:
        number = reader.count(answer.text, answer.language)
        if number is not None and 1 <= number <= len(services):
            return services[number - 1]
        said = " ".join(answer.text.casefold().split())
        meant = [one for one in services if said and said in one.name.casefold()]
        if len(meant) != 1:
            raise Misread(Saying("talk.misread_choice"))
        return meant[0]

    return Question("which", Saying("estimate.which", {"services": rows}), read)
