"""Code lists come in: versions with validity, bad rows set aside, crosswalks, a tariff and its bill."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from billing.payers.claims import Code
from billing.payers.code_forms import system_named
from billing.payers.coding import ALWAYS, on_day
from billing.payers.coverage import PayerTerms
from bot.importing.code_files import (
    UnknownColumn,
    columns_named,
    import_codes,
    import_crosswalk,
)
from bot.importing.intake import import_paths
from bot.importing.table import FileRefused, UnknownFormat
from handlers.context import fixed
from handlers.payers import coding
from handlers.payers.coding import OlderVersion, OtherForm, Recoder
from storage.payers import codes
from tests.world import an_installation

if TYPE_CHECKING:
    from billing.payers.coding import KnownCode
    from bot.importing.code_files import CodesFound
    from storage.database.transaction import Database

NOW = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
INSTALLATION = an_installation()
DOCS = Path(__file__).resolve().parents[3] / "docs"


class Desk:
    """Somebody who imports code lists."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder

    def load(
        self, text: str, since: str = "", version: str = "", name: str = "KVÅ", **more: object
    ) -> CodesFound:
        """Import a list as CSV."""
        file = self.folder / "codes.csv"
        file.write_text(text)
        system = system_named(name, version=version)
        day = date.fromisoformat(since) if since else None
        return import_codes(self.database, INSTALLATION, file, system, day, fixed(NOW), **more)  # type: ignore[arg-type]

    def on(self, code: str, day: str, name: str = "KVÅ") -> KnownCode | None:
        """What holds on a day."""
        with self.database.read() as session:
            return on_day(coding.known(session, Code(name, code)), date.fromisoformat(day))


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Desk:
    """A desk with a database and a folder."""
    return Desk(database, tmp_path)


FIRST = "code,description\nGD001,Visit\nGD002,Call\n"


def _counts(found: CodesFound) -> tuple[int, int, int, int, int]:
    c = found.counts
    return c.new, c.changed, c.same, found.ended, c.rejected


def test_a_new_version_ends_what_it_no_longer_lists(desk: Desk) -> None:
    """A service is coded by what held on its day: dropped codes end, changed ones have two rows."""
    assert _counts(desk.load(FIRST, version="2025")) == (2, 0, 0, 0, 0)
    second = "code,description\nGD001,Visit in person\nGD003,Letter\n"
    assert _counts(desk.load(second, "2026-01-01", "2026")) == (1, 1, 0, 1, 0)
    before, after = desk.on("GD001", "2025-12-31"), desk.on("GD001", "2026-01-01")
    assert before
    assert before.description == "Visit"
    assert before.valid_from == ALWAYS
    assert after
    assert after.description == "Visit in person"
    assert desk.on("GD002", "2025-12-31")
    assert desk.on("GD002", "2026-01-01") is None
    assert desk.on("GD003", "2025-12-31") is None


def test_importing_twice_changes_nothing(desk: Desk) -> None:
    """The same file again, even on another day without saying from when, leaves every row as it was."""
    desk.load(FIRST)
    second = "code,description\nGD001,Visit in person\n"
    desk.load(second, "2026-01-01")
    with desk.database.read() as session:
        before = codes.every(session, "KVÅ")
    assert _counts(desk.load(second, "2026-01-01")) == (0, 0, 1, 0, 0)
    assert _counts(desk.load(second)) == (0, 0, 1, 0, 0)
    with desk.database.read() as session:
        assert codes.every(session, "KVÅ") == before


def test_a_bad_row_is_set_aside_and_then_nothing_ends(desk: Desk) -> None:
    """The code that cannot be read may be the one that seems to be gone: nothing ends until it is fixed."""
    desk.load(FIRST)
    found = desk.load("code,description\nGD001,Visit\nGD0O2,Call\nGD001,Again\n", "2026-01-01")
    assert _counts(found) == (0, 0, 1, 0, 2)
    assert [str(one) for one in found.rejects] == [
        "codes.csv:3: code: 'GD0O2' is no code of KVÅ: write one like GD001 or NFB49",
        "codes.csv:4: code: 'GD001' is on line 2 already; keep one",
    ]
    assert desk.on("GD002", "2026-01-01")
    kept = (desk.folder / "codes.csv.rejects.csv").read_text().splitlines()
    assert kept[0] == "code,description,line,field,reason"
    assert kept[1].startswith("GD0O2,Call,3,code,")


