"""CSV of ours: what spreadsheets would compute is disarmed, and everything is read back as it was."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import csv_text
from bot.csv_text import CsvWriter, armed, disarmed
from bot.importing.table import CsvTable
from bot.importing.tally import Reject, keep_rejects, rejects_file
from tests.tables import each_row

ROOT = Path(__file__).resolve().parents[2]
FORMULA = '=HYPERLINK("http://evil.example","x")'


@each_row(
    ("text", "cell"),
    [
        (FORMULA, f"'{FORMULA}"),
        ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\r=1", "'\r'=1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("\uff0b1", "'\uff0b1"),
        ("\u22121", "'\u22121"),
        (" =1", "' =1"),
        ('"=1"', '\'"=1"'),
        ("\u201c=1", "'\u201c=1"),
        ("\u200b=1", "'\u200b=1"),
        ("\ufeff@a", "'\ufeff@a"),
        ("'=1", "''=1"),
        ("Ada;=1+1;", "Ada;'=1+1;"),
        ("Ada\n@SUM(A1)", "Ada\n'@SUM(A1)"),
        ("Ada, -20% off", "Ada, -20% off"),
        ("O'Brien", "O'Brien"),
        ("'tis", "'tis"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_a_cell_that_begins_like_a_formula_is_a_text(text: str, cell: str) -> None:
    """An apostrophe is put before it, in whatever script and behind whatever blank it begins."""
    assert cell == disarmed(text)
    assert text == armed(cell)


@given(st.text(alphabet=st.one_of(st.sampled_from("=+-@'\"\t\r\n;, (!|1a\uff1d\u200b"), st.characters())))
def test_every_text_is_read_back_as_it_was(text: str) -> None:
    """The reader takes away what the writer put there, and nothing else."""
    assert text == armed(disarmed(text))


@given(st.lists(st.tuples(st.text(alphabet="=+-@'\"\t\r\n;, a1(!|"), st.text()), max_size=4))
def test_a_file_is_read_back_as_it_was(rows: list[tuple[str, str]]) -> None:
    """Whatever is in the cells of a file."""
    text = csv_text.text_of(("name", "=note"), rows)
    found = [tuple(row) for _, row in csv_text.read(io.StringIO(text, newline=""))]
    assert found == [("name", "=note"), *rows]


def test_amounts_and_phones_are_written_as_they_are() -> None:
    """In their columns alone, and only where the value is an amount or phone numbers."""
    rows = [
        ("-12.50", "+46701234567", "-5"),
        ("1 250,50", "+46 70 123 45 67; +1 503 555 0142", "+46701234567"),
    ]
    rows += [("=1+1", "+1+1", "x"), ("-2+3", "+46701234567|x", "@")]
    text = csv_text.text_of(("amount", "phone", "name"), rows, plain={"amount", "phone"})
    assert text.splitlines() == [
        "amount,phone,name",
        "-12.50,+46701234567,'-5",
        '"1 250,50",+46 70 123 45 67; +1 503 555 0142,\'+46701234567',
        "'=1+1,'+1+1,x",
        "'-2+3,'+46701234567|x,'@",
    ]
    assert [tuple(row) for _, row in csv_text.read(io.StringIO(text, newline=""))][1:] == rows


def test_a_row_with_an_unknown_column_is_no_row_of_the_file() -> None:
    """It is an error of the caller, and not a lost value."""
    writer = CsvWriter(io.StringIO(), ("a",))
    with pytest.raises(ValueError, match="no column b"):
        writer.rows([{"a": "1", "b": "2"}])


def test_rejected_rows_can_be_corrected_and_read_again(tmp_path: Path) -> None:
    """The list of rejects has the phones and amounts of the file as they were, and its formulas disarmed."""
    file = tmp_path / "customers.csv"
    file.write_text(f'id;phone;name;amount\n1;+46701234567;"{FORMULA.replace(chr(34), chr(34) * 2)}";-5,00\n')
    rows = list(CsvTable(file, delimiter=";"))
    keep_rejects([file], [Reject(row, "name", "=no name") for row in rows])
    kept = rejects_file(file).read_text(encoding="utf-8")
    assert ",+46701234567," in kept
    assert '"-5,00"' in kept
    assert "\"'=HYPERLINK" in kept
    assert "'=no name" in kept
    again = next(iter(CsvTable(rejects_file(file))))
    assert again.values[:4] == rows[0].values


def test_nothing_else_writes_or_reads_csv() -> None:
    """A file that is written past the writer could hold a formula: no other module loads the library."""
    found = [
        str(file.relative_to(ROOT))
        for room in ("billing", "bot", "handlers", "messages", "storage")
        for file in sorted((ROOT / room).rglob("*.py"))
        if re.search(r"^\s*(?:import|from) _?csv\b", file.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert found == ["bot/csv_text.py"]
