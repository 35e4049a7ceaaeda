"""An operator's own export: read as the mapping says, and refused in its own words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from bot.importing.intake import import_paths
from bot.importing.mapping import BadMapping, ImportMap, Source, load
from bot.importing.table import FileRefused
from storage import tables
from tests.commands import Shell

if TYPE_CHECKING:
    from bot.importing.tally import Tally
    from tests.world import World

DOCS = Path(__file__).resolve().parents[3] / "docs/mapping.md"
CUSTOMERS = """Kundnr;Namn;Född;Mobil;Gata;Postadress;Språk;Samtycke;Kundgrupp;Fax
7;Lind, Ada;19800228;070-123 45 67;Storgatan 1;952 01 Kalix;S;05.01.2026;guld;0
8;Berg, Bo;19711103;;Lillgatan 2;11122 Stockholm;;;;
9;Ek, Eva;1971-11-03;;Lillgatan 2;11122 Stockholm;E;;;
"""
BILLS = """Fakturanr;Kundnr;Fakturadatum;Förfallodatum;Belopp;Text
B1;7;01.02.2026;28.02.2026;1 250,50;Besök
B2;8;01.02.2026;31.02.2026;80;Besök
B3;8;01.02.2026;28.02.2026;8,5,0;Besök
B4;77;01.02.2026;28.02.2026;80;Besök
B5;8;01.02.2026;28.02.2026
"""


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A folder with the mapping of the documents and an export in its form."""
    (example,) = re.findall(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "mapping.toml").write_text(example, encoding="utf-8")
    (tmp_path / "kunder-2026.txt").write_text(CUSTOMERS, encoding="cp1252")
    (tmp_path / "fakturor.txt").write_text(BILLS, encoding="cp1252")
    return tmp_path


def _import(world: World, folder: Path, *, dry_run: bool = False) -> Tally:
    mapping = load(folder / "mapping.toml")
    paths = [folder / "kunder-2026.txt", folder / "fakturor.txt"]
    return import_paths(
        world.database, world.installation, paths, "csv", world.clock, mapping=mapping, dry_run=dry_run
    )


def test_the_described_mapping_reads_an_export_as_it_is(world: World, export: Path) -> None:
    """Names turned, days and amounts read, the town split off, fixed values set, tags kept."""
    found = _import(world, export)
    assert (found.counts["customers"].new, found.counts["bills"].new) == (2, 1)
    with world.database.read() as session:
        ada = session.get(tables.Customer, "7")
        bill = session.get(tables.Bill, "B1")
        consent = session.scalar(select(tables.Consent.basis))
        assert ada
        assert bill
        assert (ada.name, str(ada.birth_date), ada.language) == ("Ada Lind", "1980-02-28", "sv")
        assert (ada.postal_code, ada.city, ada.country) == ("952 01", "Kalix", "SE")
        assert ada.note == "segment=guld"
        assert (bill.amount, str(bill.due_on), bill.currency) == (125050, "2026-02-28", "SEK")
        assert consent == "signed form"
    assert "kunder-2026.txt: column Fax is not in the mapping and was not kept" in found.notes
    again = _import(world, export)
    assert (again.counts["customers"].new, again.counts["customers"].same) == (0, 2)


def test_what_is_wrong_is_told_in_the_operator_s_words(world: World, export: Path) -> None:
    """File, line and column are theirs; what is set aside can be fixed in its own form and read again."""
    found = _import(world, export)
    assert found.lines == [
        "kunder-2026.txt:4: Född: '1971-11-03' is no date; the mapping says YYYYMMDD",
        "fakturor.txt:3: Förfallodatum: '31.02.2026' is no date; the mapping says DD.MM.YYYY",
        "fakturor.txt:4: Belopp: '8,5,0' is no amount; the mapping says they look like 1 234,50",
        "fakturor.txt:5: Kundnr: no customer '77' is registered; import them first",
        "fakturor.txt:6: row: has 4 values for 6 columns; is ';' the delimiter?",
    ]
    rejects = export / "fakturor.txt.rejects.csv"
    text = rejects.read_text(encoding="cp1252")
    assert text.startswith("Fakturanr;Kundnr;Fakturadatum;Förfallodatum;Belopp;Text;line;field;reason")
    rejects.write_text(text.replace("31.02.2026", "28.02.2026"), encoding="cp1252")
    mapping = load(export / "mapping.toml")
    fixed = import_paths(world.database, world.installation, [rejects], "csv", world.clock, mapping=mapping)
    assert fixed.counts["bills"].new == 1


