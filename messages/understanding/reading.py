"""Readers for customers' answers: an amount, a day, a number, a choice. Nothing is guessed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from messages.languages import offered
from messages.understanding import bill_names
from messages.understanding.amounts import amount, either_amount, no_amount
from messages.understanding.asking import asks, contrasts
from messages.understanding.birth_dates import birth_date
from messages.understanding.choices import choice, label, yes_or_no
from messages.understanding.contacts import address, email, phone
from messages.understanding.days import day, day_of_month, month_to_come
from messages.understanding.frequency import frequency
from messages.understanding.hours import hours
from messages.understanding.insurances import insurance
from messages.understanding.numbers import count
from messages.understanding.schedules import no_day, parts
from messages.understanding.speakers import of_a_person, plainly_own, speaker, whose
from messages.understanding.terms import months

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, time

    from billing.ledger.money import Money
    from messages.understanding.speakers import Speaker

__all__ = [
    "TextReader",
    "amount",
    "birth_date",
    "choice",
    "count",
    "day",
    "day_of_month",
    "email",
    "hours",
    "insurance",
    "label",
    "months",
    "parts",
    "phone",
    "speaker",
    "yes_or_no",
]


@dataclass(frozen=True, slots=True)
class TextReader:
    """The readers as one object, passed to conversations, which may not import this package."""

    def amount(self, text: str, language: str, currency: str) -> Money | None:
        """The one amount in a text."""
        return amount(text, language, currency)

    def either_amount(self, text: str, language: str, currency: str) -> tuple[Money, Money] | None:
        """The two amounts that a text leaves open."""
        return either_amount(text, language, currency)

    def contrasts(self, text: str, language: str) -> bool:
        """Whether a text sets something against something else: "instead of"."""
        return contrasts(text, language)

    def frequency(self, text: str, language: str) -> str:
        """How often a text says that money is paid: a frequency, ``other``, or empty."""
        return frequency(text, language)

    def asks(self, text: str, language: str) -> bool:
        """Whether a text asks when, how much or how many, rather than answers."""
        return asks(text, language)

    def parts(
        self, text: str, language: str, balance: Money, today: date
    ) -> tuple[tuple[Money | None, date], ...] | None:
        """The parts in which a customer offers to pay a balance: amount (``None``: the rest) and day."""
        found = parts(text, language, balance, today)
        return tuple((one.amount, one.on) for one in found if one.on) if found else None

    def months(self, text: str, language: str) -> int | None:
        """How many months or monthly parts a text says."""
        return months(text, language)

    def count(self, text: str, language: str) -> int | None:
        """A bare number from 1 to 999."""
        return count(text, language)

    def day(self, text: str, language: str, today: date) -> date | None:
        """The one day in a text, relative to the local ``today``."""
        return day(text, language, today)

    def month_to_come(self, text: str, language: str, today: date) -> date | None:
        """The first day of a month to come that a text names without a day."""
        return month_to_come(text, language, today)

    def no_day(self, text: str, language: str) -> str:
        """Why a text has no future day: ``past``, ``impossible``, or empty if unknown."""
        return no_day(text, language)

    def no_amount(self, text: str, language: str, currency: str) -> str:
        """Why a text has no amount to pay: ``impossible``, another ``currency``, or empty if unknown."""
        return no_amount(text, language, currency)

    def day_of_month(self, text: str, language: str) -> int | None:
        """A day of every month, from 1 to 31."""
        return day_of_month(text, language)

    def month(self, text: str, language: str) -> int | None:
        """The one month that a text names, 1 to 12."""
        return bill_names.month(text, language)

    def bills_named(self, text: str, names: Sequence[Sequence[str]]) -> Sequence[int]:
        """The places of the bills that a text names by one of their names: a number, a first name."""
        return bill_names.named(text, names)

    def bills_for(self, text: str, services: Sequence[str]) -> Sequence[int]:
        """The places of the bills for a service that a text speaks of."""
        return bill_names.meant(text, services)

    def number_of_a_bill(self, text: str) -> str:
        """What looks like the number of a bill in a text; empty where nothing does."""
        return bill_names.number_of_a_bill(text)

    def birth_date(self, text: str, language: str) -> date | None:
        """The birth date in a text."""
        return birth_date(text, language)

    def yes_or_no(self, text: str, language: str) -> bool | None:
        """Whether a text is a plain yes or a plain no."""
        return yes_or_no(text, language)

    def choice(self, text: str, language: str, options: Sequence[str]) -> str | None:
        """The one offered option that a text means."""
        return choice(text, language, options)

    def speaker(self, text: str, names: Iterable[str] | None, language: str) -> Speaker:
        """Whether a text says that somebody else than these writes, or asks about another's account.

        ``names`` is None before anybody has shown who they are.
        """
        return speaker(text, names, language)

    def plainly_own(self, text: str, name: str, language: str) -> bool:
        """Whether a birth date comes in words that only its owner, of this ``name``, uses."""
        return plainly_own(text, name, language)

    def of_a_person(self, text: str, language: str) -> bool:
        """Whether a text speaks of a person other than by name: a relative, *she*, *the patient*."""
        return of_a_person(text, language)

    def whose(self, text: str, language: str) -> str | None:
        """Whose bill it is: ``own_bill`` or ``for_another``."""
        return whose(text, language)

    def languages(self) -> Mapping[str, str]:
        """The languages that can be chosen: the name of each choice with its code."""
        return offered()

    def label(self, option: str, language: str) -> str:
        """The text on an option's button."""
        return label(option, language)

    def hours(self, text: str, language: str) -> tuple[time, time] | None:
        """Two hours of the day, from and until."""
        return hours(text, language)

    def insurance(self, text: str, language: str, *, asked: bool = False) -> tuple[str, str] | None:
        """The payer and the member number in a text; with ``asked`` it answers who insures somebody."""
        return insurance(text, language, asked=asked)

    def phone(self, text: str, region: str) -> str | None:
        """The one phone number in a text, as E.164."""
        return phone(text, region)

    def email(self, text: str) -> str | None:
        """The one email address in a text."""
        return email(text)

    def address(self, text: str) -> str | None:
        """The postal address in a text, in the words it was said in."""
        return address(text)
