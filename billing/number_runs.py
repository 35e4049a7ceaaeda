"""Digits in what people write: their groups, and those that are part of a date, an amount or a reference."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Final

from billing.ledger.currencies import DECIMALS

LONGEST_PHONE: Final = 15
"""The most digits of a phone number (E.164)."""
_ENOUGH_OF_PHONE: Final = 10
_LONGEST_GAP: Final = 24
_OTHER_DIGITS: Final = (
    "\u00b2\u00b3\u00b9\u2070\u2074-\u2079\u2080-\u2089\u2460-\u2468\u2474-\u247c\u2488-\u2490\u24ea"
    "\u24f5-\u24fd\u24ff\u2776-\u277e\u2780-\u2788\u278a-\u2792\U0001f100-\U0001f10a"
)
"""Digits that are no decimals of a script: raised, lowered, circled."""
DIGIT: Final = rf"[\d{_OTHER_DIGITS}][^\d{_OTHER_DIGITS}]*"
"""A digit of any script, and what follows it, as a pattern."""
_DIGIT: Final = re.compile(rf"[\d{_OTHER_DIGITS}]")
_DIGITS: Final = re.compile(rf"[\d{_OTHER_DIGITS}]+")
_WORD: Final = re.compile(r"[^\W\d_]+")
_INVISIBLE: Final = frozenset({"Cf", "Mn", "Me"})
_YEAR, _MONTH, _DAY = r"(?:19|20)\d\d", r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12]\d|3[01])"
_ANY_YEAR: Final = rf"(?:{_YEAR}|\d\d)"
_OTHERS: Final = (
    # Dates; a group more on either side makes them something else.
    re.compile(rf"(?<![\d])(?<!\d[/.\-]){_YEAR}(?P<a>[/.\-]){_MONTH}(?P=a){_DAY}(?!\d|(?P=a)\d)"),
    re.compile(rf"(?<![\d])(?<!\d[/.\-]){_DAY}(?P<a>[/.\-]){_MONTH}(?P=a){_ANY_YEAR}(?!\d|(?P=a)\d)"),
    re.compile(rf"(?<![\d])(?<!\d[/.\-]){_MONTH}(?P<a>[/.\-]){_DAY}(?P=a){_ANY_YEAR}(?!\d|(?P=a)\d)"),
    re.compile(r"(?<!\d)(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[\-+]\d{4})?(?!\d)"),
    re.compile(rf"(?<![\d])(?<!\d ){_YEAR} {_MONTH} {_DAY}(?! ?\d)"),
    # Amounts with decimals.
    re.compile(r"(?<![\d.,])(?:\d{1,3}(?:[ ,.'\u00a0\u202f]\d{3})+|\d+)[.,]\d{2}(?![\d]|[.,]\d)"),
    # What a word of the trade says is a reference.
    re.compile(
        r"\b(?:ocr|iban|bic|bg|pg|(?:bank|plus)giro(?:t|nummer)?|gir[o]|isr|esr|kid|mandate|clabe|cbu|rut)"
        r"(?:[ \-]?(?:nr|no|num|nummer|number|n[uú]mero|ref|reference))?[.:#\s]{0,3}"
        r"(?:is|är|es|on|på)?[:\s]{0,2}"
        r"\d[\d\-]*(?!\d)",
        re.IGNORECASE,
    ),
)
_IBAN: Final = re.compile(
    r"(?<![^\W_])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![^\W_])", re.IGNORECASE
)
_REMAINDER: Final = 97
_MONEY: Final = re.compile(
    r"(?:kr|krona|kronan|kronor|kronorna|öre|spänn|d[oó]lar(?:es)?|dollars?|bucks|cents?|euros?|pesos?|pounds?|quid)",
    re.IGNORECASE,
)
_BEGINS_PHONE: Final = re.compile(r"(?:^|[\s(:;,.])\+\(?$")
_TOKEN_BEFORE: Final = re.compile(r"[A-Za-z0-9]*$", re.ASCII)
_TOKEN_AFTER: Final = re.compile(r"[A-Za-z0-9]*", re.ASCII)
_CODE_LETTERS: Final = re.compile(r"[a-f]{0,4}|[a-z]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Run:
    """Digits that follow each other, as ASCII, and where they are in the text."""

    start: int
    end: int
    digits: str
    plus: bool = False
    """The first of a number behind a plus."""
    phone: bool = False
    """Part of a number behind a plus."""
    spoken_for: bool = False
    """Part of a date, an amount, an account number or a named reference."""


def enough(text: str, digits: int) -> bool:
    """Whether a text has that many digits at least."""
    return len(text) >= digits and len(_DIGIT.findall(text)) >= digits


def runs(text: str) -> list[Run]:
    """The groups of digits of a text, in order; what has no width does not separate them."""
    found: list[Run] = []
    for match in _DIGITS.finditer(text):
        digits = "".join(str(unicodedata.digit(sign)) for sign in match[0])
        end = match.end()
        while end < len(text) and unicodedata.category(text[end]) in _INVISIBLE:
            end += 1  # the frame of a keycap belongs to its digit
        if found and found[-1].end == match.start():
            found[-1] = replace(found[-1], end=end, digits=found[-1].digits + digits)
        else:
            found.append(Run(match.start(), end, digits))
    return found


def marked(text: str, found: list[Run]) -> list[Run]:
    """The groups of a text, with what is known of each from the text around it."""
    return _phones(text, _spoken_for(text, found))


def words(gap: str) -> list[str]:
    """The words that are between two groups."""
    return _WORD.findall(gap)


def bridges(gap: str) -> bool:
    """Whether what is between two groups is short, and neither an amount's currency nor a phone's plus."""
    if len(gap) > _LONGEST_GAP or (gap != "+" and _BEGINS_PHONE.search(gap)):
        return False
    if any(unicodedata.category(sign) == "Sc" for sign in gap):
        return False
    return not any(word in DECIMALS or _MONEY.fullmatch(word) for word in words(gap))


def part_of_a_code(text: str, start: int, end: int) -> bool:
    """Whether digits are part of a digest or an identifier that mixes letters and digits."""
    before, after = _TOKEN_BEFORE.search(text, max(0, start - 40), start), _TOKEN_AFTER.match(text, end)
    glued = [one[0] for one in (before, after) if one and one[0]]
    return any(re.search(r"\d", one) or _CODE_LETTERS.fullmatch(one) for one in glued)


def _spoken_for(text: str, found: list[Run]) -> list[Run]:
    places = [match.span() for pattern in _OTHERS for match in pattern.finditer(text)]
    places += [match.span() for match in _IBAN.finditer(text) if _is_iban(match[0])]
    if not places:
        return found
    return [
        replace(run, spoken_for=any(start <= run.start and run.end <= end for start, end in places))
        for run in found
    ]


def _is_iban(text: str) -> bool:
    plain = text.replace(" ", "").upper()
    if not plain.isascii():
        return False
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % _REMAINDER == 1


def _phones(text: str, found: list[Run]) -> list[Run]:
    """Mark the groups of each number behind a plus, as far as a phone number goes."""
    known: list[Run] = []
    so_far = 0
    for place, run in enumerate(found):
        begins = _BEGINS_PHONE.search(text[max(0, run.start - 3) : run.start]) is not None
        near = bool(place) and len(text[found[place - 1].end : run.start]) <= 3  # noqa: PLR2004 - ") -"
        if begins:
            so_far = len(run.digits)
            phone = True
        else:
            phone = bool(so_far) and near and so_far < _ENOUGH_OF_PHONE
            so_far = so_far + len(run.digits) if phone else 0
        known.append(replace(run, plus=begins, phone=phone))
    return known
