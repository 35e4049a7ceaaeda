"""Following a ledger kept elsewhere: what its list of open items means for a bill, and when it is doubted.

The other ledger knows nothing of fees and interest of ours: what is compared is the principal as it would be
if all money had settled it first. Amounts are in minor units.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import date

RULE: Final = "ledger:"
"""What the rule of an entry begins with that a ledger's list made; its name follows."""
_FEW: Final = 1
"""So many bills may always change: one that is paid is a large share of a short list."""
_MANY_TIMES: Final = 3
"""A whole list that asks for more than so many times the last one is hardly the same ledger's."""


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A line of a list: a bill, and what is open on it there."""

    bill_id: str
    currency: str
    open: int


@dataclass(frozen=True, slots=True)
class FollowedBill:
    """A bill that follows a ledger.

    ``principal`` is what is owed of it here, ``charged`` what it asked for, ``elsewhere`` what that ledger
    settled of it so far; ``listed`` is what the last list had open, None if no list had it yet.
    ``differs_since`` is the day of the first list in a row that had more open than is owed here.
    """

    bill_id: str
    currency: str
    principal: int
    charged: int
    elsewhere: int
    listed: int | None
    differs_since: date | None = None


class ListedChange(StrEnum):
    """What a list means for a bill."""

    SAME = "same"
    LOWER = "lower"
    GONE = "gone"
    """It is on the list no more, or with nothing open."""
    BACK = "back"
    """What that ledger had settled is open there again."""
    HIGHER = "higher"
    """A person is asked: more is open there than can be explained."""
    KNOWN_HERE = "known_here"
    """Money or a credit that is known here is not booked there yet: nothing is changed."""


@dataclass(frozen=True, slots=True)
class ListVerdict:
    """What follows for one bill: ``change`` is what is booked (minor units), negative where it is settled."""

    bill: FollowedBill
    open: int
    """What the list has open."""
    what: ListedChange
    change: int = 0
    ask: bool = False
    differs_since: date | None = None

    @property
    def after(self) -> int:
        """What is owed of the principal then."""
        return self.bill.principal + self.change


def compare(bill: FollowedBill, open_there: int, as_of: date, ask_after_days: int) -> ListVerdict:
    """What a list of the day ``as_of`` means for a bill; nothing that is known here to be paid is raised.

    A settlement is reversed as far as the bill rose there since the last list: what stayed as it was and is
    paid here meanwhile is not owed again. A difference that lasts ``ask_after_days`` is for a person.
    """
    missing = open_there - bill.principal
    if missing < 0:
        what = ListedChange.LOWER if open_there else ListedChange.GONE
        return ListVerdict(bill, open_there, what, missing)
    if not missing:
        return ListVerdict(bill, open_there, ListedChange.SAME)
    rose = max(open_there - bill.listed, 0) if bill.listed is not None else 0
    back = min(missing, bill.elsewhere, rose)
    if back == missing:
        return ListVerdict(bill, open_there, ListedChange.BACK, back)
    since = bill.differs_since or as_of
    unexplained = open_there > bill.charged or rose > back
    lasts = (as_of - since).days >= ask_after_days
    what = ListedChange.BACK if back else ListedChange.HIGHER if unexplained else ListedChange.KNOWN_HERE
    return ListVerdict(bill, open_there, what, back, unexplained or lasts, since)


@dataclass(frozen=True, slots=True)
class ListSum:
    """How many items of a currency a list has, and what they add up to."""

    count: int
    total: int


@dataclass(frozen=True, slots=True)
class EarlierList:
    """What is known of the list that was taken last."""

    as_of: date
    sums: Mapping[str, ListSum]
    totalled: bool
    """Whether it ended with its total."""
    last_bill: str = ""
    """The last bill known here that it had open, in its own order."""


@dataclass(frozen=True, slots=True)
class GivenList:
    """A ledger's list of what was open at the end of a day; ``totalled``: it ended with its total."""

    ledger: str
    as_of: date
    items: tuple[OpenItem, ...]
    totalled: bool = False

    def sums(self) -> dict[str, ListSum]:
        """What it adds up to, by currency."""
        found: dict[str, ListSum] = {}
        for item in self.items:
            before = found.get(item.currency, ListSum(0, 0))
            found[item.currency] = ListSum(before.count + 1, before.total + item.open)
        return dict(sorted(found.items()))


