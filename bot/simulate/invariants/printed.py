"""The text printed on a letter, as its reader sees it, independent of the code that made it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.simulate.evidence import Evidence, Sent

CAPITAL: Final = {"en": "Capital", "sv": "Kapital", "es": "Capital"}
INTEREST: Final = {"en": "Interest", "sv": "Ränta", "es": "Intereses"}
COSTS: Final = {"en": "Costs", "sv": "Kostnader", "es": "Gastos"}
_RATE: Final = re.compile(r"\d\s?(?:%|per ?cent|procent|por ciento)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PrintedRow:
    """What a letter says of one bill, in minor units."""

    bill_id: str
    capital: int
    interest: int
    costs: int
    total: int


def rows(sent: Sent) -> Iterator[PrintedRow]:
    """What a letter says of each of its bills; nothing where it names none, or no column of each part."""
    table = (sent.page or {}).get("table")
    if not table:
        return
    columns = list(table["columns"])
    words = [named.get(sent.language, "") for named in (CAPITAL, INTEREST, COSTS)]
    if not all(word in columns for word in words):
        return
    first = columns.index(words[0])
    places = [columns.index(word) - first for word in words]
    for row in table["rows"]:
        amounts = [_minor(text) for text in row["amounts"]]
        capital, interest, costs = (amounts[place] for place in places)
        yield PrintedRow(row["bill"], capital, interest, costs, amounts[-1])


def is_whole(seen: Evidence, sent: Sent, bill_id: str) -> bool:
    """Whether a letter says of a bill all that a demand has to say, and it adds up to what was owed then."""
    row = next((one for one in rows(sent) if one.bill_id == bill_id), None)
    if row is None or row.capital + row.interest + row.costs != row.total:
        return False
    stated_rate = not row.interest or _RATE.search(sent.text) is not None
    named = seen.creditor.name in sent.text and seen.people[sent.customer_id or ""].name in sent.text
    return stated_rate and named and row.total == seen.owed_at(bill_id, sent.decided_at)


def _minor(text: str) -> int:
    """An amount as it is printed, always with its last two digits."""
    digits = int(re.sub(r"\D", "", text) or "0")
    return -digits if text.strip().startswith(("-", "−")) else digits  # noqa: RUF001 - as it is printed
