"""Phone numbers: parsed in any spelling; time zones by area code."""

from __future__ import annotations

from typing import Final

import phonenumbers
from phonenumbers import timezone as phone_zones

from billing.refusals import Refusal

_NO_ZONE: Final = "Etc/Unknown"


class BadPhone(Refusal):
    """A text that should be a phone number is none."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"phone: {text!r} is no phone number; write it with its country code, like +15035550142"
        )


def e164(text: str, country: str) -> str:
    """A phone number in E.164; without a ``+`` it is taken for one of ``country`` (ISO 3166).

    Raises:
        BadPhone: it cannot be a phone number.
    """
    try:
        parsed = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        raise BadPhone(text) from None
    if not phonenumbers.is_possible_number(parsed):
        raise BadPhone(text)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def calling_code(number: str) -> str:
    """The calling code of a number in E.164, with its plus; empty for what is no number."""
    try:
        return f"+{phonenumbers.parse(number).country_code}"
    except phonenumbers.NumberParseException:
        return ""


def zones_of_phone(number: str) -> list[str]:
    """The time zones of an area code; empty if it has none."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return []
    return [zone for zone in phone_zones.time_zones_for_number(parsed) if zone != _NO_ZONE]
