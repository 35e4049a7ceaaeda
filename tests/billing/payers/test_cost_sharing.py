"""What coverages leave to the person."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from billing.calendar import add_months
from billing.payers.claims import Adjustment, AdjustmentGroup, Claim, ClaimLine, ClaimVerdict, Code
from billing.payers.cost_sharing import ask, coordinate_benefits, shares_of
from billing.payers.coverage import Ceiling, CostShare, CoverageTerms, Covered, PlanYear, used, window
from tests.fakes.payer import answered_by_terms

DAY = date(2026, 3, 2)
MRI = Code("CPT", "70551")
VISIT = Code("local", "visit")


def a_line(position: int = 1, amount: int = 100_000, **more: Any) -> ClaimLine:
    """A service of a thousand."""
    facts: dict[str, Any] = {"service_on": DAY, "code": MRI, "charged": amount} | more
    return ClaimLine(position=position, charge_id=f"c{position}", description="MRI", amount=amount, **facts)


def covering(coverage_id: str = "one", priority: int = 1, **terms: Any) -> Covered:
    """A coverage with these terms, from the year before."""
    return Covered(
        coverage_id, f"payer-{coverage_id}", "M1", priority, date(2025, 1, 1), terms=CoverageTerms(**terms)
    )


def answered(line: ClaimLine, covered: Covered, *past: CostShare) -> tuple[int, list[tuple[str, str, int]]]:
    """What is paid of one line, and what is adjusted: group, reason, amount."""
    (answer,) = ask([line], covered, past).answered
    assert answer.off == 0
    return answer.paid, [(one.group.value, one.reason, one.amount) for one in answer.adjustments]


def test_a_payer_without_terms_of_its_own_takes_everything() -> None:
    """Everything unset costs the person nothing."""
    assert answered(a_line(), covering()) == (100_000, [])


def test_each_part_of_the_terms_has_its_reason() -> None:
    """Above contract CO-45, deductible PR-1, co-payment PR-3, co-insurance PR-2 of what remains."""
    covered = covering(deductible=20_000, copay=3_000, coinsurance=2_000, allowed={MRI: 80_000})
    expected = [("CO", "45", 20_000), ("PR", "1", 20_000), ("PR", "3", 3_000), ("PR", "2", 11_400)]
    assert answered(a_line(), covered) == (45_600, expected)


def test_half_a_cent_of_co_insurance_is_the_persons() -> None:
    """A half of a minor unit rounds up."""
    assert answered(a_line(amount=25), covering(coinsurance=1_000))[1] == [("PR", "2", 3)]


def test_what_was_used_of_the_deductible_in_this_plan_year_counts() -> None:
    """Last year's deductible is last year's; this year's is taken off."""
    covered = covering(deductible=50_000)
    last = CostShare("one", date(2025, 12, 31), deductible=50_000)
    this = CostShare("one", date(2026, 1, 1), deductible=30_000)
    assert answered(a_line(), covered, last)[1] == [("PR", "1", 50_000)]
    assert answered(a_line(), covered, last, this)[1] == [("PR", "1", 20_000)]


def test_a_plan_year_may_begin_with_the_coverage() -> None:
    """A year from 15 June, not from January."""
    june = replace(covering(plan_year=PlanYear.COVERAGE), starts_on=date(2024, 6, 15))
    spent = [
        CostShare("one", date(2025, 6, 14), deductible=1),
        CostShare("one", date(2025, 6, 15), deductible=2),
    ]
    assert used(june, spent, DAY).deductible == 2
    assert used(june, spent, date(2025, 6, 14)).deductible == 1


def test_the_out_of_pocket_maximum_ends_what_the_person_pays() -> None:
    """What would go beyond it is the payer's: the co-insurance is cut first."""
    covered = covering(deductible=20_000, coinsurance=5_000, out_of_pocket_max=30_000)
    assert answered(a_line(), covered)[1] == [("PR", "1", 20_000), ("PR", "2", 10_000)]
    spent = CostShare("one", date(2026, 1, 5), deductible=20_000, coinsurance=10_000)
    assert answered(a_line(), covered, spent) == (100_000, [])


def test_a_visit_is_paid_for_once() -> None:
    """Lines of one day share one co-payment; another day has its own."""
    lines = [a_line(1, 2_000), a_line(2, 9_000), a_line(3, 9_000, service_on=DAY + timedelta(days=1))]
    step = ask(lines, covering(copay=3_000), [])
    assert [sum(one.amount for one in line.adjustments) for line in step.answered] == [2_000, 1_000, 3_000]


def test_an_excluded_service_is_the_persons_unless_the_terms_say_otherwise() -> None:
    """PR-96, or CO-96 where the provider bears it."""
    assert answered(a_line(), covering(excluded=frozenset({MRI}))) == (0, [("PR", "96", 100_000)])
    ours = covering(excluded=frozenset({MRI}), excluded_is=AdjustmentGroup.CONTRACT)
    assert answered(a_line(), ours) == (0, [("CO", "96", 100_000)])