def test_adding_ends_nothing_and_an_older_version_is_refused(desk: Desk) -> None:
    """A part of a list may be added; a version of an earlier day cannot follow a later one by mistake."""
    desk.load(FIRST, "2026-01-01")
    assert _counts(desk.load("code,description\nGD009,New\n", "2026-02-01", whole=False)) == (1, 0, 0, 0, 0)
    assert desk.on("GD001", "2026-03-01")
    with pytest.raises(OlderVersion, match="--valid-from 2025-01-01: KVÅ is loaded as of 2026-02-01 already"):
        desk.load(FIRST, "2025-01-01")


def test_a_system_keeps_the_form_it_was_loaded_with(desk: Desk) -> None:
    """The same name with another pattern is a mistake, not another system."""
    desk.load("code\nEL-1\n", name="own")
    with pytest.raises(OtherForm, match="--system own: it is loaded with"):
        import_codes(
            desk.database,
            INSTALLATION,
            desk.folder / "codes.csv",
            system_named("own", pattern="X"),
            None,
            fixed(NOW),
        )


def test_rows_have_days_and_columns_other_names(desk: Desk) -> None:
    """A published list is read under its own column names; a row's own days go before the version's."""
    text = (
        "HCPC,LONG,valid_from,valid_to\nG0438,Visit,2026-01-01,2026-06-30\nG0439,Next,2026-07-01,2026-01-01\n"
    )
    found = desk.load(text, name="HCPCS", columns=columns_named(["code=HCPC", "description=LONG"]))
    assert _counts(found) == (1, 0, 0, 0, 1)
    assert str(found.rejects[0]) == (
        "codes.csv:3: valid_to: 2026-01-01 lies before the first day, 2026-07-01; swap them"
    )
    assert desk.on("G0438", "2026-06-30", "HCPCS")
    assert desk.on("G0438", "2026-07-01", "HCPCS") is None
    for columns in ("kode=HCPC", "code"):
        with pytest.raises(UnknownColumn, match="write ours=yours"):
            columns_named([columns])
    with pytest.raises(UnknownFormat, match="--format xls"):
        desk.load(text, shape="xls")
    with pytest.raises(FileRefused, match="column HCPC is missing"):
        desk.load(FIRST, columns={"code": "HCPC"})


def test_an_order_file_tells_headings_from_codes(desk: Desk) -> None:
    """ICD-10-CM comes in fixed columns; a heading is known, but not to be claimed with."""

    def row(number: int, code: str, flag: int, text: str) -> str:
        return f"{number:05d} {code:<7} {flag} {text[:60]:<60} {text}"

    text = "\n".join(
        [
            row(1, "A00", 0, "Cholera"),
            row(2, "A000", 1, "Cholera due to biovar cholerae"),
            row(3, "S72001A", 1, "X"),
        ]
    )
    found = desk.load(text, "2025-10-01", "2026", "ICD-10-CM", shape="icd10cm-order")
    assert _counts(found) == (3, 0, 0, 0, 0)
    heading, code = (desk.on(one, "2026-01-01", "ICD-10-CM") for one in ("A00", "A00.0"))
    assert heading
    assert not heading.billable
    assert code
    assert code.billable
    assert code.description == "Cholera due to biovar cholerae"
    assert desk.on("S72.001A", "2026-01-01", "ICD-10-CM")
    with pytest.raises(FileRefused, match="cannot be read"):
        import_codes(
            desk.database,
            INSTALLATION,
            desk.folder / "none",
            system_named("ICD-10-CM"),
            None,
            fixed(NOW),
            shape="icd10cm-order",
        )


def _hcpcs(
    code: str,
    number: int,
    kind: int,
    text: str,
    added: str = "",
    acted: str = "",
    ends: str = "",
    act: str = "N",
) -> str:
    """A record of the published file: 320 columns."""
    detail = f"{'Short':<28}".ljust(177) + f"{added:<8}{acted:<8}{ends:<8}{act}" if added else ""
    return (f"{code:>5}{number:05d}{kind}{text:<80}" + detail).ljust(320)


