"""Reads answers of payers as FHIR R4 ExplanationOfBenefit and ClaimResponse."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from billing.payers.claims import Adjustment, AdjustmentGroup, ClaimVerdict
from billing.payers.remittance import ClaimPaid, PayerRemittance, ServicePaid
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
    "deductible": (AdjustmentGroup.PATIENT, "1"),
    "line_bene_ptb_ddctbl_amt": (AdjustmentGroup.PATIENT, "1"),
    "coinsurance": (AdjustmentGroup.PATIENT, "2"),
    "line_coinsrnc_amt": (AdjustmentGroup.PATIENT, "2"),
    "copay": (AdjustmentGroup.PATIENT, "3"),
    "noncovered": (AdjustmentGroup.PATIENT, "96"),
    "priorpayerpaid": (AdjustmentGroup.OTHER, "23"),
    "discount": (AdjustmentGroup.CONTRACT, "45"),
}
"""What a category without a reason of its own means, as X12 adjustment reasons."""
_ABOVE_ALLOWED: Final = (AdjustmentGroup.CONTRACT, "45")
_GROUPS: Final = {one.value for one in AdjustmentGroup}


class NotBookable(Refusal):
    """A resource is no answer that could be booked."""


def read(text: str) -> list[PayerRemittance]:
    """The answers of a file, one for each resource; what cannot be read is set aside with its place.

    Raises:
        fhir_json.NoJson: it is no JSON.
        fhir_json.NoResource: it holds no answer.
    """
    found: list[PayerRemittance] = []
    for where, resource in fhir.resources(text, KINDS):
        remittance = PayerRemittance(SOURCE, "", "", "", date(1900, 1, 1), "", 0)
        try:
            _fill(remittance, where, resource)
        except Refusal as refusal:
            remittance.claims.clear()
            remittance.aside.append((where, str(refusal)))
        found.append(remittance)
    return found


def _fill(remittance: PayerRemittance, where: str, resource: dict[str, Any]) -> None:
    amounts = _Amounts()
    services = tuple(_services(resource, amounts))
    whole = _adjudicated("total", _totals(resource), amounts, None) if not services else None
    remittance.payer_name = fhir.text(resource, "insurer", "display")
    remittance.payer_id = fhir.text(resource, "insurer", "reference") or remittance.payer_name
    remittance.currency = amounts.currency or "USD"
    remittance.paid_on = _day(resource)
    remittance.trace = fhir.text(resource, "payment", "identifier", "value")
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
    faults = [] if verdict is ClaimVerdict.PENDED else paid.faults()
    if faults:
        raise NotBookable(f"it does not add up: {'; '.join(faults)} (minor units)")
    remittance.claims.append(paid)
    remittance.total = _payment(resource, amounts, paid)
    remittance.check_total()


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
            codes = fhir.codes(item.get("productOrService"))
            yield ServicePaid(
                found.asked, found.paid, codes[0] if codes else "", "", position, None, found.adjustments
            )


@dataclass(slots=True)
class _Adjudications:
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
        """The adjudicated amounts; None if neither the submitted nor the paid amount is given."""
        if self.asked is None and self.paid is None:
            return None
        given = sum(one.amount for one in self.adjustments)
        asked = self.asked if self.asked is not None else (self.paid or 0) + given
        contract = any(one.group is AdjustmentGroup.CONTRACT for one in self.adjustments)
        if self.allowed is not None and 0 <= self.allowed < asked and not contract:
            self.adjustments.append(Adjustment(*_ABOVE_ALLOWED, asked - self.allowed))
        found = ServicePaid(asked, self.paid or 0, adjustments=tuple(self.adjustments))
        return _evened(found) if rounded else found


def _evened(service: ServicePaid) -> ServicePaid:
    """Round a payer's fractions of a cent: the remainder goes to the largest adjustment."""
    if not service.adjustments or not 0 < abs(service.off) <= len(service.adjustments):
        return service
    largest = max(service.adjustments, key=lambda one: one.amount)
    at = service.adjustments.index(largest)
    evened = replace(largest, amount=largest.amount + service.off)
    return replace(service, adjustments=(*service.adjustments[:at], evened, *service.adjustments[at + 1 :]))