def doubts(
    given: GivenList,
    last: EarlierList | None,
    verdicts: Sequence[ListVerdict],
    shorter_percent: int,
    total_percent: int,
    named: Collection[str],
) -> Iterator[str]:
    """Why a list may not be what it should be, one sentence each; a person may take it all the same.

    ``named`` are the ids of the bills that it names, be it with nothing open.
    """
    if last and given.as_of < last.as_of:
        yield f"it is of {given.as_of}, older than the last one of {last.as_of}"
    if last and last.totalled and not given.totalled:
        yield "the last one ended with its total and this one does not: it may be cut"
    if last:
        yield from _currencies(given.sums(), last.sums)
    if given.items and not given.totalled:
        yield from _ends_early(last, verdicts, named)
    expected = [one for one in verdicts if one.bill.principal > 0]
    gone = [one for one in expected if not one.open]
    if expected and not given.items:
        yield "it is empty"
    elif len(gone) > _FEW and len(gone) * 100 > shorter_percent * len(expected):
        yield (
            f"{len(gone)} of {len(expected)} open bills are on it no more, above the policy's "
            f"{shorter_percent} per cent"
        )
    yield from _jumps(verdicts, total_percent)


def _ends_early(
    last: EarlierList | None, verdicts: Sequence[ListVerdict], named: Collection[str]
) -> Iterator[str]:
    """Whether bills that a list lacks may have been cut off its end, which nothing else would show.

    A list that still has the last bill of the one before goes as far as that one did; what was not on that
    one may have come behind it.
    """
    ended_with = last.last_bill if last else ""
    gone = [one.bill for one in verdicts if one.what is ListedChange.GONE and one.bill.bill_id not in named]
    if gone and ended_with and ended_with not in named:
        yield f"it has no total and lacks bill {ended_with!r}, the last of the list before: it may be cut"
    elif new := next((bill for bill in gone if not bill.listed), None):
        yield f"it has no total and lacks bill {new.bill_id!r}, as the last one did: it may be cut"


def _currencies(now: Mapping[str, ListSum], before: Mapping[str, ListSum]) -> Iterator[str]:
    for currency in sorted(now.keys() - before.keys()):
        if before:
            yield f"it has amounts in {currency}, which the last one had not"
    for currency in sorted(before.keys() - now.keys()):
        if before[currency].count > _FEW and now:
            yield f"it has nothing in {currency}, of which the last one had {before[currency].count} items"
    for currency in sorted(now.keys() & before.keys()):
        first, then = before[currency], now[currency]
        if then.count - first.count <= _FEW and then.total > _MANY_TIMES * max(first.total, 1):
            yield f"its total in {currency} is more than {_MANY_TIMES} times that of the last one"


def _jumps(verdicts: Sequence[ListVerdict], most: int) -> Iterator[str]:
    """Whether what is open on bills that were on the last list, and are on this one, is very different."""
    both = [one for one in verdicts if one.open and one.bill.listed]
    for currency in sorted({one.bill.currency for one in both}):
        mine = [one for one in both if one.bill.currency == currency]
        changed = sum(one.open != one.bill.listed for one in mine)
        before = sum(one.bill.listed or 0 for one in mine)
        now = sum(one.open for one in mine)
        if changed > _FEW and abs(now - before) * 100 > most * before:
            yield (
                f"the bills that were on the last one too add up in {currency} to "
                f"{100 * now // before} per cent of it, beyond the policy's {most} per cent more or less"
            )
