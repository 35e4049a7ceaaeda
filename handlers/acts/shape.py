"""The one shape of an act of the desk: on what, with which right, what it asks for, and what it does."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from billing.accounts.roles import Right
    from handlers.context import Context

_AMOUNT: Final = re.compile(r"\d{1,12}(?:\.\d{1,3})?")
_NUMBER: Final = re.compile(r"\d{1,9}")
_YES: Final = {
    "yes": True,
    "true": True,
    "1": True,
    "on": True,
    "no": False,
    "false": False,
    "0": False,
    "": False,
}


class On(StrEnum):
    """What an act is done to; its id is the act's subject."""

    CUSTOMER = "customer"
    BILL = "bill"
    CASE = "case"
    PLAN = "plan"


class FieldKind(StrEnum):
    """What is written into a field of a form."""

    WORDS = "words"
    AMOUNT = "amount"
    """A plain decimal in the currency of the account: ``120.50``."""
    DAY = "day"
    """As 2026-04-30."""
    NUMBER = "number"
    CHOICE = "choice"
    YES = "yes"
    """A box to tick: ``yes`` or nothing."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an act's form; ``help`` is for the command line, pages have wording of their own."""

    name: str
    asks: FieldKind
    help: str
    needed: bool = True
    choices: tuple[str, ...] = ()
    longest: int = 1000


class WrongField(Refusal):
    """A field of an act is missing or cannot be read; ``field`` names it for the form."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.field = name


@dataclass(frozen=True, slots=True)
class FieldValues:
    """What was written into the fields of an act."""

    values: Mapping[str, str]

    def words(self, name: str) -> str:
        """The words of a field; empty where nothing was written."""
        return self.values.get(name, "")

    def number(self, name: str) -> int:
        """The whole number of a field; 0 where nothing was written."""
        return int(self.values.get(name) or 0)

    def day(self, name: str) -> date | None:
        """The day of a field."""
        written = self.values.get(name)
        return date.fromisoformat(written) if written else None

    def the_day(self, name: str) -> date:
        """The day of a field that is always written."""
        return date.fromisoformat(self.values[name])

    def yes(self, name: str) -> bool:
        """Whether a box was ticked."""
        return _YES[self.values.get(name, "").lower()]


@dataclass(frozen=True, slots=True)
class ActResult:
    """What an act has done, in one line; ``proposed`` where a second person decides about it."""

    said: str
    proposed: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)
    """The ids and numbers in that line, by name, for pages and programs."""


Do: TypeAlias = "Callable[[Context, str, FieldValues, str], ActResult]"
"""Does an act: the context, the id of its subject, what was written, and who acts."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something a rep may do. ``right`` is the least they need; more is asked for where a limit is passed."""

    name: str
    on: On
    right: Right
    help: str
    fields: tuple[Field, ...]
    do: Do = field(repr=False)
    limit: Callable[[Context], str] | None = field(default=None, repr=False)
    """The limit of who may only work, in words; None where there is none."""
    fits: Callable[[Context, str], bool] | None = field(default=None, repr=False)
    """Whether it makes sense for a subject as it is now; None where it always does."""


def given(act: Act, values: Mapping[str, str]) -> FieldValues:
    """What was written into an act's fields, checked.

    Raises:
        WrongField: a field is missing, unknown, too long, or cannot be read.
    """
    known = {one.name: one for one in act.fields}
    for name in values:
        if name not in known:
            raise WrongField(name, f"{act.name} has no such field")
    found = {
        name: " ".join(text.split()) if _one_line(known[name]) else text.strip()
        for name, text in values.items()
    }
    for one in act.fields:
        _check(one, found.get(one.name, ""))
    return FieldValues({name: text for name, text in found.items() if text})


def _one_line(one: Field) -> bool:
    return one.asks is not FieldKind.WORDS


def _check(one: Field, text: str) -> None:
    if not text:
        if one.needed:
            raise WrongField(one.name, "is empty")
        return
    if len(text) > one.longest:
        raise WrongField(one.name, f"has {len(text)} characters, at most {one.longest} fit")
    wrong = _WRONG[one.asks](text, one.choices)
    if wrong:
        raise WrongField(one.name, f"{text!r} {wrong}")


def _wrong_day(text: str, choices: Sequence[str]) -> str:
    del choices
    try:
        date.fromisoformat(text)
    except ValueError:
        return "is no day: write it as 2026-04-30"
    return ""


_WRONG: Final[Mapping[FieldKind, Callable[[str, Sequence[str]], str]]] = {
    FieldKind.WORDS: lambda _text, _choices: "",
    FieldKind.AMOUNT: lambda text, _choices: (
        "" if _AMOUNT.fullmatch(text) else "is no amount: write it as 120.50"
    ),
    FieldKind.DAY: _wrong_day,
    FieldKind.NUMBER: lambda text, _choices: "" if _NUMBER.fullmatch(text) else "is no whole number",
    FieldKind.CHOICE: lambda text, choices: "" if text in choices else f"is none of {', '.join(choices)}",
    FieldKind.YES: lambda text, _choices: "" if text.lower() in _YES else "is neither yes nor no",
}
