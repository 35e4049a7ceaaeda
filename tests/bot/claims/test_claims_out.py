"""Claims go out: two hundred real ones as 837P without a fault, FHIR that is FHIR, CSV; or none."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from billing.payers.claims import (
    Adjustment,
    AdjustmentGroup,
    AnswerLine,
    Claim,
    ClaimLine,
    ClaimState,
    ClaimVerdict,
    Code,
    PayerAnswer,
)
from billing.payers.code_forms import system_named
from billing.payers.coverage import PayerKind, PayerTerms
from billing.payers.filing import AskedPayer, Earlier, FiledPerson, Filer, Filing
from bot.claims import release, x12
from bot.claims.fhir_claims import FailsTheModel
from bot.claims.fhir_claims import write as as_fhir
from bot.claims.x12_837p import write as as_x12
from bot.claims.x12_check import FailsTheGuide, check, faults
from bot.importing.code_files import import_codes, import_crosswalk
from bot.importing.table import UnknownFormat
from handlers.import_results import UnknownPayer
from handlers.payers import filing
from storage.payers import claims as kept_claims
from storage.payers import coverages
from tests.handlers.payers.clinic import REP, Clinic
from tests.world import an_installation

if TYPE_CHECKING:
    from pathlib import Path

    from storage.database.transaction import Database

DAY = date(2026, 3, 2)
MADE = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
FILER = Filer(
    "Elm Street Clinic", "1234567893", "12-3456789", "12 Elm Street", "Portland", "OR", "97205-1234",
    "+1 503 555 0100", "KVITT01", "CLEAR01", "Clearing House", taxonomy="207Q00000X",
)  # fmt: skip
ADA = FiledPerson("1", "Ada Örtegård", date(1980, 2, 28), "1 Road", "Portland", "OR", "97205", "US")
BLUE = AskedPayer("blue", "Blue River", PayerKind.INSURER, "60054", "M-1", "Gold")
LINES = (
    ClaimLine(
        1, "X1", DAY, Code("HCPCS", "G0438"), "Visit", 12000, 12000, modifiers=("25",), authorisation="AU-1"
    ),
    ClaimLine(2, "X2", DAY, Code("CPT", "99213"), "Talk", 5050, 5050, "2"),
)
ICD = (Code("ICD-10-CM", "J10.1"), Code("ICD-10-CM", "E11.9"))
CLAIM = Claim("C1-1", "B1", "1", "blue", "V1", 1, "USD", LINES, diagnoses=ICD)
PLAIN = Filing(CLAIM, BLUE, ADA)


def _segments(text: str, tag: str) -> list[str]:
    return [line.rstrip("~") for line in text.splitlines() if line.startswith(f"{tag}*")]


def test_a_new_claim_carries_everything() -> None:
    """Subscriber, payer, conditions without dots, services with modifiers and days, our line numbers."""
    text = as_x12([PLAIN], FILER, 7, MADE)
    assert faults(text) == []
    assert _segments(text, "CLM") == ["CLM*C1-1*170.5***11:B:1*Y*A*Y*Y"]
    assert _segments(text, "HI") == ["HI*ABK:J101*ABF:E119"]
    assert _segments(text, "SV1") == ["SV1*HC:G0438:25*120*UN*1***1:2", "SV1*HC:99213*50.5*UN*2***1:2"]
    assert _segments(text, "REF") == ["REF*EI*123456789", "REF*G1*AU-1", "REF*6R*1", "REF*6R*2"]
    assert "NM1*IL*1*Ortegard*Ada****MI*M-1" in _segments(text, "NM1")
    assert "NM1*PR*2*Blue River*****PI*60054" in _segments(text, "NM1")
    read = x12.read(text)
    assert (read.faults, len(read.transactions)) == ([], 1)


@pytest.mark.parametrize(
    ("claim", "frequency"),
    [
        (replace(CLAIM, replaces="C1-0"), "7"),
        (replace(CLAIM, state=ClaimState.VOID), "8"),
    ],
)
def test_a_corrected_and_a_withdrawn_claim_name_the_first(claim: Claim, frequency: str) -> None:
    """The payer's own number of the claim goes with it, and what is to happen to it."""
    text = as_x12([Filing(claim, BLUE, ADA, original_reference="THEIRS")], FILER, 7, MADE)
    assert faults(text) == []
    assert _segments(text, "CLM")[0].split("*")[5] == f"11:B:{frequency}"
    assert "REF*F8*THEIRS" in _segments(text, "REF")