def test_a_dry_run_shows_what_it_would_take_and_keeps_nothing(world: World, export: Path) -> None:
    """The first row of each file as it was read; no row, no list of rejects."""
    found = _import(world, export, dry_run=True)
    shown = "kunder-2026.txt:2 is read as customers: customer_id=7, name=Ada Lind, birth_date=1980-02-28"
    assert any(note.startswith(shown) for note in found.notes)
    assert found.counts["bills"].new == 1
    with world.database.read() as session:
        assert session.scalar(select(tables.Customer.id)) is None
    assert not (export / "fakturor.txt.rejects.csv").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('amount = "Belopp"', "", "bills.columns: amount is missing"),
        ('amount = "Belopp"', 'amount = "Belopp"\nsum = "Belopp"', "sum is no column of bills"),
        ('encoding = "cp1252"', 'encoding = "klingon"', "encoding: is no encoding"),
        ('delimiter = ";"', 'delimiter = ";;"', "delimiter"),
        (
            'country = { always = "SE" }',
            'country = { always = "SE", column = "Fax" }',
            "exactly one of column",
        ),
        (r"^\d{3} ?\d{2} (.+)", r"^\d{3} ?(\d{2}", "is no regular expression"),
        ('name = { column = "Namn"', 'name = { colum = "Namn"', "customers.columns.name"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused_by_name(
    world: World, export: Path, old: str, new: str, said: str
) -> None:
    """Before anything is read: the key and what is wrong with it."""
    file = export / "mapping.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(BadMapping) as refused:
        _import(world, export)
    assert said in str(refused.value)


def test_a_column_that_is_not_in_the_file_is_named_with_those_that_are(world: World, export: Path) -> None:
    """And which line of the mapping asked for it."""
    file = export / "fakturor.txt"
    file.write_text(BILLS.replace("Belopp", "Summa"), encoding="cp1252")
    with pytest.raises(FileRefused, match=r"column 'Belopp' is missing .mapping, bills.columns.amount.; "):
        _import(world, export)


def test_one_file_may_be_customers_and_bills(world: World, tmp_path: Path) -> None:
    """A flat list with a row a bill registers each person once."""
    (tmp_path / "mapping.toml").write_text(
        '[customers]\nfiles = "flat.csv"\n[customers.columns]\ncustomer_id = "Client"\n'
        'name = ["First", "Last"]\n'
        '[bills]\nfiles = "flat.csv"\n[bills.columns]\nbill_id = "No"\ncustomer_id = "Client"\n'
        'issued_on = "Issued"\ndue_on = "Due"\ncurrency = { always = "USD" }\namount = "Sum"\n'
    )
    (tmp_path / "flat.csv").write_text(
        "No,Client,First,Last,Issued,Due,Sum\nB1,1,Ada,Lind,2026-01-01,2026-01-31,10\n"
        "B2,1,Ada,Lind,2026-02-01,2026-02-28,20.5\n"
    )
    mapping = load(tmp_path / "mapping.toml")
    found = import_paths(
        world.database, world.installation, [tmp_path / "flat.csv"], "csv", world.clock, mapping=mapping
    )
    assert (found.counts["customers"].new, found.counts["bills"].new, found.lines) == (1, 2, [])


def test_the_command_takes_a_mapping(export: Path) -> None:
    """As a program meets it."""
    kvitt = Shell(export)
    (result,) = kvitt.json("import", "--map", "mapping.toml", "--dry-run", "kunder-2026.txt", "fakturor.txt")
    assert (result["customers"]["new"], result["bills"]["rejected"]) == (2, 4)
    wrong = kvitt("import", "--map", "nothing.toml", "kunder-2026.txt")
    assert (wrong.returncode, "nothing.toml: cannot be read" in wrong.stderr) == (1, True)


LINES = """Number,Client,Issued,Due,Sum,Text,Status
B1,1,2026-01-01,2026-01-31,10.00,Visit,Open
B1,1,2026-01-01,2026-01-31,2.50,X-ray,open
B2,1,2026-01-01,2026-01-31,7.00,Visit,Paid
B3,1,2026-01-01,2026-01-31,7.00,Visit,Open
B3,1,2026-01-01,2026-02-28,7.00,Visit,Open
"""
JOINING = """
[customers]
files = "l*.csv"
one_per = "Client"
[customers.columns]
customer_id = "Client"
name = "Client"
[bills]
files = "l*.csv"
only = { status = ["open"] }
one_per = "Number"
[bills.columns]
bill_id = "Number"
customer_id = "Client"
issued_on = "Issued"
due_on = "Due"
currency = { always = "USD" }
amount = { column = "Sum", rows = "sum" }
description = { column = "Text", rows = "list" }
"""


def test_lines_of_one_invoice_are_one_bill(world: World, tmp_path: Path) -> None:
    """Added up and named together; lines that contradict each other are set aside together."""
    (tmp_path / "mapping.toml").write_text(JOINING)
    (tmp_path / "lines.csv").write_text(LINES)
    mapping = load(tmp_path / "mapping.toml")

    def imported(name: str) -> Tally:
        paths = [tmp_path / name]
        return import_paths(world.database, world.installation, paths, "csv", world.clock, mapping=mapping)

    found = imported("lines.csv")
    assert (found.counts["bills"].new, found.counts["bills"].rejected) == (1, 1)
    assert [line.split(":")[:3] for line in found.lines] == [["lines.csv", "5", " Due"]]
    assert "'2026-02-28' on line 6" in found.lines[0]
    assert "lines.csv: 1 of 5 rows are left out as bills: status is Paid (1)" in found.notes
    with world.database.read() as session:
        bill = session.get(tables.Bill, "B1")
        assert bill
        assert (bill.amount, bill.description) == (1250, "Visit; X-ray")
    rejects = tmp_path / "lines.csv.rejects.csv"
    rejects.write_text(rejects.read_text().replace("2026-02-28", "2026-01-31"))
    assert imported(rejects.name).counts["bills"].new == 1
    with world.database.read() as session:
        assert session.scalar(select(tables.Bill.amount).where(tables.Bill.id == "B3")) == 1400


@pytest.mark.parametrize(
    ("decimal", "thousands", "text", "read"),
    [
        (".", ",", "1,250.50", "1250.50"),
        (".", ",", "8,50", None),
        (".", ",", "1,28,500", "128500"),
        (",", "", "1.250", None),
        (",", ".", "1.250", "1250"),
        (",", " ", "1 250,50 kr", "1250.50"),
        (".", ",", "$1,250.50", "1250.50"),
        (".", ",", "(45.00)", "-45.00"),
        (".", "", "USD 45", "45"),
        (".", "", "4 5", None),
    ],
)
def test_an_amount_is_read_as_it_was_meant_or_not_at_all(
    decimal: str, thousands: str, text: str, read: str | None
) -> None:
    """What stands between thousands has three digits behind it: 8,50 is never 850."""
    mapping = ImportMap(decimal=decimal, thousands=thousands)
    if read is None:
        assert not mapping.reads([text])
    else:
        assert mapping.value("amount", Source(column="Sum"), {"Sum": text}) == read
