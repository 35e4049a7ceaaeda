"""Files of a bank: each payment once, whichever file tells of it; nothing from one that does not add up."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select
from stdnum.iso7064 import mod_97_10

from bot.importing import file_kinds
from bot.importing.bank_files import FileDoesNotAddUp, import_bank_file
from bot.importing.camt import BrokenXml, CamtReport, read
from bot.importing.table import FileRefused
from handlers.payments import corrections
from storage import tables
from storage.bills import bills
from tests.bot.importing.camt_rig import Detail, Entry, camt

if TYPE_CHECKING:
    from bot.importing.bank_items import BankReport
    from bot.importing.payments_file import ImportedPayments
    from tests.world import World

SAMPLES = Path("camt")


def _import(
    world: World, folder: Path, text: str | bytes, name: str = "bank.xml", *, anyway: bool = False
) -> ImportedPayments:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return import_bank_file(world.database, world.installation, file, "sam", world.clock, anyway=anyway)


def _counts(found: ImportedPayments) -> tuple[int, int, int, int]:
    return found.booked, found.unmatched, found.duplicates, found.rejected


def _reference(world: World, bill_id: str = "B1") -> str:
    with world.database.read() as session:
        bill = bills.find(session, bill_id)
        assert bill
        return bill.reference


@pytest.fixture
def billed(world: World) -> World:
    """Ada with a bill of 600.00."""
    world.customer()
    world.bill()
    return world


@pytest.mark.parametrize("kind", [53, 54])
@pytest.mark.parametrize("version", [2, 8])
def test_a_credit_is_booked_on_the_bill_it_names(
    billed: World, tmp_path: Path, kind: int, version: int
) -> None:
    """Statement or notification, old version or new: the structured reference finds the bill."""
    entry = Entry([Detail("250.00", _reference(billed))], bank_id="X1")
    found = _import(billed, tmp_path, camt([entry], kind, version))
    assert _counts(found) == (1, 0, 0, 0)
    assert billed.owed() == 35000


@pytest.mark.parametrize("how", ["ocr", "spaced", "creditor", "bill", "text", "text with words"])
def test_however_the_bill_is_named_it_is_found(billed: World, tmp_path: Path, how: str) -> None:
    """An OCR number, one with spaces, an RF reference, a bill's id, a number inside the payer's words."""
    ocr = _reference(billed)
    named = {
        "ocr": {"reference": ocr},
        "spaced": {"reference": f"{ocr[:4]} {ocr[4:]}"},
        "creditor": {"reference": f"RF{mod_97_10.calc_check_digits(ocr + 'RF')}{ocr}"},
        "bill": {"reference": "B1"},
        "text": {"text": ocr},
        "text with words": {"text": f"Visit 2 March, ref {ocr}, thanks"},
    }[how]
    found = _import(billed, tmp_path, camt([Entry([Detail("10.00", **named)])]))
    assert _counts(found) == (1, 0, 0, 0)


def test_a_wrong_check_digit_books_nothing(billed: World, tmp_path: Path) -> None:
    """A mistyped number is kept for the desk, with who may have paid."""
    ocr = _reference(billed)
    wrong = ocr[:-1] + str((int(ocr[-1]) + 1) % 10)
    found = _import(billed, tmp_path, camt([Entry([Detail("600.00", wrong, payer="LIND ADA")])]))
    assert _counts(found) == (0, 1, 0, 0)
    assert billed.owed() == 60000


@pytest.mark.parametrize("first", [53, 54])
@pytest.mark.parametrize("ids", ["both", "entry", "detail", "none"])
def test_the_same_payment_in_both_files_counts_once(
    billed: World, tmp_path: Path, first: int, ids: str
) -> None:
    """Statement and notification, in any order, with or without the bank's own ids; two alike stay two."""
    ocr = _reference(billed)
    entry, detail = ids in {"both", "entry"}, ids in {"both", "detail"}
    two = [
        Entry([Detail("100.00", ocr, bank_id=f"D{n}" if detail else "")], bank_id=f"E{n}" if entry else "")
        for n in (1, 2)
    ]
    other = 54 if first == 53 else 53
    assert _counts(_import(billed, tmp_path, camt(two, first), "one.xml")) == (2, 0, 0, 0)
    assert _counts(_import(billed, tmp_path, camt(two, other, 2), "two.xml")) == (0, 0, 2, 0)
    assert _counts(_import(billed, tmp_path, camt(two, first), "again.xml")) == (0, 0, 2, 0)
    assert billed.owed() == 40000


