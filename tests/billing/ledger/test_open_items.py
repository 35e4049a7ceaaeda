"""What a list of open items means for a bill, and when the list itself is doubted."""

from __future__ import annotations

from datetime import date

from billing.ledger.open_items import (
    EarlierList,
    FollowedBill,
    GivenList,
    ListSum,
    ListVerdict,
    OpenItem,
    compare,
    doubts,
)
from tests.tables import each_row

DAY = date(2026, 3, 2)
WEEK = 7


def _bill(
    principal: int, *, elsewhere: int = 0, listed: int | None = 100, since: date | None = None
) -> FollowedBill:
    return FollowedBill("B1", "USD", principal, 100, elsewhere, listed, since)


@each_row(
    "bill, there, what, change, ask",
    [
        (_bill(100), 100, "same", 0, False),
        (_bill(100), 60, "lower", -40, False),
        (_bill(100), 0, "gone", -100, False),
        (_bill(0), 0, "same", 0, False),
        # Open there again as it was settled by an earlier list: the settlement is reversed, in part too.
        (_bill(60, elsewhere=40, listed=60), 100, "back", 40, False),
        (_bill(0, elsewhere=100, listed=0), 30, "back", 30, False),
        # Paid here and not booked there yet: nothing is raised, and nothing is settled twice.
        (_bill(60), 100, "known_here", 0, False),
        (_bill(0, elsewhere=40, listed=60), 60, "known_here", 0, False),
        (_bill(60, since=date(2026, 2, 23)), 100, "known_here", 0, True),
        (_bill(0, elsewhere=30, listed=60), 100, "back", 30, True),
        # It rose there, and what was settled by its lists explains a part of it, or nothing.
        (_bill(0, elsewhere=40, listed=60), 100, "back", 40, False),
        (_bill(60, listed=60), 100, "higher", 0, True),
        (_bill(100), 150, "higher", 0, True),
        (_bill(100, listed=None), 150, "higher", 0, True),
        (_bill(60, listed=None), 100, "known_here", 0, False),
    ],
)
def test_what_a_list_means_for_a_bill(
    bill: FollowedBill, there: int, what: str, change: int, ask: bool
) -> None:
    """Lower and gone are settled, back is reversed as far as it rose there, the rest left or asked about."""
    found = compare(bill, there, DAY, WEEK)
    assert (found.what.value, found.change, found.ask) == (what, change, ask)


def _verdicts(*listed: tuple[int | None, int]) -> list[ListVerdict]:
    """Verdicts about bills of which the last list had so much open, and this one has so much."""
    return [
        compare(
            FollowedBill(f"B{number}", "USD", 5 if before is None else before, 5, 0, before), there, DAY, WEEK
        )
        for number, (before, there) in enumerate(listed)
    ]


def _given(*amounts: int, currency: str = "USD", as_of: date = DAY, totalled: bool = False) -> GivenList:
    items = tuple(OpenItem(f"B{number}", currency, amount) for number, amount in enumerate(amounts))
    return GivenList("books", as_of, items, totalled)


def _last(
    count: int, total: int, currency: str = "USD", *, totalled: bool = False, last: str = "B0"
) -> EarlierList:
    return EarlierList(date(2026, 3, 1), {currency: ListSum(count, total)}, totalled, last)


@each_row(
    "given, last, listed, found",
    [
        (_given(5, 5, 5), _last(3, 15), [(5, 5)] * 3, ""),
        (_given(5), _last(2, 10), [(5, 5), (5, 0)], ""),
        (_given(5, 5), _last(4, 20), [(5, 5), (5, 5), (5, 0), (5, 0)], "2 of 4 open bills are on it no more"),
        (_given(), _last(1, 5), [(5, 0)], "it is empty"),
        (_given(), None, [], ""),
        (_given(5, as_of=date(2026, 2, 1)), _last(1, 5), [(5, 5)], "older than the last one of 2026-03-01"),
        (_given(500, 500), _last(2, 10), [(5, 500), (5, 500)], "10000 per cent"),
        (_given(1, 1), _last(2, 10), [(5, 1), (5, 1)], "20 per cent"),
        (_given(1, 5), _last(2, 10), [(5, 1), (5, 5)], ""),
        (_given(5, currency="SEK"), _last(1, 5), [(5, 5)], "SEK, which the last one had not"),
        (_given(5, currency="SEK"), _last(2, 9), [(5, 5)], "nothing in USD"),
        (_given(900), _last(1, 5), [(5, 5)], "more than 3 times"),
        (_given(5), _last(1, 5, totalled=True), [(5, 5)], "ended with its total"),
        (_given(5, totalled=True), _last(1, 5, totalled=True), [(5, 5)], ""),
        # The list before went on where this one ends; a total, or its last bill, says that this is all.
        (_given(5), _last(2, 10, last="B1"), [(5, 5), (5, 0)], "lacks bill 'B1', the last"),
        (_given(5), _last(3, 15, last="B2"), [(5, 5), (5, 0), (0, 0)], "lacks bill 'B2', the last"),
        (_given(5), _last(2, 10, last="B1"), [(5, 5), (0, 0)], ""),
        (_given(5, totalled=True), _last(2, 10, last="B1"), [(5, 5), (5, 0)], ""),
        (_given(5), _last(1, 5), [(5, 5), (None, 0)], "lacks bill 'B1', as the last one did"),
        (_given(5), None, [(None, 5), (None, 0)], "lacks bill 'B1', as the last one did"),
    ],
)
def test_a_list_is_doubted(
    given: GivenList, last: EarlierList | None, listed: list[tuple[int | None, int]], found: str
) -> None:
    """Shorter, cut, older, empty, other sums or currencies, without its total; a bill may always change."""
    verdicts = _verdicts(*listed)
    named = {item.bill_id for item in given.items}
    said = "; ".join(doubts(given, last, verdicts, 25, 50, named))
    assert found in said
    assert bool(found) == bool(said)
