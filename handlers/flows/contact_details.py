"""A conversation: are the contact details on file right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as offered

from billing.facts import Saying
from billing.outcomes import ChangeDetail, ConfirmDetails, GoOn, SetHours
from handlers.talk.questions import Answer, Misread, Question, Reader, email, name, one_of, phone, words

if TYPE_CHECKING:
    from datetime import time

    from billing.outcomes import Outcome
    from handlers.talk.play import Talk


@offered(frozen=True, slots=True)
class DetailsOffer:
    """What is on file (empty for nothing), and the country that numbers without a code belong to."""

    phone: str
    email: str
    address: str
    region: str


async def contact_details(talk: Talk, offer: DetailsOffer) -> Outcome:
    """Confirm what is on file, or take one new detail for a person to check."""
    if await talk.ask(_all_right(offer)) == "correct":
        return ConfirmDetails()
    which = Saying("contact_details.which")
    what = await talk.ask(one_of("which", which, "phone", "email", "address", "name", "hours", "language"))
    if what == "language":
        return GoOn("change_language")
    if what == "hours":
        return SetHours(*await talk.ask(_hours()))
    value = await talk.ask(_new(what, offer))
    return ChangeDetail(what, value)


def _all_right(offer: DetailsOffer) -> Question[str]:
    """Yes and no are the same as the two choices."""

    def read(answer: Answer, reader: Reader) -> str:
        said = reader.choice(answer.text, answer.language, ("yes", "no"))
        if said is not None and not answer.text.strip().isdigit():
            return "correct" if said == "yes" else "change"
        if reader.phone(answer.text, offer.region) or reader.email(answer.text):
            return "change"  # a new number, before anybody asked for it
        return one_of("", Saying(""), "correct", "change").read(answer, reader)

    facts = {"phone": offer.phone, "email": offer.email, "address": offer.address}
    return Question("all_right", Saying("contact_details.confirm", facts), read, ("correct", "change"))


def _hours() -> Question[tuple[time, time]]:
    """Two hours of the day, the first before the second."""

    def read(answer: Answer, reader: Reader) -> tuple[time, time]:
        hours = reader.hours(answer.text, answer.language)
        if hours is None:
            raise Misread(Saying("talk.misread_hours"))
        return hours

    return Question("hours", Saying("contact_details.which_hours"), read)


def _new(what: str, offer: DetailsOffer) -> Question[str]:
    saying = Saying(f"contact_details.new_{what}")
    match what:
        case "phone":
            return phone("value", saying, offer.region)
        case "email":
            return email("value", saying)
        case "name":
            return name("value", saying)
        case _:
            return words("value", saying)