RELEASE = [
    _hcpcs("A4206", 100, 3, "Syringe with needle, sterile, 1 cc or less,", "19850101", "20250101"),
    _hcpcs("A4206", 200, 4, "each"),
    _hcpcs("G0008", 100, 3, "Administration of a vaccine", "19950101", "20260331", "20260331", "D"),
    _hcpcs("J1234", 100, 3, "Taken up again", "20000101", "20260101", "", "R"),
    _hcpcs("25", 100, 7, "Significant, separately identifiable service", "19900101", "19900101"),
    _hcpcs("25", 200, 8, "on the same day"),
]


def test_the_published_hcpcs_file_is_read_by_its_columns(desk: Desk) -> None:
    """Continued descriptions are joined, codes hold from the day they were added to their last one."""
    found = desk.load("\n".join(RELEASE), "2026-01-01", "2026", "HCPCS", shape="hcpcs")
    assert (_counts(found), found.rejects) == ((3, 0, 0, 0, 0), [])
    code = desk.on("A4206", "1990-05-01", "HCPCS")
    assert code
    assert code.description == "Syringe with needle, sterile, 1 cc or less, each"
    assert desk.on("G0008", "2026-03-31", "HCPCS")
    assert desk.on("G0008", "2026-04-01", "HCPCS") is None
    assert desk.on("J1234", "2025-12-31", "HCPCS") is None
    assert desk.on("J1234", "2026-01-01", "HCPCS")
    again = desk.load("\r\n".join(RELEASE), "2026-04-01", "2026-2", "HCPCS", shape="hcpcs")
    assert _counts(again) == (0, 0, 3, 0, 0)
    file = desk.folder / "codes.csv"
    modifiers = system_named("HCPCS modifiers", pattern="[A-Z0-9]{2}")
    read = import_codes(
        desk.database, INSTALLATION, file, modifiers, None, fixed(NOW), shape="hcpcs-modifiers"
    )
    assert _counts(read) == (1, 0, 0, 0, 0)
    modifier = desk.on("25", "2026-01-01", "HCPCS modifiers")
    assert modifier
    assert modifier.description == "Significant, separately identifiable service on the same day"


def test_a_damaged_hcpcs_file_is_told_by_line_and_column(desk: Desk) -> None:
    """What cannot be read is set aside as it stands, with its place; the rest is loaded, and nothing ends."""
    lines = [
        _hcpcs("A4207", 200, 4, "continues nothing"),
        *RELEASE[:1],
        _hcpcs("A9999", 200, 4, "of another code"),
        _hcpcs("A4206", 100, 4, "out of order"),
        _hcpcs("A4208", 100, 9, "no such kind"),
        _hcpcs("A42O9", 100, 3, "a letter for a digit", "19850101"),
        _hcpcs("A4210", 100, 3, "no such day", "19851301"),
        RELEASE[2][:290],
    ]
    found = desk.load("\n".join(lines), "2026-01-01", "2026", "HCPCS", shape="hcpcs")
    assert _counts(found) == (1, 0, 0, 0, 7)
    assert {(one.place.line, one.field) for one in found.rejects} == {
        (1, "column 11"), (3, "columns 1-5"), (4, "columns 6-10"), (5, "column 11"), (6, "code"),
        (7, "valid_from"), (8, "row"),
    }  # fmt: skip
    kept = (desk.folder / "codes.csv.rejects.csv").read_text().splitlines()
    assert kept[0] == "record,line,field,reason"
    assert "cut short" in kept[-1]
    assert found.ended == 0


CONCEPTS = """id\teffectiveTime\tactive\tmoduleId\tdefinitionStatusId
430193006\t20250101\t1\t1\t1
410620009\t20250101\t1\t1\t1
73211009\t20250101\t0\t1\t1
"""
NAMES = """id\teffectiveTime\tactive\tmoduleId\tconceptId\tlanguageCode\ttypeId\tterm\tcaseSignificanceId
1\t20250101\t1\t1\t430193006\ten\t900000000000013009\tMed "rec"\t1
2\t20250101\t1\t1\t430193006\ten\t900000000000003001\tMedication "reconciliation" (procedure)\t1
3\t20250101\t0\t1\t410620009\ten\t900000000000003001\tOld name (procedure)\t1
4\t20250101\t1\t1\t410620009\ten\t900000000000013009\tWell child visit\t1
5\t20250101\t1\t1\t73211009\ten\t900000000000003001\tNo longer active\t1
6\t20250101\t1
"""


