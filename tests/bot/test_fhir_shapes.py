"""FHIR of any shape: what is read is read, and the rest is refused in a sentence."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from random import Random  # noqa: TID251 - shapes are a matter of chance, with a seed
from typing import TYPE_CHECKING, Any, Final

import pytest

from billing.payers.eligibility import EligibilityResult
from billing.refusals import Refusal
from bot.claims import fhir_answers
from bot.importing.intake import import_paths
from bot.payers import fhir_eligibility
from handlers.context import fixed
from tests.bot.shapes import json_of_chance
from tests.world import an_installation

if TYPE_CHECKING:
    from pathlib import Path

    from storage.database.transaction import Database

NOW: Final = datetime(2026, 3, 1, 17, 0, tzinfo=UTC)
_AMOUNT: Final = {"value": 90.5, "currency": "USD"}
_PART: Final = {"category": {"coding": [{"code": "benefit"}]}, "amount": _AMOUNT}
_REFUSED: Final = {
    "category": {"coding": [{"code": "noncovered"}]},
    "reason": {"coding": [{"code": "CO-50"}]},
    "amount": _AMOUNT,
}
ANSWER: Final[dict[str, Any]] = {
    "resourceType": "ExplanationOfBenefit",
    "id": "E1",
    "meta": {"versionId": "1"},
    "status": "active",
    "outcome": "complete",
    "created": "2026-03-01",
    "insurer": {"display": "Harbor", "reference": "Organization/h"},
    "claim": {"reference": "Claim/C1", "identifier": {"value": "C1"}},
    "identifier": [{"value": "ICN-7"}],
    "payment": {"amount": _AMOUNT, "date": "2026-03-01", "identifier": {"value": "T"}},
    "item": [
        {
            "sequence": 1,
            "net": _AMOUNT,
            "productOrService": {"text": "Visit"},
            "adjudication": [_PART, _REFUSED],
        }
    ],
    "total": [_PART],
    "processNote": [{"text": "thanks"}],
    "error": [{"code": {"text": "unknown member"}}],
}
_PATIENT: Final[dict[str, Any]] = {
    "resourceType": "Patient",
    "id": "p",
    "meta": {"lastUpdated": "2026-02-01T00:00:00Z"},
    "name": [{"given": ["Ada"], "family": "Lind"}],
    "birthDate": "1980-02-28",
    "deceasedDateTime": "2026-02-01T00:00:00+02:00",
    "telecom": [{"system": "phone", "value": "+15035550142", "rank": 1, "period": {"end": "2030-01-01"}}],
    "address": [{"country": "US", "state": "CA", "line": ["1 Elm"], "postalCode": "97201", "city": "X"}],
    "communication": [{"language": {"coding": [{"code": "es-US"}]}}],
}
_ENCOUNTER: Final = {
    "resourceType": "Encounter",
    "id": "e",
    "type": [{"text": "Visit"}],
    "period": {"start": "2026-01-01T10:00:00-08:00", "end": "2026-01-01T11:00:00-08:00"},
}
_CLAIM: Final[dict[str, Any]] = {
    "resourceType": "Claim",
    "id": "c",
    "patient": {"reference": "Patient/p"},
    "total": {"value": 100, "currency": "USD"},
    "created": "2026-01-01T11:00:00-08:00",
    "billablePeriod": {"start": "2026-01-01T10:00:00-08:00", "end": "2026-01-01T11:00:00-08:00"},
    "type": {"coding": [{"code": "professional"}]},
    "insurance": [{"coverage": {"display": "Harbor"}}],
    "item": [
        {
            "sequence": 1,
            "net": _AMOUNT,
            "productOrService": {"text": "Visit"},
            "encounter": [{"reference": "Encounter/e"}],
        }
    ],
}
_COVERAGE: Final = {
    "resourceType": "Coverage",
    "id": "k",
    "beneficiary": {"reference": "Patient/p"},
    "payor": [{"display": "Harbor"}],
    "period": {"start": "2026-01-01"},
    "order": 1,
    "subscriberId": "M1",
}
EXPORT: Final[dict[str, Any]] = {
    "resourceType": "Bundle",
    "entry": [
        {"fullUrl": "urn:uuid:p", "resource": _PATIENT},
        {"resource": _ENCOUNTER},
        {"resource": _COVERAGE},
        {"resource": _CLAIM},
        {"resource": ANSWER | {"claim": {"reference": "Claim/c"}}},
    ],
}
ELIGIBLE: Final[dict[str, Any]] = {
    "resourceType": "CoverageEligibilityResponse",
    "outcome": "complete",
    "disposition": "active",
    "insurance": [
        {
            "inforce": True,
            "item": [
                {
                    "benefit": [
                        {
                            "type": {"coding": [{"code": "deductible"}]},
                            "allowedMoney": _AMOUNT,
                            "usedMoney": _AMOUNT,
                        }
                    ]
                }
            ],
        }
    ],
    "error": [{"code": {"text": "x"}}],
}
_WRONG: Final = (
    '{"resourceType":"Bundle","entry":1}',
    '{"resourceType":"Bundle","entry":{"a":1}}',
    '{"resourceType":"Bundle","entry":[1,null,{"resource":2}]}',
    '{"resourceType":["Bundle"],"entry":[]}',
    "1e99999999999999999999",
    "9" * 5000,
    "[" * 100_000,
    "",
)


@pytest.mark.parametrize("text", _WRONG)
def test_what_is_no_bundle_is_refused_in_a_sentence(text: str, database: Database, tmp_path: Path) -> None:
    """As an answer, as an export and as a payer's reply."""
    with pytest.raises(Refusal):
        fhir_answers.read(text)
    (tmp_path / "bundle.json").write_text(text, encoding="utf-8")
    with pytest.raises(Refusal):
        import_paths(database, an_installation("us"), [tmp_path], "fhir", fixed(NOW))
    assert fhir_eligibility.read(text.encode()).result is EligibilityResult.FAILED


def test_no_shape_of_an_answer_raises() -> None:
    """Anything at any depth of an ExplanationOfBenefit, a Bundle of them, or a reply about eligibility."""
    chance = Random(16)  # noqa: S311
    read = 0
    for turn in range(3000):
        whole = ANSWER if turn % 2 else {"resourceType": "Bundle", "entry": [{"resource": ANSWER}]}
        try:
            fhir_answers.read(json_of_chance(chance, whole).decode(errors="replace"))
            read += 1
        except Refusal as refusal:
            assert str(refusal)  # noqa: PT017 - either is right
        assert fhir_eligibility.read(json_of_chance(chance, ELIGIBLE)).result
    assert read > 1000


@pytest.mark.slow
def test_no_shape_of_an_export_raises(database: Database, tmp_path: Path) -> None:
    """Anything at any depth of a Bundle with people, visits, coverages, claims and what was paid."""
    chance, file = Random(16), tmp_path / "bundle.json"  # noqa: S311
    file.write_text(json.dumps(EXPORT), encoding="utf-8")
    assert import_paths(database, an_installation("us"), [tmp_path], "fhir", fixed(NOW)).lines == []
    for _ in range(300):
        file.write_bytes(json_of_chance(chance, EXPORT))
        try:
            import_paths(database, an_installation("us"), [tmp_path], "fhir", fixed(NOW))
        except Refusal as refusal:
            assert str(refusal)  # noqa: PT017 - either is right
