"""Reads answers of payers as FHIR R4 ExplanationOfBenefit and ClaimResponse."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from billing.payers.claims import Adjustment, Group, Verdict
from billing.payers.remittance import ClaimPaid, Remittance, ServicePaid
from billing.refusals import Refusal
from bot.claims import fhir_json as fhir
from bot.claims.fhir_json import BadElement

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE: Final = "fhir"
KINDS: Final = ("ExplanationOfBenefit", "ClaimResponse")
_ASKED: Final = {"submitted", "submittedamount", "line_sbmtd_chrg_amt"}
_PAID: Final = {"benefit", "paidtoprovider", "line_prvdr_pmt_amt"}
_ALLOWED: Final = {"eligible", "allowed", "line_alowd_chrg_amt"}
_REASONS: Final = {
    "deductible": (Group.PATIENT, "1"),
    "line_bene_ptb_ddctbl_amt": (Group.PATIENT, "1"),
    "coinsurance": (Group.PATIENT, "2"),
    "line_coinsrnc_amt": (Group.PATIENT, "2"),
    "copay": (Group.PATIENT, "3"),
    "noncovered": (Group.PATIENT, "96"),
    "priorpayerpaid": (Group.OTHER, "23"),
    "discount": (Group.CONTRACT, "45"),
}
"""What a category without a reason of its own means, as X12 adjustment reasons."""
_ABOVE_ALLOWED: Final = (Group.CONTRACT, "45")
_GROUPS: Final = {one.value for one in Group}


class NotBooked(Refusal):
    """A resource is no answer that could be booked."""


def read(text: str) -> list[Remittance]:
    """The answers of a file, one for each resource; what cannot be read is set aside with its place.

    Raises:
        fhir_json.NoJson: it is no JSON.
        fhir_json.NoResource: it holds no answer.
    """
    found: list[Remittance] = []
    for where, resource in fhir.resources(text, KINDS):
        told = Remittance(SOURCE, "", "", "", date(1900, 1, 1), "", 0)
        try:
            _fill(told, where, resource)
        except Refusal as refusal:
            told.claims.clear()
            told.aside.append((where, str(refusal)))
        found.append(told)
    return found


def _fill(told: Remittance, where: str, resource: dict[str, Any]) -> None:
    amounts = _Amounts()
    services = tuple(_services(resource, amounts))
    whole = _adjudicated("total", _totals(resource), amounts, None) if not services else None
    told.payer_name = fhir.text(resource, "insurer", "display")
    told.payer_id = fhir.text(resource, "insurer", "reference") or told.payer_name
    told.currency = amounts.currency or "USD"
    told.paid_on = _day(resource)
    told.trace = fhir.text(resource, "payment", "identifier", "value")
    parts = services or ((whole,) if whole else ())
    verdict = _verdict(resource, parts)
    paid = ClaimPaid(
        id=_id(resource, verdict),
        claim_key=_claim(resource),
        where=where,
        verdict=verdict,
        asked=sum(one.asked for one in parts),
        paid=sum(one.paid for one in parts),
        adjustments=whole.adjustments if whole else (),
        services=services,
        remarks=tuple(_notes(resource)),
        their_reference=_theirs(resource),
    )
    faults = [] if verdict is Verdict.PENDED else paid.faults()
    if faults:
        raise NotBooked(f"it does not add up: {'; '.join(faults)} (minor units)")
    told.claims.append(paid)
    told.total = _payment(resource, amounts, paid)
    told.check_total()


@dataclass(slots=True)
class _Amounts:
    """The one currency that a resource uses."""

    seen: set[str] = field(default_factory=set)
    rounded: int = 0
    """How many amounts were finer than the currency."""

    def read(self, path: str, amount: Any) -> int:
        """An amount in minor units."""
        minor, currency, exact = fhir.money(path, amount)
        self.rounded += not exact
        self.seen.add(currency)
        if len(self.seen) > 1:
            raise BadElement(path, f"currencies {', '.join(sorted(self.seen))} in one answer")
        return minor

    @property
    def currency(self) -> str:
        """The currency, if any amount was read."""
        return next(iter(self.seen), "")


def _services(resource: dict[str, Any], amounts: _Amounts) -> Iterator[ServicePaid]:
    for number, item in enumerate(fhir.several(resource, "item"), 1):
        path = f"item {number}"
        position = fhir.one(item, "itemSequence") or fhir.one(item, "sequence")
        found = _adjudicated(path, fhir.several(item, "adjudication"), amounts, item)
        if found and found.asked:
            if not isinstance(position, int):
                raise BadElement(path, "it says no sequence")
            told = fhir.codes(item.get("productOrService"))
            yield ServicePaid(
                found.asked, found.paid, told[0] if told else "", "", position, None, found.adjustments
            )


@dataclass(slots=True)
class _Told:
    """What a list of adjudications says, as far as it was read."""

    asked: int | None = None
    paid: int | None = None
    allowed: int | None = None
    adjustments: list[Adjustment] = field(default_factory=list)

    def take(self, one: dict[str, Any], names: set[str], amount: int) -> None:
        """One adjudication."""
        if names & _ASKED:
            self.asked = amount
        elif names & _PAID:
            self.paid = max(self.paid or 0, amount)
        elif names & _ALLOWED:
            self.allowed = amount
        elif amount and (reason := _reason(one, names)):
            self.adjustments.append(Adjustment(*reason, amount))

    def service(self, *, rounded: bool) -> ServicePaid | None:
        """What it comes to; nothing where neither what was asked nor what was paid is told."""
        if self.asked is None and self.paid is None:
            return None
        given = sum(one.amount for one in self.adjustments)
        asked = self.asked if self.asked is not None else (self.paid or 0) + given
        contract = any(one.group is Group.CONTRACT for one in self.adjustments)
        if self.allowed is not None and 0 <= self.allowed < asked and not contract:
            self.adjustments.append(Adjustment(*_ABOVE_ALLOWED, asked - self.allowed))
        found = ServicePaid(asked, self.paid or 0, adjustments=tuple(self.adjustments))
        return _evened(found) if rounded else found


def _evened(told: ServicePaid) -> ServicePaid:
    """A payer that reckons in fractions of a cent: the rest of rounding goes on the largest adjustment."""
    if not told.adjustments or not 0 < abs(told.off) <= len(told.adjustments):
        return told
    largest = max(told.adjustments, key=lambda one: one.amount)
    at = told.adjustments.index(largest)
    evened = replace(largest, amount=largest.amount + told.off)
    return replace(told, adjustments=(*told.adjustments[:at], evened, *told.adjustments[at + 1 :]))


def _adjudicated(
    path: str, told: list[dict[str, Any]], amounts: _Amounts, item: dict[str, Any] | None
) -> ServicePaid | None:
    """What a list of adjudications comes to; nothing where it says no amount."""
    found, before = _Told(), amounts.rounded
    if item and item.get("net"):
        found.asked = amounts.read(f"{path}, net", item["net"])
    for one in told:
        names = {code.rsplit("/", 1)[-1].lower() for code in fhir.codes(one.get("category"))}
        if isinstance(one.get("amount"), dict):
            found.take(one, names, amounts.read(f"{path}, {'/'.join(sorted(names))}", one["amount"]))
    return found.service(rounded=amounts.rounded > before)


def _reason(adjudication: dict[str, Any], names: set[str]) -> tuple[Group, str] | None:
    """Who bears an amount and why: a reason of the payer's own, else what the category means."""
    usual = next((_REASONS[name] for name in names if name in _REASONS), None)
    told = fhir.codes(adjudication.get("reason"))
    group = next((Group(name.upper()) for name in names if name.upper() in _GROUPS), None)
    if told:
        reason = told[0].upper()
        for prefix in _GROUPS:
            if reason.startswith(f"{prefix}-"):
                return Group(prefix), reason[3:]
        return group or (usual[0] if usual else Group.OTHER), reason
    return usual


