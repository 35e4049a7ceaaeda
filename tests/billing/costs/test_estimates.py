"""What services will cost somebody, why, and what would make it cheaper."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from billing.costs.estimates import (
    Caution,
    Grounds,
    Suggestion,
    SuggestionKind,
    Wanted,
    WarningKind,
    estimate,
)
from billing.costs.prices import Price, agreed, listed, under
from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money
from billing.payers.claims import AdjustmentGroup, Claim, ClaimLine, Code
from billing.payers.cost_sharing import left_of, shares_of
from billing.payers.coverage import CostShare, CoverageTerms, Covered, PlanYear, in_order
from tests.fakes.payer import answered_by_terms

DAY = date(2026, 3, 2)
SINCE = date(2026, 1, 1)
CODES = [Code("CPT", "70551"), Code("CPT", "70553"), Code("local", "visit"), Code("KVÅ", "AF021")]
MRI, CONTRAST, VISIT, _ = CODES


def a_price(code: Code = MRI, amount: int = 100_000, **more: Any) -> Price:
    """A service on the list."""
    return Price(code, code.code, amount, "USD", SINCE, **more)


def covering(coverage_id: str = "one", priority: int = 1, **terms: Any) -> Covered:
    """A coverage with these terms."""
    return Covered(coverage_id, f"payer-{coverage_id}", "M1", priority, SINCE, terms=CoverageTerms(**terms))


def test_an_estimate_unfolds_line_by_line() -> None:
    """Price, what is forgone by contract, deductible, co-payment, co-insurance, what the payer takes."""
    covered = covering(deductible=20_000, copay=3_000, coinsurance=2_000, allowed={MRI: 80_000})
    found = estimate([Wanted(a_price())], [covered], DAY, Grounds())
    (line,) = found.lines
    (part,) = line.parts
    assert (found.price, found.expected, found.low, found.high) == (100_000, 34_400, 34_400, 34_400)
    assert (part.forgone, part.deductible, part.copay, part.coinsurance) == (20_000, 20_000, 3_000, 11_400)
    assert (part.paid, line.left, part.refused) == (45_600, 34_400, 0)


def test_without_coverage_the_price_is_the_estimate_and_says_so() -> None:
    """Nobody covers it, or not on that day: both are told apart."""
    found = estimate([Wanted(a_price(), "2")], [], DAY, Grounds())
    assert (found.expected, found.cautions) == (200_000, (Caution(WarningKind.NO_COVERAGE, 1),))
    ended = replace(covering(), ends_on=date(2026, 2, 1))
    found = estimate([Wanted(a_price())], [ended], DAY, Grounds())
    assert found.cautions == (Caution(WarningKind.OUTSIDE_COVERAGE, 1),)


def test_a_missing_authorisation_makes_a_range_and_is_warned_of() -> None:
    """As it is on file the payer refuses; with the authorisation the person pays their share."""
    covered = covering(needs_authorisation=frozenset({MRI}), coinsurance=1_000)
    found = estimate([Wanted(a_price())], [covered], DAY, Grounds())
    assert (found.low, found.high) == (0, 10_000)
    assert found.cautions == (Caution(WarningKind.NEEDS_AUTHORISATION, 1, "payer-one"),)
    assert Suggestion(SuggestionKind.AUTHORISATION, payer_id="payer-one") in found.suggestions
    theirs = covering(needs_authorisation=frozenset({MRI}), unauthorised_is=AdjustmentGroup.PATIENT)
    found = estimate([Wanted(a_price())], [theirs], DAY, Grounds())
    assert (found.low, found.expected, found.high) == (0, 100_000, 100_000)
    granted = estimate([Wanted(a_price(), authorisation="A-1")], [theirs], DAY, Grounds())
    assert (granted.low, granted.expected, granted.high, granted.cautions) == (0, 0, 0, ())


def test_an_excluded_service_is_warned_of() -> None:
    """The plan does not pay for it at all."""
    found = estimate([Wanted(a_price())], [covering(excluded=frozenset({MRI}))], DAY, Grounds())
    assert (found.expected, found.cautions) == (
        100_000,
        (Caution(WarningKind.EXCLUDED, 1, "payer-one"),),
    )


def test_terms_that_nobody_knows_make_a_range_from_nothing_to_all() -> None:
    """We say what the plan may do, and that we do not know it."""
    unknown = replace(covering(), known=False)
    found = estimate([Wanted(a_price(amount_to=120_000))], [unknown], DAY, Grounds())
    assert (found.low, found.high) == (0, 120_000)
    assert found.cautions == (Caution(WarningKind.TERMS_UNKNOWN, payer_id="payer-one"),)


def test_a_service_that_may_cost_more_makes_a_range() -> None:
    """The highest price on the list is the high end."""
    found = estimate([Wanted(a_price(amount_to=150_000))], [covering(coinsurance=1_000)], DAY, Grounds())
    assert (found.low, found.expected, found.high) == (10_000, 10_000, 15_000)


def test_what_stands_in_for_it_is_suggested_with_what_it_saves() -> None:
    """The cheapest that costs the person less; nothing that costs more, holds no more, or is the same."""
    brand = a_price(MRI, 9_000, alike="statin")
    generic, dear = a_price(CONTRAST, 2_000, alike="statin"), a_price(VISIT, 9_500, alike="statin")
    over = replace(a_price(CODES[3], 10), valid_to=date(2026, 2, 1))
    grounds = Grounds(alternatives={"statin": (brand, generic, dear, over)})
    found = estimate([Wanted(brand)], [covering(coinsurance=5_000)], DAY, grounds)
    assert found.suggestions == (Suggestion(SuggestionKind.EQUIVALENT, 3_500, CONTRAST, "70553"),)


def test_a_ceiling_that_is_almost_reached_is_named_with_its_end() -> None:
    """The next visits cost the rest of it, and then nothing."""
    region = covering(copay=30_000, ceiling=140_000)
    past = tuple(CostShare("one", date(2026, 1, 10 + n), copay=20_000, protected=True) for n in range(5))
    found = estimate([Wanted(a_price())], [region], DAY, Grounds(past))
    until = date(2027, 1, 10)
    suggestion = Suggestion(SuggestionKind.CEILING, 10_000, payer_id="payer-one", until=until)
    assert suggestion in found.suggestions
    far = estimate([Wanted(a_price())], [region], DAY, Grounds(past[:1]))
    assert SuggestionKind.CEILING not in {one.kind for one in far.suggestions}


def test_network_aid_and_plan_are_suggested_where_they_exist() -> None:
    """Each where it is true: a plan not below its smallest sum, no aid where nothing is left to pay."""
    outside = covering(coinsurance=5_000, in_network=False)
    found = estimate([Wanted(a_price())], [outside], DAY, Grounds(aid=True, plan_from=50_000))
    kinds = [one.kind for one in found.suggestions]
    assert kinds == [SuggestionKind.IN_NETWORK, SuggestionKind.PLAN, SuggestionKind.AID]
    small = estimate([Wanted(a_price(amount=10))], [outside], DAY, Grounds(plan_from=50_000))
    assert SuggestionKind.PLAN not in {one.kind for one in small.suggestions}
    free = estimate([Wanted(a_price())], [covering()], DAY, Grounds(aid=True))
    assert free.suggestions == ()


def test_the_newest_price_on_the_list_holds_and_a_network_has_its_own() -> None:
    """A network's price is what its payers recognise; the terms of a coverage outrank it."""
    old, new = a_price(), replace(a_price(amount=110_000), valid_from=date(2026, 2, 1))
    later = replace(a_price(amount=120_000), valid_from=date(2026, 4, 1))
    blue = [a_price(amount=60_000, network="blue"), replace(new, network="blue", amount=65_000)]
    prices = [old, new, later, *blue]
    assert listed(prices, DAY)[MRI].amount == 110_000
    assert agreed(prices, "blue", DAY) == {MRI: 65_000}
    assert agreed(prices, "", DAY) == {}
    assert under(covering(), {MRI: 1}).terms.allowed == {MRI: 1}
    assert under(covering(allowed={MRI: 2}), {MRI: 1}).terms.allowed == {MRI: 2}
    plain = covering()
    assert under(plain, {}) is plain


