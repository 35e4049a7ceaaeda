"""A FHIR R4 bundle as Synthea writes it: patients, encounters, claims, explanations of benefit, coverage.

Other resources are left aside. The bundle is read by plain rules of ours, each refusal with its entry and
path: a general validator would refuse a whole bundle for a field that nothing here looks at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bot.importing.fhir_bundle import Bundle, Node, Resource, minor, plain
from bot.importing.fhir_terms import (
    COINSURANCE,
    DEDUCTIBLE,
    PAID,
    adjudicated,
    codes,
    death,
    display,
    filled,
    phone_now,
    rounded,
    system,
)
from bot.importing.stages import ChargeLine, ImportStage
from bot.importing.states import STATES, code_of
from bot.importing.synthea import AGENCIES, TIME_TO_PAY, UNINSURED
from bot.importing.table import FileRefused
from bot.importing.tally import BadField, Reject
from handlers.bills.bills import BillRow
from handlers.payers.history import PastAnswer, PastClaim
from handlers.people.register import Consent, Coverage, CustomerRow, Payer
from messages.languages import known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from billing.payers.claims import Code
    from bot.importing.stages import Item, Kind, Row

_ZONES: Final = {state.code: state.zone for state in STATES.values()}


class NoBundle(FileRefused):
    """A folder holds no FHIR bundle."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "holds no .json file; name the bundles, or the folder they are in")


def stages(
    paths: Sequence[Path], today: date, consents: tuple[Consent, ...], payer_ids: Mapping[str, str]
) -> tuple[list[ImportStage], list[Path], list[str]]:
    """What FHIR bundles hold in the order it is registered; their files; notes for the operator.

    ``payer_ids`` are the registered payers by name: a payer is the same one whichever export names it.

    Raises:
        FileRefused: a file cannot be read, or is no bundle.
    """
    readers = [_Reader(Bundle(file), today, consents, payer_ids) for path in paths for file in _files(path)]
    kinds: list[tuple[Kind, Callable[[_Reader], Iterator[Item]]]] = [
        ("customers", lambda one: one.read("Patient", one.patient)),
        ("payers", _Reader.payers),
        ("coverages", lambda one: one.read("Coverage", one.coverage)),
        ("bills", lambda one: one.read("Claim", one.bill)),
        ("charges", _Reader.charges),
        ("claims", _Reader.claims),
    ]
    found = []
    for reader in readers:
        for kind, rows in kinds:
            items = list(rows(reader))
            found.append(ImportStage(kind, len(items), items))
    return found, [reader.bundle.file for reader in readers], []


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(path.glob("*.json"))
    if not found:
        raise NoBundle(path)
    return found


@dataclass(frozen=True, slots=True)
class _Asked:
    """A claim of the bundle as everything else needs it."""

    bill_id: str
    customer_id: str
    currency: str
    total: int
    amounts: tuple[int, ...]
    """Of each item, in minor units."""
    payer: str
    """By name; empty where there is none."""