def test_a_service_without_the_authorisation_it_needs_is_not_the_persons() -> None:
    """CO-197; with a number on the line the terms apply as for any other."""
    covered = covering(needs_authorisation=frozenset({MRI}), copay=1_000)
    assert answered(a_line(), covered) == (0, [("CO", "197", 100_000)])
    assert answered(a_line(authorisation="A-7"), covered) == (99_000, [("PR", "3", 1_000)])


def test_before_and_after_a_coverage_nothing_is_paid() -> None:
    """PR-26 before it began, PR-27 after it ended."""
    covered = replace(covering(), ends_on=date(2026, 2, 28))
    assert answered(a_line(), covered)[1] == [("PR", "27", 100_000)]
    assert answered(a_line(service_on=date(2024, 12, 31)), covered)[1] == [("PR", "26", 100_000)]


def test_a_discount_on_a_bill_is_not_answered_with_a_deductible() -> None:
    """A line below zero goes through as it is."""
    assert answered(a_line(amount=-500), covering(deductible=1_000)) == (-500, [])


def test_the_last_fee_is_cut_to_hit_the_ceiling_exactly() -> None:
    """1,400 in twelve months: after 1,250 a visit of 300 costs 150, and the next one nothing."""
    region = covering(copay=30_000, ceiling=140_000)
    past = [CostShare("one", date(2026, 1, 10 + n), copay=25_000, protected=True) for n in range(5)]
    assert answered(a_line(), region, *past)[1] == [("PR", "3", 15_000)]
    assert answered(a_line(), region, *past, CostShare("one", DAY, copay=15_000, protected=True)) == (
        100_000,
        [],
    )


def test_twelve_months_count_from_the_first_visit() -> None:
    """A window ends twelve months after its first visit; the next visit opens another."""
    first, later = date(2025, 3, 2), date(2025, 11, 30)
    past = [CostShare("one", day, copay=70_000, protected=True) for day in (first, later)]
    region = covering(copay=30_000, ceiling=140_000)
    assert used(region, past, date(2026, 3, 1)).towards_ceiling == 140_000
    assert used(region, past, date(2026, 3, 2)).towards_ceiling == 0
    assert window(past, 12, date(2026, 3, 1)) == first


def test_the_ceiling_of_the_first_visit_holds_for_the_whole_window() -> None:
    """A sum that rises at new year does not rise for a window that is open."""
    sums = (Ceiling(date(2023, 1, 1), 130_000), Ceiling(date(2024, 1, 1), 140_000))
    region = covering(copay=30_000, ceilings=sums)
    assert region.terms.ceiling_of(date(2023, 12, 30)) == 130_000
    past = [CostShare("one", date(2023, 12, 30), copay=120_000, protected=True)]
    assert answered(a_line(service_on=date(2025, 1, 1)), region)[1] == [("PR", "3", 30_000)]
    early = replace(region, starts_on=date(2023, 1, 1))
    assert answered(a_line(service_on=date(2024, 2, 1)), early, *past)[1] == [("PR", "3", 10_000)]


def test_a_second_payer_gets_what_the_first_left_and_no_more_than_its_own_terms() -> None:
    """The first leaves 40; the second would pay 90 alone, and takes the 40."""
    first, second = covering("one", coinsurance=4_000), covering("two", 2, coinsurance=1_000)
    settled = coordinate_benefits([a_line(amount=100)], [second, first], [])
    assert [(step.covered.coverage_id, step.paid) for step in settled.steps] == [("one", 60), ("two", 40)]
    assert settled.remainder == 0
    worse = coordinate_benefits([a_line(amount=100)], [first, covering("two", 2, coinsurance=7_500)], [])
    assert [step.paid for step in worse.steps] == [60, 25]
    assert worse.remainder == 15


def test_what_the_first_payer_forgoes_or_refuses_as_its_contract_goes_to_nobody() -> None:
    """Only what is left to the person is asked of the next payer."""
    first = covering("one", allowed={MRI: 70}, coinsurance=1_000)
    (_, second) = coordinate_benefits([a_line(amount=100)], [first, covering("two", 2)], []).steps
    assert [line.asked for line in second.answered] == [7]
    denied = covering("one", needs_authorisation=frozenset({MRI}))
    assert len(coordinate_benefits([a_line(amount=100)], [denied, covering("two", 2)], []).steps) == 1


def test_without_a_coverage_all_of_it_is_the_persons() -> None:
    """Nobody covers that day."""
    assert (
        coordinate_benefits(
            [a_line(amount=100)], [replace(covering(), ends_on=date(2026, 1, 1))], []
        ).remainder
        == 100
    )