def test_one_file_without_the_banks_ids_still_counts_once(billed: World, tmp_path: Path) -> None:
    """The notification names the payment, the statement does not: account, amount, day and ids are alike."""
    ocr = _reference(billed)
    named = Entry([Detail("100.00", ocr, end_to_end="E2E", bank_id="D1")], bank_id="E1")
    bare = Entry([Detail("100.00", ocr, end_to_end="E2E")])
    assert _counts(_import(billed, tmp_path, camt([named], 54), "one.xml")) == (1, 0, 0, 0)
    assert _counts(_import(billed, tmp_path, camt([bare, bare]), "two.xml")) == (1, 0, 1, 0)
    other = Entry([Detail("100.00", ocr, end_to_end="E2E", bank_id="D2")], bank_id="E2")
    assert _counts(_import(billed, tmp_path, camt([named, other], 54), "three.xml")) == (0, 0, 2, 0)


def test_two_payments_that_only_the_bank_can_tell_apart_are_two(billed: World, tmp_path: Path) -> None:
    """Same payer, day, amount and reference in two notifications: the bank's ids differ, so both count."""
    ocr = _reference(billed)
    for number in (1, 2):
        entry = Entry([Detail("100.00", ocr, bank_id=f"D{number}")], bank_id=f"E{number}")
        found = _import(billed, tmp_path, camt([entry], 54), f"{number}.xml")
        assert _counts(found) == (1, 0, 0, 0)
    assert billed.owed() == 40000
    both = [Entry([Detail("100.00", ocr)]), Entry([Detail("100.00", ocr)])]
    assert _counts(_import(billed, tmp_path, camt(both), "day.xml")) == (0, 0, 2, 0)


@pytest.mark.parametrize("whole_first", [True, False])
def test_a_batch_of_which_the_statement_tells_only_the_sum(
    billed: World, tmp_path: Path, *, whole_first: bool
) -> None:
    """The sum waits for the desk until the details come; after them it is known."""
    ocr = _reference(billed)
    details = Entry([Detail("100.00", ocr), Detail("50.00", "nobody")], bank_id="BATCH")
    whole = Entry([], amount="150.00", bank_id="BATCH", batch=2)
    files = [(camt([whole]), "053.xml"), (camt([details], 54), "054.xml")]
    counts = [
        _counts(_import(billed, tmp_path, *file)) for file in (files if whole_first else reversed(files))
    ]
    assert counts == ([(0, 1, 0, 0), (1, 1, 0, 0)] if whole_first else [(1, 1, 0, 0), (0, 0, 1, 0)])
    assert billed.owed() == 50000
    with billed.database.read() as session:
        waiting = select(func.sum(tables.Payment.amount)).where(
            tables.Payment.account_id.is_(None), tables.Payment.reversed_at.is_(None)
        )
        assert session.scalar(waiting) == 5000


def test_a_reference_that_comes_later_finds_the_owner(billed: World, tmp_path: Path) -> None:
    """The statement says nothing, the notification does: the payment is booked then, once."""
    bare = Entry([Detail("80.00", bank_id="D1")])
    entry = Entry([Detail("80.00", _reference(billed), bank_id="D1")])
    assert _counts(_import(billed, tmp_path, camt([bare]), "one.xml")) == (0, 1, 0, 0)
    assert _counts(_import(billed, tmp_path, camt([entry], 54), "two.xml")) == (1, 0, 0, 0)
    assert _counts(_import(billed, tmp_path, camt([entry], 54), "two.xml")) == (0, 0, 1, 0)
    assert billed.owed() == 52000