@dataclass(slots=True)
class _Reader:
    """One bundle, and what was found out about it so far."""

    bundle: Bundle
    today: date
    consents: tuple[Consent, ...]
    payer_ids: Mapping[str, str]
    billed: dict[str, str] = field(default_factory=dict)
    """By encounter: the claim whose bill has its number."""

    explained: dict[int, Resource] = field(default_factory=dict)
    """By the entry of a claim: its explanation of benefit."""
    orphans: list[Reject] = field(default_factory=list)
    """Explanations of benefit that explain nothing here."""

    def __post_init__(self) -> None:
        """See which explanation belongs to which claim."""
        for one in self.bundle.of("ExplanationOfBenefit"):
            try:
                self._explain(one)
            except BadField as refusal:
                self.orphans.append(Reject.because(one.place, refusal))

    def _explain(self, explanation: Resource) -> None:
        claim = self.bundle.find(explanation["claim"]["reference"].need)
        if not isinstance(claim, Resource) or claim.path != "Claim":
            raise BadField("ExplanationOfBenefit.claim.reference", "points at no claim of this bundle")
        if self.explained.setdefault(claim.place.line, explanation) is not explanation:
            raise BadField(
                "ExplanationOfBenefit.claim.reference", "points at a claim that another one explains already"
            )

    def read(self, kind: str, reader: Callable[[Resource], Row | None]) -> Iterator[Item]:
        """Every resource of one type as a record or a reject."""
        for resource in self.bundle.of(kind):
            try:
                row = reader(resource)
            except BadField as refusal:
                yield Reject.because(resource.place, refusal)
            else:
                if row is not None:
                    yield resource.place, row

    def patient(self, patient: Resource) -> CustomerRow:
        """A person, with the phone of the resource."""
        name, home = patient["name"].first, patient["address"].first
        given = [one.text for one in name["given"].each()]
        language = patient["communication"].first["language"]["coding"].first["code"].text
        return CustomerRow(
            id=patient["id"].need,
            name=" ".join(filter(None, [*given, name["family"].text])) or name["text"].need,
            birth_date=patient["birthDate"].day(None) if patient["birthDate"].text else None,
            phone=phone_now(patient, self.today),
            language=known(re.split("[-_]", language.lower())[0]),
            country=home["country"].text or "US",
            region=code_of(home["state"].text),
            address=" ".join(one.text for one in home["line"].each()),
            postal_code=home["postalCode"].text,
            city=home["city"].text,
            died_on=death(patient, self.today),
            consents=self.consents,
        )

    def payers(self) -> Iterator[Item]:
        """Every payer that a claim names, once each."""
        seen: set[str] = set()
        for claim in self.bundle.of("Claim"):
            try:
                name = self.payer_of(claim)
            except BadField:
                continue  # reported where the bill is read
            if name and name not in seen:
                seen.add(name)
                kind = "agency" if name in AGENCIES else "insurer"
                yield claim.place, Payer(self.payer_id(name), name, kind)

    def payer_id(self, name: str) -> str:
        """The registered payer of a name, else the name itself."""
        return self.payer_ids.get(name, name)

    def coverage(self, coverage: Resource) -> Coverage | None:
        """Coverages; one without a first day is skipped, since it could be checked against no service."""
        name = self.name_of(coverage)
        if not name or not coverage["period"]["start"].text:
            return None
        zone = self.zone_of(coverage["beneficiary"])
        ends = coverage["period"]["end"]
        return Coverage(
            id=coverage["id"].need,
            customer_id=self.patient_id(coverage["beneficiary"]),
            payer=Payer(self.payer_id(name), name, "agency" if name in AGENCIES else "insurer"),
            member_id=coverage["subscriberId"].text,
            priority=int(coverage["order"].number or 1),
            starts_on=coverage["period"]["start"].day(zone),
            ends_on=ends.day(zone) if ends.text else None,
        )

    def bill(self, claim: Resource) -> BillRow:
        """What an encounter, or a prescription, cost; what its explanation of benefit says was paid."""
        asked = self.asked(claim)
        answered = self.answered(claim, asked)
        paid = sum(one.paid for one in answered)
        if paid > asked.total:
            raise BadField("ExplanationOfBenefit.payment.amount", "is more than the total of the claim")
        encounter = self.encounter_of(claim)
        issued_on = self.issued_on(claim, encounter)
        named = encounter["type"].first if asked.bill_id == encounter["id"].text else claim["item"].first
        covered = ((self.payer_id(asked.payer), paid),) if paid else ()
        return BillRow(
            id=asked.bill_id,
            customer_id=asked.customer_id,
            issued_on=issued_on,
            due_on=issued_on + TIME_TO_PAY,
            currency=asked.currency,
            total=asked.total,
            covered=covered,
            description=display(named["productOrService"] if named["productOrService"].value else named),
        )

    def charges(self) -> Iterator[Item]:
        """The items of every claim; one without a price is what the others leave of the total."""
        for claim in self.bundle.of("Claim"):
            try:
                asked = self.asked(claim)
                day = self.served_on(claim, self.encounter_of(claim))
                lines = [
                    self.line(asked, item, number, day) for number, item in enumerate(claim["item"].each())
                ]
            except BadField as refusal:
                yield Reject.because(claim.place, refusal)
                continue
            left = asked.total - sum(asked.amounts)
            if left:
                description = "other services in this visit" if left > 0 else "adjustment"
                rest = plain(left, asked.currency)
                named = f"{asked.bill_id}:rest"
                lines.append(
                    ChargeLine(named, asked.bill_id, len(lines), day, description, rest, "total.value")
                )
            yield from ((claim.place, line) for line in lines)

    def line(self, asked: _Asked, item: Node, number: int, day: date) -> ChargeLine:
        """One item of a claim."""
        coding = item["productOrService"]["coding"].first
        return ChargeLine(
            id=f"{asked.bill_id}:{number}",
            bill_id=asked.bill_id,
            position=number,
            service_on=day,
            description=display(item["productOrService"]),
            unit_amount=plain(asked.amounts[number], asked.currency),
            unit_column=f"item[{number}].net",
            code_system=system(coding),
            code=coding["code"].text,
        )

    def claims(self) -> Iterator[Item]:
        """Every claim as it was answered, and the answers that belong to none."""
        yield from self.read("Claim", self.claim)
        yield from self.orphans

    def claim(self, claim: Resource) -> PastClaim | None:
        """A claim as it was answered; without a payer, or an answer, there was none."""
        asked = self.asked(claim)
        if not asked.payer:
            return None
        answers = self.answered(claim, asked)
        encounter = self.encounter_of(claim)
        by_charge = {
            f"{asked.bill_id}:{number}": one
            for number, (amount, one) in enumerate(zip(asked.amounts, answers, strict=True))
            if amount
        }
        return PastClaim(
            bill_id=asked.bill_id,
            payer_id=self.payer_id(asked.payer),
            paid=sum(one.paid for one in answers),
            answered_on=self.issued_on(claim, encounter),
            diagnoses=self.diagnoses(claim, encounter),
            answers=by_charge,
        )

    def asked(self, claim: Resource) -> _Asked:
        """A claim's bill, patient, payer and amounts."""
        currency = claim["total"]["currency"].need
        total = claim["total"].amount(currency)
        if total is None or total < 0:
            raise BadField("Claim.total.value", "is missing or below zero")
        items = claim["item"].each()
        nets = [item["net"].amount(currency) for item in items]
        left = minor(total) - sum(minor(net) for net in nets if net is not None)
        amounts = []
        for net in nets:
            amounts.append(max(left, 0) if net is None else minor(net))
            left -= max(left, 0) if net is None else 0
        encounter = self.encounter_of(claim)["id"].text
        named = claim["id"].need
        pharmacy = claim["type"]["coding"].first["code"].text == "pharmacy"
        first = self.billed.setdefault(encounter, named) == named if encounter and not pharmacy else False
        return _Asked(
            bill_id=encounter if first else named,
            customer_id=self.patient_id(claim["patient"]),
            currency=currency,
            total=minor(total),
            amounts=tuple(amounts),
            payer=self.payer_of(claim),
        )

    def answered(self, claim: Resource, asked: _Asked) -> list[PastAnswer]:
        """What the explanation of benefit says of each item; nothing paid where there is none."""
        explained = self.explained.get(claim.place.line)
        if explained is None:
            return [PastAnswer(0)] * len(asked.amounts)
        if not asked.payer and explained["payment"]["amount"]["value"].number:
            raise BadField("ExplanationOfBenefit.payment.amount", "is paid by no payer: the claim names none")
        items = {one["sequence"].value: one for one in explained["item"].each()}
        lines = [items.get(one["sequence"].value, Node(None, "item")) for one in claim["item"].each()]
        paid = rounded([adjudicated(line, PAID, asked.currency) for line in lines])
        total = explained["payment"]["amount"].amount(asked.currency)
        if total is not None and sum(paid) != minor(total):
            if any(paid):
                raise BadField(
                    "ExplanationOfBenefit.payment.amount",
                    f"is {plain(minor(total), asked.currency)}, but the items were paid "
                    f"{plain(sum(paid), asked.currency)}; ask the payer for a corrected one",
                )
            paid = filled(minor(total), asked.amounts)
        shares = (
            (one, *(minor(adjudicated(line, kind, asked.currency)) for kind in (DEDUCTIBLE, COINSURANCE)))
            for one, line in zip(paid, lines, strict=True)
        )
        return [PastAnswer(*share) for share in shares]

    def encounter_of(self, claim: Resource) -> Node:
        """The encounter a claim is about, if it is in the bundle."""
        for item in claim["item"].each():
            found = self.bundle.find(item["encounter"].first["reference"].text)
            if found.value:
                return found
        return Node(None, "Encounter")

    def issued_on(self, claim: Resource, encounter: Node) -> date:
        """The day an encounter ended, where the patient lives; without one, the day of the claim."""
        ends = encounter["period"]["end"]
        return (ends if ends.text else claim["created"]).day(self.zone_of(claim["patient"]))

    def served_on(self, claim: Resource, encounter: Node) -> date:
        """The day an encounter began, where the patient lives; without one, the first day of the claim."""
        starts = encounter["period"]["start"]
        begun = starts if starts.text else claim["billablePeriod"]["start"]
        return (begun if begun.text else claim["created"]).day(self.zone_of(claim["patient"]))

    def diagnoses(self, claim: Resource, encounter: Node) -> tuple[Code, ...]:
        """What the claim names; where it names nothing, why the encounter was."""
        found: dict[Code, None] = {}
        for one in claim["diagnosis"].each():
            concept = one["diagnosisCodeableConcept"]
            if concept.value is None:
                concept = self.bundle.find(one["diagnosisReference"]["reference"].text)["code"]
            found.update(dict.fromkeys(codes(concept)))
        for reason in encounter["reasonCode"].each():
            found.update(dict.fromkeys(codes(reason)))
        return tuple(found) or tuple(codes(encounter["type"].first))

    def payer_of(self, claim: Resource) -> str:
        """The name of who a claim was sent to; empty for nobody."""
        coverage = claim["insurance"].first["coverage"]
        found = (
            self.bundle.find(coverage["reference"].text, claim) if coverage["reference"].text else coverage
        )
        name = coverage["display"].text or self.name_of(found)
        return "" if name == UNINSURED else name

    def name_of(self, coverage: Node) -> str:
        """The name of who covers."""
        payor = coverage["payor"].first
        organisation = self.bundle.find(payor["reference"].text) if payor["reference"].text else payor
        name = payor["display"].text or organisation["name"].text or coverage["type"]["text"].text
        return "" if name == UNINSURED else name

    def patient_id(self, reference: Node) -> str:
        """The id of the patient a reference points at."""
        found = self.bundle.find(reference["reference"].need)
        if found.value is None or found.path != "Patient":
            raise BadField(f"{reference.path}.reference", "points at no patient of this bundle")
        return found["id"].need

    def zone_of(self, patient: Node) -> ZoneInfo | None:
        """Where a patient lives, by the clock."""
        found = self.bundle.find(patient["reference"].text)
        return _ZONES.get(code_of(found["address"].first["state"].text))
