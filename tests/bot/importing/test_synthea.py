"""The export of Synthea: real shapes and sizes, nobody in it a real person."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from billing.accounts.channels import Channel
from billing.calendar import is_minor
from bot.importing.intake import import_paths
from bot.importing.synthea import NoExport
from bot.importing.table import MissingColumns
from handlers.context import fixed
from handlers.dunning import dunning_run
from storage import tables
from storage.database.transaction import Database
from storage.desk import escalations
from tests.bot.importing.folder import Folder, counts
from tests.keys import KEYS
from tests.world import an_installation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.importing.tally import Tally
    from tests.conftest import Databases

NOW = datetime(2022, 3, 1, 17, 0, tzinfo=UTC)
TODAY = date(2022, 3, 1)
FOUR_YEARS_AGO = date(2018, 3, 1)
INSTALLATION = an_installation("us")
FORM = (Channel.SMS, "signed form")
PATIENTS = "Id,BIRTHDATE,DEATHDATE,FIRST,LAST,ADDRESS,CITY,STATE,ZIP"
PAYERS = "Id,NAME"
ENCOUNTERS = (
    "Id,START,STOP,PATIENT,PAYER,CODE,DESCRIPTION,BASE_ENCOUNTER_COST,TOTAL_CLAIM_COST,PAYER_COVERAGE"
)
PROCEDURES = "START,PATIENT,ENCOUNTER,CODE,DESCRIPTION,BASE_COST"
TRANSITIONS = "PATIENT,MEMBERID,START_YEAR,END_YEAR,PAYER,SECONDARY_PAYER"
MOMENTS = "2022-01-01T03:00:00Z,2022-01-01T04:00:00Z"
E1 = f"e1,{MOMENTS},p1,acme,308335008,Visit,100.00,300.00,120.000"


def bring_in(database: Database, folder: Path, *, dry_run: bool = False) -> Tally:
    """Import an export with consents vouched for."""
    return import_paths(database, INSTALLATION, [folder], "synthea", fixed(NOW), FORM, dry_run=dry_run)


@dataclass(frozen=True)
class Clinic:
    """The real export, imported once for all tests that only look."""

    folder: Path
    database: Database
    tally: Tally

    def read(self, name: str) -> list[dict[str, str]]:
        """A file of the export, read without our help."""
        with (self.folder / name).open(encoding="utf-8", newline="") as text:
            return list(csv.DictReader(text))

    def remainders(self) -> dict[str, Decimal]:
        """What each patient has left to pay, added up from the file."""
        owed: dict[str, Decimal] = defaultdict(Decimal)
        for row in self.read("encounters.csv"):
            owed[row["PATIENT"]] += Decimal(row["TOTAL_CLAIM_COST"]) - Decimal(row["PAYER_COVERAGE"])
        return owed


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def clinic(request: pytest.FixtureRequest, test_data: Path) -> Iterator[Clinic]:
    """The real export on a database of its own."""
    name = "sqlite_databases" if request.param == "sqlite" else "postgres_databases"
    maker: Databases = request.getfixturevalue(name)
    database = Database(maker(), KEYS)
    folder = test_data / "synthea"
    yield Clinic(folder, database, bring_in(database, folder))
    database.close()


@pytest.mark.slow
def test_the_real_export_is_registered_to_the_cent(clinic: Clinic) -> None:
    """Nothing is refused or lost, balances are what the file leaves, and a second import changes nothing."""
    assert clinic.tally.lines == []
    assert clinic.tally.counts["customers"].new == len(clinic.read("patients.csv")) == 59
    assert clinic.tally.counts["bills"].new == len(clinic.read("encounters.csv"))
    assert clinic.tally.counts["payers"].new == len(clinic.read("payers.csv")) - 1
    _check_balances(clinic)
    _check_lines(clinic)
    _check_numbers(clinic)
    before = _sizes(clinic)
    again = bring_in(clinic.database, clinic.folder)
    assert {(count.new, count.changed, count.rejected) for count in again.counts.values()} == {(0, 0, 0)}
    assert _sizes(clinic) == before


@pytest.mark.slow
def test_a_run_spares_the_dead_the_young_and_old_debts(clinic: Clinic) -> None:
    """Nobody dead, no minor, no time-barred bill is reminded of; the desk has one case for each child."""
    patients = {row["Id"]: row for row in clinic.read("patients.csv")}
    verdicts = list(dunning_run.preview(clinic.database, INSTALLATION, NOW))
    remind = [verdict for verdict in verdicts if verdict.verdict == "remind"]
    assert remind
    assert not [v for v in remind if patients[v.customer_id]["DEATHDATE"]]
    assert not [v for v in remind if _young(patients[v.customer_id])]
    with clinic.database.read() as session:
        rows = session.execute(select(tables.Bill.id, tables.Bill.issued_on)).all()
        cases = [case for case in escalations.queue(session) if case.kind == "minor_without_guarantor"]
    issued = dict(rows)
    assert min(issued[verdict.bill_id] for verdict in remind) > FOUR_YEARS_AGO
    assert all(verdict.reason for verdict in verdicts if verdict.verdict == "excluded")
    reasons = {verdict.reason for verdict in verdicts}
    assert {"deceased", "minor_without_guarantor", "time_barred"} <= reasons
    assert sorted(case.customer_id or "" for case in cases) == sorted(_children_who_owe(clinic))


@pytest.mark.slow
def test_the_payers_took_over_what_the_file_says(clinic: Clinic) -> None:
    """By payer and to the cent: the ledger, the answers and the claims are the sums of the encounters."""
    covered: dict[str, Decimal] = defaultdict(Decimal)
    asked: dict[str, Decimal] = defaultdict(Decimal)
    for row in clinic.read("encounters.csv"):
        covered[row["PAYER"]] += Decimal(row["PAYER_COVERAGE"])
        asked[row["PAYER"]] += Decimal(row["TOTAL_CLAIM_COST"])
    (nobody,) = [row["Id"] for row in clinic.read("payers.csv") if row["NAME"] == "NO_INSURANCE"]
    assert covered.pop(nobody) == 0
    del asked[nobody]
    entry, claim, answer = tables.Entry, tables.Claim, tables.ClaimAnswer
    with clinic.database.read() as session:
        booked = session.execute(
            select(entry.payer_id, func.sum(entry.amount))
            .where(entry.kind == "payer")
            .group_by(entry.payer_id)
        ).all()
        rows = session.execute(
            select(claim.payer_id, func.sum(answer.paid), func.sum(claim.amount))
            .join(answer, answer.claim_key == claim.key)
            .where(claim.sequence == 1)
            .group_by(claim.payer_id)
        ).all()
        later = session.scalar(select(func.sum(answer.paid)).join(claim).where(claim.sequence == 2))
    took = {payer: amount for payer, amount in covered.items() if amount}
    assert {payer: -Decimal(int(amount)) / 100 for payer, amount in booked} == took
    assert {payer: Decimal(int(paid)) / 100 for payer, paid, _ in rows} == covered
    assert {payer: Decimal(int(amount)) / 100 for payer, _, amount in rows} == asked
    assert later == 0


@pytest.mark.slow
def test_every_insured_encounter_is_a_claim_with_its_codes(clinic: Clinic) -> None:
    """The right payer, the lines of the bill, the diagnoses; a second payer for what was left."""
    insured = {one["Id"] for one in clinic.read("payers.csv") if one["NAME"] != "NO_INSURANCE"}
    codes: dict[str, set[str]] = defaultdict(set)
    for row in clinic.read("claims.csv"):
        codes[row["APPOINTMENTID"]] |= {row[f"DIAGNOSIS{number}"] for number in range(1, 9)} - {""}
    claim = tables.Claim
    with clinic.database.read() as session:
        rows = session.execute(
            select(claim.bill_id, claim.payer_id, claim.state, claim.diagnoses, claim.lines).where(
                claim.sequence == 1
            )
        ).all()
        seconds = session.scalars(select(claim.payer_id).where(claim.sequence == 2)).all()
    found = {row.bill_id: row for row in rows}
    visits = [row for row in clinic.read("encounters.csv") if Decimal(row["TOTAL_CLAIM_COST"])]
    expected = {row["Id"]: row for row in visits if row["PAYER"] in insured}
    assert found.keys() == expected.keys()
    assert {row.state for row in rows} == {"answered"}
    for encounter, row in expected.items():
        kept = found[encounter]
        assert kept.payer_id == row["PAYER"]
        wanted = codes[encounter] | ({row["REASONCODE"]} - {""})
        assert {one["code"] for one in kept.diagnoses} == wanted
        assert row["CODE"] in {line["code"]["code"] for line in kept.lines}
        assert min(line["amount"] for line in kept.lines) > 0
    transitions = {row["SECONDARY_PAYER"] for row in clinic.read("payer_transitions.csv")}
    assert len(seconds) > 100
    assert set(seconds) <= transitions - {""}


def _check_balances(clinic: Clinic) -> None:
    found: dict[str, int] = defaultdict(int)
    with clinic.database.read() as session:
        account, entry = tables.Account, tables.Entry
        rows = session.execute(
            select(account.customer_id, entry.amount).join(entry, entry.account_id == account.id)
        )
        for customer_id, amount in rows:
            found[customer_id] += amount
    assert {one: Decimal(minor) / 100 for one, minor in found.items()} == clinic.remainders()
    assert len(found) == 59


def _check_lines(clinic: Clinic) -> None:
    lines: dict[str, int] = defaultdict(int)
    with clinic.database.read() as session:
        for bill_id, amount in session.execute(select(tables.Charge.bill_id, tables.Charge.amount)):
            lines[bill_id] += amount
    totals = {row["Id"]: Decimal(row["TOTAL_CLAIM_COST"]) for row in clinic.read("encounters.csv")}
    assert {bill_id: Decimal(minor) / 100 for bill_id, minor in lines.items()} == totals


def _check_numbers(clinic: Clinic) -> None:
    with clinic.database.read() as session:
        phones = select(tables.ContactPoint.address).where(tables.ContactPoint.channel == "sms")
        numbers = session.scalars(phones).all()
    assert len(set(numbers)) == 59
    assert {(number[:2], number[5:10], len(number)) for number in numbers} == {("+1", "55501", 12)}


def _sizes(clinic: Clinic) -> dict[str, int]:
    with clinic.database.read() as session:
        return {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in tables.Table.metadata.tables.items()
        }


def _children_who_owe(clinic: Clinic) -> list[str]:
    owed = clinic.remainders()
    return [
        row["Id"]
        for row in clinic.read("patients.csv")
        if _young(row) and not row["DEATHDATE"] and owed[row["Id"]] > 0
    ]


def _young(row: dict[str, str]) -> bool:
    return is_minor(date.fromisoformat(row["BIRTHDATE"]), TODAY)


def _export(folder: Folder, patients: tuple[str, ...], visits: tuple[str, ...], *procedures: str) -> Tally:
    folder.holds("patients.csv", PATIENTS, *patients)
    folder.holds("payers.csv", PAYERS, "acme,Acme Health", "care,Medicare", "none,NO_INSURANCE")
    folder.holds("encounters.csv", ENCOUNTERS, *visits)
    folder.holds("procedures.csv", PROCEDURES, *procedures)
    return bring_in(folder.database, folder.path)


ADA = "p1,1980-02-28,,Ada1,Lind2,Elm Street 1,Visalia,California,93291"


def test_a_visit_is_a_bill_of_the_local_day(folder: Folder) -> None:
    """The evening of New Year's Eve in California is not the next year; payment is due 30 days later."""
    assert _export(folder, (ADA,), (E1,)).lines == []
    assert folder.rows(tables.Bill, "id", "issued_on", "due_on", "amount", "description") == [
        ("e1", date(2021, 12, 31), date(2022, 1, 30), 18000, "Visit")
    ]
    assert folder.rows(tables.Entry, "kind", "amount") == [("charge", 30000), ("payer", -12000)]
    assert folder.rows(tables.Customer, "name", "country", "region") == [("Ada1 Lind2", "US", "CA")]