def _totals(resource: dict[str, Any]) -> list[dict[str, Any]]:
    """What is said of the claim as a whole: its totals, and adjudications of the header."""
    return [*fhir.several(resource, "adjudication"), *fhir.several(resource, "total")]


def _verdict(resource: dict[str, Any], parts: tuple[ServicePaid, ...]) -> Verdict:
    status, outcome = fhir.text(resource, "status"), fhir.text(resource, "outcome")
    if status in {"cancelled", "entered-in-error"}:
        return Verdict.REVERSED
    if outcome == "error":
        said = [fhir.codes(one.get("code")) for one in fhir.several(resource, "error")]
        reasons = ", ".join(code for one in said for code in one) or fhir.text(resource, "disposition")
        raise NotBooked(f"the payer could not process the claim: {reasons or 'it says no reason'}")
    if status == "draft" or not outcome:
        raise NotBooked(
            f"its status is {status or 'missing'}, its outcome {outcome or 'missing'}: no answer yet"
        )
    if outcome == "queued":
        return Verdict.PENDED
    if not parts:
        raise NotBooked("it says nothing of any amount")
    return Verdict.DENIED if _denied(parts) else Verdict.PAID


def _denied(parts: tuple[ServicePaid, ...]) -> bool:
    """Whether all of it was refused, for more than what the contract forgoes."""
    refused = [one for part in parts for one in part.adjustments if one.group is not Group.PATIENT]
    return (
        not any(part.paid for part in parts)
        and any(one.reason != _ABOVE_ALLOWED[1] for one in refused)
        and sum(part.asked for part in parts) == sum(one.amount for one in refused)
    )


def _claim(resource: dict[str, Any]) -> str:
    for found in (
        fhir.text(resource, "claim", "identifier", "value"),
        fhir.text(resource, "request", "identifier", "value"),
        fhir.text(resource, "claim", "reference"),
        fhir.text(resource, "request", "reference"),
    ):
        if found:
            return found.rsplit("/", 1)[-1].removeprefix("urn:uuid:")
    raise NotBooked("it does not say which claim it answers")


def _id(resource: dict[str, Any], verdict: Verdict) -> str:
    own = _theirs(resource) or fhir.text(resource, "id")
    if not own:
        raise NotBooked("it has neither an identifier nor an id, so nobody can tell whether it came before")
    version = fhir.text(resource, "meta", "versionId")
    told = f"{resource['resourceType']}/{own}" + (f"/{version}" if version else "")
    return f"{told}:{verdict.value}" if verdict is Verdict.REVERSED else told


def _theirs(resource: dict[str, Any]) -> str:
    return next(
        (value for one in fhir.several(resource, "identifier") if (value := fhir.text(one, "value"))), ""
    )


def _day(resource: dict[str, Any]) -> date:
    told = fhir.text(resource, "payment", "date") or fhir.text(resource, "created")
    try:
        return date.fromisoformat(told[:10])
    except ValueError:
        raise BadElement("created", f"{told!r} is no date") from None


def _payment(resource: dict[str, Any], amounts: _Amounts, paid: ClaimPaid) -> int:
    told = fhir.one(resource, "payment", "amount")
    return amounts.read("payment", told) if isinstance(told, dict) else paid.paid


def _notes(resource: dict[str, Any]) -> Iterator[str]:
    for note in fhir.several(resource, "processNote"):
        yield fhir.text(note, "text")