def test_a_snomed_release_is_read_as_it_is_published(desk: Desk) -> None:
    """Active concepts by their full names, or else another; a cut row is set aside; both files are needed."""
    names = desk.folder / "sct2_Description_Snapshot-en_INT_20250101.txt"
    names.write_text(NAMES)
    system = system_named("SNOMED CT", version="2025")
    day = date(2025, 1, 1)
    with pytest.raises(FileRefused, match="keep both"):
        import_codes(desk.database, INSTALLATION, names, system, day, fixed(NOW), shape="snomed-rf2")
    (desk.folder / "sct2_Concept_Snapshot_INT_20250101.txt").write_text(CONCEPTS)
    found = import_codes(desk.database, INSTALLATION, names, system, day, fixed(NOW), shape="snomed-rf2")
    assert _counts(found) == (2, 0, 0, 0, 1)
    assert [(one.place.line, one.field) for one in found.rejects] == [(7, "row")]
    full, other = (desk.on(one, "2025-02-01", "SNOMED CT") for one in ("430193006", "410620009"))
    assert full
    assert full.description == 'Medication "reconciliation" (procedure)'
    assert other
    assert other.description == "Well child visit"
    assert desk.on("73211009", "2025-02-01", "SNOMED CT") is None
    names.write_text("a\tb\n1\t2\n")
    with pytest.raises(FileRefused, match="column active, conceptId, typeId, term is missing"):
        import_codes(desk.database, INSTALLATION, names, system, day, fixed(NOW), shape="snomed-rf2")


@pytest.mark.parametrize(("delimiter", "encoding"), [(";", "cp1252"), ("\t", "utf-8"), (",", "utf-8-sig")])
def test_a_national_list_is_read_as_offices_save_it(desk: Desk, delimiter: str, encoding: str) -> None:
    """KVÅ comes with semicolons or tabs, and in the letters of Windows: each is told by the file itself."""
    text = "Kod;Titel\nGD001;Besök, första\nGB009;Åtgärd\n".replace(", första", "").replace(";", delimiter)
    file = desk.folder / "kva.txt"
    file.write_bytes(text.encode(encoding))
    columns = columns_named(["code=Kod", "description=Titel"])
    found = import_codes(
        desk.database, INSTALLATION, file, system_named("KVÅ"), None, fixed(NOW), columns=columns
    )
    assert _counts(found) == (2, 0, 0, 0, 0)
    code = desk.on("GB009", "2026-01-01")
    assert code
    assert code.description == "Åtgärd"


def test_a_large_list_is_loaded_at_once(desk: Desk) -> None:
    """Ten thousand codes, and the next version of them, go through in one transaction each."""
    lines = [f"G{number:04d},Service {number}" for number in range(10_000)]
    assert _counts(desk.load("code,description\n" + "\n".join(lines), name="HCPCS"))[0] == 10_000
    later = desk.load("code,description\n" + "\n".join(lines[100:]), "2026-01-01", name="HCPCS")
    assert _counts(later) == (0, 0, 9_900, 100, 0)


CROSSWALK = """payer_id,from_system,from_code,to_system,to_code,modifiers,valid_from,valid_to
,SNOMED CT,430193006,HCPCS,G8427,,,
blue,SNOMED CT,430193006,CPT,99605,25 gt,2026-01-01,2026-12-31
,SNOMED CT,430193006,ICD-10-CM,Z7689,,,
,SNOMED CT,430193007,HCPCS,G8427,,,
,nobody's,1,HCPCS,G8427,,,
,SNOMED CT,430193006,HCPCS,8427,,,
,SNOMED CT,430193006,HCPCS,G8427,TOOLONG,,
"""