_amounts = some.integers(0, 900_000)
_terms = some.builds(
    CoverageTerms,
    deductible=_amounts,
    copay=some.integers(0, 40_000),
    coinsurance=some.integers(0, 10_000),
    out_of_pocket_max=some.none() | _amounts,
    ceiling=some.none() | _amounts,
    allowed=some.dictionaries(some.sampled_from(CODES), _amounts),
    needs_authorisation=some.frozensets(some.sampled_from(CODES), max_size=1),
    excluded=some.frozensets(some.sampled_from(CODES), max_size=1),
    unauthorised_is=some.sampled_from([AdjustmentGroup.CONTRACT, AdjustmentGroup.PATIENT]),
    excluded_is=some.sampled_from([AdjustmentGroup.CONTRACT, AdjustmentGroup.PATIENT]),
    plan_year=some.sampled_from(PlanYear),
)
_coverages = some.lists(
    some.builds(
        Covered,
        coverage_id=some.sampled_from(["a", "b", "c"]),
        payer_id=some.sampled_from(["P", "Q"]),
        member_id=some.just("M"),
        priority=some.integers(1, 3),
        starts_on=some.dates(date(2023, 1, 1), date(2026, 6, 1)),
        ends_on=some.none() | some.dates(date(2026, 1, 1), date(2026, 12, 1)),
        terms=_terms,
    ),
    max_size=3,
    unique_by=lambda one: one.coverage_id,
)
_prices = some.lists(
    some.builds(
        Price,
        code=some.sampled_from(CODES),
        description=some.just("a service"),
        amount=_amounts,
        currency=some.just("USD"),
        valid_from=some.just(SINCE),
    ),
    min_size=1,
    max_size=5,
)
_past = some.lists(
    some.builds(
        CostShare,
        coverage_id=some.sampled_from(["a", "b", "c"]),
        day=some.dates(date(2024, 1, 1), date(2026, 6, 1)),
        deductible=some.integers(0, 50_000),
        copay=some.integers(0, 50_000),
        coinsurance=some.integers(0, 50_000),
        protected=some.booleans(),
    ),
    max_size=6,
)


