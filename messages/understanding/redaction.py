"""Removes what may not be stored: card numbers, and characters that no database or screen accepts."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import accumulate

from messages.languages import about, languages
from messages.understanding.grammar import any_of

_SHORTEST, _LONGEST = 13, 19
_SHOWN = 4
_GROUPS = re.compile(r"(?<![\d+])\d+(?:[ \-.\u00a0\u2009\u2011\u2013]\d+)*")
_GROUP = re.compile(r"\d+")
_CODE_NAMES = ("cvc", "cvv2", "cvv", "cvn", "cid")
_LONE_CODE = re.compile(r"\d{3,4}")
_TAIL = re.compile(r"\d(?:[ \-.]?\d){3,}[ \-.]*$")
_DATE = re.compile(r"(?:19|20)\d{2}[ .-]?\d{2}[ .-]?\d{2}|\d{1,2}[ .-]\d{1,2}[ .-](?:\d{2}|\d{4})")
_USUAL = frozenset({15, 16})
_HEAD = re.compile(r"\s*\d(?:[ \-.]?\d){2,}")
_FIRST_DIGITS = frozenset("23456")  # Mastercard, Amex and Diners, Visa, Mastercard, Discover and Maestro
_LAYOUT_CONTROLS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")


def mask_cards(text: str) -> str:
    """Redact every card number in a text to its last four digits: ``****4242``.

    A card number has 13 to 19 digits, with or without spaces and dashes, and a valid check digit. References,
    phone numbers and amounts remain readable.
    """
    return _GROUPS.sub(lambda found: _masked(found[0]), text)


def mask_codes(text: str) -> str:
    """Redact a card's security code in a text: ``CVC 123`` becomes ``CVC ***``."""
    return _code().sub(lambda found: f"{found[1]}***", text)


def mask_lone_code(text: str) -> str:
    """Redact to ``***`` a text of only three or four digits: a card's code, sent after its number."""
    return "***" if _LONE_CODE.fullmatch(text.strip()) else text


def split_card(before: str, text: str) -> tuple[str, str] | None:
    """Both texts with the card number redacted that is split between them; ``None`` if there is none."""
    tail, head = _TAIL.search(before), _HEAD.match(text)
    if not tail or not head or any(_DATE.fullmatch(half[0].strip()) for half in (tail, head)):
        return None
    digits = "".join(_GROUP.findall(tail[0]) + _GROUP.findall(head[0]))
    if len(digits) not in _USUAL or not _is_card(digits):
        return None
    return before[: tail.start()] + "****", f"****{digits[-_SHOWN:]}" + text[head.end() :]


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


def _masked(run: str) -> str:
    groups = list(_GROUP.finditer(run))
    shown, first, end = "", 0, 0
    while first < len(groups):
        last = _card_end(groups, first)
        if last is not None:
            digits = "".join(one[0] for one in groups[first : last + 1])
            shown += f"{run[end : groups[first].start()]}****{digits[-_SHOWN:]}"
            first, end = last, groups[last].end()
        first += 1
    return shown + run[end:]


def _card_end(groups: list[re.Match[str]], first: int) -> int | None:
    """The last of the neighbouring groups that form a card number from the first on; ``None`` if none do."""
    near = [one[0] for one in groups[first : first + _LONGEST]]
    for count, length in reversed(list(enumerate(accumulate(map(len, near)), 1))):
        if _SHORTEST <= length <= _LONGEST and _is_card("".join(near[:count])):
            return first + count - 1
    return None


def _is_card(digits: str) -> bool:
    plain = "".join(str(int(digit)) for digit in digits)
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(plain))]
    return plain[0] in _FIRST_DIGITS and sum(value - 9 * (value > 9) for value in doubled) % 10 == 0  # noqa: PLR2004
