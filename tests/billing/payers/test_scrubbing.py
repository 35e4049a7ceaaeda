"""The scrubber: everything a payer would refuse is found before it is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from billing.payers import scrubbing as found
from billing.payers.claims import Claim, ClaimLine, Code
from billing.payers.code_forms import NAMED, system_named
from billing.payers.coding import Crosswalk, KnownCode, Recoded, recode
from billing.payers.coverage import CoverageTerms, Covered, PayerTerms
from billing.payers.scrubbing import ScrubContext, ScrubFinding, scrub

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = date(2026, 3, 2)
VISIT = Code("HCPCS", "G0438")
FLU = Code("ICD-10-CM", "J10.1")
LINE = ClaimLine(1, "C1", DAY, VISIT, "Visit", 12000, 12000)
CLAIM = Claim("B1-C1", "B1", "1", "blue", "V1", 1, "USD", (LINE,), diagnoses=(FLU,), file_by=date(2026, 6, 1))
CLEAN = ScrubContext(
    today=date(2026, 3, 10),
    terms=PayerTerms(form="x12", code_systems=("HCPCS", "ICD-10-CM")),
    coverage=Covered("V1", "blue", "M-77", 1, date(2026, 1, 1), date(2026, 12, 31)),
    systems={name: system_named(name) for name in NAMED},
    listed=frozenset({"HCPCS", "ICD-10-CM"}),
    codes={
        VISIT: (KnownCode("HCPCS", "G0438", "Visit"),),
        FLU: (KnownCode("ICD-10-CM", "J10.1", "Influenza"),),
    },
)


def _line(**changes: object) -> Claim:
    return replace(CLAIM, lines=(replace(LINE, **changes),))  # type: ignore[arg-type]


def _plan(**terms: object) -> ScrubContext:
    assert CLEAN.coverage
    return replace(CLEAN, coverage=replace(CLEAN.coverage, terms=CoverageTerms(**terms)))  # type: ignore[arg-type]


def test_a_claim_in_order_has_no_findings() -> None:
    """Nothing is found where nothing is wrong."""
    assert scrub(CLAIM, CLEAN) == []


SNOMED = Code("SNOMED CT", "430193006")
OLD = KnownCode("HCPCS", "G0438", "Visit", valid_to=date(2026, 3, 1))
CASES: list[tuple[str, Claim, ScrubContext, ScrubFinding]] = [
    ("missing code", _line(code=Code("", "")), CLEAN, found.MissingCode(1)),
    ("wrong system", _line(code=SNOMED), CLEAN, found.WrongSystem(1, SNOMED, ("HCPCS", "ICD-10-CM"))),
    (
        "not for the form", _line(code=SNOMED), replace(CLEAN, terms=PayerTerms(form="x12")),
        found.NotForForm(1, SNOMED, "X12"),
    ),
    ("unknown", _line(code=Code("HCPCS", "G0000")), CLEAN, found.UnknownCode(1, Code("HCPCS", "G0000"))),
    (
        "expired", CLAIM,
        replace(CLEAN, codes={**CLEAN.codes, VISIT: (OLD,)}),
        found.ExpiredCode(1, VISIT, DAY),
    ),
    (
        "heading", CLAIM,
        replace(CLEAN, codes={**CLEAN.codes, FLU: (KnownCode("ICD-10-CM", "J10.1", "", billable=False),)}),
        found.HeadingOnly(0, FLU),
    ),
    (
        "authorisation", CLAIM, _plan(needs_authorisation=frozenset({VISIT})),
        found.NeedsAuthorisation(1, VISIT),
    ),
    ("excluded", CLAIM, _plan(excluded=frozenset({VISIT})), found.Excluded(1, VISIT)),
    ("another's payer", replace(CLAIM, payer_id="red"), CLEAN, found.WrongPayer(0, "red")),
    ("no coverage", CLAIM, replace(CLEAN, coverage=None), found.WrongPayer(0, "blue")),
    (
        "outside coverage", _line(service_on=date(2025, 12, 31)), CLEAN,
        found.OutsideCoverage(1, date(2025, 12, 31), "V1"),
    ),
    (
        "no member id", CLAIM,
        replace(CLEAN, coverage=Covered("V1", "blue", " ", 1, date(2026, 1, 1))),
        found.MissingMember(0, "V1"),
    ),
    ("too late", replace(CLAIM, file_by=date(2026, 3, 9)), CLEAN, found.TooLate(0, date(2026, 3, 9))),
    ("in future", _line(service_on=date(2026, 3, 11)), CLEAN, found.InFuture(1, date(2026, 3, 11))),
    ("nothing asked", _line(amount=0), CLEAN, found.NoAmountAsked(1, 0)),
    ("less than nothing", _line(amount=-5), CLEAN, found.NoAmountAsked(1, -5)),
    ("no lines", replace(CLAIM, lines=()), CLEAN, found.NoLines(0)),
    ("no diagnosis", replace(CLAIM, diagnoses=()), CLEAN, found.MissingDiagnosis(0)),
    (
        "claimed before", CLAIM, replace(CLEAN, claimed=frozenset({("C1", DAY, VISIT)})),
        found.Duplicate(1, VISIT, "C1", DAY),
    ),
    (
        "twice in one", replace(CLAIM, lines=(LINE, replace(LINE, position=2))), CLEAN,
        found.Duplicate(0, VISIT, "C1", DAY),
    ),
    (
        "five modifiers", _line(modifiers=("25", "26", "50", "59", "GT")), CLEAN,
        found.TooMany(0, 5, 4, "modifiers"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "context", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_each_fault_is_found_alone(claim: Claim, context: ScrubContext, expected: ScrubFinding) -> None:
    """One thing wrong is one finding, and its sentence names the place and says what to do."""
    assert scrub(claim, context) == [expected]
    text = str(expected)
    assert text.startswith(f"line {expected.position}: " if expected.position else "claim: ")
    assert any(mark in text for mark in (";", ",")), text


def test_a_badly_written_code_says_how_one_looks() -> None:
    """A wrong check digit is found even where nobody loaded the system."""
    wrong = Code("SNOMED CT", "430193007")
    context = replace(CLEAN, terms=PayerTerms(form="csv"), listed=frozenset())
    (one,) = scrub(_line(code=wrong), context)
    assert str(one) == (
        "line 1: '430193007' is no code of SNOMED CT: its check digit is wrong; look for a mistyped digit"
    )


def test_everything_is_found_at_once() -> None:
    """Somebody who fixes a claim sees all of it, not the first fault alone."""
    line = replace(LINE, code=Code("HCPCS", "G0000"), amount=0, service_on=date(2025, 1, 1))
    claim = replace(CLAIM, lines=(line,), diagnoses=(), file_by=date(2026, 1, 1))
    kinds = {type(one) for one in scrub(claim, CLEAN)}
    assert kinds == {
        found.UnknownCode, found.NoAmountAsked, found.OutsideCoverage, found.MissingDiagnosis, found.TooLate,
    }  # fmt: skip


def test_an_authorisation_number_satisfies_the_plan() -> None:
    """A service that needs authorisation and has one is in order."""
    assert scrub(_line(authorisation="A-9"), _plan(needs_authorisation=frozenset({VISIT}))) == []


def _takes(*names: str) -> Callable[[str], bool]:
    return lambda name: name in names


def test_a_payers_own_row_goes_before_one_for_everybody() -> None:
    """Of the rows that hold on the day the payer's own counts, the newest of them; else the general one."""
    rows = [
        Crosswalk("", SNOMED, VISIT),
        Crosswalk("blue", SNOMED, Code("CPT", "99213"), ("25",), date(2026, 1, 1)),
        Crosswalk("blue", SNOMED, Code("CPT", "99214"), (), date(2026, 3, 1), date(2026, 3, 31)),
        Crosswalk("red", SNOMED, Code("CPT", "99215")),
    ]
    takes = _takes("HCPCS", "CPT")
    assert recode(SNOMED, rows, "blue", DAY, takes) == Recoded(Code("CPT", "99214"))
    assert recode(SNOMED, rows, "blue", date(2026, 4, 1), takes) == Recoded(Code("CPT", "99213"), ("25",))
    assert recode(SNOMED, rows, "green", DAY, takes) == Recoded(VISIT)
    assert recode(SNOMED, rows, "blue", DAY, _takes("HCPCS")) == Recoded(VISIT)
    assert recode(SNOMED, rows, "green", DAY, _takes("KVÅ")) is None
    assert recode(VISIT, rows, "green", DAY, takes) == Recoded(VISIT)
