"""A FHIR bundle: the same bills and claims as the CSV of the same patient, and clear refusals."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from bot.importing.fhir import NoBundle
from bot.importing.intake import import_paths
from bot.importing.table import FileRefused
from handlers.context import fixed
from storage import tables
from storage.database.transaction import Database
from tests.bot.importing.folder import Folder, counts
from tests.keys import KEYS
from tests.world import an_installation

if TYPE_CHECKING:
    from pathlib import Path

    from bot.importing.tally import Tally

NOW = datetime(2022, 3, 1, 17, 0, tzinfo=UTC)
INSTALLATION = an_installation("us")
JORGE = "593aaa05-d864-1df7-5b96-155fbdb19f28"


def _imported(folder: Folder, *paths: Path, file_format: str = "fhir") -> Tally:
    return import_paths(folder.database, INSTALLATION, paths or (folder.path,), file_format, fixed(NOW))


def _bills(database: Database) -> list[tuple[Any, ...]]:
    """The bills of the patient by content: ids are another's in each export."""
    bill, account, claim, payer, entry = (
        tables.Bill,
        tables.Account,
        tables.Claim,
        tables.Payer,
        tables.Entry,
    )
    with database.read() as session:
        rows = session.execute(
            select(
                bill.issued_on,
                bill.due_on,
                bill.description,
                bill.currency,
                entry.amount,
                payer.name,
                claim.amount,
                claim.state,
                claim.diagnoses,
            )
            .join(account, account.id == bill.account_id)
            .join(entry, (entry.bill_id == bill.id) & (entry.kind == "charge"))
            .outerjoin(claim, claim.bill_id == bill.id)
            .outerjoin(payer, payer.id == claim.payer_id)
            .where(account.customer_id == JORGE)
            .order_by(bill.issued_on)
        )
        return [(*row[:-1], [one["code"] for one in row[-1]]) for row in rows]


def _snomed(database: Database) -> set[tuple[Any, ...]]:
    """The charges that both exports name by the same code."""
    charge, bill = tables.Charge, tables.Bill
    with database.read() as session:
        rows = session.execute(
            select(bill.issued_on, charge.code, charge.amount)
            .join(bill, bill.id == charge.bill_id)
            .join(tables.Account, tables.Account.id == bill.account_id)
            .where(tables.Account.customer_id == JORGE, charge.code_system == "SNOMED CT")
        )
        return {tuple(row) for row in rows}


def test_the_bundle_gives_the_bills_and_claims_of_the_csv(folder: Folder, test_data: Path) -> None:
    """Days, totals, services, payer, diagnoses: told once as CSV and once as FHIR, they are the same."""
    for name in ("patients", "encounters", "procedures", "claims", "payer_transitions"):
        lines = (test_data / "synthea" / f"{name}.csv").read_text(encoding="utf-8").splitlines()
        folder.holds(f"{name}.csv", lines[0], *(line for line in lines if JORGE in line))
    folder.holds("payers.csv", *(test_data / "synthea" / "payers.csv").read_text("utf-8").splitlines())
    assert _imported(folder, file_format="synthea").lines == []
    csv_bills, csv_charges = _bills(folder.database), _snomed(folder.database)
    assert len(csv_bills) == 4
    other = Folder(folder.path, _fresh(folder))
    assert _imported(other, test_data / "synthea" / "fhir_bundle.json").lines == []
    assert _bills(other.database) == csv_bills
    assert _snomed(other.database) == csv_charges
    other.database.close()


def _fresh(folder: Folder) -> Database:
    from storage.database import schema  # noqa: PLC0415 - only here

    made = Database(f"sqlite:///{folder.path / 'other.db'}", KEYS)
    schema.ensure(made.engine)
    return made


def test_the_payer_took_over_what_the_explanations_of_benefit_say(folder: Folder, test_data: Path) -> None:
    """To the cent; the CSV tells other sums for the same visits, so what is left differs."""
    file = test_data / "synthea" / "fhir_bundle.json"
    _imported(folder, file)
    bundle = json.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    amounts = [
        one["resource"]["payment"]["amount"]["value"]
        for one in bundle["entry"]
        if one["resource"]["resourceType"] == "ExplanationOfBenefit"
    ]
    paid = sorted(int((100 * one).quantize(Decimal(1))) for one in amounts)
    with folder.database.read() as session:
        entries = session.execute(
            select(tables.Entry.amount, tables.Entry.payer_id).where(tables.Entry.kind == "payer")
        ).all()
        answers = session.scalars(select(tables.ClaimAnswer.paid)).all()
        left = sum(session.scalars(select(tables.Entry.amount)))
    assert sorted(-amount for amount, _ in entries) == sorted(answers) == paid
    assert {payer for _, payer in entries} == {"Medicaid"}
    assert left == 130655 + 87417 + 2 * 82676 - sum(paid)
    assert {(count.new, count.rejected) for count in _imported(folder, file).counts.values()} == {(0, 0)}