def test_a_crosswalk_gives_each_payer_its_code(desk: Desk) -> None:
    """Services and conditions are turned into what the payer takes on the day, and modifiers."""
    file = desk.folder / "crosswalk.csv"
    file.write_text(CROSSWALK)
    found = import_crosswalk(desk.database, INSTALLATION, file, fixed(NOW))
    assert _counts(found) == (4, 0, 0, 0, 3)
    assert [one.field for one in found.rejects] == ["from_system", "code", "modifiers"]
    (note,) = found.notes
    assert note.startswith("crosswalk.csv:5: from_code: saved unchanged: '430193007' is no code of SNOMED CT")
    assert _counts(import_crosswalk(desk.database, INSTALLATION, file, fixed(NOW))) == (0, 0, 4, 0, 3)
    code, day = Code("SNOMED CT", "430193006"), date(2026, 3, 2)
    terms = PayerTerms(code_systems=("HCPCS", "CPT", "ICD-10-CM"))
    with desk.database.read() as session:
        blue = Recoder(session, "blue", terms, [code]).service(code, day)
        red, narrow = Recoder(session, "red", terms, [code]), Recoder(session, "red", PayerTerms(), [code])
    assert blue
    assert (blue.code, blue.modifiers) == (Code("CPT", "99605"), ("25", "GT"))
    service, condition, other = (
        red.service(code, day),
        red.condition(code, day),
        red.service(Code("SNOMED CT", "410620009"), day),
    )
    assert service
    assert service.code == Code("HCPCS", "G8427")
    assert condition
    assert condition.code == Code("ICD-10-CM", "Z76.89")
    assert other is None
    assert narrow.service(Code("SNOMED CT", "410620009"), day)


def test_a_corrected_crosswalk_row_takes_the_place_of_the_old_one(desk: Desk) -> None:
    """The same source, payer and first day is one row: told again with another target it is changed."""
    file = desk.folder / "crosswalk.csv"
    head = "from_system,from_code,to_system,to_code\n"
    for code, counts in (("G8427", (1, 0, 0)), ("G0438", (0, 1, 0)), ("G0438", (0, 0, 1))):
        file.write_text(f"{head}SNOMED CT,430193006,HCPCS,{code}\n")
        assert _counts(import_crosswalk(desk.database, INSTALLATION, file, fixed(NOW)))[:3] == counts


def test_a_utility_bills_by_its_tariff(desk: Desk) -> None:
    """The sample tariff is a code system like any other: a bill of a month's electricity is made from it."""
    tariff = system_named("north-grid", pattern="EL-[0-9]{3}", version="2026")
    file = desk.folder / "tariff.csv"
    file.write_text((DOCS / "north_grid_tariff.csv").read_text())
    assert import_codes(desk.database, INSTALLATION, file, tariff, None, fixed(NOW)).counts.new == 10
    used = {"EL-101": "1", "EL-110": "312", "EL-111": "655", "EL-120": "967", "EL-140": "4.2", "EL-220": "1"}
    day, total, lines = date(2026, 8, 1), 0, []
    with desk.database.read() as session:
        for code, quantity in used.items():
            row = on_day(coding.known(session, Code("north-grid", code)), day)
            assert row
            assert row.unit_amount
            total += round(row.unit_amount * float(quantity))
            price = f"{row.unit_amount / 100:.2f}"
            lines.append(f"{code},E1,{day},{row.description!r},{price},north-grid,{code},{quantity}")
    assert total == 24500 + 29328 + 39955 + 31911 + 22050 + 64000
    (desk.folder / "customers.csv").write_text("customer_id,name\n1,Ada Lind\n")
    (desk.folder / "bills.csv").write_text(
        "bill_id,customer_id,issued_on,due_on,currency,amount,description\n"
        f"E1,1,2026-09-01,2026-10-01,SEK,{total / 100:.2f},Electricity in August\n"
    )
    head = "charge_id,bill_id,service_on,description,unit_amount,code_system,code,quantity\n"
    (desk.folder / "charges.csv").write_text(head + "\n".join(lines).replace("'", '"') + "\n")
    paths = [desk.folder / f"{name}.csv" for name in ("customers", "bills", "charges")]
    found = import_paths(desk.database, INSTALLATION, paths, "csv", fixed(datetime(2026, 9, 2, tzinfo=UTC)))
    assert found.lines == []
    assert found.counts["charges"].new == len(used)
