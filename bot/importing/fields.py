"""The fields of a row, each read as what it must be."""

from __future__ import annotations

import re
from datetime import date, time
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from billing.card_numbers import masked
from billing.ledger.currencies import DECIMALS
from billing.ledger.money import Money
from billing.refusals import BadAmount
from billing.whole_numbers import LARGEST_AMOUNT
from bot.importing import days
from bot.importing.table import carried_over
from bot.importing.tally import BadField

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from bot.importing.tally import SourceRow

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_HOUR = re.compile(r"(\d{1,2})(?:[:.](\d\d))?(?:[:.]\d\d)?", re.ASCII)
_QUANTITY = re.compile(r"\d{1,6}(\.\d{1,6})?", re.ASCII)
_MORE_ZEROS = re.compile(r"(\.\d\d)0+$", re.ASCII)
_LEDGER = re.compile(r"\w[\w .&-]{0,39}")
_LANGUAGE = re.compile(r"[a-z]{2,3}([-_][A-Za-z]{2,4})?", re.ASCII)
_FEWEST_OF_CARD = 15
"""Digits of a card: shorter numbers are issued as ids everywhere, as barcodes."""
_COORDINATE = re.compile(r"[-+]?\d{1,3}[.,]\d+")
"""A latitude or longitude, whose digits may pass the check of a card number by chance."""
_SEALED_ID = "member_id"
"""A payer's number of a member may have any digits, and is kept sealed."""
_MAY_BE_OURS = "reference"
"""What a payment names: looked at where it is known what we issued."""
_SHOWN = 40
"""Characters of a value that a refusal repeats."""


class CardGiven(BadField):
    """A field has the number of a payment card where a name or a reference should be."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "is the number of a payment card, which is never kept; give another id")


def is_card_number(text: str) -> bool:
    """Whether a text is, or has beside letters, the number of a payment card (15 to 19 digits)."""
    return sum(map(str.isdigit, text)) >= _FEWEST_OF_CARD and masked(text) != text


class Fields:
    """One row by column name; ``today`` is the creditor's day."""

    def __init__(
        self,
        place: SourceRow,
        values: Mapping[str, str],
        today: date,
        empty_days: dict[tuple[str, str], set[int]] | None = None,
    ) -> None:
        self._values = values
        self._place = place
        self._empty_days = {} if empty_days is None else empty_days
        self.line = place.line
        self.today = today
        self.carried_over = carried_over(place.columns)

    @classmethod
    def of(
        cls, place: SourceRow, today: date, empty_days: dict[tuple[str, str], set[int]] | None = None
    ) -> Fields:
        """The fields of a row; ``empty_days`` collects the days it has that say none.

        Raises:
            BadField: a mapping could not read it, there are more or fewer values than columns, there is a
                character no text has, or an id is the number of a payment card.
        """
        if place.origin and place.origin.trouble:
            raise BadField(*place.origin.trouble)
        if len(place.values) != len(place.columns):
            found, expected = len(place.values), len(place.columns)
            raise BadField(
                "row", f"has {found} values for {expected} columns; quote values that contain commas"
            )
        values = {name: value.strip() for name, value in zip(place.columns, place.values, strict=True)}
        for name, value in values.items():
            if "\0" in value:
                raise BadField(name, "contains a NUL character; remove it")
            if (is_id(name) or _is_bare(name, value)) and is_card_number(value):
                raise CardGiven(name)
        return cls(place, values, today, empty_days)

    def text(self, name: str) -> str:
        """A field that may be empty or absent."""
        return self._values.get(name, "")

    def need(self, name: str) -> str:
        """A field that must say something."""
        found = self.text(name)
        if not found:
            raise BadField(name, "is empty; it is required")
        return found

    def others(self, known: Collection[str]) -> Iterable[tuple[str, str]]:
        """The columns that are not among the known ones, and what they say, if anything."""
        return [(name, value) for name, value in self._values.items() if name not in known and name and value]

    def day(self, name: str) -> date | None:
        """A day that may be empty, or written as other systems write that there is none."""
        found = self.text(name)
        if not found:
            return None
        if days.says_none(found):
            self._empty_days.setdefault((self._place.called(name), found), set()).add(self.line)
            return None
        try:
            return date.fromisoformat(found if _DAY.fullmatch(found) else "")
        except ValueError:
            raise BadField(name, f"{shown(found)} is no date; write YYYY-MM-DD") from None

    def need_day(self, name: str) -> date:
        """A day that must be there."""
        self.need(name)
        found = self.day(name)
        if found is None:
            raise BadField(name, f"{shown(self.text(name))} is how a system writes no day; write the day")
        return found

    def past_day(self, name: str) -> date | None:
        """A day that may be empty but not lie ahead."""
        found = self.day(name)
        if found and found > self.today:
            raise BadField(name, f"{found} is in the future; check the year")
        return found

    def currency(self, name: str) -> str:
        """A currency code."""
        found = self.need(name).upper()
        if found not in DECIMALS:
            raise BadField(
                name, f"{shown(found)} is no currency of ISO 4217; write its three letters, like USD"
            )
        return found

    def money(self, name: str, currency: str) -> int:
        """An amount in minor units."""
        return money(name, self.need(name), currency)

    def positive(self, name: str, currency: str) -> int:
        """An amount above zero, in minor units."""
        found = self.money(name, currency)
        if found <= 0:
            raise BadField(name, f"{shown(self.text(name))} is not above zero")
        return found

    def quantity(self, name: str) -> str:
        """How many, as written; one if nothing is said."""
        found = self.text(name) or "1"
        if not _QUANTITY.fullmatch(found):
            raise BadField(name, f"{shown(found)} is no quantity; write a number, like 2 or 1.5")
        return found

    def language(self, name: str) -> str:
        """A language code without its country; may be empty."""
        found = self.text(name)
        if found and not _LANGUAGE.fullmatch(found):
            raise BadField(name, f"{shown(found)} is no language; write its code, like en or sv")
        return re.split("[-_]", found)[0]

    def zone(self, name: str) -> str | None:
        """A time zone that exists; may be empty."""
        found = self.text(name)
        if not found:
            return None
        try:
            ZoneInfo(found)
        except (KeyError, ValueError, OSError):
            reason = f"{shown(found)} is no time zone; write one like America/Los_Angeles"
            raise BadField(name, reason) from None
        return found

    def country(self, name: str, region: str) -> str:
        """A country code; if it is empty, the one a region may have before it."""
        found = (self.text(name) or "".join(self.text(region).split("-")[:-1])).upper()
        if found and not (len(found) == 2 and found.isascii() and found.isalpha()):  # noqa: PLR2004 - ISO 3166
            raise BadField(name, f"{shown(found)} is no country; write its two letters, like US")
        return found

    def region(self, name: str, country: str) -> str:
        """A region's code, with or without its country before it; may be empty."""
        found = self.text(name).upper().removeprefix(f"{country}-")
        if found and not (len(found) <= 3 and found.isascii() and found.isalnum()):  # noqa: PLR2004 - ISO 3166-2
            raise BadField(
                name, f"{shown(self.text(name))} is no region of {country}; write its code, like CA"
            )
        return found

    def hour(self, name: str) -> time | None:
        """A time of day that may be empty, like ``09:00`` or ``17.30``."""
        found = self.text(name)
        if not found:
            return None
        parts = _HOUR.fullmatch(found)
        hours, minutes = map(int, parts.groups("0")) if parts else (24, 0)
        try:
            return time(hours, minutes)
        except ValueError:
            raise BadField(name, f"{shown(found)} is no time of day; write one like 09:00") from None

    def yes(self, name: str) -> bool:
        """Whether something is so; empty means no."""
        found = self.text(name).lower()
        if found in {"", "no", "n", "false", "0"}:
            return False
        if found in {"yes", "y", "true", "1"}:
            return True
        raise BadField(name, f"{shown(found)} is neither yes nor no; write yes or no")

    def one_of(self, name: str, allowed: Collection[str], default: str) -> str:
        """One of a few words; the default if nothing is said."""
        found = self.text(name).lower() or default
        if found not in allowed:
            raise BadField(name, f"{shown(found)} is unknown; write one of {', '.join(allowed)}")
        return found

    def rank(self, name: str) -> int:
        """A place in an order, 1 if nothing is said."""
        found = self.text(name) or "1"
        if not re.fullmatch(r"[1-9]\d?", found, re.ASCII):
            raise BadField(name, f"{shown(found)} is no place in an order; write 1, 2 and so on")
        return int(found)

    def ledger(self, name: str) -> str:
        """The name of a ledger kept elsewhere, in small letters; may be empty."""
        return ledger_name(name, self.text(name)) if self.text(name) else ""

    def email(self, name: str) -> str:
        """An e-mail address; may be empty."""
        found = self.text(name)
        if found and not re.fullmatch(r"[^@\s]+@[^@\s]+", found):
            raise BadField(name, f"{shown(found)} is no e-mail address; write one like ada@example.org")
        return found


