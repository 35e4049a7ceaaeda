"""Bank statements as MT940: each is booked or refused with its place, and each payment counts once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.importing.bank_files import import_bank_file
from bot.importing.bank_items import BrokenBankFile
from bot.importing.mt940 import read
from bot.importing.mt940_details import details, joined
from bot.importing.mt940_statements import account_of
from bot.importing.table import FileRefused
from handlers.payments import bank_accounts
from storage.bills import bills
from tests.bot.importing.camt_rig import Detail, Entry, camt
from tests.bot.importing.mt940_rig import Line, Statement, mt940

if TYPE_CHECKING:
    from pathlib import Path

    from bot.importing.payments_file import ImportedPayments
    from tests.world import World


def _import(
    world: World, folder: Path, text: str | bytes, kind: str = "mt940", *, anyway: bool = False
) -> ImportedPayments:
    file = folder / "bank.sta"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return import_bank_file(
        world.database, world.installation, file, "sam", world.clock, kind=kind, anyway=anyway
    )


def _counts(found: ImportedPayments) -> tuple[int, int, int, int]:
    return found.booked, found.unmatched, found.duplicates, found.rejected


@pytest.fixture
def billed(world: World) -> World:
    """Ada with a bill B-1001 of 600.00, Bo with B-1002 of 600.00."""
    world.customer()
    world.bill("B-1001", "ada", 60000)
    world.customer("bo", name="Bo Ek", phone="+15035550177")
    world.bill("B-1002", "bo", 60000)
    return world


def _ocr(world: World, bill_id: str = "B-1001") -> str:
    with world.database.read() as session:
        bill = bills.find(session, bill_id)
        assert bill
        return bill.reference


@pytest.mark.parametrize(
    ("lines", "references", "text", "payer", "own"),
    [
        (["166?00GUTSCHRIFT?109310?20EREF+E2E-1?21SVWZ+Rechnung B-10", "01 danke?32ADA LIND?33 AB"],
         [], "Rechnung B-1001 danke", "ADA LIND AB", ["E2E-1"]),
        (["166?00GUTSCHRIFT?20Rechnung B-1001 vom 2. Ma?21erz, Praxis?32Lind"],
         [], "Rechnung B-1001 vom 2. Ma erz, Praxis", "Lind", []),
        (["020~00Przelew~20Faktura B-1001~32ADA LIND"], [], "Faktura B-1001", "ADA LIND", []),
        (["000>100123456789>20 B-1001>21 KANTOOR"], [], "B-1001 KANTOOR", "", []),
        (["/TRTP/SEPA OVERBOEKING/IBAN/NL32INGB0000012345/NAME/A LIND/REMI/B-1001/EREF/NOTPROVIDED"],
         [], "B-1001", "A LIND", []),
        (["/EREF/E-9//CNTP/NL32INGB0000012345/INGBNL2A/A LIND///REMI/STRD/CUR/9001234/"],
         ["9001234"], "", "A LIND", ["E-9"]),
        (["/REMI/USTD//FACTUUR B-1001/"], [], "FACTUUR B-1001", "", []),
        (["/NAME/ADA LIND/OCR/10000180/"], ["10000180"], "", "ADA LIND", []),
        (["/ORDP/ADA LIND/REMI/KID 10000180"], [], "KID 10000180", "ADA LIND", []),
        (["BG 5050-1055 OCR", "10000180", "ADA LIND"], [], "BG 5050-1055 OCR 10000180 ADA LIND", "", []),
        (["911 TRANSAKCJA OD: JAN NOWAK"], [], "911 TRANSAKCJA OD: JAN NOWAK", "", []),
        (["#1001 tack?20"], [], "#1001 tack?20", "", []),
        ([], [], "", "", []),
    ],
)  # fmt: skip
def test_the_text_of_a_line_is_read_as_its_bank_structures_it(
    lines: list[str], references: list[str], text: str, payer: str, own: list[str]
) -> None:
    """German, Dutch, Polish and Scandinavian ways, and none."""
    found = details(lines)
    assert (references, text, payer, own) == (found.references, found.text, found.payer, found.own_ids)


def test_a_full_line_goes_on_in_the_same_word() -> None:
    """A number cut by the width of the page is one number; a shorter line ends with its word."""
    assert joined(["x" * 59 + "10", "000180 tack"]) == "x" * 59 + "10000180 tack"
    assert joined(["faktura 10", "000180"]) == "faktura 10 000180"


@pytest.mark.parametrize(
    ("written", "account"),
    [
        ("SE3550000000054910000003", "SE3550000000054910000003"),
        ("SE35 5000 0000 0549 1000 0003 SEK", "SE3550000000054910000003"),
        ("37040044/0532013000", "DE89370400440532013000"),
        ("37040044/532013000EUR", "DE89370400440532013000"),
        ("5050-1055", "5050-1055"),
    ],
)
def test_an_account_is_its_iban_where_it_can_be(written: str, account: str) -> None:
    """A currency behind it is left out; a German bank code and account are one."""
    assert account_of(written) == account


def test_credits_are_booked_and_debits_left_alone(billed: World, tmp_path: Path) -> None:
    """Each finds its bill by whatever its text says; what is only expected does not count."""
    lines = [
        Line("100,", "166?00GUTSCHRIFT?20SVWZ+b1001?32ADA LIND"),
        Line("50,5", "/REMI/Invoice #B-1001/"),
        Line("1,00", f"OCR {_ocr(billed):0>25}"),
        Line("7,00", "who knows"),
        Line("30,00", "B-1001", way="D"),
        Line("40,00", "B-1001", way="EC"),
        Line("2,00", "B-1001", way="CR"),
    ]
    lines[-1].way = "C"
    lines[-1].names = "NMSCNONREF//POS 7"
    found = _import(billed, tmp_path, mt940(Statement(lines)))
    assert _counts(found) == (4, 1, 0, 0)
    assert found.notes == ["1 debits were left alone"]
    assert billed.owed("B-1001") == 60000 - 10000 - 5050 - 100 - 200


def test_a_statement_that_does_not_add_up_is_refused_and_the_others_are_booked(
    billed: World, tmp_path: Path
) -> None:
    """It is named by line and tag; with anyway its lines count."""
    bad = Statement([Line("10,00", "B-1001")], closing="999,00")
    unread = Statement([Line("10,00", "B-1001", day="2613xx")], closing="100,00")
    good = Statement([Line("20,00", "B-1001")])
    text = mt940(bad, good, unread)
    found = _import(billed, tmp_path, text)
    wrong, unreadable = found.lines
    assert wrong.startswith(
        "bank.sta:7: statement: :62F: 100.00 and lines of 10.00 make 110.00, but it closes "
    )
    assert unreadable.startswith(
        "bank.sta:21: statement: :61: '2613xx0302C10,00NTRFNONREF' is no statement line"
    )
    assert wrong.endswith("nothing of this statement is booked")
    assert billed.owed("B-1001") == 58000
    assert _counts(_import(billed, tmp_path, text, anyway=True)) == (1, 0, 1, 2)
    assert billed.owed("B-1001") == 57000


@pytest.mark.parametrize("end", ["\n-", "\n-}", ""])
def test_a_file_cut_anywhere_books_nothing_or_what_it_has_whole(
    billed: World, tmp_path: Path, end: str
) -> None:
    """However short the second statement is cut, neither of them is booked."""
    two = [Statement([Line("10,00", "B-1001")], end=end), Statement([Line("20,55", "B-1001")], end=end)]
    text = mt940(*two)
    begins = text.index(":20:", 5)
    last = text.rindex(":62F:") + len(":62F:C260302USD120,5")
    for cut in range(begins + len(":20:"), last):
        with pytest.raises(BrokenBankFile, match=r"bank\.sta:\d+: :\d\d[A-Z]?: "):
            _import(billed, tmp_path, text[:cut])
    assert billed.owed("B-1001") == 60000
    assert _counts(_import(billed, tmp_path, text)) == (2, 0, 0, 0)


def test_a_statement_of_pages_is_read_with_all_of_them(billed: World, tmp_path: Path) -> None:
    """A page that is missing refuses the file; anyway books what is there."""
    first = Statement([Line("10,00", "B-1001")], pages="FM")
    second = Statement([Line("20,00", "B-1001")], opening="110,00", pages="MF")
    for part, why in ((mt940(first), "page after"), (mt940(second), "page before")):
        with pytest.raises(BrokenBankFile, match=f"the {why} this one is not in the file; nothing is booked"):
            _import(billed, tmp_path, part)
    assert _counts(_import(billed, tmp_path, mt940(first), anyway=True)) == (1, 0, 0, 0)
    assert _counts(_import(billed, tmp_path, mt940(first, second))) == (1, 0, 1, 0)


def test_the_same_file_twice_counts_once(billed: World, tmp_path: Path) -> None:
    """Read again, sent twice in one file, or in a file of more days; two payments alike stay two."""
    one = Statement([Line("10,00", "B-1001"), Line("10,00", "B-1001")])
    text = mt940(one)
    assert _counts(_import(billed, tmp_path, text)) == (2, 0, 0, 0)
    assert _counts(_import(billed, tmp_path, text)) == (0, 0, 2, 0)
    assert _counts(_import(billed, tmp_path, mt940(one, one))) == (0, 0, 2, 0)
    longer = Statement([*one.lines, Line("5,00", "B-1001", day="260302", entry="0302")])
    assert _counts(_import(billed, tmp_path, mt940(longer))) == (1, 0, 2, 0)
    assert billed.owed("B-1001") == 57500


def test_a_position_that_comes_again_every_day_is_no_id(billed: World, tmp_path: Path) -> None:
    """Some banks number the lines of a day: the same number, amount and payer next day is another payment."""
    for day in ("02", "01"):
        line = Line("10,00", "B-1001", day=f"2603{day}", entry=f"03{day}", names="NMSCNONREF//POS 7")
        assert _counts(_import(billed, tmp_path, mt940(Statement([line])))) == (1, 0, 0, 0)


@pytest.mark.parametrize("first", ["camt", "mt940"])
@pytest.mark.parametrize("ids", ["end to end", "bank", "none"])
def test_a_payment_in_both_formats_counts_once(billed: World, tmp_path: Path, first: str, ids: str) -> None:
    """Statement of the same days as camt and as MT940, in any order, whatever ids they share."""
    ocr = _ocr(billed)
    entries = [
        Entry([Detail("10.00", ocr, end_to_end="E1" if ids == "end to end" else "")],
              bank_id="K1" if ids == "bank" else ""),
        Entry([Detail("10.00", text="B-1002", payer="Bo Ek")]),
        Entry([Detail("10.00", text="who knows", payer="X Y")]),
    ]  # fmt: skip
    known = {"end to end": "?20EREF+E1?21SVWZ+x", "bank": "?20SVWZ+y", "none": f"?20SVWZ+{ocr}"}[ids]
    lines = [
        Line("10,00", "166?00G?20who knows?32X Y"),
        Line("10,00", "166?00G?20b 1002?32BO EK"),
        Line("10,00", f"166?00G{known}?32ADA LIND", names="NTRFNONREF" + ("//K1" if ids == "bank" else "")),
    ]
    files = [(camt(entries), "camt"), (mt940(Statement(lines)), "mt940")]
    text, kind = files[first == "mt940"]
    again, other = files[first != "mt940"]
    counts = _counts(_import(billed, tmp_path, text, kind))
    assert sum(counts) == 3
    assert counts[1] == (2 if first == "mt940" and ids != "none" else 1)
    later = _counts(_import(billed, tmp_path, again, other))
    assert later == ((1, 0, 2, 0) if first == "mt940" and ids != "none" else (0, 0, 3, 0))
    assert (billed.owed("B-1001"), billed.owed("B-1002")) == (59000, 59000)
    for text, kind in files:
        assert _counts(_import(billed, tmp_path, text, kind)) == (0, 0, 3, 0)


def test_what_only_one_format_has_is_booked(billed: World, tmp_path: Path) -> None:
    """Equal amounts of a day for two people are two payments, though each file has one of them."""
    assert _counts(_import(billed, tmp_path, camt([Entry([Detail("10.00", "B-1001")])]), "camt")) == (
        1,
        0,
        0,
        0,
    )
    assert _counts(_import(billed, tmp_path, mt940(Statement([Line("10,00", "B-1002")])))) == (1, 0, 0, 0)
    both = mt940(Statement([Line("10,00", "B-1002"), Line("10,00", "B-1001")]))
    assert _counts(_import(billed, tmp_path, both)) == (0, 0, 2, 0)
    assert (billed.owed("B-1001"), billed.owed("B-1002")) == (59000, 59000)


@pytest.mark.parametrize("first", ["camt", "mt940"])
def test_a_batch_that_one_format_has_as_a_sum_counts_once(billed: World, tmp_path: Path, first: str) -> None:
    """The sum waits for the desk until the details come; after them it is known."""
    details_of = camt([Entry([Detail("10.00", "B-1001"), Detail("5.00", "B-1002")], bank_id="BATCH")], 54)
    whole = mt940(Statement([Line("15,00", "BG 5050-1055 2 inbetalningar")]))
    if first == "camt":
        assert _counts(_import(billed, tmp_path, details_of, "camt")) == (2, 0, 0, 0)
        assert _counts(_import(billed, tmp_path, whole)) == (0, 0, 1, 0)
    else:
        assert _counts(_import(billed, tmp_path, whole)) == (0, 1, 0, 0)
        assert _counts(_import(billed, tmp_path, details_of, "camt")) == (2, 0, 0, 0)
        assert _counts(_import(billed, tmp_path, whole)) == (0, 0, 1, 0)
    assert (billed.owed("B-1001"), billed.owed("B-1002")) == (59000, 59500)


@pytest.mark.parametrize("how", ["reversal", "type", "code"])
def test_what_the_bank_returns_is_owed_again_once(billed: World, tmp_path: Path, how: str) -> None:
    """A reversal, a returned item, a German return: by the payer's id, once over both formats."""
    paid = Line("600,00", "166?00G?20EREF+E1?21SVWZ+B-1001")
    assert _counts(_import(billed, tmp_path, mt940(Statement([paid])))) == (1, 0, 0, 0)
    back = {
        "reversal": Line("600,00", paid.text, way="RC"),
        "type": Line("600,00", paid.text, way="D", names="NRTINONREF"),
        "code": Line("600,00", "109?00R?20EREF+E1", way="D"),
    }[how]
    text = mt940(Statement([back], opening="700,00"))
    assert _import(billed, tmp_path, text).returned == 1
    assert billed.owed("B-1001") == 60000
    assert _counts(_import(billed, tmp_path, text)) == (0, 0, 1, 0)
    other = Entry([Detail("600.00", "B-1001", original="E1")], direction="DBIT", reversal=True)
    assert _counts(_import(billed, tmp_path, camt([other]), "camt")) == (0, 0, 1, 0)
    assert billed.owed("B-1001") == 60000


