"""Who gets which help, and what it takes off which bill."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some

from billing.costs.aid import BeyondTheShare, BillShare, Proposal, above_ceiling, propose, share_of, taken_off
from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money
from billing.payers.coverage import Ceiling, CoverageTerms
from billing.policy import AidProgramme, AidStep, PovertyLine

LINE = PovertyLine(source="the operator's table", currency="USD", one=15_000, each_more=5_000)
CHARITY = AidProgramme(
    source="x",
    id="charity",
    name="Charity care",
    steps=(AidStep(up_to=200, off=100), AidStep(up_to=400, off=50)),
)
MEDICAID = AidProgramme(
    source="x", id="medicaid", name="Medicaid", kind="referral", refer_below=138, refer_to="the county office"
)


@pytest.mark.parametrize(
    ("household", "income", "expected"),
    [
        (1, 3_000_000, [("charity", 100, 200)]),
        (1, 3_000_001, [("charity", 50, 201)]),
        (4, 12_000_000, [("charity", 50, 400)]),
        (4, 12_000_001, []),
        (1, 0, [("charity", 100, 0), ("medicaid", 0, 0)]),
        (1, 2_069_999, [("charity", 100, 138), ("medicaid", 0, 138)]),
        (1, 2_070_000, [("charity", 100, 138)]),
    ],
)
def test_a_programme_is_proposed_by_income_against_the_line(
    household: int, income: int, expected: list[tuple[str, int, int]]
) -> None:
    """To the cent at every edge: up to a step its share is off, below the limit somebody is referred."""
    found = propose([CHARITY, MEDICAID], LINE, household, income)
    assert [(one.programme, one.off, one.of_line) for one in found] == expected


def test_without_an_income_or_a_line_nothing_is_proposed() -> None:
    """Nobody is turned down by a proposal: there is none."""
    assert propose([CHARITY], None, 1, 0) == []
    assert propose([CHARITY], LINE, None, None) == []
    assert propose([MEDICAID], LINE, 1, 0) == [Proposal("medicaid", "Medicaid", refer_to="the county office")]


def test_a_discount_is_of_the_share_and_all_of_it_means_the_fees_too() -> None:
    """Half of the share rounds up for the person; fees fall with the last of it only."""
    bill = BillShare("B", date(2026, 1, 1), share=10_001, extras=500, paid=0)
    assert taken_off([bill], 50) == {"B": 5_001}
    assert taken_off([bill], 100) == {"B": 10_501}
    assert taken_off([BillShare("B", date(2026, 1, 1), share=100, helped=30)], 50) == {"B": 20}
    assert taken_off([BillShare("B", date(2026, 1, 1), share=100, helped=80)], 50) == {}
    assert taken_off([BillShare("B", date(2026, 1, 1), share=-5)], 50) == {}


@pytest.mark.parametrize("percent", [0, 101, -1])
def test_no_more_than_all_is_taken_off(percent: int) -> None:
    """More than the share would make a debt of ours."""
    with pytest.raises(BeyondTheShare):
        taken_off([], percent)


def test_the_last_fee_is_cut_to_the_ceiling_of_its_window() -> None:
    """1,400 in twelve months from the first visit; the next window has its own, with the sum of its year."""
    terms = CoverageTerms(ceilings=(Ceiling(date(2023, 1, 1), 130_000), Ceiling(date(2024, 1, 1), 140_000)))
    days = [date(2024, 2, 1), date(2024, 6, 1), date(2025, 1, 31), date(2025, 2, 1)]
    bills = [BillShare(f"B{n}", day, 60_000, paid=60_000) for n, day in enumerate(days)]
    assert above_ceiling(bills, terms) == {"B2": 40_000}
    helped = [BillShare("A", days[0], 150_000, helped=10_000)]
    assert above_ceiling(helped, terms) == {}


def test_a_share_is_read_from_the_entries_with_reversals() -> None:
    """Charges less payers and contracts; help, fees and money each in its place, taken back where it was."""

    def entry(
        number: int, kind: EntryKind, amount: int, rule: str = "", reverses: int | None = None
    ) -> Entry:
        money = Money(amount, "USD")
        return Entry(
            "A", kind, money, date(2026, 1, 1), str(number), "B", rule=rule, reverses=reverses, id=number
        )

    entries = [
        entry(1, EntryKind.CHARGE, 100),
        entry(2, EntryKind.PAYER, -30),
        entry(3, EntryKind.ADJUSTMENT, -10),
        entry(4, EntryKind.FEE, 5),
        entry(5, EntryKind.ADJUSTMENT, -20, "aid:charity"),
        entry(6, EntryKind.REVERSAL, 20, reverses=5),
        entry(7, EntryKind.PAYMENT, -50),
        entry(8, EntryKind.REVERSAL, 50, reverses=7),
        entry(9, EntryKind.ADJUSTMENT, -12, "aid:charity"),
    ]
    found = share_of("B", date(2026, 1, 1), entries)
    assert (found.share, found.extras, found.helped, found.paid, found.owed) == (60, 5, 12, 0, 53)


@given(
    some.lists(some.tuples(some.integers(0, 900_000), some.integers(0, 900_000)), max_size=5),
    some.integers(1, 100),
)
def test_help_never_takes_off_more_than_is_the_persons(bills: list[tuple[int, int]], percent: int) -> None:
    """Whatever was helped before, a bill's share never goes below zero."""
    shares = [
        BillShare(str(n), date(2026, 1, 1), share, helped=min(helped, share))
        for n, (share, helped) in enumerate(bills)
    ]
    off = taken_off(shares, percent)
    assert all(0 < off[bill.bill_id] <= bill.share - bill.helped for bill in shares if bill.bill_id in off)
