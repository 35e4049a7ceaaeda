"""Codes and amounts of FHIR resources: codings, adjudications, shares of a payment."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from billing.payers.claims import Code
from bot.importing.fhir_bundle import minor

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from bot.importing.fhir_bundle import Node

SYSTEMS: Final = {
    "http://snomed.info/sct": "SNOMED CT",
    "http://loinc.org": "LOINC",
    "http://hl7.org/fhir/sid/cvx": "CVX",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "RxNorm",
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD-10-CM",
}
PAID: Final = frozenset({"line_prvdr_pmt_amt", "benefit"})
DEDUCTIBLE: Final = frozenset({"line_bene_ptb_ddctbl_amt", "deductible"})
COINSURANCE: Final = frozenset({"line_coinsrnc_amt", "copay", "coinsurance"})
_NOTHING: Final = Decimal(0)
_UNRANKED: Final = 2**31
"""Behind every rank of a phone."""


def display(concept: Node) -> str:
    """A FHIR concept's text for a person."""
    coding = concept["coding"].first
    return concept["text"].text or coding["display"].text or coding["code"].need


def system(coding: Node) -> str:
    """The code system of a FHIR coding by the name it has here; one that nobody knows keeps its own."""
    return SYSTEMS.get(coding["system"].text, coding["system"].text)


def codes(concept: Node) -> list[Code]:
    """The first coding of a FHIR concept; the others say the same in other words."""
    coding = concept["coding"].first
    return [Code(system(coding), coding["code"].text)] if coding["code"].text else []


def adjudicated(line: Node, kinds: frozenset[str], currency: str) -> Decimal:
    """What FHIR adjudications of some kinds come to on an item, in minor units, as fine as written."""
    found = [
        one["amount"].amount(currency)
        for one in line["adjudication"].each()
        if one["category"]["coding"].first["code"].text.rsplit("/", 1)[-1] in kinds
    ]
    return sum((amount for amount in found if amount is not None), start=_NOTHING)


def rounded(amounts: Sequence[Decimal]) -> list[int]:
    """FHIR amounts rounded to minor units so that their sum is the rounded sum."""
    found, before, total = [], 0, _NOTHING
    for amount in amounts:
        total += amount
        found.append(minor(total) - before)
        before = minor(total)
    return found


def filled(total: int, amounts: Sequence[int]) -> list[int]:
    """What was paid on the whole of a FHIR claim, on the items in their order."""
    found = []
    for amount in amounts:
        found.append(min(total, max(amount, 0)))
        total -= found[-1]
    return [found[0] + total, *found[1:]] if found else []


def phone_now(patient: Node, today: date) -> str:
    """The number that a patient is reached at on a day: never an old one, which others may have by now."""
    phones = [
        one
        for one in patient["telecom"].each()
        if one["system"].text == "phone" and one["use"].text != "old" and not _ended(one["period"], today)
    ]
    # FHIR R4, ContactPoint.rank: 1 is the most preferred; without one, the order of the file.
    return min(phones, key=lambda one: one["rank"].number or _UNRANKED)["value"].text if phones else ""


def death(patient: Node, today: date) -> date | None:
    """The day of a death; of one that is told without a day, when the record says so, or today."""
    died = patient["deceasedDateTime"]
    if died.text:
        return died.first_day() or died.day(None)
    if patient["deceasedBoolean"].value is not True:
        return None
    updated = patient["meta"]["lastUpdated"]
    return updated.day(None) if updated.text else today


def _ended(period: Node, today: date) -> bool:
    return bool(period["end"].text) and period["end"].day(None) < today
