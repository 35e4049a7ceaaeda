"""Answers come in through the real code: booked once, unmatched told, faulty files not booked at all."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from billing.payers.claims import (
    Adjustment,
    AdjustmentGroup,
    Claim,
    ClaimLine,
    ClaimState,
    ClaimVerdict,
    Code,
)
from billing.payers.remittance import ClaimPaid, PayerRemittance, ProviderAdjustment, ServicePaid
from billing.refusals import Refusal
from bot.claims import answers_file, fhir_answers
from bot.claims.answers_file import TotalsDiffer, import_answers
from bot.claims.fhir_json import NoJson, NoResource
from bot.importing.table import FileRefused, UnknownFormat
from handlers.payers import claims as claim_actions
from storage.payers import claim_files
from storage.payers import claims as kept_claims
from tests.bot.claims.x12_texts import written
from tests.handlers.payers.clinic import REP, Clinic
from tests.world import an_installation

if TYPE_CHECKING:
    from pathlib import Path

    from bot.claims.answers_file import AnswersFound
    from storage.database.transaction import Database


class Mailroom:
    """A clinic that answers come to, as files."""

    def __init__(self, clinic: Clinic, folder: Path) -> None:
        self.clinic, self.folder = clinic, folder

    def comes(self, text: str, form: str = "x835", *, anyway: bool = False) -> AnswersFound:
        """A file arrives."""
        file = self.folder / f"answers.{form}"
        file.write_text(text, newline="")
        clinic = self.clinic
        return import_answers(clinic.database, clinic.installation, file, form, clinic.clock, anyway=anyway)

    def sent(self, *amounts: int) -> Claim:
        """A claim with the payer that is asked first."""
        (claim,) = self.clinic.unbilled(*amounts)
        return self.clinic.does("file", claim.key)


@pytest.fixture
def mailroom(database: Database, tmp_path: Path) -> Mailroom:
    """Ada, covered by one payer."""
    clinic = Clinic(database, an_installation("us"))
    clinic.customer()
    clinic.covered("acme")
    return Mailroom(clinic, tmp_path)


CO45 = Adjustment(AdjustmentGroup.CONTRACT, "45", 2000)
PR1 = Adjustment(AdjustmentGroup.PATIENT, "1", 1000)


def _counts(found: AnswersFound) -> tuple[int, int, int, int]:
    return found.booked, found.unmatched, found.duplicates, found.rejected


def _era(*claims: ClaimPaid, kept: tuple[ProviderAdjustment, ...] = (), off: int = 0) -> str:
    total = sum(one.paid for one in claims) - sum(one.amount for one in kept) + off
    era = PayerRemittance("x835", "Acme", "60054", "USD", date(2026, 3, 1), "TR-1", total, "ACH")
    era.claims, era.provider_adjustments = list(claims), list(kept)
    return written(era)


def _paid(key: str, asked: int = 12000) -> ClaimPaid:
    service = ServicePaid(asked, asked - 3000, "99213", "", 1, None, (CO45, PR1))
    return ClaimPaid("", key, "", ClaimVerdict.PAID, asked, asked - 3000, (), (service,), (), "ICN-7")


def test_a_remittance_is_booked_once(mailroom: Mailroom) -> None:
    """Paid, forgone and left to the person; the same file again changes nothing."""
    claim = mailroom.sent(12000)
    kept = ProviderAdjustment("", "WO", "OLD", 500)
    text = _era(_paid(claim.key), _paid("C99-1"), kept=(kept,))
    found = mailroom.comes(text)
    assert _counts(found) == (1, 1, 0, 0)
    assert [(one.reason, one.reference, one.amount) for one in found.provider_adjustments] == [
        ("WO", "OLD", 500)
    ]
    assert "no claim 'C99-1' is known" in found.aside[0].reason
    assert (mailroom.folder / "answers.x835.rejects.csv").read_text().startswith('place,reason\n"segment ')
    balances = mailroom.clinic.balances()
    answered = mailroom.clinic.claim(claim.key)
    assert (answered.state, answered.their_reference) == (ClaimState.ANSWERED, "ICN-7")
    again = mailroom.comes(text)
    assert _counts(again) == (0, 1, 1, 0)
    assert again.provider_adjustments == []
    assert mailroom.clinic.balances() == balances


def test_nothing_is_booked_from_a_file_that_does_not_add_up(mailroom: Mailroom) -> None:
    """A wrong total stops everything; told to, what can be read is booked, and the fault is noted."""
    claim = mailroom.sent(12000)
    text = _era(_paid(claim.key), off=7)
    before = mailroom.clinic.entries()
    with pytest.raises(TotalsDiffer, match=r"answers.x835: payment TR-1: 9007 was paid.*nothing was booked"):
        mailroom.comes(text)
    assert mailroom.clinic.entries() == before
    found = mailroom.comes(text, anyway=True)
    assert _counts(found) == (1, 0, 0, 0)
    assert found.notes[0].startswith("booked anyway: payment TR-1")


def test_a_broken_claim_waits_and_the_rest_is_booked(mailroom: Mailroom) -> None:
    """One claim cannot be read: it is set aside with its place; the other is booked."""
    claim = mailroom.sent(12000)
    text = _era(_paid(claim.key), _paid("C9-1")).replace(
        "CAS*PR*1*10~\nREF*6R*1~\nSE", "CAS*QQ*1*10~\nREF*6R*1~\nSE"
    )
    found = mailroom.comes(text)
    assert _counts(found) == (1, 0, 0, 1)
    assert "CAS01: 'QQ' is no adjustment group" in found.lines(mailroom.folder / "era")[0]


def test_a_file_cut_in_half_books_nothing(mailroom: Mailroom) -> None:
    """Wherever a file is cut, it is refused and nothing is booked; with a whole group, not even anyway."""
    claim = mailroom.sent(12000)
    text = _era(_paid(claim.key))
    before = mailroom.clinic.entries()
    for at in range(0, len(text.rstrip("~\n")) - 1, 7):
        with pytest.raises(Refusal):
            mailroom.comes(text[:at], anyway=at < text.index("IEA"))
    assert mailroom.clinic.entries() == before


def test_a_reversal_and_its_correction_come_in_one_file(mailroom: Mailroom) -> None:
    """The payer takes its answer back and gives another: what stands is the last one."""
    claim = mailroom.sent(12000)
    first = _paid(claim.key)
    mailroom.comes(_era(first))
    service = first.services[0]
    negative = tuple(replace(one, amount=-one.amount) for one in service.adjustments)
    back = replace(
        first, verdict=ClaimVerdict.REVERSED, asked=-12000, paid=-9000,
        services=(replace(service, asked=-12000, paid=-9000, adjustments=negative),),
    )  # fmt: skip
    more = replace(first, paid=10000, services=(replace(service, paid=10000, adjustments=(CO45,)),))
    era = _era(back, more).replace("TR-1", "TR-2")
    assert _counts(mailroom.comes(era)) == (2, 0, 0, 0)
    with mailroom.clinic.database.read() as session:
        answers = kept_claims.answers_of(session, claim.key)
    assert [(one.verdict.value, one.paid) for one in answers] == [
        ("paid", 9000),
        ("reversed", -9000),
        ("paid", 10000),
    ]
    assert mailroom.clinic.claim(claim.key).state is ClaimState.ANSWERED


def test_the_real_sample_books_its_denials(mailroom: Mailroom, test_data: Path) -> None:
    """Three denied services land on their three lines, the claim is denied, and the desk has it."""
    clinic = mailroom.clinic
    clinic.bill("B-835", amount=91539)
    days = ((1, date(2003, 10, 30), 12780), (2, date(2003, 10, 31), 28755), (3, date(2003, 11, 29), 50004))
    lines = tuple(
        ClaimLine(place, f"X{place}", day, Code("HCPCS", "T1005"), "Respite care", amount, amount)
        for place, day, amount in days
    )
    claim = Claim("2005555A", "B-835", "ada", "acme", "ada:acme", 1, "USD", lines)
    with clinic.database.write() as session:
        kept_claims.add(session, claim, 1, None, clinic.now)
        claim_actions.file(clinic.context(session), claim.key, REP)
    found = mailroom.comes((test_data / "x12" / "835_denied_lines.txt").read_text())
    assert _counts(found) == (1, 0, 0, 0)
    with clinic.database.read() as session:
        (answer,) = kept_claims.answers_of(session, "2005555A")
    denied = {line.position: (line.asked, line.adjustments[0].reason, line.remarks) for line in answer.lines}
    assert denied == {1: (12780, "A7", ("N14",)), 2: (28755, "A7", ("N14",)), 3: (50004, "16", ("N14",))}
    assert clinic.claim("2005555A").state is ClaimState.DENIED
    assert clinic.cases() == ["claim:2005555A:denied"]
    assert _counts(mailroom.comes((test_data / "x12" / "835_denied_lines.txt").read_text())) == (0, 0, 1, 0)


CSV = (
    "answer_id,claim_key,verdict,currency,answered_on,position,asked,paid,adjustments,their_reference,"
    "remarks\n"
)


def test_csv_answers_are_booked_row_by_row(mailroom: Mailroom) -> None:
    """Two lines of one claim are one answer; a bad row takes its answer aside; totals are checked."""
    claim = mailroom.sent(12000, 5000)
    rows = (
        f"A1,{claim.key},paid,USD,2026-03-01,1,120.00,90.00,CO-45:20.00 PR-1:10.00,ICN,N14\n"
        f"A1,{claim.key},paid,USD,2026-03-01,2,50.00,50.00,,ICN,\n"
        f"A2,C9-1,paid,USD,2026-03-01,1,50.00,40.00,,,\n"
        f"A3,C9-1,paid,USD,2026-03-01,0,50.00,50.00,,,\n"
        f"A4,C9-1,paid,USD,2026-03-01,,50.00,40.00,CO45:10.00,,\n"
        f"A5,C9-1,maybe,USD,2026-03-01,,50.00,50.00,,,\n"
    )
    found = mailroom.comes(CSV + rows, "csv")
    assert _counts(found) == (1, 0, 0, 4)
    reasons = [one.reason for one in found.aside]
    assert reasons[0] == "paid: asked 5000, but paid and adjusted come to 4000"
    assert reasons[1].startswith("position: '0' is no line")
    assert reasons[2].startswith("adjustments: 'CO45:10.00' is none")
    assert reasons[3].startswith("verdict: 'maybe' is unknown")
    assert mailroom.clinic.claim(claim.key).state is ClaimState.ANSWERED
    assert _counts(mailroom.comes(CSV + rows, "csv"))[:3] == (0, 0, 1)


def test_a_row_of_totals_must_hold(mailroom: Mailroom) -> None:
    """A CSV that says what it comes to is held to it; a row that contradicts another waits with it."""
    claim = mailroom.sent(12000)
    row = f"A1,{claim.key},denied,USD,2026-03-01,,120.00,0.00,CO-50:120.00,,\n"
    with pytest.raises(TotalsDiffer, match="line 3: the total says 100, but the rows come to 0"):
        mailroom.comes(f"{CSV}{row}total,,,USD,,,,1.00,,,\n", "csv")
    other = row.replace("2026-03-01", "2026-03-02")
    found = mailroom.comes(CSV + row + other, "csv")
    assert _counts(found) == (0, 0, 0, 2)
    assert _counts(mailroom.comes(f"{CSV}{row}total,,,USD,,,,0.00,,,\n", "csv")) == (1, 0, 0, 0)
    assert mailroom.clinic.claim(claim.key).state is ClaimState.DENIED


def _eob(key: str, **changes: Any) -> dict[str, Any]:
    """An explanation of benefit about one claim of one line."""

    def part(category: str, value: float, **more: Any) -> dict[str, Any]:
        amount = {"value": value, "currency": "USD"}
        return {"category": {"coding": [{"code": category}]}, "amount": amount, **more}

    adjudication = [
        part("submitted", 120),
        part("eligible", 100.0),
        part("deductible", 10),
        part("benefit", 90),
    ]
    return {
        "resourceType": "ExplanationOfBenefit",
        "id": "E1",
        "status": "active",
        "outcome": "complete",
        "created": "2026-03-01",
        "claim": {"reference": f"Claim/{key}"},
        "identifier": [{"value": "ICN-7"}],
        "item": [{"sequence": 1, "productOrService": {"text": "Visit"}, "adjudication": adjudication}],
        **changes,
    }


def test_fhir_answers_are_booked(mailroom: Mailroom) -> None:
    """Above the allowed amount is the contract's, the deductible the person's; cancelled takes it back."""
    claim = mailroom.sent(12000)
    resource = _eob(claim.key)
    bundle = {
        "resourceType": "Bundle",
        "entry": [{"resource": resource}, {"resource": {"resourceType": "Patient"}}],
    }
    assert _counts(mailroom.comes(json.dumps(bundle), "fhir")) == (1, 0, 0, 0)
    with mailroom.clinic.database.read() as session:
        (answer,) = kept_claims.answers_of(session, claim.key)
    assert answer.lines[0].adjustments == (PR1, CO45)
    assert (answer.paid, answer.their_reference) == (9000, "ICN-7")
    assert _counts(mailroom.comes(json.dumps(resource), "fhir")) == (0, 0, 1, 0)
    cancelled = _eob(claim.key, status="cancelled")
    assert _counts(mailroom.comes(json.dumps(cancelled), "fhir")) == (1, 0, 0, 0)
    assert mailroom.clinic.claim(claim.key).state is ClaimState.SENT


def test_a_claim_response_says_queued_and_denied(mailroom: Mailroom) -> None:
    """Queued is pended, a reason of the payer's own denies, an error is set aside with what it says."""
    claim = mailroom.sent(12000)
    base = {
        "resourceType": "ClaimResponse", "status": "active", "created": "2026-03-01",
        "request": {"identifier": {"value": claim.key}},
    }  # fmt: skip
    queued = {**base, "id": "R1", "outcome": "queued", "processNote": [{"text": "more time"}]}
    money = {"value": 120, "currency": "USD"}
    noncovered, reason = {"coding": [{"code": "noncovered"}]}, {"coding": [{"code": "CO-50"}]}
    refused = {"category": noncovered, "reason": reason, "amount": money}
    submitted = {"category": {"coding": [{"code": "submitted"}]}, "amount": money}
    item = {"itemSequence": 1, "adjudication": [submitted, refused]}
    denied = {**base, "id": "R2", "outcome": "complete", "item": [item]}
    error = {**base, "id": "R3", "outcome": "error", "error": [{"code": {"text": "unknown member"}}]}
    lines = "\n".join(json.dumps(one) for one in (queued, denied, error))
    found = mailroom.comes(lines, "fhir")
    assert _counts(found) == (2, 0, 0, 1)
    assert found.aside[0].reason == "the payer could not process the claim: unknown member"
    with mailroom.clinic.database.read() as session:
        answers = kept_claims.answers_of(session, claim.key)
    assert [one.verdict for one in answers] == [ClaimVerdict.PENDED, ClaimVerdict.DENIED]
    assert answers[1].lines[0].adjustments == (Adjustment(AdjustmentGroup.CONTRACT, "50", 12000),)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"claim": {}}, "it does not say which claim it answers"),
        ({"identifier": [], "id": ""}, "neither an identifier nor an id"),
        ({"status": "draft"}, "no answer yet"),
        ({"created": "soon"}, "created: 'soon' is no date"),
        ({"item": []}, "it says nothing of any amount"),
        ({"item": [{"net": {"value": "1"}}]}, "item 1, net: '1' is no amount"),
        ({"item": [{"net": {"value": 1}}]}, "item 1: it says no sequence"),
        ({"item": [{"sequence": 1, "net": {"value": 1}}]}, "it does not add up"),
        (
            {
                "item": [
                    {"sequence": 1, "net": {"value": 1}},
                    {"sequence": 2, "net": {"value": 1, "currency": "SEK"}},
                ]
            },
            "currencies SEK, USD in one answer",
        ),
    ],
)
def test_a_resource_that_cannot_be_booked_is_set_aside(changes: dict[str, Any], why: str) -> None:
    """Each says what it lacks, and where it stands."""
    (remittance,) = fhir_answers.read(json.dumps(_eob("C1-1", **changes)))
    assert remittance.claims == []
    ((where, reason),) = remittance.aside
    assert where.startswith("ExplanationOfBenefit")
    assert why in reason


