"""Payment reference (OCR number) with length digit and Luhn check digit."""

from __future__ import annotations

import re
from typing import Final

from stdnum import luhn

from billing.whole_numbers import whole_number

FIRST_NUMBER: Final = 100_001
"""The first running number of bills: references of smaller ones begin with zeros, which banks take away."""
_DIGITS = re.compile(r"\d+", re.ASCII)


def reference_for(bill_number: int) -> str:
    """The payment reference of a bill: its number, a length digit and a Luhn check digit.

    Sweden's OCR form with variable length control (Bankgirot): the second last digit is the total
    length modulo ten, the last makes the Luhn sum right. Any other country's bank carries it as text.
    """
    body = f"{bill_number:06d}"
    body += str((len(body) + 2) % 10)
    return body + luhn.calc_check_digit(body)


def is_reference(text: str) -> bool:
    """Whether a text is a payment reference that :func:`reference_for` could have made."""
    digits = "".join(_DIGITS.findall(text))
    if len(digits) < 8 or not luhn.is_valid(digits):  # noqa: PLR2004
        return False
    return int(digits[-2]) == len(digits) % 10


def bill_number_of(digits: str) -> int | None:
    """The running number of the bill that a payment reference is of; None if it is no reference of ours."""
    return whole_number(digits[:-2]) if is_reference(digits) else None


def bill_number_behind(digits: str) -> int | None:
    """The bill's running number of a payment reference that lost its leading zeros, or was given more.

    Length and check digit are those of the reference as it was printed; None if it is no reference of ours.
    """
    short = digits.lstrip("0")
    number = whole_number(short[:-2]) if len(short) > 2 and _DIGITS.fullmatch(short) else None  # noqa: PLR2004
    return number if number and reference_for(number).lstrip("0") == short else None