def _entry(kind: str, named: str, **more: Any) -> dict[str, Any]:
    return {
        "fullUrl": f"urn:uuid:{named}",
        "resource": {"resourceType": kind, "id": named, **more},
    }


def _ref(named: str) -> dict[str, str]:
    return {"reference": f"urn:uuid:{named}"}


def _usd(value: float) -> dict[str, Any]:
    return {"value": value, "currency": "USD"}


def _patient(named: str) -> dict[str, Any]:
    home = {"line": ["1 Elm"], "city": "Visalia", "state": "California", "postalCode": "93291"}
    return _entry(
        "Patient", named, name=[{"given": ["Ada"], "family": "Lind"}], birthDate="1980-02-28", address=[home]
    )


def _visit(named: str, patient: str) -> dict[str, Any]:
    period = {"start": "2022-01-01T03:00:00Z", "end": "2022-01-01T04:00:00Z"}
    return _entry(
        "Encounter", named, subject=_ref(patient), period=period, type=[{"text": "Visit", "coding": []}]
    )


def _claim(named: str, patient: str, visit: str, cost: float, payer: str = "Acme", **more: Any) -> Any:
    service = {"coding": [{"system": "http://snomed.info/sct", "code": "1", "display": "Visit"}]}
    item = {"sequence": 1, "productOrService": service, "encounter": [_ref(visit)]}
    resource = {
        "patient": _ref(patient),
        "created": "2022-01-01T04:00:00Z",
        "insurance": [{"coverage": {"display": payer}}],
        "item": [item],
        "total": _usd(cost),
    }
    return _entry("Claim", named, **(resource | more))


def _benefit(named: str, claim: str, paid: float) -> dict[str, Any]:
    return _entry("ExplanationOfBenefit", named, claim=_ref(claim), payment={"amount": _usd(paid)}, item=[])


def _bundle(folder: Folder, *entries: dict[str, Any], name: str = "b.json") -> Tally:
    file = folder.path / name
    file.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}))
    return _imported(folder, file)


def test_several_patients_stand_in_one_bundle(folder: Folder) -> None:
    """Everybody has their own bill; without insurance there is no claim; other resources are left aside."""
    tally = _bundle(
        folder,
        _entry("Observation", "o1", status="final"),
        _patient("p1"),
        _patient("p2"),
        _visit("v1", "p1"),
        _visit("v2", "p2"),
        _claim("c1", "p1", "v1", 300.0),
        _claim("c2", "p2", "v2", 100.0, "NO_INSURANCE"),
        _benefit("e1", "c1", 120.004),
    )
    assert tally.lines == []
    assert folder.rows(tables.Bill, "id", "issued_on", "amount") == [
        ("v1", date(2021, 12, 31), 18000),
        ("v2", date(2021, 12, 31), 10000),
    ]
    assert folder.rows(tables.Claim, "bill_id", "payer_id", "amount", "state") == [
        ("v1", "Acme", 30000, "answered")
    ]
    assert folder.rows(tables.ClaimAnswer, "paid") == [12000]


_OLD, _NEW = ({"system": "phone", "value": f"503-555-01{number}"} for number in (42, 77))


@pytest.mark.parametrize(
    "telecom",
    [
        [_OLD | {"use": "old"}, _NEW],
        [_OLD | {"period": {"end": "2022-02-28"}}, _NEW | {"period": {"end": "2022-03-01"}}],
        [_OLD | {"rank": 2}, _NEW | {"rank": 1}],
        [_OLD | {"system": "fax"}, _NEW, _OLD],
    ],
)
def test_of_two_phones_the_one_in_use_is_taken(folder: Folder, telecom: list[dict[str, Any]]) -> None:
    """An old number may be somebody else's by now, wherever it stands in the resource."""
    patient = _patient("p1")
    patient["resource"]["telecom"] = telecom
    _bundle(folder, patient)
    assert ("sms", "+15035550177") in folder.rows(tables.ContactPoint, "channel", "address")


def test_a_patient_with_an_old_number_alone_has_none(folder: Folder) -> None:
    """Nothing is texted to it."""
    patient = _patient("p1")
    patient["resource"]["telecom"] = [_OLD | {"use": "old"}]
    _bundle(folder, patient)
    assert "sms" not in folder.rows(tables.ContactPoint, "channel")