def test_a_payment_that_is_not_what_was_decided_is_a_fault() -> None:
    """The payment of an answer must be what its lines were paid."""
    payment = {
        "amount": {"value": 80, "currency": "USD"},
        "date": "2026-03-05",
        "identifier": {"value": "TR-9"},
    }
    (remittance,) = fhir_answers.read(json.dumps(_eob("C1-1", payment=payment)))
    assert remittance.faults[0].startswith("payment TR-9: 8000 was paid, but its claims come to 9000")
    assert remittance.paid_on == date(2026, 3, 5)


def test_the_real_bundle_is_read(test_data: Path) -> None:
    """Four explanations of a real export: each adds up, although it is written finer than a cent."""
    found = fhir_answers.read((test_data / "synthea" / "fhir_bundle.json").read_text())
    assert [(one.aside, one.faults, len(one.claims)) for one in found] == [([], [], 1)] * 4
    assert [one.claims[0].paid for one in found] == [92783, 58193, 54400, 54400]
    assert found[2].claims[0].claim_key == "1703c3d8-8275-dc43-0d35-82d0b541f99e"


def test_what_is_no_json_or_no_answer_is_refused() -> None:
    """Broken JSON names line and column; anything else is told for what it is; depth is bounded."""
    with pytest.raises(NoJson, match=r"line 2, column 3"):
        fhir_answers.read('{"a": 1,\n  b}')
    with pytest.raises(NoJson, match="row 2: this is no JSON"):
        fhir_answers.read('{"a": 1}\n{"b"}')
    with pytest.raises(NoJson, match="NaN is no number"):
        fhir_answers.read('{"a": NaN}')
    with pytest.raises(NoJson, match="nested deeper"):
        fhir_answers.read("[" * 100_000)
    with pytest.raises(NoResource, match="it holds Patient; give ExplanationOfBenefit or ClaimResponse"):
        fhir_answers.read('[{"resourceType": "Patient"}]'.strip("[]"))
    with pytest.raises(NoResource, match="it holds list"):
        fhir_answers.read("[[1, 2], null]")