@settings(max_examples=1_000)
@given(_prices, _coverages, _past, some.sampled_from(["1", "2", "0.5", "1.25"]), some.booleans())
def test_the_estimate_is_the_bill(
    prices: list[Price],
    coverages: list[Covered],
    past: list[CostShare],
    quantity: str,
    granted: bool,
) -> None:
    """What was estimated is what the ledger says is owed once each payer has answered its own claim."""
    wanted = [Wanted(price, quantity, "A-1" if granted else "") for price in prices]
    said = estimate(wanted, coverages, DAY, Grounds(tuple(past)))
    assert said.low <= said.expected <= said.high
    assert said.expected == sum(line.left for line in said.lines)
    assert _billed(wanted, coverages, past) == said.expected


def _billed(wanted: list[Wanted], coverages: list[Covered], past: list[CostShare]) -> int:
    """The bill as it comes to be: charges booked, claims filed one after the other, answers booked."""
    charges = [one.line(number, DAY, one.price.amount) for number, one in enumerate(wanted, 1)]
    ledger = [_booked(EntryKind.CHARGE, line.amount, f"charge:{line.position}") for line in charges]
    seen, lines = list(past), [line for line in charges if line.amount]
    for sequence, covered in enumerate(in_order(coverages, DAY), 1):
        if not lines:
            break
        claim = Claim(f"B-C{sequence}", "B", "ada", covered.payer_id, None, sequence, "USD", tuple(lines))
        ledger.append(_booked(EntryKind.CLAIM, -claim.amount, claim.key))
        answer = answered_by_terms(claim, covered, seen, DAY)
        answer.check()
        ledger += _answered(claim, answer.lines)
        seen += shares_of(covered, claim.lines, answer.lines)
        left = {line.position: left_of(line) for line in answer.lines}
        lines = [replace(one, amount=left[one.position]) for one in lines if left[one.position]]
    return sum(entry.amount.minor for entry in ledger)


def _answered(claim: Claim, lines: Any) -> list[Entry]:
    entries = [_booked(EntryKind.CLAIM, claim.amount, f"{claim.key}:back")]
    for line in lines:
        entries.append(_booked(EntryKind.PAYER, -line.paid, f"{claim.key}:{line.position}:paid"))
        entries += [
            _booked(EntryKind.ADJUSTMENT, -one.amount, f"{claim.key}:{line.position}:{one.reason}")
            for one in line.adjustments
            if one.group is not AdjustmentGroup.PATIENT
        ]
    return entries


def _booked(kind: EntryKind, amount: int, source: str) -> Entry:
    return Entry("A-ada", kind, Money(amount, "USD"), DAY, source, "B")


def test_a_line_of_an_estimate_is_the_line_of_a_claim() -> None:
    """The same service, day, price and quantity, so that the same function can answer both."""
    line = Wanted(a_price(amount=333), "1.5", "A-9").line(2, DAY, 333)
    assert line == ClaimLine(2, "estimate:2", DAY, MRI, "70551", 500, 500, "1.5", (), "A-9")
