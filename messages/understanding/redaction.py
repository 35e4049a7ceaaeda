"""Removes what may not be stored: card numbers, and characters that no database or screen accepts."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from billing import card_numbers
from messages.languages import about, languages
from messages.understanding.grammar import any_of

if TYPE_CHECKING:
    from collections.abc import Callable

_CODE_NAMES = ("cvc", "cvv2", "cvv", "cvn", "cid")
_LONE_CODE = re.compile(r"\d{3,4}")
_LAYOUT_CONTROLS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")


def mask_cards(text: str, issued: Callable[[str], bool] | None = None) -> str:
    """Redact every card number in a text to its last four digits: ``****4242``.

    References, phone numbers, dates and amounts remain readable, and what we ``issued`` as a reference.
    """
    return card_numbers.masked_numbers(text, issued) if issued else card_numbers.masked_numbers(text)


def mask_codes(text: str) -> str:
    """Redact a card's security code in a text: ``CVC 123`` becomes ``CVC ***``."""
    return _code().sub(lambda found: f"{found[1]}***", text)


def mask_lone_code(text: str) -> str:
    """Redact to ``***`` a text of only three or four digits: a card's code, sent after its number."""
    return "***" if _LONE_CODE.fullmatch(text.strip()) else text


def clean(text: str, longest: int = 4000) -> str:
    """Redact a text for storage: no control characters, NULs or lone surrogates; composed, cut, trimmed.

    Line breaks remain; tabs become spaces.
    """
    lines = text[: 2 * longest].replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    kept = "".join(sign for sign in lines if sign == "\n" or unicodedata.category(sign) not in {"Cc", "Cs"})
    return unicodedata.normalize("NFC", _LAYOUT_CONTROLS.sub("", kept)).strip()[:longest].strip()


@cache
def _code() -> re.Pattern[str]:
    """A security code after its name in any language."""
    spoken = [about(one).card_code for one in languages()]
    names = any_of([*_CODE_NAMES, *(name for one in spoken for name in one.names)])
    means = any_of([word for one in spoken for word in one.means])
    return re.compile(rf"(\b{names}\W{{0,3}}(?:{means}\W{{0,2}})?)\d{{3,4}}\b", re.IGNORECASE)
