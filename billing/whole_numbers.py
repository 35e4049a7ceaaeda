"""Whole numbers that somebody else wrote: read only where they fit what is kept, which is 64 bits."""

from __future__ import annotations

import re
from typing import Final

from billing.refusals import Refusal

LARGEST: Final = 2**63 - 1
"""The largest number that a row can have."""
LARGEST_AMOUNT: Final = 10**16
"""The largest amount (minor units) of one thing: many of them add up to a number that can be kept, too."""
_DIGITS: Final = re.compile(r"\d{1,19}", re.ASCII)


class NumberTooLarge(Refusal):
    """A refusal: a number is larger than any that is kept."""

    def __init__(self) -> None:
        super().__init__(
            "a number is larger than any that is kept (64 bits): look at its digits, and at points"
        )


def whole_number(text: str) -> int | None:
    """The number that plain digits write; None if they are none, or more than any row's number.

    Leading zeros count as digits.
    """
    found = int(text) if _DIGITS.fullmatch(text) else None
    return None if found is None or found > LARGEST else found