def test_a_second_payer_is_told_what_the_first_one_did() -> None:
    """Paid and adjusted, line by line, with the day; the whole charge stands on the claim."""
    adjusted = (
        Adjustment(AdjustmentGroup.CONTRACT, "45", 2000),
        Adjustment(AdjustmentGroup.PATIENT, "1", 2000),
    )
    lines = (AnswerLine(1, 12000, 8000, adjusted), AnswerLine(2, 5050, 5050))
    answer = PayerAnswer("x835", "1", "C1-1", ClaimVerdict.PAID, "USD", DAY, lines, "THEIRS")
    red = AskedPayer("red", "Red", PayerKind.AGENCY, member_id="M-2")
    left = replace(LINES[0], amount=2000)
    second = replace(CLAIM, key="C1-2", sequence=2, lines=(left,))
    whole = replace(answer, lines=(AnswerLine(None, 17050, 15050, adjusted[1:]),))
    for one, days in ((answer, 1), (whole, 1)):
        text = as_x12([Filing(second, red, ADA, earlier=(Earlier(BLUE, 1, CLAIM, one),))], FILER, 8, MADE)
        assert faults(text) == []
        assert sum(line.startswith("DTP*573") for line in text.splitlines()) == days
    text = as_x12([Filing(second, red, ADA, earlier=(Earlier(BLUE, 1, CLAIM, answer),))], FILER, 8, MADE)
    assert _segments(text, "SBR") == ["SBR*S*18*******OF", "SBR*P*18**Gold*****CI"]
    assert _segments(text, "SVD") == ["SVD*60054*80*HC:G0438:25**1"]
    assert _segments(text, "CAS") == ["CAS*CO*45*20", "CAS*PR*1*20"]
    assert _segments(text, "CLM")[0].startswith("CLM*C1-2*120*")
    assert "REF*F8*THEIRS" in text


def test_more_claims_than_a_transaction_takes_go_into_several() -> None:
    """A large file has transactions of a thousand claims, all in one interchange."""
    many = [replace(PLAIN, claim=replace(CLAIM, key=f"C{number}-1")) for number in range(1001)]
    read = x12.read(as_x12(many, FILER, 7, MADE))
    assert read.faults == []
    assert [sum(one.tag == "CLM" for one in transaction.segments) for transaction in read.transactions] == [
        1000,
        1,
    ]


def test_what_breaks_the_guide_is_not_released() -> None:
    """A file with a fault is refused with the place; what is no X12 at all, too."""
    text = as_x12([PLAIN], FILER, 7, MADE)
    check(text)
    with pytest.raises(FailsTheGuide, match=r"the file would be refused: .*NM102.*; nothing was written"):
        check(text.replace("NM1*85*2*", "NM1*85*9*"))
    for broken in (
        text.replace("HI*ABK", "HI*XYZ"),
        text.replace("SE*", "SE*1"),
        text.replace("222A1", "999A9"),
    ):
        assert faults(broken)
    assert faults("hello")


def test_separators_in_names_never_break_a_file() -> None:
    """Stars, tildes, colons and letters of any script in names and ids stay inside their element."""
    odd = replace(ADA, name="A*da~ L:i^nd 李\n", street="*~:^ 1", city="Ål*~", region="or~")
    payer = replace(BLUE, name="Bl~ue*:^", member_id="M*~1", plan="~*")
    text = as_x12([Filing(CLAIM, payer, odd)], replace(FILER, name="Elm ~ *", contact="Å~"), 7, MADE)
    assert [one for one in faults(text) if "N402" not in one] == []
    assert x12.read(text).faults == []


def test_fhir_claims_are_fhir() -> None:
    """Each claim with patient, payer and coverage, in codes that FHIR knows; amounts as decimals."""
    odd = replace(
        CLAIM, replaces="C1-0", lines=(replace(LINES[0], code=Code("north grid", "EL-1")), LINES[1])
    )
    text = as_fhir([PLAIN, Filing(odd, BLUE, replace(ADA, id="Ä 2"))], "Elm Street Clinic", FILER, MADE)
    bundle = json.loads(text)
    Bundle.model_validate(bundle)
    found = [one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == "Claim"]
    assert [one["identifier"][0]["value"] for one in found] == ["C1-1"]
    claim = found[0]
    assert claim["total"] == {"value": 170.5, "currency": "USD"}
    assert claim["item"][0]["productOrService"]["coding"][0]["system"].endswith("HCPCSReleaseCodeSets")
    assert claim["insurance"][0]["preAuthRef"] == ["AU-1"]
    assert claim["diagnosis"][1]["diagnosisCodeableConcept"]["coding"][0]["code"] == "E11.9"
    with pytest.raises(FailsTheModel, match=r"(?s)the file would be refused: .*; nothing was written"):
        as_fhir([replace(PLAIN, claim=replace(CLAIM, currency=""))], "", None, MADE)


