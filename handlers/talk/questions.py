"""Typed questions: what is asked, and how an answer is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from billing.facts import Saying

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime, time

    from billing.ledger.money import Money

T = TypeVar("T")


class Reader(Protocol):
    """Reads the values that questions ask for out of free text; nothing where there is any doubt."""

    def amount(self, text: str, language: str, currency: str) -> Money | None:
        """One amount of money."""

    def either_amount(self, text: str, language: str, currency: str) -> tuple[Money, Money] | None:
        """The two amounts that a text leaves open: "40 or 50"."""

    def frequency(self, text: str, language: str) -> str:
        """How often money is paid: the value of a ``Frequency``, ``other``, or empty."""

    def asks(self, text: str, language: str) -> bool:
        """Whether a text asks when, how much or how many, rather than answers."""

    def parts(
        self, text: str, language: str, balance: Money, today: date
    ) -> tuple[tuple[Money | None, date], ...] | None:
        """Several payments: so much, or (none) whatever is left, each on a day."""

    def months(self, text: str, language: str) -> int | None:
        """A number of months."""

    def count(self, text: str, language: str) -> int | None:
        """A bare number."""

    def day(self, text: str, language: str, today: date) -> date | None:
        """A day, seen from ``today``."""

    def month_to_come(self, text: str, language: str, today: date) -> date | None:
        """The first day of a month to come that is named without a day: "until June"."""

    def no_day(self, text: str, language: str) -> str:
        """Why a text names no day to come: ``past``, ``impossible`` (31 February), or empty."""

    def no_amount(self, text: str, language: str, currency: str) -> str:
        """Why a text names no amount to pay: ``impossible`` (below zero, absurd), ``currency``, or empty."""

    def day_of_month(self, text: str, language: str) -> int | None:
        """A day of every month, 1 to 31."""

    def month(self, text: str, language: str) -> int | None:
        """The one month that is named, 1 to 12."""

    def bills_named(self, text: str, names: Sequence[Sequence[str]]) -> Sequence[int]:
        """The places of the bills that are named by one of their names."""

    def bills_for(self, text: str, services: Sequence[str]) -> Sequence[int]:
        """The places of the bills for a service that is spoken of."""

    def birth_date(self, text: str, language: str) -> date | None:
        """A birth date."""

    def hours(self, text: str, language: str) -> tuple[time, time] | None:
        """Two hours of the day, from and until."""

    def choice(self, text: str, language: str, options: Sequence[str]) -> str | None:
        """One of the named choices: its name, number, label or what people say for it."""

    def whose(self, text: str, language: str) -> str | None:
        """Whose bill it is: ``own_bill`` or ``for_another``."""

    def languages(self) -> Mapping[str, str]:
        """The languages that can be chosen: the name of each choice with its code."""

    def insurance(self, text: str, language: str, *, asked: bool = False) -> tuple[str, str] | None:
        """Who insures somebody, and their member number there; both, or nothing."""

    def phone(self, text: str, region: str) -> str | None:
        """A phone number, in E.164."""

    def email(self, text: str) -> str | None:
        """An e-mail address."""

    def address(self, text: str) -> str | None:
        """Where somebody lives, in the words it was said in."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A customer's answer to a question, in their words, read again at every replay as of when it was given.

    ``day`` is the local day it was given on, ``at`` the moment (UTC).
    """

    text: str
    language: str
    day: date
    at: datetime


class Misread(Exception):
    """An answer to a question could not be read; ``saying`` tells the customer what was wrong."""

    def __init__(self, saying: Saying) -> None:
        super().__init__(saying.key)
        self.saying = saying


class QuestionBack(Misread):
    """A text asks about the question, and ``saying`` answers that: it does not count as a misread."""


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """One question. ``options`` are names of choices, shown as buttons or numbers.

    A ``fresh`` question takes only an answer that was given after it was asked: two texts may cross.
    """

    slot: str
    saying: Saying
    read: Callable[[Answer, Reader], T]
    options: tuple[str, ...] = ()
    fresh: bool = False
    free: bool = False
    """Whether words of any kind are an answer, a wish for something else among them."""


def one_of(slot: str, saying: Saying, *options: str, fresh: bool = False) -> Question[str]:
    """A question for one of several named choices."""

    def read(answer: Answer, reader: Reader) -> str:
        return _sure(reader.choice(answer.text, answer.language, options), "talk.misread_choice")

    return Question(slot, saying, read, options, fresh)


def whose_bill(slot: str, saying: Saying) -> Question[str]:
    """A question whose bill it is. *Somebody else's* comes first: a stray "1" or "yes" opens nothing."""

    def read(answer: Answer, reader: Reader) -> str:
        return _sure(reader.whose(answer.text, answer.language), "talk.misread_choice")

    return Question(slot, saying, read, ("for_another", "own_bill"), fresh=True)