@pytest.mark.parametrize(
    ("costs", "rest"),
    [
        (("150.00", "50.00"), []),
        (("150.00",), [("other services in this visit", 5000)]),
        (("150.00", "50.00", "0.50"), [("adjustment", -50)]),
    ],
)
def test_what_the_lines_leave_is_a_line(
    folder: Folder, costs: tuple[str, ...], rest: list[tuple[str, int]]
) -> None:
    """The visit, its procedures, and the difference to the total, if there is one."""
    lines = [f"2022-01-01T03:00:00Z,p1,e1,430193006,Care,{cost}" for cost in costs]
    assert _export(folder, (ADA,), (E1,), *lines).lines == []
    found = folder.rows(tables.Charge, "position", "description", "amount")
    procedures = [("Care", int(Decimal(cost) * 100)) for cost in costs]
    assert [("Visit", 10000), *procedures, *rest] == [line[1:] for line in found]


def test_a_settled_visit_is_registered_too(folder: Folder) -> None:
    """A bill that the payer took over whole has nothing left to pay."""
    _export(folder, (ADA,), (E1.replace("120.000", "300.00"),))
    assert folder.rows(tables.Bill, "id", "amount") == [("e1", 0)]


@pytest.mark.parametrize(
    ("visit", "reason"),
    [
        (E1.replace("300.00", "300.001"), "TOTAL_CLAIM_COST: '300.001' is not an amount in USD"),
        (E1.replace("300.00", "-300.00"), "TOTAL_CLAIM_COST: -300.00 is below zero"),
        (E1.replace("120.000", "300.01"), "PAYER_COVERAGE: 300.01 is more than TOTAL_CLAIM_COST"),
        (E1.replace("2022-01-01T04:00:00Z", "later"), "STOP: 'later' is no moment"),
        (E1.replace("p1", "p9"), "customer_id: no customer 'p9' is registered"),
    ],
)
def test_a_visit_that_cannot_be_billed_is_set_aside_once(folder: Folder, visit: str, reason: str) -> None:
    """One line for the visit, and one for each of its procedures, which have no bill now."""
    tally = _export(folder, (ADA,), (visit,), "2022-01-01T03:00:00Z,p1,e1,430193006,Care,1.00")
    assert tally.lines[0].startswith(f"encounters.csv:2: {reason}")
    assert tally.lines[1:] == ["procedures.csv:2: bill_id: no bill 'e1' is registered; import it first"]
    assert (folder.path / "encounters.csv.rejects.csv").exists()