def test_a_claim_is_answered_like_a_payer_does() -> None:
    """The answer adds up, carries the claim's key, and is a denial only if nothing is taken of any line."""
    claim = Claim("B1-C1", "B1", "ada", "payer-one", "one", 1, "USD", (a_line(), a_line(2, code=VISIT)))
    covered = covering(needs_authorisation=frozenset({MRI}))
    answer = answered_by_terms(claim, covered, [], DAY)
    answer.check()
    assert (answer.verdict, answer.id, answer.paid) == (ClaimVerdict.PAID, "B1-C1", 100_000)
    alone = replace(claim, lines=claim.lines[:1])
    assert answered_by_terms(alone, covered, [], DAY).verdict is ClaimVerdict.DENIED
    all_deductible = answered_by_terms(claim, covering(deductible=10**6), [], DAY)
    assert (all_deductible.verdict, all_deductible.paid) == (ClaimVerdict.PAID, 0)


def test_what_a_payer_answered_counts_as_its_own_terms_would() -> None:
    """The shares of an answer are read from its reasons, of a line or of the claim as a whole."""
    covered = covering(deductible=20_000, copay=3_000, coinsurance=2_000, ceiling=10**7)
    step = ask([a_line()], covered, [])
    assert shares_of(covered, step.asked, step.answered) == step.shares
    whole = replace(
        step.answered[0], position=None, adjustments=(Adjustment(AdjustmentGroup.PATIENT, "1", 5),)
    )
    assert shares_of(covered, step.asked, [whole]) == (CostShare("one", DAY, 5, protected=True),)


_amounts = some.integers(0, 500_000)
_terms = some.builds(
    CoverageTerms,
    deductible=_amounts,
    copay=some.integers(0, 40_000),
    coinsurance=some.integers(0, 10_000),
    out_of_pocket_max=some.none() | _amounts,
    ceiling=some.none() | _amounts,
    allowed=some.dictionaries(some.sampled_from([MRI, VISIT]), _amounts),
    needs_authorisation=some.frozensets(some.sampled_from([MRI, VISIT]), max_size=1),
    excluded=some.frozensets(some.sampled_from([MRI, VISIT]), max_size=1),
)
_lines = some.lists(
    some.tuples(_amounts, some.integers(0, 800), some.sampled_from([MRI, VISIT])), min_size=1, max_size=8
)


@given(_terms, _terms, _lines)
@example(  # the first payer's fee opened the window, a year before the third service
    one=CoverageTerms(copay=1, ceiling=1, excluded=frozenset({MRI})),
    two=CoverageTerms(coinsurance=5_000, ceiling=2),
    services=[(1, 1, MRI), (2, 0, VISIT), (3, 365, MRI)],
)
@pytest.mark.parametrize("apart", [True, False])
def test_every_line_adds_up_and_no_limit_is_passed(
    apart: bool,
    one: CoverageTerms,
    two: CoverageTerms,
    services: list[tuple[int, int, Code]],
) -> None:
    """Paid, forgone, refused and left make up the charge; no window holds more than its ceiling."""
    coverages = [
        Covered("one", "P", "", 1, date(2020, 1, 1), terms=one),
        Covered("two", "Q", "", 2, date(2020, 1, 1), terms=two),
    ]
    lines = [
        a_line(number, amount, service_on=DAY + timedelta(days=day), code=code)
        for number, (amount, day, code) in enumerate(sorted(services, key=lambda one: one[1]), 1)
    ]
    settled = coordinate_benefits(lines, coverages, [])
    fees: list[CostShare] = []  # whichever payer left a fee, it opens the person's window
    for step in settled.steps:
        assert all(line.off == 0 and 0 <= line.paid <= line.asked for line in step.answered)
        mine = [share for share in step.shares if share.amount]
        fees.extend(share for share in mine if share.protected)
        _within(step.covered.terms, mine, sorted(share.day for share in fees), apart=apart)
    paid = sum(step.paid for step in settled.steps)
    nobodys = sum(
        each.amount
        for step in settled.steps
        for line in step.answered
        for each in line.adjustments
        if each.group is AdjustmentGroup.CONTRACT
    )
    assert paid + nobodys + settled.remainder == sum(line.amount for line in lines)


def _within(terms: CoverageTerms, shares: list[CostShare], fees: list[date], *, apart: bool) -> None:
    if apart:
        for year in {share.day.year for share in shares}:
            mine = [share for share in shares if share.day.year == year]
            assert sum(share.deductible for share in mine) <= terms.deductible
            if terms.out_of_pocket_max is not None:
                assert sum(share.amount for share in mine) <= terms.out_of_pocket_max
    elif terms.ceiling is not None:
        while fees:
            ends = add_months(fees[0], 12)
            assert sum(share.amount for share in shares if fees[0] <= share.day < ends) <= terms.ceiling
            fees = [day for day in fees if day >= ends]