def day_of_month(slot: str, saying: Saying) -> Question[int]:
    """A question for a day of every month."""

    def read(answer: Answer, reader: Reader) -> int:
        return _sure(reader.day_of_month(answer.text, answer.language), "talk.misread_day_of_month")

    return Question(slot, saying, read)


def birth_date(slot: str, saying: Saying, unread: str) -> Question[date]:
    """A question for a birth date; ``unread`` is what is said to an answer that is none."""

    def read(answer: Answer, reader: Reader) -> date:
        return _sure(reader.birth_date(answer.text, answer.language), unread)

    return Question(slot, saying, read)


def unread_amount(answer: Answer, reader: Reader, currency: str) -> Misread:
    """What is said when the answer to a question for an amount names none that anybody could pay."""
    either = reader.either_amount(answer.text, answer.language, currency)
    if either:
        return Misread(Saying("talk.which_amount", {"one": either[0], "other": either[1]}))
    why = reader.no_amount(answer.text, answer.language, currency)
    return Misread(Saying(_NO_AMOUNT.get(why, "talk.misread_amount")))


_NO_AMOUNT = {"impossible": "talk.no_such_amount", "currency": "talk.other_currency"}


def text(slot: str, saying: Saying, longest: int = 300) -> Question[str]:
    """A question for any text with letters or digits."""

    def read(answer: Answer, _: Reader) -> str:
        return _sure(_some(answer, longest), "talk.misread")

    return Question(slot, saying, read, free=True)


def words(slot: str, saying: Saying, longest: int = 300) -> Question[str]:
    """A question for something told in words: a date, a number, an address of mail or a yes alone is none."""

    def read(answer: Answer, reader: Reader) -> str:
        said = _some(answer, longest) if any(sign.isalpha() for sign in answer.text) else None
        if said and len(said.split()) <= _A_DATE:
            other = (
                reader.birth_date(said, answer.language)
                or reader.email(said)
                or reader.choice(said, answer.language, ("yes", "no"))
            )
            said = None if other else said
        return _sure(said, "talk.too_little")

    return Question(slot, saying, read, free=True)


def name(slot: str, saying: Saying, longest: int = 120) -> Question[str]:
    """A question for somebody's name: what has digits, or is a day, is none; "Domingo García" is one."""

    def read(answer: Answer, reader: Reader) -> str:
        said = words(slot, saying, longest).read(answer, reader)
        first, *more = said.split()
        a_day = reader.day(said, answer.language, answer.day) is not None
        of_a_day = len(more) == 1 and reader.day(first, answer.language, answer.day) is None
        if any(sign.isdigit() for sign in said) or (a_day and (not more or of_a_day)):
            raise Misread(Saying("talk.no_name"))
        return said

    return Question(slot, saying, read, free=True)


_A_DATE = 3
"""So many words at most are a date and nothing else."""


def _some(answer: Answer, longest: int) -> str | None:
    """The words without needless blanks; None without a letter or digit."""
    said = " ".join(answer.text.split())[:longest]
    return said if any(sign.isalnum() for sign in said) else None


def insurer(slot: str, saying: Saying) -> Question[tuple[str, str]]:
    """A question for who insures somebody; the member number too where the answer names it, else empty."""
    named = words(slot, saying, longest=120)

    def read(answer: Answer, reader: Reader) -> tuple[str, str]:
        found = reader.insurance(answer.text, answer.language, asked=True)
        return found or (named.read(answer, reader), "")

    return Question(slot, saying, read, free=True)


def phone(slot: str, saying: Saying, region: str) -> Question[str]:
    """A question for a phone number; without a country code it is one of ``region``."""

    def read(answer: Answer, reader: Reader) -> str:
        return _sure(reader.phone(answer.text, region), "talk.misread_phone")

    return Question(slot, saying, read)


def email(slot: str, saying: Saying) -> Question[str]:
    """A question for an e-mail address."""

    def read(answer: Answer, reader: Reader) -> str:
        return _sure(reader.email(answer.text), "talk.misread_email")

    return Question(slot, saying, read)


def _sure(value: T | None, unread: str) -> T:
    if value is None:
        raise Misread(Saying(unread))
    return value
