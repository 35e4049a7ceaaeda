"""Reads a phone number, an email or a postal address from free text; none if there is any doubt."""

from __future__ import annotations

import re
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberMatcher

_LONGEST = 400
_EMAIL = re.compile(
    r"(?<![\w.+@-])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}(?![\w@-])"
)


def phone(text: str, region: str) -> str | None:
    """The one valid phone number of a contact in a text, as E.164; without a country code, the region's."""
    said = text[:_LONGEST]
    where = region.upper() if region.upper() in phonenumbers.SUPPORTED_REGIONS else None
    found = {
        phonenumbers.format_number(one.number, PhoneNumberFormat.E164)
        for one in PhoneNumberMatcher(said, where)
    }
    return found.pop() if len(found) == 1 else None if found else _whole_number(said, where)


def email(text: str) -> str | None:
    """The one email address of a contact in a text, with its domain in lower case."""
    found = {_lowered(one) for one in _EMAIL.findall(text[:_LONGEST]) if ".." not in one}
    return found.pop() if len(found) == 1 else None


def without_emails(text: str) -> str:
    """A text without the email addresses in it."""
    return _EMAIL.sub(" ", text)


def address(text: str) -> str | None:
    """A postal address, with the words it was said in: a street and a number, alone or with a postal code.

    Where it begins and ends no sign tells, so a person who reads it gets all of a text.
    """
    said = " ".join(text.split())[:_LONGEST]
    if "?" in said or _EMAIL.search(said):
        return None
    numbers = _NUMBER.findall(_CODE.sub(" ", said))
    words = [one for one in _WORD.findall(said) if len(one) > 1]
    if len(numbers) == 0 or not words:
        return None
    coded = _CODE.search(said) is not None and len(words) > 1
    alone = len(words) < _WORDS_OF_A_STREET and (_ALONE.fullmatch(said) is not None)
    return said if coded or alone else None


_CODE: Final = re.compile(r"\b(?:\d{5}(?:-\d{4})?|\d{3} \d{2})\b")
"""A postal code, as in the US, Spain and Sweden."""
_NUMBER: Final = re.compile(r"\b\d{1,5} ?[a-zA-Z]?\b")
_WORD: Final = re.compile(r"[^\W\d_]+")
_WORDS_OF_A_STREET: Final = 5
_ALONE: Final = re.compile(r"\d{1,5} ?[a-zA-Z]? [^\W\d_][^\d]+|[^\W\d_][^\d,]{2,} \d{1,5} ?[a-zA-Z]?")
"""A street and its number, either first, and nothing else."""


def _whole_number(said: str, region: str | None) -> str | None:
    """The number of a text that is nothing but a number, in any spacing."""
    if re.search(r"[^\W\d]", said):
        return None
    try:
        number = phonenumbers.parse(said, region)
    except NumberParseException:
        return None
    valid = phonenumbers.is_valid_number(number)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if valid else None


def _lowered(address: str) -> str:
    name, _, domain = address.rpartition("@")
    return f"{name}@{domain.lower()}"
