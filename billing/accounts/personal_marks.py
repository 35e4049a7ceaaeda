"""Marks of a person in texts (name, birth date, numbers, addresses): found in any spelling, and cut out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Final
from unicodedata import combining, normalize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    JsonValue = Any

_BETWEEN: Final = r"[\W_]{1,3}"
"""What is written between the names of a person: a space, a comma, a separator of a file."""
_SHORTEST: Final = 3
"""A single name, or a line of an address, that is shorter is too common to be cut anywhere."""
_PHONE_TAIL: Final = 7
"""A national number has at least so many digits after the code of its country."""


@dataclass(frozen=True, slots=True)
class PersonIdentity:
    """What a person is known by. ``addresses`` are phone numbers (E.164), e-mail addresses and chats' ids."""

    name: str = ""
    birth_date: date | None = None
    addresses: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    """Member and account numbers."""
    lines: tuple[str, ...] = ()
    """Lines of the postal address."""


@dataclass(frozen=True, slots=True)
class PersonalMarks:
    """The marks of one person, to be cut out of texts; ``instead`` is written where one was.

    Alone, a birth date, a first name or a street may be somebody else's: such marks count only in what is
    known to be about the person.
    """

    sure: re.Pattern[str] | None
    every: re.Pattern[str] | None
    instead: str = field(default="[erased]")

    @classmethod
    def of(
        cls, identity: PersonIdentity, shared: Iterable[str] = (), instead: str = "[erased]"
    ) -> PersonalMarks:
        """The marks of a person; what is ``shared`` with others, as a name or a phone, is no sure mark."""
        common = set(shared)
        sure = [
            *(_named(identity.name) if " " in identity.name.strip() and identity.name not in common else ()),
            *chain.from_iterable(map(_reached, (one for one in identity.addresses if one not in common))),
            *(_number(one) for one in identity.numbers if one not in common and len(one) > _SHORTEST),
        ]
        words = [
            *identity.name.split(),
            *identity.lines,
            *(one for one in identity.addresses if one in common),
        ]
        alone = [
            *_named(identity.name),
            *(_spelled(identity.birth_date) if identity.birth_date else ()),
            *(_word(one) for one in words if len(one) >= _SHORTEST),
            *(_number(one) for one in identity.numbers),
        ]
        return cls(_any(sure), _any([*sure, *alone]), instead)

    @classmethod
    def beside(cls, identity: PersonIdentity, me: PersonIdentity, instead: str) -> PersonalMarks:
        """The marks of somebody beside a person, to be cut out of what is that person's own."""
        own = {*me.name.casefold().split()}
        words = [part for part in identity.name.split() if part.casefold() not in own]
        addresses = tuple(one for one in identity.addresses if one not in me.addresses)
        whole = "" if identity.name.casefold() == me.name.casefold() else identity.name
        names = [
            *chain(_named(whole), _named(whole.upper())),
            *chain.from_iterable((_word(one), _word(one.upper())) for one in words if len(one) >= _SHORTEST),
        ]
        sure = [
            # As it is written, for a name may be a word too: Will, May.
            *(f"(?-i:{one})" for one in names),
            *chain.from_iterable(map(_reached, addresses)),
            *(_number(one) for one in identity.numbers if one not in me.numbers),
            *(_spelled(identity.birth_date) if identity.birth_date not in {None, me.birth_date} else ()),
        ]
        return cls(_any(sure), _any(sure), instead)

    def in_text(self, value: JsonValue) -> bool:
        """Whether a sure mark is in a text, or anywhere in a JSON value."""
        return self.sure is not None and any(self.sure.search(text) for text in _texts(value))

    def cut(self, value: JsonValue, *, about: bool) -> JsonValue:
        """The value without the marks, of the same shape; ``about``: it is known to be about the person."""
        pattern = self.every if about else self.sure
        return value if pattern is None else _replaced(value, lambda text: pattern.sub(self.instead, text))


