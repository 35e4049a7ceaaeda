"""A conversation: is a number that could not be reached still the customer's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as offered

from billing.facts import Saying
from billing.outcomes import KeepNumber, ReplaceNumber
from handlers.talk.questions import Answer, Question, Reader, one_of, phone

if TYPE_CHECKING:
    from billing.outcomes import Outcome
    from handlers.talk.play import Talk


@offered(frozen=True, slots=True)
class FailingOffer:
    """The contact point that failed, how its number ends, and the country of numbers without a code."""

    contact_point_id: int
    ending: str
    region: str


async def failing_number(talk: Talk, offer: FailingOffer) -> Outcome:
    """Keep the number, or take another in its place."""
    still = await talk.ask(_still_yours(offer))
    if still == "yes":
        return KeepNumber(offer.contact_point_id)
    if still != "no":
        return ReplaceNumber(offer.contact_point_id, still)
    return ReplaceNumber(offer.contact_point_id, await talk.ask(_another(offer)))


def _still_yours(offer: FailingOffer) -> Question[str]:
    """Yes, no, or the number it is now."""
    saying = Saying("contact_details.still_yours", {"ending": offer.ending})
    choice = one_of("still", saying, "yes", "no")

    def read(answer: Answer, reader: Reader) -> str:
        return reader.phone(answer.text, offer.region) or choice.read(answer, reader)

    return Question("still", saying, read, choice.options)


def _another(offer: FailingOffer) -> Question[str]:
    """Another number, or (empty) none."""
    saying = Saying("contact_details.another_number")
    number = phone("number", saying, offer.region)

    def read(answer: Answer, reader: Reader) -> str:
        if reader.choice(answer.text, answer.language, ("no",)) == "no":
            return ""
        return number.read(answer, reader)

    return Question("number", saying, read, ("no",))