def test_coverages_come_from_the_transitions(folder: Folder) -> None:
    """Each period is a coverage until the day before the next; no insurance is no payer."""
    folder.holds(
        "payer_transitions.csv",
        TRANSITIONS,
        "p1,M1,2020-01-10T12:00:00,2021-01-10T12:00:00Z,acme,care",
        "p1,,2021-01-10T12:00:00Z,,none,",
        "p1,M2,2022-01-10T12:00:00Z,,care,",
    )
    tally = _export(folder, (ADA,), ())
    assert counts(tally)["coverages"] == (3, 0, 0, 0)
    rows = folder.rows(tables.Coverage, "starts_on", "ends_on", "payer_id", "member_id", "priority")
    assert sorted(rows, key=lambda row: (row[0], row[4])) == [
        (date(2020, 1, 10), date(2021, 1, 9), "acme", "M1", 1),
        (date(2020, 1, 10), date(2021, 1, 9), "care", "M1", 2),
        (date(2022, 1, 10), None, "care", "M2", 1),
    ]
    assert folder.rows(tables.Payer, "id", "kind") == [("acme", "insurer"), ("care", "agency")]


def test_numbers_go_on_in_the_next_area_code(folder: Folder) -> None:
    """A state without enough fictional numbers leaves the last of its patients without one."""
    patients = tuple(f"p{n},1980-02-28,,Ada,Lind,,Juneau,Alaska,1" for n in range(101))
    nowhere = "q,1980-02-28,,Bo,,,,Atlantis,"
    _export(folder, (*patients, ADA.replace("p1", "c"), nowhere), ())
    found = folder.rows(tables.ContactPoint, "channel", "address")
    numbers = [address for channel, address in found if channel == "sms"]
    assert sorted(numbers) == ["+12095550100", *(f"+190755501{n:02}" for n in range(100))]


def test_a_dry_run_of_an_export_leaves_nothing(folder: Folder) -> None:
    """Everything is counted and nothing kept."""
    folder.holds("patients.csv", PATIENTS, ADA, ADA)
    folder.holds("payers.csv", PAYERS, "acme,Acme Health")
    folder.holds("encounters.csv", ENCOUNTERS, E1, E1)
    folder.holds("procedures.csv", PROCEDURES)
    found = counts(bring_in(folder.database, folder.path, dry_run=True))
    assert found["customers"] == found["bills"] == (1, 0, 1, 0)
    assert folder.rows(tables.Customer, "id") == []


def test_a_folder_that_is_no_export_is_refused(folder: Folder, tmp_path: Path) -> None:
    """A missing file or column is one line."""
    with pytest.raises(
        NoExport, match=r"patients\.csv: is missing in .*; a Synthea export has patients\.csv"
    ):
        bring_in(folder.database, tmp_path)
    folder.holds("patients.csv", "Id")
    with pytest.raises(MissingColumns):
        bring_in(folder.database, tmp_path)