class Office:
    """A clinic that files claims, with a folder for its files."""

    def __init__(self, clinic: Clinic, folder: Path) -> None:
        self.clinic, self.folder = clinic, folder

    @property
    def database(self) -> Database:
        """Where everything is kept."""
        return self.clinic.database

    def codes(self, name: str, *codes: str) -> None:
        """Load a code system."""
        file = self.folder / "codes.csv"
        file.write_text("code\n" + "\n".join(codes) + "\n")
        import_codes(
            self.database, self.clinic.installation, file, system_named(name), None, self.clinic.clock
        )

    def crosswalk(self, rows: list[tuple[str, str, str, str]]) -> None:
        """Keep what payers want instead of codes."""
        file = self.folder / "crosswalk.csv"
        lines = [",".join(row) for row in rows]
        file.write_text("from_system,from_code,to_system,to_code\n" + "\n".join(lines) + "\n")
        found = import_crosswalk(self.database, self.clinic.installation, file, self.clinic.clock)
        assert found.rejects == []

    def release(self, payer: str, form: str = "x12") -> filing.Released:
        """File what is in order."""
        write = release.writer(form, self.clinic.installation, FILER, self.clinic.now)
        with self.database.write() as session:
            return filing.release(self.clinic.context(session), payer, form, REP, write)

    def scrub(self, payer: str, form: str = "x12") -> dict[str, list[str]]:
        """What a payer would refuse, by claim."""
        with self.database.write() as session:
            found = filing.scrub_waiting(self.clinic.context(session), payer, form)
        return {one.claim.key: [str(finding) for finding in one.findings] for one in found}


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    """An office whose customer Ada has two payers."""
    clinic = Clinic(database, an_installation("us"))
    clinic.customer()
    clinic.covered("acme", "beta")
    return Office(clinic, tmp_path)


def _state(office: Office, key: str) -> str:
    return office.clinic.claim(key).state.value


def test_a_claim_is_held_until_it_is_in_order_and_then_filed_once(office: Office) -> None:
    """Missing diagnosis: held, told, not in the file. Fixed: ready, filed, not sent twice."""
    (claim,) = office.clinic.unbilled(12000)
    found = office.scrub("acme")
    assert found == {
        claim.key: ["claim: has no diagnosis, and the payer's form needs one; add the condition treated"]
    }
    assert _state(office, claim.key) == "held"
    assert office.release("acme").claims == []
    with office.database.write() as session:
        kept_claims.recode(session, replace(claim, diagnoses=(Code("ICD-10-CM", "J10.1"),)))
    assert office.scrub("acme") == {claim.key: []}
    made = office.release("acme")
    assert made.claims == [claim.key]
    assert f"*{made.number:09d}~" in made.text
    assert _state(office, claim.key) == "sent"
    assert office.release("acme").claims == []
    with office.database.read() as session:
        assert filing.again(session, "acme", made.number).text == made.text
        with pytest.raises(filing.NoSuchFile, match="--again 99"):
            filing.again(session, "acme", 99)
        with pytest.raises(UnknownPayer, match="--payer nobody"):
            filing.scrub_waiting(office.clinic.context(session), "nobody", "x12")


def test_a_file_that_fails_its_check_files_nothing(office: Office) -> None:
    """If the text cannot be released, no claim is filed and no file number is used up for it."""
    (claim,) = office.clinic.unbilled(12000)

    def fails(_: Any, __: int) -> str:
        raise FailsTheGuide(["CLM: broken"])

    with pytest.raises(FailsTheGuide), office.database.write() as session:
        filing.release(office.clinic.context(session), "acme", "csv", REP, fails)
    assert _state(office, claim.key) == "ready"
    made = office.release("acme", "csv")
    (row,) = csv.DictReader(made.text.splitlines())
    assert (row["claim_key"], row["amount"], row["code"], row["kind"]) == (
        claim.key,
        "120.00",
        "99213",
        "new",
    )


