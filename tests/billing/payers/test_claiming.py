"""Which payer is asked for what, by when, and when somebody has to look."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.payers.claim_days import AGAIN, Mark, denied, filed, look_on, matter, opened
from billing.payers.claiming import Service, ask, settled
from billing.payers.claims import Claim, ClaimState, Code
from billing.payers.coverage import Covered, PayerTerms
from billing.payers.payer_levels import TakenReminder
from tests.billing.payers.test_adjudication import a_claim

DAY = date(2026, 3, 2)
VISIT = Code("CPT", "99213")


def service(charge_id: str, charged: int, on: date = DAY) -> Service:
    """A service nobody has paid for yet."""
    return Service(charge_id, on, VISIT, "Visit", charged, charged)


def covered(
    name: str, priority: int = 1, starts: date = date(2026, 1, 1), ends: date | None = None
) -> Covered:
    """A coverage by a payer of the same name."""
    return Covered(name, f"payer-{name}", f"M-{name}", priority, starts, ends)


def test_each_service_goes_to_the_first_payer_of_its_day() -> None:
    """A coverage that changed during the stay splits the bill; a day without one is in no claim."""
    old, new = covered("old", ends=DAY), covered("new", starts=DAY + timedelta(days=1))
    second = covered("second", 2, ends=DAY)
    services = [
        service("a", 100),
        service("b", 50, DAY + timedelta(days=1)),
        service("c", 9, date(2025, 1, 1)),
    ]
    found = {one.covered.coverage_id: one.lines for one in ask(services, [second, new, old])}
    assert {name: [line.charge_id for line in lines] for name, lines in found.items()} == {
        "old": ["a"],
        "new": ["b"],
    }
    later = ask(services, [second, new, old], {"old", "new"})
    assert [(one.covered.coverage_id, len(one.lines)) for one in later] == [("second", 1)]


def test_the_same_membership_is_never_asked_twice() -> None:
    """A coverage that was registered under two ids is one."""
    twin = replace(covered("a"), coverage_id="a-again", priority=2)
    assert ask([service("x", 100)], [covered("a"), twin], {"a"}) == []


AMOUNTS = st.lists(st.integers(-5_000, 20_000), max_size=8)


@given(AMOUNTS)
def test_discounts_are_taken_off_and_nothing_is_lost(amounts: list[int]) -> None:
    """No line is below zero, and the sum is the bill's, unless the discounts are more than the services."""
    found = settled([service(str(n), amount) for n, amount in enumerate(amounts)])
    assert all(0 < one.left == one.charged for one in found)
    assert sum(one.left for one in found) == max(sum(amounts), 0)


@given(AMOUNTS, st.lists(st.sampled_from(["a", "b", "c"]), unique=True))
def test_no_payer_is_asked_for_more_than_is_left(amounts: list[int], already: list[str]) -> None:
    """Whoever was asked before, the next claims come to what is left at most, in one piece."""
    found = ask(
        [service(str(n), amount) for n, amount in enumerate(amounts)],
        [covered("a", 1), covered("b", 2), covered("c", 3)],
        already,
    )
    asked = sum(line.amount for one in found for line in one.lines)
    assert asked == (max(sum(amounts), 0) if len(already) < 3 else 0)
    assert {one.covered.coverage_id for one in found}.isdisjoint(already)


TERMS = PayerTerms(file_days=90, answer_days=30, appeal_days=60)


def test_the_days_come_from_the_payers_terms() -> None:
    """Filing counts from the service, the answer from the filing, the appeal from the denial."""
    claim = opened(a_claim(100), TERMS)
    assert claim.file_by == DAY + timedelta(days=90)
    sent = filed(claim, TERMS, DAY + timedelta(days=5))
    assert sent.answer_by == DAY + timedelta(days=35)
    assert denied(sent, TERMS, DAY + timedelta(days=20)).appeal_by == DAY + timedelta(days=80)
    assert opened(a_claim(100), PayerTerms()).file_by is None


@pytest.mark.parametrize(
    ("claim", "terms", "after", "days", "mark"),
    [
        (replace(opened(a_claim(1), TERMS), state=ClaimState.READY), TERMS, 0, 7, Mark.UNFILED),
        (replace(opened(a_claim(1), TERMS), state=ClaimState.HELD), TERMS, 89, 91, Mark.TOO_LATE),
        (filed(a_claim(1), TERMS, DAY), TERMS, 0, 31, Mark.UNANSWERED),
        (filed(a_claim(1), PayerTerms(), DAY), PayerTerms(), 0, 31, Mark.UNANSWERED),
        (filed(a_claim(1), TERMS, DAY), TERMS, 31, 38, Mark.UNANSWERED),
        (denied(a_claim(1), TERMS, DAY), TERMS, 0, 7, Mark.UNDECIDED),
        (denied(a_claim(1), TERMS, DAY), TERMS, 50, 53, Mark.APPEAL_ENDS),
        (denied(a_claim(1), TERMS, DAY), TERMS, 60, 61, Mark.APPEAL_OVER),
    ],
)
def test_somebody_looks_before_a_day_goes_by(
    claim: Claim, terms: PayerTerms, after: int, days: int, mark: Mark
) -> None:
    """The next look comes with the next deadline, and says what is the matter."""
    found = look_on(claim, terms, DAY + timedelta(days=after))
    assert found == DAY + timedelta(days=days)
    assert matter(claim, terms, found) == (mark, 1)


def test_an_employer_is_reminded_by_its_own_ladder() -> None:
    """Each step of the terms is a step of its own; one on its way is waited for; then the desk looks."""
    terms = PayerTerms(form="invoice", remind_days=(30, 45))
    claim = filed(a_claim(1), terms, DAY)
    first, second = DAY + timedelta(days=30), DAY + timedelta(days=45)
    one, two = TakenReminder(1, first), TakenReminder(2, second)
    assert look_on(claim, terms, DAY) == first
    assert matter(claim, terms, first) == (Mark.REMIND, 1)
    assert matter(claim, terms, first, [TakenReminder(1, None)]) == (Mark.REMINDING, 1)
    assert look_on(claim, terms, first, [one]) == second
    assert matter(claim, terms, second, [one]) == (Mark.REMIND, 2)
    over = second + timedelta(days=15)
    assert look_on(claim, terms, second, [one, two]) == over
    assert matter(claim, terms, over, [one, two]) == (Mark.UNANSWERED, 1)
    assert look_on(claim, terms, over, [one, two]) == over + AGAIN


@given(st.sampled_from(list(ClaimState)), st.integers(-10, 400))
def test_what_is_open_has_a_day_and_what_is_closed_none(state: ClaimState, days: int) -> None:
    """Nothing open is ever forgotten, and no day is in the past."""
    today = DAY + timedelta(days=days)
    claim = replace(denied(filed(opened(a_claim(1), TERMS), TERMS, DAY), TERMS, DAY), state=state)
    found = look_on(claim, TERMS, today)
    assert (found is not None) == state.open
    assert found is None or found > today