def without_sentences(value: JsonValue) -> JsonValue:
    """A JSON value whose texts of several words are empty: what people wrote goes, codes and days stay."""
    return _replaced(value, lambda text: "" if len(text.split()) > 1 else text)


def _replaced(value: JsonValue, how: Any) -> JsonValue:
    match value:
        case str():
            return how(value)
        case dict():
            return {how(key): _replaced(one, how) for key, one in value.items()}
        case list() | tuple():
            return [_replaced(one, how) for one in value]
    return value


def _texts(value: JsonValue) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            yield from chain(value, chain.from_iterable(map(_texts, value.values())))
        case list() | tuple():
            yield from chain.from_iterable(map(_texts, value))


def _named(name: str) -> Iterator[str]:
    """A name of several parts in its order, and with the last part first; with its accents and without."""
    plain = "".join(one for one in normalize("NFKD", name) if not combining(one))
    for spelled in dict.fromkeys((name, plain)):
        yield from _ordered(spelled)


def _ordered(name: str) -> Iterator[str]:
    parts = [re.escape(part) for part in name.split()]
    if len(parts) > 1:
        for order in (parts, [parts[-1], *parts[:-1]], [parts[0], parts[-1]], [parts[-1], parts[0]]):
            yield _bounded(_BETWEEN.join(order))
    elif parts and len(parts[0]) >= _SHORTEST:
        yield _bounded(parts[0])


def _reached(address: str) -> Iterator[str]:
    """An address as it is; a phone number also with any separators, and as it is dialled in its country."""
    if len(address) <= _SHORTEST:
        return
    digits = re.sub(r"\D", "", address)
    if not address.startswith("+"):
        yield _bounded(re.escape(address))
        return
    gap = r"[\s().\-/]{0,3}"
    yield rf"(?<!\d)\+?{gap}{gap.join(digits)}(?!\d)"
    for code in (1, 2, 3):
        if len(digits) - code >= _PHONE_TAIL:
            yield rf"(?<!\d)0?{gap}{gap.join(digits[code:])}(?!\d)"


def _number(number: str) -> str:
    parts = re.findall(r"[^\W_]+", number)
    return _bounded(r"[\W_]{0,2}".join(map(re.escape, parts)) if parts else re.escape(number))


def _spelled(day: date) -> Iterator[str]:
    """A date in figures, in the orders people and files use; or with the month as any word."""
    year, month, of_month = f"{day.year:04}", f"{day.month:02}", f"{day.day:02}"
    loose = (rf"0?{day.month}", rf"0?{day.day}")
    apart = r"[\s./\-]{1,2}"
    yield rf"(?<!\d){year}{apart}{loose[0]}{apart}{loose[1]}(?!\d)"
    yield rf"(?<!\d){loose[0]}{apart}{loose[1]}{apart}(?:{year}|{year[2:]})(?!\d)"
    yield rf"(?<!\d){loose[1]}{apart}{loose[0]}{apart}(?:{year}|{year[2:]})(?!\d)"
    yield rf"(?<!\d)(?:{year}|{year[2:]}){month}{of_month}(?!\d)"
    yield rf"(?<!\d)(?:{month}{of_month}|{of_month}{month}){year}(?!\d)"
    word, end = r"(?:de |of )?[^\W\d_]{3,10}\.?(?: de)?", r"(?:st|nd|rd|th|:?e|:?a|\.)?"
    yield rf"(?<!\d){loose[1]}{end} {word},? {year}(?!\d)"
    yield rf"(?<![^\W_]){word} {loose[1]}{end},? {year}(?!\d)"


def _word(word: str) -> str:
    return _bounded(re.escape(word))


def _bounded(pattern: str) -> str:
    return rf"(?<![^\W_]){pattern}(?![^\W_])"


def _any(patterns: Iterable[str]) -> re.Pattern[str] | None:
    chosen = list(dict.fromkeys(patterns))
    # The longest first: a whole name before a part of it.
    chosen.sort(key=len, reverse=True)
    return re.compile("|".join(chosen), re.IGNORECASE) if chosen else None