def _adjudicated(
    path: str, adjudications: list[dict[str, Any]], amounts: _Amounts, item: dict[str, Any] | None
) -> ServicePaid | None:
    """What a list of adjudications comes to; nothing where it says no amount."""
    found, before = _Adjudications(), amounts.rounded
    if item and item.get("net"):
        found.asked = amounts.read(f"{path}, net", item["net"])
    for one in adjudications:
        names = {code.rsplit("/", 1)[-1].lower() for code in fhir.codes(one.get("category"))}
        if isinstance(one.get("amount"), dict):
            found.take(one, names, amounts.read(f"{path}, {'/'.join(sorted(names))}", one["amount"]))
    return found.service(rounded=amounts.rounded > before)


def _reason(adjudication: dict[str, Any], names: set[str]) -> tuple[AdjustmentGroup, str] | None:
    """Who bears an amount, and the reason: the payer's own, else that of the category."""
    usual = next((_REASONS[name] for name in names if name in _REASONS), None)
    codes = fhir.codes(adjudication.get("reason"))
    group = next((AdjustmentGroup(name.upper()) for name in names if name.upper() in _GROUPS), None)
    if codes:
        reason = codes[0].upper()
        for prefix in _GROUPS:
            if reason.startswith(f"{prefix}-"):
                return AdjustmentGroup(prefix), reason[3:]
        return group or (usual[0] if usual else AdjustmentGroup.OTHER), reason
    return usual


def _totals(resource: dict[str, Any]) -> list[dict[str, Any]]:
    """What is said of the claim as a whole: its totals, and adjudications of the header."""
    return [*fhir.several(resource, "adjudication"), *fhir.several(resource, "total")]


def _verdict(resource: dict[str, Any], parts: tuple[ServicePaid, ...]) -> ClaimVerdict:
    status, outcome = fhir.text(resource, "status"), fhir.text(resource, "outcome")
    if status in {"cancelled", "entered-in-error"}:
        return ClaimVerdict.REVERSED
    if outcome == "error":
        said = [fhir.codes(one.get("code")) for one in fhir.several(resource, "error")]
        reasons = ", ".join(code for one in said for code in one) or fhir.text(resource, "disposition")
        raise NotBookable(f"the payer could not process the claim: {reasons or 'it says no reason'}")
    if status == "draft" or not outcome:
        raise NotBookable(
            f"its status is {status or 'missing'}, its outcome {outcome or 'missing'}: no answer yet"
        )
    if outcome == "queued":
        return ClaimVerdict.PENDED
    if not parts:
        raise NotBookable("it says nothing of any amount")
    return ClaimVerdict.DENIED if _denied(parts) else ClaimVerdict.PAID


def _denied(parts: tuple[ServicePaid, ...]) -> bool:
    """Whether the claim was denied in full, for a reason beyond the contractual write-off."""
    refused = [one for part in parts for one in part.adjustments if one.group is not AdjustmentGroup.PATIENT]
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
    raise NotBookable("it does not say which claim it answers")


def _id(resource: dict[str, Any], verdict: ClaimVerdict) -> str:
    own = _theirs(resource) or fhir.text(resource, "id")
    if not own:
        raise NotBookable(
            "it has neither an identifier nor an id, so a repeated answer could not be recognised"
        )
    version = fhir.text(resource, "meta", "versionId")
    name = f"{resource['resourceType']}/{own}" + (f"/{version}" if version else "")
    return f"{name}:{verdict.value}" if verdict is ClaimVerdict.REVERSED else name


def _theirs(resource: dict[str, Any]) -> str:
    return next(
        (value for one in fhir.several(resource, "identifier") if (value := fhir.text(one, "value"))), ""
    )


def _day(resource: dict[str, Any]) -> date:
    text = fhir.text(resource, "payment", "date") or fhir.text(resource, "created")
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise BadElement("created", f"{text!r} is no date") from None


def _payment(resource: dict[str, Any], amounts: _Amounts, paid: ClaimPaid) -> int:
    amount = fhir.one(resource, "payment", "amount")
    return amounts.read("payment", amount) if isinstance(amount, dict) else paid.paid


def _notes(resource: dict[str, Any]) -> Iterator[str]:
    for note in fhir.several(resource, "processNote"):
        yield fhir.text(note, "text")