def test_debits_and_what_is_not_booked_yet_are_left_alone(billed: World, tmp_path: Path) -> None:
    """Only what has arrived counts."""
    ocr = _reference(billed)
    entries = [
        Entry([Detail("10.00", ocr)], direction="DBIT"),
        Entry([Detail("20.00", ocr)], status="PDNG"),
    ]
    found = _import(billed, tmp_path, camt(entries))
    assert _counts(found) == (0, 0, 0, 0)
    assert found.notes == ["1 debits were left alone"]


@pytest.mark.parametrize("how", ["id", "reversal", "reference"])
def test_what_the_bank_returns_is_owed_again(billed: World, tmp_path: Path, how: str) -> None:
    """A return finds its payment by its ids or by its reference, once; the customer is told."""
    ocr = _reference(billed)
    paid = Detail("600.00", ocr, end_to_end="E2E-1")
    _import(billed, tmp_path, camt([Entry([paid], bank_id="X1")]), "one.xml")
    assert billed.owed() == 0
    back = {
        "id": Entry([replace(paid, reference="", end_to_end="", original="E2E-1")], direction="DBIT"),
        "reversal": Entry([paid], direction="DBIT", reversal=True),
        "reference": Entry([replace(paid, end_to_end="")], direction="DBIT", reversal=True),
    }[how]
    found = _import(billed, tmp_path, camt([replace(back, day="2026-03-02")]), "two.xml")
    assert (found.returned, found.rejected) == (1, 0)
    assert billed.owed() == 60000
    assert _counts(_import(billed, tmp_path, camt([back], 54), "three.xml")) == (0, 0, 1, 0)
    billed.deliver()
    assert [one.text for one in billed.screen() if "sent your payment" in one.text]


def test_a_return_of_what_never_came_is_set_aside(billed: World, tmp_path: Path) -> None:
    """It is told with its position, and nothing is booked."""
    back = Entry([Detail("5.00", "nothing")], direction="DBIT", reversal=True)
    found = _import(billed, tmp_path, camt([back]))
    assert "no payment of this amount is booked" in found.lines[0]
    rejects = (tmp_path / "bank.xml.rejects.csv").read_text()
    assert "report 1 entry 1" in rejects


def test_another_currency_waits_for_the_desk(billed: World, tmp_path: Path) -> None:
    """Nothing is booked on an account in another currency."""
    entry = Entry([Detail("600.00", _reference(billed))], currency="EUR")
    assert _counts(_import(billed, tmp_path, camt([entry], 54))) == (0, 1, 0, 0)


@pytest.mark.parametrize("wrong", ["count", "sum", "balance", "details"])
def test_nothing_is_booked_from_a_file_that_does_not_add_up(
    billed: World, tmp_path: Path, wrong: str
) -> None:
    """Counts, sums and balances are held against the entries first, unless somebody says not to."""
    ocr = _reference(billed)
    entry = Entry([Detail("60.00", ocr), Detail("40.00", ocr)])
    text = camt([entry, Entry([Detail("1.00", ocr)])])
    text = {
        "count": text.replace("<NbOfNtries>2<", "<NbOfNtries>3<"),
        "sum": text.replace("<Sum>101.00<", "<Sum>101.01<"),
        "balance": camt([entry], closing="200.01"),
        "details": text.replace('<Amt Ccy="USD">60.00<', '<Amt Ccy="USD">60.01<'),
    }[wrong]
    if wrong == "details":
        found = _import(billed, tmp_path, text)
        assert "its details come to 100.01" in found.lines[0]
        assert _counts(found) == (1, 0, 0, 1)
        return
    with pytest.raises(FileDoesNotAddUp, match="nothing is booked"):
        _import(billed, tmp_path, text)
    assert billed.owed() == 60000
    assert _import(billed, tmp_path, text, anyway=True).booked >= 2