def test_an_account_with_two_names_has_each_payment_once(billed: World, tmp_path: Path) -> None:
    """A bankgiro in one file, the IBAN in another: once named, also what came before is known."""
    line = Line("10,00", "B-1001", names="NTRFNONREF//K1")
    bankgiro, account = Statement([line], account="5050-1055"), Statement([line])
    assert _counts(_import(billed, tmp_path, mt940(bankgiro))) == (1, 0, 0, 0)
    with billed.database.write() as session:
        assert bank_accounts.name(billed.context(session), "50501055", account.account, "sam") == []
    assert _counts(_import(billed, tmp_path, mt940(account))) == (0, 0, 1, 0)
    assert _counts(_import(billed, tmp_path, mt940(bankgiro))) == (0, 0, 1, 0)
    assert billed.owed("B-1001") == 59000


def test_payments_under_two_names_are_shown_when_they_are_named(billed: World, tmp_path: Path) -> None:
    """What was counted twice before is for a person to look at; a name is given once."""
    for account in ("5050-1055", "SE3550000000054910000003"):
        statement = Statement([Line("10,00", "B-1001")], account=account)
        assert _counts(_import(billed, tmp_path, mt940(statement))) == (1, 0, 0, 0)
    with billed.database.write() as session:
        context = billed.context(session)
        assert bank_accounts.name(context, "5050-1055", "SE3550000000054910000003", "sam") == [(1, 2)]
        for other, of in (("5050-1055", "X1"), ("SE3550000000054910000003", "X1"), ("X1", "x1"), ("", "X1")):
            with pytest.raises(bank_accounts.NameOfAccount):
                bank_accounts.name(context, other, of, "sam")
        assert [one.name for one in bank_accounts.every(session)] == ["50501055"]
        bank_accounts.forget(context, "5050 1055", "sam")
        with pytest.raises(bank_accounts.NameOfAccount):
            bank_accounts.forget(context, "5050-1055", "sam")