def test_a_payer_is_the_same_one_whichever_export_names_it(folder: Folder) -> None:
    """A payer that is registered under a number of its own keeps it."""
    with folder.database.write() as session:
        session.add(tables.Payer(id="7c44", name="Acme", kind="insurer", terms={}))
    _bundle(folder, _patient("p1"), _visit("v1", "p1"), _claim("c1", "p1", "v1", 10.0))
    assert folder.rows(tables.Payer, "id", "name") == [("7c44", "Acme")]
    assert folder.rows(tables.Claim, "payer_id") == ["7c44"]


def test_a_prescription_has_a_bill_of_its_own(folder: Folder) -> None:
    """A pharmacy's claim names the visit too, and is not in its total."""
    pharmacy: Any = {"type": {"coding": [{"code": "pharmacy"}]}}
    _bundle(
        folder,
        _patient("p1"),
        _visit("v1", "p1"),
        _claim("c0", "p1", "v1", 20.0, **pharmacy),
        _claim("c1", "p1", "v1", 30.0),
    )
    assert folder.rows(tables.Bill, "id", "amount") == [("c0", 2000), ("v1", 3000)]


@pytest.mark.parametrize(
    ("entries", "line"),
    [
        (
            [_claim("c1", "p9", "v1", 1.0)],
            "b.json:1: Claim.patient.reference: points at no patient of this bundle",
        ),
        (
            [_patient("p1"), _claim("c1", "p1", "v1", 1.0, total={"value": "1", "currency": "USD"})],
            "b.json:2: Claim.total.value: is no number",
        ),
        (
            [_patient("p1"), _claim("c1", "p1", "v1", 1.0, total={"value": 1.0})],
            "b.json:2: Claim.total.currency: is missing",
        ),
        (
            [_patient("p1"), _claim("c1", "p1", "v1", 1.0, created="soon")],
            "b.json:2: Claim.created: 'soon' is no moment",
        ),
        (
            [_patient("p1"), _visit("v1", "p1"), _claim("c1", "p1", "v1", 1.0), _benefit("e1", "c1", 2.0)],
            "b.json:3: ExplanationOfBenefit.payment.amount: is more than the total of the claim",
        ),
        (
            [
                _patient("p1"),
                _visit("v1", "p1"),
                _claim("c1", "p1", "v1", 1.0, "NO_INSURANCE"),
                _benefit("e1", "c1", 1.0),
            ],
            "b.json:3: ExplanationOfBenefit.payment.amount: is paid by no payer: the claim names none",
        ),
        (
            [_benefit("e1", "c9", 2.0)],
            "b.json:1: ExplanationOfBenefit.claim.reference: points at no claim of this bundle",
        ),
        ([_entry("Patient", "p1", name="Ada")], "b.json:1: Patient.name: is no list"),
    ],
)
def test_what_cannot_be_read_is_set_aside_with_its_place(
    folder: Folder, entries: list[dict[str, Any]], line: str
) -> None:
    """One line each: the file, the entry, the path, and what is wrong; the rest is registered."""
    tally = _bundle(folder, *entries, _patient("p8"))
    assert tally.lines == [line]
    assert "p8" in folder.rows(tables.Customer, "id")
    assert counts(tally)["customers"][0] >= 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"resourceType": "Bundle",\n "entry": [}', r"b\.json: line 2, column 12: is no JSON"),
        ('{"resourceType": "Patient"}', "is no FHIR bundle"),
        ('{"resourceType": "Bundle", "entry": {}}', "entry is no list"),
        ('{"resourceType": "Bundle", "entry": [{"resource": 1}]}', "entry 1 holds no resource"),
        ('{"resourceType": "Bundle", "entry": [NaN]}', "is no JSON that can be read"),
        ("[" * 200_000, "is no JSON"),
        ("\xff", "is no JSON"),
    ],
)
def test_a_file_that_is_no_bundle_is_refused_whole(folder: Folder, content: str, reason: str) -> None:
    """Broken JSON is refused with its place; nothing is registered."""
    (folder.path / "b.json").write_text(content, encoding="utf-8")
    with pytest.raises(FileRefused, match=reason):
        _imported(folder, folder.path / "b.json")


def test_a_folder_without_bundles_is_refused(folder: Folder) -> None:
    """A folder is read for its bundles; without one there is nothing to import."""
    with pytest.raises(NoBundle, match=r"holds no \.json file"):
        _imported(folder)
