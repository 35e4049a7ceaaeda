"""What simulated people answer to the questions they are asked, by the name of the question."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from bot.simulate.chance import Chance
from bot.simulate.people import SimulatedPerson
from bot.simulate.said import ANSWERS

Answer = Callable[[SimulatedPerson, Chance, date], tuple[str, str]]
"""What is meant, and the words for it; the day is the one it is for them."""
FORGETFUL: Final = 0.05


def answer_to(question: str, person: SimulatedPerson, chance: Chance, today: date) -> tuple[str, str] | None:
    """The answer to a question; nothing to what is no question."""
    found = _ANSWERS.get(question)
    return found(person, chance, today) if found else None


def _birth_date(person: SimulatedPerson, chance: Chance, _: date) -> tuple[str, str]:
    """The right one mostly."""
    if chance.random() < FORGETFUL:
        return "wrong_date", "1950-01-02"
    return "birth_date", person.born.isoformat()


def _first_name(person: SimulatedPerson, _: Chance, __: date) -> tuple[str, str]:
    return "first_name", person.first_name


def _postal_code(person: SimulatedPerson, _: Chance, __: date) -> tuple[str, str]:
    return "postal_code", person.postal_code


def _months(person: SimulatedPerson, chance: Chance, _: date) -> tuple[str, str]:
    return "answer", ANSWERS["months"][person.language].format(n=chance.randint(2, 6))


def _day_of_month(_: SimulatedPerson, chance: Chance, __: date) -> tuple[str, str]:
    return "answer", str(chance.randint(1, 28))


def _first(_: SimulatedPerson, __: Chance, ___: date) -> tuple[str, str]:
    return "answer", "1"


def _one_of_three(_: SimulatedPerson, chance: Chance, __: date) -> tuple[str, str]:
    return "answer", str(chance.randint(1, 3))


def _day_soon(_: SimulatedPerson, chance: Chance, today: date) -> tuple[str, str]:
    return "answer", (today + timedelta(days=chance.randint(2, 9))).isoformat()


def _in_words(name: str) -> Answer:
    return lambda person, _, __: ("answer", ANSWERS[name][person.language])


_ANSWERS: Final[dict[str, Answer]] = {
    "identity.ask": _birth_date,
    "identity.ask_parent": _birth_date,
    "identity.still": _birth_date,
    "identity.again": _birth_date,
    "identity.again_own": _birth_date,
    "identity.again_parent": _birth_date,
    "identity.unread": _birth_date,
    "identity.unread_again": _birth_date,
    "identity.which_name": _first_name,
    "identity.postal_code": _postal_code,
    "identity.postal_code_again": _postal_code,
    "payment_plan.how_much": _months,
    "payment_plan.too_small": _months,
    "payment_plan.which_day": _day_of_month,
    "payment_plan.first_day": _day_soon,
    "payment_plan.confirm": _in_words("yes"),
    "payment_plan.too_long": _first,
    "promise.confirm": _in_words("yes"),
    "promise.which_day": _day_soon,
    "promise.past": _day_soon,
    "promise.too_late": _day_soon,
    "promise.how_much": _in_words("all"),
    "talk.misread_day": _day_soon,
    "talk.misread_day_again": _day_soon,
    "talk.misread_bill": _first,
    "talk.misread_bill_again": _first,
    "talk.which_of_two": _first,
    "dispute.which": _first,
    "explain_bill.which": _first,
    "dispute.what": _in_words("what"),
    "dispute.what_of": _in_words("what"),
    "talk.too_little": _in_words("what"),
    "already_paid.when_and_how": _in_words("paid_how"),
    "hardship.what_helps": _one_of_three,
    "contact_details.confirm": _in_words("change"),
    "contact_details.which": _in_words("hours"),
    "contact_details.which_hours": _in_words("from_to"),
}