def test_a_file_cut_in_half_is_refused_with_the_place(billed: World, tmp_path: Path) -> None:
    """Nothing is booked from it, or, when told to, what is whole."""
    ocr = _reference(billed)
    text = camt([Entry([Detail("1.00", ocr, end_to_end=f"E{n}")]) for n in range(20)])
    half = text[: len(text) // 2]
    with pytest.raises(BrokenXml, match=r"bank.xml:\d+:\d+: the XML breaks off"):
        _import(billed, tmp_path, half)
    assert billed.owed() == 60000
    found = _import(billed, tmp_path, half, anyway=True)
    assert 5 < found.booked < 20
    assert _import(billed, tmp_path, text).booked == 20 - found.booked


_BOMB = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
_OUTSIDE = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("evil", [_BOMB, _OUTSIDE, '<!DOCTYPE d SYSTEM "http://127.0.0.1:9/x.dtd">'])
def test_no_entity_is_ever_resolved(billed: World, tmp_path: Path, evil: str) -> None:
    """A document type is refused before anything is read: no file, no network, no bomb."""
    text = camt([Entry([Detail("1.00", _reference(billed), text="&amp;x")])])
    with pytest.raises(BrokenXml, match="what no bank writes"):
        _import(billed, tmp_path, text.replace("<Document", f"{evil}<Document", 1))


@pytest.mark.parametrize("junk", [b"", b"not xml", b"<a/>", b"\x00\xff", "<a>é</a>".encode("utf-16")])
def test_what_is_no_camt_is_refused_in_one_line(billed: World, tmp_path: Path, junk: bytes) -> None:
    """Whatever the bytes, the refusal names the file and what to do."""
    with pytest.raises((BrokenXml, FileRefused), match=r"bank\.xml.*(ask the bank|that the bank gives)"):
        _import(billed, tmp_path, junk)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_xml_is_known_in_every_encoding_of_it(tmp_path: Path, encoding: str) -> None:
    """A bank that writes UTF-16 is not taken for one that writes no XML."""
    file = tmp_path / "bank.xml"
    file.write_bytes('<?xml version="1.0"?><Document/>'.encode(encoding))
    assert file_kinds.of(file)[0] == file_kinds.XML


def test_a_file_that_is_not_there_is_refused(billed: World, tmp_path: Path) -> None:
    """The refusal says so."""
    with pytest.raises(FileRefused, match="cannot be read"):
        import_bank_file(billed.database, billed.installation, tmp_path / "no.xml", "sam", billed.clock)


@pytest.mark.slow
def test_a_long_file_is_read_without_being_kept(tmp_path: Path) -> None:
    """Twenty thousand entries take no more memory than a few: each is let go once it is read."""
    file = tmp_path / "long.xml"
    file.write_text(camt([Entry([Detail("1.00", "x", end_to_end=f"E{n}")]) for n in range(20000)]))
    tracemalloc.start()
    assert sum(1 for _ in read(file, [])) == 20000
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 3_000_000


@pytest.mark.parametrize(
    ("name", "count"),
    [("camt053.v2.minimal.xml", 1), ("camt053.v8.xml", 1), ("camt054.v2.xml", 0), ("camt054.v8.xml", 0)],
)
def test_the_samples_book_their_credits(
    world: World, tmp_path: Path, test_data: Path, name: str, count: int
) -> None:
    """The published samples: their credits come in, to be assigned; their debits are left alone."""
    found = _import(world, tmp_path, (test_data / SAMPLES / name).read_bytes())
    assert _counts(found) == (0, count, 0, 0)
    world.customer("eva", name="Eva Berg", phone="+15035550143")
    world.bill("B2", "eva", 60000)
    if count:
        reports: list[BankReport] = []
        list(read(tmp_path / "bank.xml", reports))
        assert isinstance(reports[0], CamtReport)
        assert reports[0].account == "NL26VAYB8060476890"
        with (
            pytest.raises(corrections.NobodyNamed, match="account in EUR"),
            world.database.write() as session,
        ):
            corrections.assign(world.context(session), 1, "eva", "sam")
