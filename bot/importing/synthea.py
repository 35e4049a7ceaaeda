"""An export of Synthea, the open patient simulator: patients, encounters, procedures, payers, claims."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from billing.calendar import local_day
from billing.ledger.money import Money
from billing.payers.claims import Code
from bot.importing.csv_files import parsed
from bot.importing.fields import money, with_cents
from bot.importing.stages import ChargeLine, ImportStage
from bot.importing.states import STATES, State
from bot.importing.table import CsvTable, FileRefused
from bot.importing.tally import BadField
from handlers.bills.bills import BillRow
from handlers.payers.history import PastClaim
from handlers.people.register import Consent, Coverage, CustomerRow, Payer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from bot.importing.fields import Fields
    from bot.importing.stages import Item, Row
    from bot.importing.tally import SourceRow

CURRENCY = "USD"
TIME_TO_PAY = timedelta(days=30)
SNOMED = "SNOMED CT"
UNINSURED = "NO_INSURANCE"
AGENCIES = frozenset({"Medicare", "Medicaid", "Dual Eligible"})
_COLUMNS = {
    "patients.csv": ("Id", "BIRTHDATE", "DEATHDATE", "FIRST", "LAST", "ADDRESS", "CITY", "STATE", "ZIP"),
    "payers.csv": ("Id", "NAME"),
    "encounters.csv": (
        "Id", "START", "STOP", "PATIENT", "PAYER", "CODE", "DESCRIPTION", "BASE_ENCOUNTER_COST",
        "TOTAL_CLAIM_COST", "PAYER_COVERAGE",
    ),
    "procedures.csv": ("START", "PATIENT", "ENCOUNTER", "CODE", "DESCRIPTION", "BASE_COST"),
}  # fmt: skip
_TRANSITIONS = "payer_transitions.csv"
_CLAIMS = "claims.csv"
_DIAGNOSES = tuple(f"DIAGNOSIS{number}" for number in range(1, 9))
_COVERED = (("PAYER", 1), ("SECONDARY_PAYER", 2))
_NOWHERE = State("", ZoneInfo("UTC"), ())


class NoExport(FileRefused):
    """A folder is no export of Synthea."""

    def __init__(self, file: Path) -> None:
        super().__init__(file, f"is missing in {file.parent}; a Synthea export has {', '.join(_COLUMNS)}")


def stages(
    folder: Path, today: date, consents: tuple[Consent, ...]
) -> tuple[list[ImportStage], list[Path], list[str]]:
    """What a Synthea export holds in the order it is registered; its files; notes for the operator.

    Raises:
        NoExport: one of its files is not there.
        FileRefused: a file cannot be read, or lacks a column.
    """
    tables = {name: _table(folder / name, required) for name, required in _COLUMNS.items()}
    if (folder / _TRANSITIONS).is_file():
        tables[_TRANSITIONS] = _table(folder / _TRANSITIONS, ("PATIENT", "MEMBERID", "PAYER"))
    if (folder / _CLAIMS).is_file():
        tables[_CLAIMS] = _table(folder / _CLAIMS, ("APPOINTMENTID", _DIAGNOSES[0]))
    payers, uninsured = _payers(tables["payers.csv"])
    export = _Export(
        tables,
        today,
        consents,
        _homes(tables["patients.csv"]),
        payers,
        uninsured,
        _diagnoses(tables.get(_CLAIMS, ())),
    )
    rows = {name: table.rows for name, table in tables.items()}
    found = [
        ImportStage("customers", rows["patients.csv"], export.read("patients.csv", export.patient)),
        ImportStage("payers", rows["payers.csv"], export.read("payers.csv", export.payer)),
        ImportStage("coverages", rows.get(_TRANSITIONS, 0), export.coverages()),
        ImportStage("bills", rows["encounters.csv"], export.read("encounters.csv", export.bill)),
        ImportStage("charges", 2 * rows["encounters.csv"] + rows["procedures.csv"], export.charges()),
        ImportStage("claims", rows["encounters.csv"], export.read("encounters.csv", export.claim)),
    ]
    return found, [table.file for table in tables.values()], []


def _table(file: Path, required: tuple[str, ...]) -> CsvTable:
    if not file.is_file():
        raise NoExport(file)
    table = CsvTable(file)
    table.require(required)
    return table


@dataclass(frozen=True, slots=True)
class _Home:
    """Where a patient lives, and a pretend phone number of their own."""

    state: State
    phone: str


_UNKNOWN = _Home(_NOWHERE, "")


def _homes(patients: CsvTable) -> dict[str, _Home]:
    """By patient; numbers are dealt in the order of the file, so they stay as more patients follow."""
    homes: dict[str, _Home] = {}
    dealt: Counter[str] = Counter()
    for place in patients:
        values = dict(zip(place.columns, place.values, strict=False))
        state = STATES.get(values.get("STATE", ""), _NOWHERE)
        if values.get("Id", "") not in homes:
            homes[values.get("Id", "")] = _Home(state, state.phone(dealt[state.code]))
            dealt[state.code] += 1
    return homes


def _payers(payers: CsvTable) -> tuple[dict[str, Payer], frozenset[str]]:
    """Payers by id; and the ids that mean "no insurance", which are no payers."""
    rows = [dict(zip(place.columns, place.values, strict=False)) for place in payers]
    named = [row for row in rows if row.get("Id") and row.get("NAME")]
    found = {
        row["Id"]: Payer(row["Id"], row["NAME"], "agency" if row["NAME"] in AGENCIES else "insurer")
        for row in named
        if row["NAME"] != UNINSURED
    }
    return found, frozenset(row["Id"] for row in named) - set(found)


def _diagnoses(claims: Iterable[SourceRow]) -> dict[str, tuple[Code, ...]]:
    """What every claim of an encounter names, each once, in the order of the file."""
    found: dict[str, dict[str, None]] = {}
    for place in claims:
        row = dict(zip(place.columns, place.values, strict=False))
        codes = (row.get(name, "").strip() for name in _DIAGNOSES)
        found.setdefault(row.get("APPOINTMENTID", ""), {}).update(dict.fromkeys(filter(None, codes)))
    return {encounter: tuple(Code(SNOMED, code) for code in codes) for encounter, codes in found.items()}


@dataclass(slots=True)
class _Export:
    """The tables of an export, and what one of them has to know from another."""

    tables: dict[str, CsvTable]
    today: date
    consents: tuple[Consent, ...]
    homes: dict[str, _Home]
    payers: dict[str, Payer]
    uninsured: frozenset[str]
    """The ids under which an encounter has no payer."""
    diagnoses: dict[str, tuple[Code, ...]]
    left: dict[str, int] = field(default_factory=dict)
    """What no line explains yet of each encounter's total, in minor units."""
    lines: Counter[str] = field(default_factory=Counter)
    """How many lines each encounter has."""

    def read(self, name: str, reader: Callable[[Fields], Row | None], key: str = "Id") -> Iterator[Item]:
        """Every row of a file that may not be there."""
        if name in self.tables:
            yield from parsed(self.tables[name], key, reader, self.today)

    def coverages(self) -> Iterator[Item]:
        """Who covered whom: the first payer, and a second one where there is one."""
        for column, priority in _COVERED:
            yield from self.read(_TRANSITIONS, partial(self.coverage, column=column, priority=priority), "")

    def charges(self) -> Iterator[Item]:
        """The visit itself, every procedure, and what they leave of the total."""
        yield from self.read("encounters.csv", self.visit)
        yield from self.read("procedures.csv", self.procedure, "")
        yield from self.read("encounters.csv", self.rest)

    def patient(self, fields: Fields) -> CustomerRow:
        """A row of ``patients.csv``."""
        home = self.homes.get(fields.need("Id"), _UNKNOWN)
        return CustomerRow(
            id=fields.need("Id"),
            name=" ".join(filter(None, [fields.need("FIRST"), fields.text("LAST")])),
            birth_date=fields.past_day("BIRTHDATE"),
            phone=home.phone,
            language="en",
            country="US",
            region=home.state.code,
            address=fields.text("ADDRESS"),
            postal_code=fields.text("ZIP"),
            city=fields.text("CITY"),
            died_on=fields.past_day("DEATHDATE"),
            consents=self.consents,
        )

    def payer(self, fields: Fields) -> Payer | None:
        """A row of ``payers.csv``."""
        return self.payers.get(fields.text("Id"))

    def coverage(self, fields: Fields, column: str, priority: int) -> Coverage | None:
        """A row of ``payer_transitions.csv``; a day belongs to the coverage that begins on it."""
        payer = self.payers.get(fields.text(column))
        if payer is None:
            return None
        begins = "START_DATE" if fields.text("START_DATE") else "START_YEAR"
        ends = "END_DATE" if fields.text("END_DATE") else "END_YEAR"
        patient = fields.need("PATIENT")
        starts_on = self.day(fields, begins)
        ends_on = max(starts_on, self.day(fields, ends) - timedelta(days=1)) if fields.text(ends) else None
        return Coverage(
            id=f"{patient}:{fields.text(begins)}:{priority}",
            customer_id=patient,
            payer=payer,
            member_id=fields.text("MEMBERID"),
            priority=priority,
            starts_on=starts_on,
            ends_on=ends_on,
        )

    def bill(self, fields: Fields) -> BillRow:
        """A row of ``encounters.csv``; a bill that the payer settled is registered too."""
        total = _not_negative(fields, "TOTAL_CLAIM_COST")
        covered = _not_negative(fields, "PAYER_COVERAGE")
        if covered > total:
            raise BadField("PAYER_COVERAGE", f"{fields.text('PAYER_COVERAGE')} is more than TOTAL_CLAIM_COST")
        payer_id = self.payer_of(fields)
        if covered and payer_id is None:
            raise BadField("PAYER_COVERAGE", f"{fields.text('PAYER_COVERAGE')} is covered by no payer")
        issued_on = self.day(fields, "STOP")
        return BillRow(
            id=fields.need("Id"),
            customer_id=fields.need("PATIENT"),
            issued_on=issued_on,
            due_on=issued_on + TIME_TO_PAY,
            currency=CURRENCY,
            total=total,
            covered=((payer_id, covered),) if covered and payer_id else (),
            description=fields.text("DESCRIPTION"),
        )

    def payer_of(self, fields: Fields) -> str | None:
        """The payer of an encounter; none where there is no insurance."""
        named = fields.need("PAYER")
        if named in self.uninsured:
            return None
        if named not in self.payers:
            raise BadField("PAYER", f"no payer {named!r} is in payers.csv; add it there first")
        return named

    def claim(self, fields: Fields) -> PastClaim | None:
        """The claim of an encounter, as it was answered; what the payer left is the patient's."""
        payer_id = self.payer_of(fields)
        if payer_id is None:
            return None
        named, reason = fields.need("Id"), fields.text("REASONCODE")
        codes = dict.fromkeys(self.diagnoses.get(named, ()))
        if reason:
            codes[Code(SNOMED, reason)] = None
        return PastClaim(
            bill_id=named,
            payer_id=payer_id,
            paid=_not_negative(fields, "PAYER_COVERAGE"),
            answered_on=self.day(fields, "STOP"),
            diagnoses=tuple(codes),
        )

    def visit(self, fields: Fields) -> ChargeLine:
        """The visit itself, the first line of its bill."""
        named, cost = fields.need("Id"), _money(fields, "BASE_ENCOUNTER_COST")
        self.left[named] = _money(fields, "TOTAL_CLAIM_COST") - cost
        self.lines[named] = 0
        return self.line(fields, named, 0, "BASE_ENCOUNTER_COST")

    def procedure(self, fields: Fields) -> ChargeLine:
        """A row of ``procedures.csv``, the next line of its visit's bill."""
        named, cost = fields.need("ENCOUNTER"), _money(fields, "BASE_COST")
        self.left[named] = self.left.get(named, 0) - cost
        self.lines[named] += 1
        return self.line(fields, named, self.lines[named], "BASE_COST")

    def line(self, fields: Fields, encounter: str, position: int, column: str) -> ChargeLine:
        """A coded line."""
        return ChargeLine(
            id=f"{encounter}:{position}",
            bill_id=encounter,
            position=position,
            service_on=self.day(fields, "START"),
            description=fields.need("DESCRIPTION"),
            unit_amount=with_cents(fields.need(column)),
            unit_column=column,
            code_system=SNOMED,
            code=fields.need("CODE"),
        )

    def rest(self, fields: Fields) -> ChargeLine | None:
        """What the other lines leave of the total, so that they add up to it."""
        named = fields.need("Id")
        left = self.left.get(named, 0)
        if not left:
            return None
        return ChargeLine(
            id=f"{named}:rest",
            bill_id=named,
            position=self.lines[named] + 1,
            service_on=self.day(fields, "START"),
            description="other services in this visit" if left > 0 else "adjustment",
            unit_amount=Money(left, CURRENCY).plain(),
            unit_column="TOTAL_CLAIM_COST",
        )

    def day(self, fields: Fields, name: str) -> date:
        """The day it was where the patient lives."""
        try:
            moment = datetime.fromisoformat(fields.need(name))
        except ValueError:
            reason = f"{fields.text(name)!r} is no moment; write it like 2021-08-23T03:26:50Z"
            raise BadField(name, reason) from None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return local_day(moment, self.homes.get(fields.text("PATIENT"), _UNKNOWN).state.zone)


def _money(fields: Fields, name: str) -> int:
    """An amount; Synthea writes a point before decimals, and now and then three of them."""
    return money(name, with_cents(fields.need(name)), CURRENCY)


def _not_negative(fields: Fields, name: str) -> int:
    found = _money(fields, name)
    if found < 0:
        raise BadField(name, f"{fields.text(name)} is below zero")
    return found
