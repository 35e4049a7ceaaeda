"""Reads a phone number or an email address from free text; none if there is any doubt."""

from __future__ import annotations

import re

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