def test_a_payer_gets_its_codes_and_the_claim_keeps_what_was_sent(office: Office) -> None:
    """CPT becomes what the payer takes; without a crosswalk the claim is held with the reason."""
    terms = PayerTerms(code_systems=("KVÅ",))
    with office.database.write() as session:
        coverages.set_payer_terms(session, "acme", terms)
    (claim,) = office.clinic.unbilled(12000)
    assert office.scrub("acme", "csv") == {
        claim.key: ["line 1: 99213 (CPT): the payer takes KVÅ; add a crosswalk from this code"]
    }
    office.crosswalk([("CPT", "99213", "KVÅ", "GD001")])
    office.scrub("acme", "csv")
    assert office.release("acme", "csv").claims == [claim.key]
    assert office.clinic.claim(claim.key).lines[0].code == Code("KVÅ", "GD001")


def test_formats_and_filers_that_are_missing_are_told() -> None:
    """An unknown format, and X12 without a filer, are refused before anything is filed."""
    with pytest.raises(UnknownFormat, match="--format xml"):
        release.writer("xml", an_installation(), FILER, MADE)
    with pytest.raises(release.NobodyFiles, match=r"\[claims\] is not set"):
        release.writer("x12", an_installation(), None, MADE)


def _line(number: int, place: int, row: dict[str, str]) -> ClaimLine:
    cost = round(float(row["BASE_COST"]) * 100)
    day, code = date.fromisoformat(row["START"][:10]), Code("SNOMED CT", row["CODE"])
    return ClaimLine(place, f"S{number}:{place}", day, code, row["DESCRIPTION"], cost, cost)


def _synthea(office: Office, folder: Path, count: int) -> list[str]:
    """The first claims of the export with a diagnosis, opened as they are coded there."""
    clinic, found = office.clinic, []
    by_encounter: dict[str, list[dict[str, str]]] = {}
    with (folder / "procedures.csv").open() as text:
        for row in csv.DictReader(text):
            by_encounter.setdefault(row["ENCOUNTER"], []).append(row)
    with (folder / "claims.csv").open() as text:
        given = [
            row for row in csv.DictReader(text) if row["APPOINTMENTID"] in by_encounter and row["DIAGNOSIS1"]
        ]
    for number, row in enumerate(given[:count], 1):
        done = by_encounter[row["APPOINTMENTID"]][:50]
        lines = tuple(_line(number, place, one) for place, one in enumerate(done, 1))
        codes = tuple(Code("SNOMED CT", row[f"DIAGNOSIS{n}"]) for n in range(1, 9) if row[f"DIAGNOSIS{n}"])
        clinic.bill(f"S{number}", "ada", sum(line.amount for line in lines))
        claim = Claim(
            f"S{number}-1", f"S{number}", "ada", "acme", "ada:past", 1, "USD", lines, diagnoses=codes
        )
        with clinic.database.write() as session:
            kept_claims.add(session, claim, 1, None, clinic.now)
        found.append(claim.key)
    return found


@pytest.mark.slow
def test_two_hundred_real_claims_pass_the_guide(office: Office, test_data: Path) -> None:
    """SNOMED is refused until a crosswalk leads to HCPCS and ICD-10-CM; then the 837P has no fault."""
    with office.database.write() as session:
        payer = coverages.payer(session, "acme")
        assert payer
        past = coverages.Coverage("ada:past", "ada", payer, "M-9", 3, date(1900, 1, 1))
        coverages.save(session, past)
    keys = _synthea(office, test_data / "synthea", 200)
    assert len(keys) == 200
    before = office.scrub("acme")
    assert all(any("cannot carry it" in reason for reason in before[key]) for key in keys)
    claims = [office.clinic.claim(key) for key in keys]
    services = sorted({line.code.code for claim in claims for line in claim.lines})
    conditions = sorted({code.code for claim in claims for code in claim.diagnoses})
    hcpcs = {code: f"G{number:04d}" for number, code in enumerate(services)}
    icd = {code: f"Z{number % 100:02d}.{number // 100}" for number, code in enumerate(conditions)}
    office.codes("HCPCS", *hcpcs.values())
    office.codes("ICD-10-CM", *icd.values())
    office.crosswalk(
        [("SNOMED CT", code, "HCPCS", theirs) for code, theirs in hcpcs.items()]
        + [("SNOMED CT", code, "ICD-10-CM", theirs) for code, theirs in icd.items()]
    )
    left = {key: reasons for key, reasons in office.scrub("acme").items() if reasons}
    twice = {key for key, reasons in left.items() if all("is claimed already" in one for one in reasons)}
    assert set(left) == twice
    made = office.release("acme")
    assert len(made.claims) == 200 - len(twice)
    assert faults(made.text) == []
    assert len(_segments(made.text, "CLM")) == len(made.claims)
