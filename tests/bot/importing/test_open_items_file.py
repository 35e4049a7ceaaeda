"""A list of open items as a file: taken whole, or nothing of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from billing.refusals import Refusal
from bot.importing.mapping import load
from bot.importing.open_items_file import take_file
from handlers.context import fixed
from storage import tables
from tests.bot.importing.folder import BILLS, CUSTOMERS, Folder
from tests.world import NOON

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from handlers.payments.open_items import TakenList

HEADER = "bill_id,amount,currency"
LIST = (HEADER, "B1,100.00,USD", "B2,1.50,USD", "B3,100.00,USD")


@pytest.fixture
def books(folder: Folder) -> Folder:
    """Three bills of 100.00 that follow a ledger, as their file says."""
    rows = [f"B{number},p{number},2026-01-01,2026-01-31,USD,100.00,Books" for number in (1, 2, 3)]
    folder.holds("customers.csv", CUSTOMERS, *[f"p{number},Ada Lind" for number in (1, 2, 3)])
    folder.holds("bills.csv", f"{BILLS},ledger", *rows)
    assert folder.imported().rejects == []
    return folder


def _take(folder: Folder, file: Path, **more: Any) -> TakenList:
    day = (NOON - timedelta(hours=8)).date()
    return take_file(folder.database, folder.installation, file, "books", day, fixed(NOON), "kvitt", **more)


def _settled(folder: Folder) -> list[int]:
    return [amount for amount, kind in folder.rows(tables.Entry, "amount", "kind") if kind == "elsewhere"]


def test_bills_name_their_ledger(books: Folder) -> None:
    """A bill whose file names its ledger follows it from the first list on, also one that is not on it."""
    file = books.holds("open.csv", HEADER, "B1,100.00,USD", "B2,1.50,USD", "TOTAL,101.50,USD")
    _take(books, file, dry_run=True)
    assert _settled(books) == []
    _take(books, file)
    assert _settled(books) == [-10000, -9850]


def test_a_file_cut_within_a_line_settles_nothing(books: Folder) -> None:
    """Wherever it is cut; with its total at the end, between two lines too."""
    whole = books.holds("open.csv", *LIST).read_bytes()
    with_total = books.holds("open.csv", *LIST, "Total,201.50,USD").read_bytes()
    cuts = [whole[:at] for at in range(len(whole)) if not whole[:at].endswith(b"\n")]
    cuts += [with_total[:at] for at in range(len(whole) + 1, len(with_total))]
    for cut in cuts:
        file = books.path / "open.csv"
        file.write_bytes(cut)
        with pytest.raises(Refusal, match=r"nothing was taken|is empty|is missing"):
            _take(books, file)
    _take(books, books.holds("open.csv", *LIST, "Total,201.50,USD"))
    file.write_bytes(whole)
    with pytest.raises(Refusal, match="it may be cut"):
        _take(books, file)


def test_any_bad_row_refuses_all_of_it(books: Folder) -> None:
    """With the line, the column and the reason; a total that is wrong, early or doubled is such a row."""
    for rows, said in (
        (("B1,x,USD",), "open.csv: line 5: amount: "),
        (("B4,1.00",), "line 5: row: has 2 values for 3 columns"),
        (("B1,99.00,USD",), "line 5: bill_id: 'B1' is there twice with other content"),
        (
            (",1.00,USD", "B5,,USD"),
            "line 5: bill_id: is empty; it is required, and 1 more row cannot be read",
        ),
        (("TOTAL,9.00,USD",), "its lines add up to 201.50 USD and its total says 9.00"),
        (("TOTAL,201.50,", "B4,1.00,USD"), "line 6: bill_id: comes after the total"),
        (("TOTAL,201.50,USD", "TOTAL,201.50,USD"), "the total of USD is there twice"),
        (("B9,1.00,SEK", "TOTAL,201.50,USD"), "its lines add up to 1.00 SEK and it has no total"),
    ):
        with pytest.raises(Refusal) as refused:
            _take(books, books.holds("open.csv", *LIST, *rows), anyway="whatever")
        assert said in str(refused.value)
        assert "nothing was taken" in str(refused.value)
    assert _settled(books) == []
    assert not (books.path / "open.csv.rejects.csv").exists()


def test_an_export_is_read_by_its_mapping(books: Folder) -> None:
    """The columns of the operator's own program, its commas and its letters."""
    (books.path / "map.toml").write_text(
        'encoding = "utf-16"\ndelimiter = ";"\ndecimal = ","\n[open_items]\nfiles = "*.txt"\n'
        '[open_items.columns]\nbill_id = "Fakturanr"\namount = "Återstår"\ncurrency = { always = "USD" }\n'
    )
    file = books.path / "reskontra.txt"
    file.write_text("Fakturanr;Kund;Återstår\nB1;Ada;100,00\nB2;Ada;1,50\nB3;Ada;100,00\n", encoding="utf-16")
    _take(books, file, mapping=load(books.path / "map.toml"))
    assert _settled(books) == [-9850]
    file.write_text(file.read_text(encoding="utf-16").rstrip(), encoding="utf-16")
    with pytest.raises(Refusal, match="its last line has no end"):
        _take(books, file, mapping=load(books.path / "map.toml"))
