"""Writes claims as FHIR R4: a Bundle with a Claim each, and the resources they refer to."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from billing.ledger.money import Money
from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from billing.payers.claims import ClaimLine, Code
    from billing.payers.filing import AskedPayer, FiledPerson, Filer, Filing

SYSTEMS: Final = {
    "SNOMED CT": "http://snomed.info/sct",
    "ICD-10": "http://hl7.org/fhir/sid/icd-10",
    "ICD-10-CM": "http://hl7.org/fhir/sid/icd-10-cm",
    "ICD-10-SE": "urn:oid:1.2.752.116.1.1.1",
    "KVÅ": "urn:oid:1.2.752.116.1.3.2",
    "CPT": "http://www.ama-assn.org/go/cpt",
    "HCPCS": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
}
"""FHIR's URIs of code systems; any other system keeps our name."""
_TERMS: Final = "http://terminology.hl7.org/CodeSystem/"
_NPI: Final = "http://hl7.org/fhir/sid/us-npi"
SHOWN: Final = 3


class FailsTheModel(Refusal):
    """A bundle breaks the rules of FHIR, and is not released."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(f"the file would be refused: {'; '.join(faults)}; nothing was written")


def write(filings: Sequence[Filing], name: str, filer: Filer | None, made_at: datetime) -> str:
    """A Bundle of these claims; ``name`` is the provider's, with the numbers of the ``filer`` if given.

    Raises:
        FailsTheModel: it would not be FHIR R4.
    """
    provider: dict[str, Any] = {"resourceType": "Organization", "id": "provider", "name": name}
    if filer:
        provider["identifier"] = [{"system": _NPI, "value": filer.npi}]
    found: dict[str, dict[str, Any]] = {"Organization/provider": provider}
    for filing in filings:
        for resource in _resources(filing, made_at):
            found.setdefault(f"{resource['resourceType']}/{resource['id']}", resource)
    entries = [{"fullUrl": f"urn:kvitt:{path}", "resource": one} for path, one in found.items()]
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": made_at.isoformat(),
        "entry": entries,
    }
    _check(bundle)
    return json.dumps(bundle, ensure_ascii=False, indent=1, default=_number) + "\n"


def _number(value: object) -> float | int:
    assert isinstance(value, Decimal)
    return int(value) if value == value.to_integral_value() else float(value)


def _check(bundle: dict[str, Any]) -> None:
    from fhir.resources.R4B.bundle import Bundle  # noqa: PLC0415 - slow to import, and few commands need it
    from pydantic import ValidationError  # noqa: PLC0415

    try:
        Bundle.model_validate(bundle)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:SHOWN]]
        raise FailsTheModel(faults) from None


def _resources(filing: Filing, made_at: datetime) -> list[dict[str, Any]]:
    earlier = [one.payer for one in filing.earlier]
    return [
        _person(filing.patient),
        *(_insurer(one) for one in (filing.payer, *earlier)),
        *(_coverage(filing, one, order) for order, one in enumerate((*earlier, filing.payer), 1)),
        _claim(filing, made_at),
    ]


def _person(person: FiledPerson) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "resourceType": "Patient",
        "id": _id(person.id),
        "name": [{"text": person.name}],
    }
    if person.birth_date:
        resource["birthDate"] = person.birth_date.isoformat()
    address = {
        "line": [person.street] if person.street else None, "city": person.city, "state": person.region,
        "postalCode": person.postal_code, "country": person.country,
    }  # fmt: skip
    kept = {name: value for name, value in address.items() if value}
    return resource | ({"address": [kept]} if kept else {})


def _insurer(payer: AskedPayer) -> dict[str, Any]:
    resource = {"resourceType": "Organization", "id": _id(payer.id), "name": payer.name}
    return resource | ({"identifier": [{"value": payer.electronic_id}]} if payer.electronic_id else {})


def _coverage(filing: Filing, payer: AskedPayer, order: int) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "resourceType": "Coverage",
        "id": _id(f"{filing.claim.key}-{order}"),
        "status": "active",
        "beneficiary": _to("Patient", filing.patient.id),
        "payor": [_to("Organization", payer.id)],
        "order": order,
    }
    if payer.member_id:
        resource["subscriberId"] = payer.member_id
    if payer.plan:
        resource["class"] = [{"type": _concept(f"{_TERMS}coverage-class", "plan"), "value": payer.plan}]
    return resource


def _claim(filing: Filing, made_at: datetime) -> dict[str, Any]:
    claim = filing.claim
    orders = [*range(1, len(filing.earlier) + 2)]
    resource: dict[str, Any] = {
        "resourceType": "Claim",
        "id": _id(claim.key),
        "identifier": [{"system": "urn:kvitt:claim", "value": claim.key}],
        "status": "cancelled" if filing.frequency == "8" else "active",
        "type": _concept(f"{_TERMS}claim-type", "professional"),
        "use": "claim",
        "patient": _to("Patient", filing.patient.id),
        "created": made_at.date().isoformat(),
        "insurer": _to("Organization", filing.payer.id),
        "provider": {"reference": "Organization/provider"},
        "priority": _concept(f"{_TERMS}processpriority", "normal"),
        "insurance": [
            {
                "sequence": order,
                "focal": order == orders[-1],
                "coverage": _to("Coverage", f"{claim.key}-{order}"),
            }
            for order in orders
        ],
        "item": [_item(filing, line) for line in claim.lines],
        "total": _money(claim.amount, claim.currency),
    }
    authorised = list(dict.fromkeys(line.authorisation for line in claim.lines if line.authorisation))
    if authorised:
        resource["insurance"][-1]["preAuthRef"] = authorised
    if claim.diagnoses:
        resource["diagnosis"] = [
            {"sequence": place, "diagnosisCodeableConcept": _coded(code)}
            for place, code in enumerate(claim.diagnoses, 1)
        ]
    if claim.replaces:
        relation = _concept(f"{_TERMS}ex-relatedclaimrelationship", "prior")
        number = {"value": filing.original_reference or claim.replaces}
        resource["related"] = [{"claim": {"identifier": number}, "relationship": relation}]
    return resource


def _item(filing: Filing, line: ClaimLine) -> dict[str, Any]:
    currency = filing.claim.currency
    resource: dict[str, Any] = {
        "sequence": line.position,
        "productOrService": _coded(line.code, line.description),
        "servicedDate": line.service_on.isoformat(),
        "quantity": {"value": Decimal(line.quantity)},
        "net": _money(line.amount, currency),
    }
    if line.modifiers:
        resource["modifier"] = [{"coding": [{"code": one}]} for one in line.modifiers]
    if filing.claim.diagnoses:
        resource["diagnosisSequence"] = list(range(1, len(filing.claim.diagnoses) + 1))
    return resource


def _coded(code: Code, text: str = "") -> dict[str, Any]:
    system = SYSTEMS.get(code.system, f"urn:kvitt:codes:{_id(code.system)}")
    resource: dict[str, Any] = {"coding": [{"system": system, "code": code.code}]}
    return resource | ({"text": text} if text else {})


def _concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def _money(minor: int, currency: str) -> dict[str, Any]:
    return {"value": Decimal(Money(minor, currency).plain()), "currency": currency}


def _to(kind: str, named: str) -> dict[str, str]:
    return {"reference": f"{kind}/{_id(named)}"}


def _id(named: str) -> str:
    """A name as FHIR ids are written: letters, digits, dashes and dots, 64 at most."""
    return "".join(one if one.isascii() and (one.isalnum() or one in "-.") else "-" for one in named)[:64]
