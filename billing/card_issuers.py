"""Which numbers card issuers use: the ranges of their first digits, their lengths, and the check digit.

From the issuers' published ranges (ISO/IEC 7812). A range is written by its first and last beginning.
"""

from __future__ import annotations

from typing import Final

from stdnum import luhn

_LONG: Final = (16, 17, 18, 19)
_MAESTRO: Final = (12, 13, 14, 15, 16, 17, 18, 19)
_RANGES: Final[tuple[tuple[str, str, tuple[int, ...]], ...]] = (
    ("4", "4", (13, 16, 18, 19)),  # Visa
    ("51", "55", (16,)),  # Mastercard
    ("2221", "2720", (16,)),
    ("34", "34", (15,)),  # American Express
    ("37", "37", (15,)),
    ("300", "305", (14, *_LONG)),  # Diners Club
    ("3095", "3095", (14, *_LONG)),
    ("36", "36", (14, 15, *_LONG)),
    ("38", "39", (14, *_LONG)),
    ("3528", "3589", _LONG),  # JCB
    ("6011", "6011", _LONG),  # Discover
    ("644", "649", _LONG),
    ("65", "65", _LONG),
    ("60", "60", (16,)),  # RuPay, Hipercard
    ("81", "82", _LONG),  # RuPay, UnionPay
    ("62", "62", _LONG),  # UnionPay
    ("2200", "2205", _LONG),  # Mir, Borica
    ("5018", "5018", _MAESTRO),  # Maestro
    ("5020", "5020", _MAESTRO),
    ("5038", "5038", _MAESTRO),
    ("5893", "5893", _MAESTRO),
    ("6304", "6304", _MAESTRO),
    ("6759", "6759", _MAESTRO),
    ("6761", "6763", _MAESTRO),
    ("5019", "5019", (16,)),  # Dankort
    ("4571", "4571", (16,)),
    ("506", "509", (16, 18, 19)),  # Verve, Elo, RuPay
    ("56", "58", (16, 18, 19)),  # Maestro, UzCard
    ("636", "639", _LONG),  # InterPayment, InstaPayment
    ("67", "67", (16, 18, 19)),  # Maestro
    ("8600", "8600", (16,)),  # UzCard
    ("9860", "9860", (16,)),  # Humo
    ("9704", "9704", (16, 19)),  # Napas
    ("9792", "9792", (16,)),  # Troy
)


_BY_DIGIT: Final = {
    digit: tuple(one for one in _RANGES if one[0][0] <= digit <= one[1][0]) for digit in "0123456789"
}
FIRST_DIGITS: Final = frozenset(digit for digit, ranges in _BY_DIGIT.items() if ranges)


def is_card(digits: str) -> bool:
    """Whether ASCII digits have the beginning, the length and the check digit of a payment card."""
    return _is_issued(digits) and luhn.is_valid(digits)


def _is_issued(digits: str) -> bool:
    return any(
        len(digits) in lengths and first <= digits[: len(first)] <= last
        for first, last, lengths in _BY_DIGIT[digits[0]]
    )
