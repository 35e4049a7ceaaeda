"""Values as X12 writes them: plain letters, days, amounts."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from billing.ledger.money import Money, exponent
from billing.refusals import Refusal
from billing.whole_numbers import LARGEST_AMOUNT
from bot.claims.x12 import Writer, isa

if TYPE_CHECKING:
    from datetime import datetime

    from billing.payers.claims import Code
    from billing.payers.filing import Filer

_LETTERS: Final = {
    "ß": "ss",
    "æ": "ae",
    "Æ": "AE",
    "ø": "o",
    "Ø": "O",
    "đ": "d",
    "Đ": "D",
    "ł": "l",
    "Ł": "L",
}
_KEPT: Final = re.compile(r"[^A-Za-z0-9 !\"&'()+,\-./;?=%@\[\]_{}\\|<>#$]")
_AMOUNT: Final = re.compile(r"[+-]?(\d{1,16}(\.\d*)?|\.\d+)", re.ASCII)


class BadValue(Refusal):
    """An X12 element does not hold what it must."""

    def __init__(self, element: str, text: str, expected: str) -> None:
        shown = text if len(text) <= 30 else text[:30] + "…"  # noqa: PLR2004
        super().__init__(f"{element}: {shown!r} is no {expected}")


def opened(filer: Filer, group: str, version: str, control: int, made_at: datetime) -> Writer:
    """The head of an X12 interchange with one functional group; ``made_at`` is local to the filer."""
    out = Writer()
    sender, receiver = plain(filer.sender_id, 15), plain(filer.receiver_id, 15)
    out.lines.append(
        isa(
            (filer.sender_qualifier, sender), (filer.receiver_qualifier, receiver),
            f"{made_at:%y%m%d%H%M}", control, live=filer.live,
        )
    )  # fmt: skip
    out("GS", group, sender, receiver, day(made_at.date()), f"{made_at:%H%M}", str(control), "X", version)
    return out


def closed(out: Writer, transactions: int, control: int) -> str:
    """The whole X12 text, once the group and the interchange say what they held."""
    out("GE", str(transactions), str(control))
    out("IEA", "1", f"{control:09d}")
    return out.text


def plain(text: str, longest: int) -> str:
    """A text in the letters that X12 carries, without anything that separates elements."""
    spelled = "".join(_LETTERS.get(letter, letter) for letter in text)
    bare = "".join(one for one in unicodedata.normalize("NFKD", spelled) if not unicodedata.combining(one))
    return " ".join(_KEPT.sub(" ", bare).split())[:longest].strip()


def day(found: date) -> str:
    """A day as X12 writes it, CCYYMMDD."""
    return f"{found:%Y%m%d}"


def amount(minor: int, currency: str) -> str:
    """An amount as X12 writes decimals: nothing behind the point that says nothing."""
    text = Money(minor, currency).plain()
    return text.rstrip("0").rstrip(".") if "." in text else text


def read_day(element: str, text: str) -> date:
    """A day of an X12 element.

    Raises:
        BadValue: it is none.
    """
    try:
        if not re.fullmatch(r"\d{8}", text, re.ASCII):
            raise ValueError  # noqa: TRY301 - one refusal for every bad day
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise BadValue(element, text, "date (CCYYMMDD)") from None


def read_amount(element: str, text: str, currency: str) -> int:
    """An amount of an X12 element in minor units; an empty one is nothing.

    Raises:
        BadValue: it is none, finer than the currency, or larger than any bill.
    """
    if not text:
        return 0
    try:
        if not _AMOUNT.fullmatch(text):
            raise InvalidOperation  # noqa: TRY301 - one refusal for every bad amount
        scaled = Decimal(text).scaleb(exponent(currency))
        if scaled != scaled.to_integral_value() or abs(scaled) > LARGEST_AMOUNT:
            raise InvalidOperation  # noqa: TRY301
    except InvalidOperation:
        raise BadValue(element, text, f"amount in {currency}") from None
    return int(scaled)


def condition(code: Code) -> str:
    """A condition's code as X12 writes it, without its dot."""
    return code.code.replace(".", "")
