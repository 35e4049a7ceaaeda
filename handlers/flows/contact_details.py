"""A conversation: are the contact details on file right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydantic.dataclasses import dataclass as offered

from billing.facts import Saying
from billing.outcomes import ChangeDetail, ConfirmDetails, GoOn, SetHours
from handlers.talk.questions import Answer, Misread, Question, Reader, email, name, one_of, phone, words

if TYPE_CHECKING:
    from datetime import time

    from billing.outcomes import Outcome
    from handlers.talk.play import Talk

_DETAILS: Final = ("phone", "email", "address", "name", "hours", "language")


@offered(frozen=True, slots=True)
class DetailsOffer:
    """What is on file (empty for nothing), and the country that numbers without a code belong to.

    ``what`` names the detail that has changed by the first text, ``value`` what it is now.
    """

    phone: str
    email: str
    address: str
    region: str
    what: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """A detail that has changed, and what it is now, if that was said with it."""

    what: str = ""
    value: str = ""


async def contact_details(talk: Talk, offer: DetailsOffer) -> Outcome:
    """Confirm what is on file, or take one new detail for a person to check."""
    given = Given(offer.what, offer.value)
    if not given.what:
        given = await talk.ask(_all_right(offer))
    if given == _CORRECT:
        return ConfirmDetails()
    what = given.what or await talk.ask(one_of("which", Saying("contact_details.which"), *_DETAILS))
    if what == "language":
        return GoOn("change_language")
    if what == "hours":
        return SetHours(*await talk.ask(_hours()))
    return ChangeDetail(what, given.value or await talk.ask(_new(what, offer)))


_CORRECT: Final = Given("", "correct")


def given_in(answer: Answer, reader: Reader, region: str) -> Given | None:
    """The new detail that a text holds: a phone number, an e-mail address, or where somebody lives now."""
    if number := reader.phone(answer.text, region):
        return Given("phone", number)
    if address := reader.email(answer.text):
        return Given("email", address)
    if home := reader.address(answer.text):
        return Given("address", home)
    return None


def named_in(answer: Answer, reader: Reader) -> Given | None:
    """The detail that a text names without saying what it is now: "I moved", "my number has changed"."""
    if answer.text.strip().isdigit():
        return None
    named = reader.choice(answer.text, answer.language, _DETAILS)
    return Given(named) if named else None


def _all_right(offer: DetailsOffer) -> Question[Given]:
    """Yes, no, or what has changed; yes and no are the same as the two choices."""

    def read(answer: Answer, reader: Reader) -> Given:
        given = given_in(answer, reader, offer.region)
        if given and given.value not in {offer.phone, offer.email, offer.address}:
            return given
        said = reader.choice(answer.text, answer.language, ("yes", "no"))
        if said is not None and not answer.text.strip().isdigit():
            return _CORRECT if said == "yes" else named_in(answer, reader) or Given()
        try:
            chosen = one_of("", Saying(""), "correct", "change").read(answer, reader)
        except Misread:
            named = named_in(answer, reader)
            if named is None:
                raise
            return named
        return _CORRECT if chosen == "correct" else named_in(answer, reader) or Given()

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
