"""Collectors: what the contract gives them, to the cent; and what a balance is made of."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.collection.collectors import (
    Basis,
    Collector,
    ContractTerms,
    NoSuchCollector,
    Rate,
    Remits,
    WhichCollector,
    named,
)
from billing.collection.itemisation import itemise
from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money
from billing.ledger.settlement import DebtPart

ISSUED = date(2026, 1, 1)
FLAT = (Rate(Decimal(25)),)
FAIR = Collector("fair", "Fair Collect", "SOW-1", FLAT, four_eyes_above=1000)
AGED = Collector("aged", "Aged Debts", "SOW-2", (Rate(Decimal(18), 180), Rate(Decimal("27.5"))))

amounts = st.integers(0, 10**9)
percents = st.decimals(0, 100, places=2)


@pytest.mark.parametrize(
    ("terms", "principal", "extras", "fee"),
    [
        (ContractTerms("S", Decimal(25)), 50000, 0, 12500),
        (ContractTerms("S", Decimal(25)), 2, 0, 1),
        (ContractTerms("S", Decimal("12.5")), 4, 0, 1),
        (ContractTerms("S", Decimal("12.5")), 3, 0, 0),
        (ContractTerms("S", Decimal(25)), 50000, 6000, 12500),
        (ContractTerms("S", Decimal(25), Basis.ALL), 50000, 6000, 14000),
        (ContractTerms("S", Decimal(25), Basis.ALL, keeps_extras=True), 50000, 6000, 18500),
        (ContractTerms("S", Decimal(0)), 50000, 0, 0),
    ],
)
def test_the_fee_is_what_the_contract_says_to_the_cent(
    terms: ContractTerms, principal: int, extras: int, fee: int
) -> None:
    """A percentage of the principal or of all, halves rounded up, extras kept where they are theirs."""
    assert terms.fee(principal, extras) == fee


@given(amounts, amounts, percents, st.sampled_from(Basis), st.booleans(), st.sampled_from(Remits))
def test_nothing_is_lost_between_gross_fee_and_net(
    principal: int, extras: int, percent: Decimal, basis: Basis, keeps: bool, remits: Remits
) -> None:
    """A fee never exceeds what was collected, and what is paid over and kept comes to it."""
    terms = ContractTerms("S", percent, basis, keeps, remits)
    fee, gross = terms.fee(principal, extras), principal + extras
    assert 0 <= fee <= gross
    kept = fee if remits is Remits.NET else 0
    assert terms.net(gross, fee) + kept == gross
    assert terms.net(gross, fee, direct=True) == -kept
    assert ContractTerms.from_json(terms.to_json()) == terms


def test_the_rate_goes_by_the_age_of_the_debt_when_it_was_placed() -> None:
    """Up to the limit the first rate, the next day the second."""
    assert [AGED.terms(days).percent for days in (0, 180, 181)] == [18, 18, Decimal("27.5")]


def test_four_eyes_begin_above_the_amount() -> None:
    """Exactly the amount needs one person, a cent more needs two; without an amount one is enough."""
    assert [FAIR.needs_two(minor, "USD") for minor in (100000, 100001)] == [False, True]
    assert not AGED.needs_two(10**9, "USD")


def test_a_collector_is_named_or_the_only_one() -> None:
    """By id or name; nobody guesses among several, and an unknown one is refused."""
    assert named([FAIR, AGED], "Aged Debts") is AGED
    assert named([FAIR], "") is FAIR
    assert named([], "whoever") is None
    with pytest.raises(WhichCollector, match="fair or aged"):
        named([FAIR, AGED], "")
    with pytest.raises(NoSuchCollector, match="known are fair"):
        named([FAIR], "unfair")


def _entry(number: int, kind: EntryKind, amount: int, days: int, reverses: int | None = None) -> Entry:
    booked = ISSUED + timedelta(days=days)
    return Entry("A", kind, Money(amount, "USD"), booked, str(number), "B", reverses=reverses, id=number)


def test_a_balance_unfolds_from_its_last_statement() -> None:
    """Interest, fees, payments and credits since the bill; a bounced payment counts as none."""
    entries = [
        _entry(1, EntryKind.CHARGE, 60000, 0),
        _entry(2, EntryKind.PAYER, -10000, 0),
        _entry(3, EntryKind.FEE, 600, 40),
        _entry(4, EntryKind.PAYMENT, -5000, 41),
        _entry(5, EntryKind.REVERSAL, 5000, 43, reverses=4),
        _entry(6, EntryKind.PAYMENT, -2000, 50),
        _entry(7, EntryKind.INTEREST, 150, 51),
        _entry(8, EntryKind.ADJUSTMENT, -1000, 52),
    ]
    found = itemise(entries, ISSUED, tuple(DebtPart))
    assert (found.since, found.amount_then) == (ISSUED, 50000)
    assert (found.interest, found.fees, found.balance) == (150, 600, 47750)
    assert (found.principal, found.extras) == (47000, 750)
    assert found.payments + found.credits == 3000


lines = st.lists(
    st.tuples(st.sampled_from(EntryKind), st.integers(-(10**6), 10**6), st.integers(0, 90)), max_size=12
)


@given(lines)
def test_an_itemised_balance_always_adds_up(drawn: list[tuple[EntryKind, int, int]]) -> None:
    """Whatever is booked, the parts come to the balance, and the service to no more than all of it."""
    entries = [_entry(number, *one) for number, one in enumerate(drawn, 1)]
    found = itemise(entries, ISSUED, tuple(DebtPart))
    assert found.balance == sum(entry.amount.minor for entry in entries)
    unfolded = found.amount_then + found.interest + found.fees - found.payments - found.credits
    assert unfolded == found.balance
    assert 0 <= found.principal <= max(found.balance, 0)