def ledger_name(name: str, text: str) -> str:
    """The name of a ledger kept elsewhere, in small letters.

    Raises:
        BadField: it is empty, long, or has more than letters, digits, blanks, points and dashes.
    """
    found = " ".join(text.split()).lower()
    if not _LEDGER.fullmatch(found):
        raise BadField(name, f"{shown(text)} is no name of a ledger; write one like quickbooks")
    return found


def is_id(name: str) -> bool:
    """Whether a column or a field of a row is an id that is kept as it is given."""
    return (name == "id" or name.endswith("_id")) and name != _SEALED_ID


def _is_bare(name: str, value: str) -> bool:
    """Whether a cell is nothing but digits and signs, no text for a person, and no place on earth."""
    if name in {_SEALED_ID, _MAY_BE_OURS} or _COORDINATE.fullmatch(value):
        return False
    return not any(map(str.isalpha, value))


def money(name: str, text: str, currency: str) -> int:
    """A field's amount in minor units."""
    try:
        found = Money.typed(text, currency).minor
    except BadAmount as refusal:
        raise BadField(name, str(refusal)) from None
    return _kept(name, found)


def with_cents(text: str) -> str:
    """An amount in a format whose point is known to stand before decimals, without zeros after the second."""
    return _MORE_ZEROS.sub(r"\1", text)


def times(name: str, unit: int, quantity: str) -> int:
    """A field's unit amount times its quantity, rounded to the minor unit."""
    return _kept(name, int((Decimal(quantity) * unit).quantize(Decimal(1), ROUND_HALF_UP)))


def _kept(name: str, minor: int) -> int:
    if abs(minor) > LARGEST_AMOUNT:
        raise BadField(name, "is larger than any bill; check the decimal point")
    return minor


def shown(text: str) -> str:
    """A field's value from a file, shortened and quoted for a refusal."""
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