@pytest.mark.parametrize(
    "frame",
    [
        "{0}", "\r\n{0}", "\ufeff{0}", "{{1:F01INGBNL2AXXXX0000000000}}{{2:I940INGBNL2AXN}}{{4:\n{0}}}",
        "ABNANL2A\n940\nABNANL2A\n{0}", "\x01\n{0}\x03", "0000 01INGBNL2AXXXX00001\n940 00\n{0}XXX",
        ":940:\n{0}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_any_frame_and_any_letters_are_read(tmp_path: Path, frame: str, encoding: str) -> None:
    """Blocks of SWIFT, lines of a bank's own, and whatever encoding; lines end as they like."""
    text = frame.format(str(Statement([Line("10,00", "Björk B-1001")]))).replace("\n", "\r\n")
    if encoding == "cp1252":
        text = text.replace("\ufeff", "")
    file = tmp_path / "bank.sta"
    file.write_bytes(text.encode(encoding))
    (one,) = read(file, [])
    assert getattr(one, "text", one) == "Björk B-1001"


@pytest.mark.parametrize("junk", ["", "hello", ":61:2603020302C1,00NTRFNONREF", ":20:X", ":20:X\n-"])
def test_what_is_no_statement_is_refused_in_one_line(billed: World, tmp_path: Path, junk: str) -> None:
    """It names the file and what is missing."""
    with pytest.raises(BrokenBankFile, match=r"bank\.sta.*ask the bank"):
        _import(billed, tmp_path, junk)


def test_a_camt_file_taken_for_mt940_is_called_by_its_name(billed: World, tmp_path: Path) -> None:
    """And the line says with which format it is read."""
    with pytest.raises(FileRefused, match=r"bank\.sta: is XML, not MT940: .*--format camt"):
        _import(billed, tmp_path, "<Document/>")


@pytest.mark.parametrize(
    ("day", "entry", "booked"),
    [("260230", "", "2026-02-28"), ("260230", "0301", "2026-03-01"), ("251231", "0102", "2026-01-02"),
     ("260102", "1231", "2025-12-31")],
)  # fmt: skip
def test_days_are_those_of_the_bank(tmp_path: Path, day: str, entry: str, booked: str) -> None:
    """A month of thirty days ends with its last day; the booking's year is the nearest."""
    file = tmp_path / "bank.sta"
    file.write_text(mt940(Statement([Line("1,00", "x", day=day, entry=entry)])))
    (one,) = read(file, [])
    assert str(one.booked_on) == booked


SAMPLES = {
    "jejik_abnamro.sta": ":40: :62M:",
    "jejik_ing.sta": 1,
    "jejik_postfinance.sta": 1,
    "jejik_rabobank-iban.sta": 0,
    "jejik_sns.sta": 0,
    "jejik_triodos.sta": 1,
    "mBank_mt940.sta": 0,
    "self-provided_february_30.sta": 0,
    "self-provided_sparkassen.sta": ":1: :61:",
}


@pytest.mark.parametrize("name", SAMPLES)
def test_each_statement_of_the_samples_is_booked_or_refused(
    world: World, tmp_path: Path, test_data: Path, name: str
) -> None:
    """What adds up is booked; a statement with wrong sums, or a part of a file, is named with its place."""
    raw = (test_data / "mt940" / name).read_bytes()
    expected = SAMPLES[name]
    if isinstance(expected, str):
        with pytest.raises(BrokenBankFile, match=expected):
            _import(world, tmp_path, raw)
        return
    found = _import(world, tmp_path, raw)
    assert found.rejected == expected
    assert all(": statement: :62" in line for line in found.lines)
    assert found.unmatched == {"mBank_mt940.sta": 3, "jejik_postfinance.sta": 2}.get(name, 0)