def test_files_that_cannot_be_read_are_told(mailroom: Mailroom) -> None:
    """An unknown format, no file, a file too large: refused in one line."""
    with pytest.raises(UnknownFormat, match="--format pdf: not known; use one of x835, fhir, csv"):
        mailroom.comes("", "pdf")
    with pytest.raises(FileRefused, match="cannot be read"):
        answers_file.text_of(mailroom.folder / "none")
    (mailroom.folder / "latin").write_bytes(b"\xe5")
    assert answers_file.text_of(mailroom.folder / "latin") == "å"
    with (mailroom.folder / "large").open("wb") as large:
        large.truncate(answers_file.LARGEST + 1)
    with pytest.raises(FileRefused, match="large: is larger than 128 MB; split it"):
        answers_file.text_of(mailroom.folder / "large")


def test_a_payment_is_kept_once(mailroom: Mailroom) -> None:
    """The payment with what was kept back is there for whoever compares it with the bank."""
    era = PayerRemittance("x835", "Acme", "60054", "USD", date(2026, 3, 1), "TR-1", 100, "ACH")
    with mailroom.clinic.database.write() as session:
        assert claim_files.keep_payment(session, era, mailroom.clinic.now)
        assert not claim_files.keep_payment(session, era, mailroom.clinic.now)
