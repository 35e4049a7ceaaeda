"""Asks a payer that speaks FHIR R4: a CoverageEligibilityRequest goes out, the Response comes back.

The request is posted to the operation's address, ``.../CoverageEligibilityRequest/$submit``. Connecting,
and each read, is bounded; so is the size of what is read. Anything that is no answer is a failed check.
"""

from __future__ import annotations

import json
from decimal import Decimal
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from billing.ledger.money import exponent
from billing.payers.eligibility import EligibilityResult, Found
from billing.whole_numbers import LARGEST_AMOUNT

if TYPE_CHECKING:
    from billing.payers.eligibility import CoverageQuestion

SOURCE: Final = "fhir"
_LARGEST: Final = 1_000_000
"""Bytes of an answer, so that a faulty server cannot fill the memory."""
_OK: Final = range(200, 300)
_JSON: Final = "application/fhir+json"


class _Model(BaseModel):
    """What is read of a resource; the rest of it is left alone."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class _Amount(_Model):
    value: Decimal = Field(ge=-LARGEST_AMOUNT, le=LARGEST_AMOUNT)
    currency: str = Field(default="", pattern="^([A-Z]{3})?$")


class _Coding(_Model):
    code: str = ""
    display: str = ""


class _Concept(_Model):
    coding: tuple[_Coding, ...] = ()
    text: str = ""

    @property
    def said(self) -> str:
        """The concept in words, as far as there are any."""
        first = self.coding[0] if self.coding else _Coding()
        return self.text or first.display or first.code


class _Benefit(_Model):
    type: _Concept = _Concept()
    allowed: _Amount | None = Field(default=None, alias="allowedMoney")
    used: _Amount | None = Field(default=None, alias="usedMoney")


class _Item(_Model):
    benefit: tuple[_Benefit, ...] = ()


class _Insurance(_Model):
    inforce: bool | None = None
    item: tuple[_Item, ...] = ()


class _Error(_Model):
    code: _Concept = _Concept()


class _Response(_Model):
    resource: str = Field(alias="resourceType", pattern="^CoverageEligibilityResponse$")
    outcome: str
    disposition: str = ""
    insurance: tuple[_Insurance, ...] = ()
    error: tuple[_Error, ...] = ()


class FhirEligibility:
    """One payer's address; ``seconds`` bound the whole of each step of the exchange."""

    def __init__(self, url: str, provider: str, seconds: float, token: str = "") -> None:
        self._url, self._provider = url, provider
        self._headers = {"Accept": _JSON, "Content-Type": _JSON}
        self._headers |= {"Authorization": f"Bearer {token}"} if token else {}
        self._seconds = seconds

    def __call__(self, question: CoverageQuestion) -> Found:
        """What the payer answers; whatever goes wrong is a failed check with its reason."""
        try:
            status, body = self._exchange(json.dumps(request(question, self._provider)))
        except httpx.TimeoutException:
            return _failed("the payer did not answer in time")
        except httpx.HTTPError as error:
            return _failed(f"the payer cannot be reached ({type(error).__name__})")
        if status not in _OK:
            return _failed(f"the payer answered with HTTP {status}")
        return read(body)

    def _exchange(self, body: str) -> tuple[int, bytes]:
        """Status and body; who drips their answer is late as a whole, not only between two drops."""
        taken, late = bytearray(), monotonic() + self._seconds
        asking = httpx.Client(timeout=httpx.Timeout(self._seconds), headers=self._headers)
        with asking as client, client.stream("POST", self._url, content=body) as response:
            for chunk in response.iter_bytes():
                taken += chunk
                if monotonic() > late:
                    raise httpx.ReadTimeout("the answer took too long")
                if len(taken) > _LARGEST:
                    break
            return response.status_code, bytes(taken)


def request(question: CoverageQuestion, provider: str) -> dict[str, Any]:
    """The CoverageEligibilityRequest: who, under which number, on which day, and no more."""
    patient: dict[str, Any] = {"resourceType": "Patient", "id": "patient", "name": [{"text": question.name}]}
    if question.birth_date:
        patient["birthDate"] = question.birth_date.isoformat()
    coverage = {
        "resourceType": "Coverage",
        "id": "coverage",
        "status": "active",
        "subscriberId": question.covered.member_id,
        "beneficiary": {"reference": "#patient"},
        "payor": [{"display": question.payer_name}],
    }
    return {
        "resourceType": "CoverageEligibilityRequest",
        "status": "active",
        "purpose": ["validation", "benefits"],
        "contained": [patient, coverage],
        "patient": {"reference": "#patient"},
        "servicedDate": question.day.isoformat(),
        "created": question.day.isoformat(),
        "provider": {"display": provider},
        "insurer": {"identifier": {"value": question.payer_id}, "display": question.payer_name},
        "insurance": [{"focal": True, "coverage": {"reference": "#coverage"}}],
    }


def read(body: bytes) -> Found:
    """The answer in a CoverageEligibilityResponse; what is none is a failed check."""
    if len(body) > _LARGEST:
        return _failed("the payer's answer is too large to be one")
    try:
        response = _Response.model_validate_json(body)
    except ValidationError:
        return _failed("the payer's answer is no CoverageEligibilityResponse")
    wrong = ", ".join(filter(None, (one.code.said for one in response.error)))
    if response.outcome in {"error", "queued"}:
        result = EligibilityResult.UNKNOWN if response.outcome == "error" else EligibilityResult.FAILED
        return Found(result, SOURCE, (wrong or response.disposition or f"outcome {response.outcome}")[:200])
    in_force = [one.inforce for one in response.insurance if one.inforce is not None]
    if not in_force:
        return Found(
            EligibilityResult.UNKNOWN, SOURCE, (wrong or "the payer does not say whether it holds")[:200]
        )
    result = EligibilityResult.ACTIVE if any(in_force) else EligibilityResult.INACTIVE
    return Found(result, SOURCE, (wrong or response.disposition)[:200], _left(response))


def _left(response: _Response) -> dict[str, Any]:
    """What is left of limits that the payer names: ``deductible`` and the like, in minor units."""
    found: dict[str, Any] = {}
    for insurance in response.insurance:
        for benefit in (benefit for item in insurance.item for benefit in item.benefit):
            name = benefit.type.coding[0].code if benefit.type.coding else ""
            if name and benefit.allowed and benefit.allowed.currency:
                currency = benefit.allowed.currency
                used = benefit.used.value if benefit.used else Decimal(0)
                left = (benefit.allowed.value - used).scaleb(exponent(currency))
                found[name] = {"left": int(left), "currency": currency}
    return found


def _failed(why: str) -> Found:
    return Found(EligibilityResult.FAILED, SOURCE, why)
