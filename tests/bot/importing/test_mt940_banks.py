"""Statements as fifteen banks write MT940: each finds its bill, with all that the line says of the payment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from billing.payments.bank import BankTransaction, Movement
from bot.importing.bank_items import BrokenBankFile
from bot.importing.mt940 import read
from bot.importing.mt940_statements import account_of

if TYPE_CHECKING:
    from pathlib import Path

GB, DE, NL = "GB29NWBK60161331926819", "DE89370400440532013000", "NL91ABNA0417164300"

BANKS: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "german, fields and code words over broken lines": (
        f":20:STARTUMS\n:21:NONREF\n:25:{DE}\n:28C:00062/001\n:60F:C260301EUR1000,00\n"
        ":61:2603020302CR240,00N051NONREF//4711A\n/OCMT/EUR240,00/\n"
        ":86:166?00SEPA-GUTSCHRIFT?109310?20EREF+RE-0815?21KREF+NONREF?22SVWZ+R\nechnung B-1001 vom 22?23. Maerz"
        "?30COBADEFFXXX?31DE02120300000000202051?32MAX MUELLER?33UND CO\n"
        ":62F:C260302EUR1240,00\n:64:C260302EUR1240,00\n:65:C260303EUR1240,00\n-\n",
        [{"account": DE, "minor": 24000, "text": "Rechnung B-1001 vom 22. Maerz", "payer": "MAX MUELLER UND CO",
          "own_ids": ("RE-0815",), "bank_ids": ("4711A",), "booked_on": "2026-03-02"}],
    ),
    "a line that ends between two words": (
        f":20:A\n:25:{DE}\n:28C:1\n:60F:C260301EUR0,00\n:61:2603020302C24,N051NONREF\n"
        ":86:166?00GUTSCHRIFT?20Rechnung \nB-1001?32ADA LIND\n:62F:C260302EUR24,00\n-\n",
        [{"text": "Rechnung B-1001", "minor": 2400}],
    ),
    "german, bank code and account with its currency": (
        ":20:A\n:25:37040044/532013000EUR\n:28C:1\n:60F:C260301EUR0,00\n:61:260302C24,00NTRFNONREF\n"
        ":86:B-1001\n:62F:C260302EUR24,00\n-\n",
        [{"account": DE}],
    ),
    "several in SWIFT blocks": (
        "".join(
            f"{{1:F01ABNANL2AXXXX0000000000}}{{2:I940BANKNL2AXXXXN}}{{4:\n:20:ABN\n:25:{NL}\n:28:{page}/1\n"
            f":60F:C260301EUR{opening},00\n:61:2603020302C100,00N196NONREF\n:86:GIRO 428428 B-100{page} STORTING\n"
            f":62F:C260302EUR{opening + 100},00\n-}}{{5:{{CHK:123456789ABC}}}}\n"
            for page, opening in ((1, 100), (2, 200))
        ),
        [{"text": "GIRO 428428 B-1001 STORTING"}, {"text": "GIRO 428428 B-1002 STORTING", "minor": 10000}],
    ),
    "dutch, the other side in one code word": (
        f"{{1:F01INGBNL2ABXXX0000000000}}\n{{2:I940INGBNL2AXXXN}}\n{{4:\n:20:P1\n:25:{NL}EUR\n:28C:00000\n"
        ":60F:C260301EUR662,23\n:61:2603020302C1,56NTRFEREF//00000000001005\n/TRCD/00100/\n"
        ":86:/EREF/EV12341REP1231456T1234//CNTP/NL32INGB0000012345/INGBNL2A/A LIND///REMI/USTD//FACTUUR B-10\n01/\n"
        ":62F:C260302EUR663,79\n:64:C260302EUR663,79\n:86:/SUM/0/1/0,00/1,56/\n-}\n",
        [{"account": NL, "text": "FACTUUR B-1001", "payer": "A LIND", "own_ids": ("EV12341REP1231456T1234",)}],
    ),
    "dutch, with an address behind the name": (
        f":940:\n:20:940S260302\n:25:{NL} EUR\n:28C:13092\n:60F:C260301EUR147,69\n:61:260302C10,00N541NONREF\n"
        "NL32INGB0000012345\n:86:/ORDP//NAME/BO EK A/S/ADDRESS/STRAAT 1 1234AB PLAATS/REMI/Factu\n"
        "ur/ISDT/2026-03-02\n:62F:C260302EUR157,69\n",
        [{"account": NL, "payer": "BO EK A/S"}],
    ),
    "what a person wrote between slashes": (
        f":20:A\n:25:{GB}\n:28C:1/1\n:60F:C260301GBP0,00\n:61:2603020302C25,00NTRFNONREF\n"
        ":86:/NAME/ADA LIND/REMI/INV/2026/B-1001/EREF/E-1\n:62F:C260302GBP25,00\n-\n",
        [{"text": "INV/2026/B-1001", "payer": "ADA LIND", "own_ids": ("E-1",)}],
    ),
    "finnish, a reference in the line": (
        ":20:HELSINKI\n:25:FI2112345600000785\n:28C:12/1\n:60F:C260301EUR10,00\n"
        ":61:2603020302C120,50NTRFRF18539007547034//2601055966N00001\n:86:MATTI MEIKALAINEN\n"
        ":62F:C260302EUR130,50\n-\n",
        [{"references": ("RF18539007547034",), "account": "FI2112345600000785"}],
    ),
    "swedish, lines of free text and the öre left out": (
        ":20:SE\n:25:5050-1055 SEK\n:28C:5/1\n:60F:C260301SEK1000,\n:61:2603020302C250,NMSC10000180//BG-INB\n"
        "Bankgiroinbetalning\n:86:OCR\n10000180\nADA BJÖRK\n:62F:C260302SEK1250,\n-\n",
        [{"account": "5050-1055", "references": ("10000180",), "text": "OCR 10000180 ADA BJÖRK "
          "Bankgiroinbetalning", "minor": 25000}],
    ),
    "polish, another sign before the numbers": (
        ":20:MT940\n:25:/PL61109010140000071219812874\n:28C:1\n:60F:C260301PLN000000000100,00\n"
        ":61:2603020302C25,00S034NONREF//123\n:86:034^00Przelew^20Faktura B-1001 za^21marzec^3010205558"
        "^32JAN KOWALSKI^38PL123\n:62F:C260302PLN000000000125,00\n:64:C260302PLN000000000125,00\n-\n",
        [{"text": "Faktura B-1001 za marzec", "payer": "JAN KOWALSKI"}],
    ),
    "a currency without decimals": (
        ":20:TOKYO\n:25:1234567\n:28C:1/1\n:60F:C260301JPY100000\n:61:2603020302CY25000NTRFNONREF//ABC\n"
        ":86:B-1001\n:62F:C260302JPY125000\n-\n",
        [{"minor": 25000}],
    ),
    "a currency of three decimals, from below nothing": (
        f":20:KW\n:25:{GB}\n:28C:1/1\n:60F:D260301KWD10,500\n:61:2603020302C10,500NTRFB-1001\n"
        ":62F:C260302KWD0,\n-\n",
        [{"minor": 10500, "references": ("B-1001",)}],
    ),
    "references beyond their sixteen signs": (
        f":20:X\n:25:{GB}\n:28C:1/1\n:60F:C260301GBP100,00\n"
        ":61:2603020302C25,00NTRFINVOICE-B-1001-AND-LONGER//BANKREF12345678901234\n:86:PAYMENT\n"
        ":62F:C260302GBP125,00\n-\n",
        [{"references": ("INVOICE-B-1001-AND-LONGER",), "bank_ids": ("BANKREF12345678901234",)}],
    ),
    "reversals both ways": (
        f":20:X\n:25:{GB}\n:28C:1/1\n:60F:C260301GBP100,00\n:61:2603020302C25,00NTRFNONREF\n:86:B-1001\n"
        ":61:2603030303RC25,00NTRFNONREF\n:86:B-1001\n:61:2603030303D10,00NCHGNONREF\n"
        ":61:2603040304RD10,00NCHGNONREF\n:62F:C260304GBP100,00\n-\n",
        [{"movement": Movement.CREDIT}, {"movement": Movement.RETURN}, {"movement": Movement.DEBIT},
         {"movement": Movement.CREDIT_RETURN}],
    ),
    "pages, each in its own message": (
        f":20:X\n:25:{GB}\n:28C:1/1\n:60F:C260301GBP100,00\n:61:2603020302C25,00NTRFNONREF\n:86:B-1001\n"
        f":62M:C260302GBP125,00\n-\n:20:X\n:25:{GB}\n:28C:1/2\n:60M:C260302GBP125,00\n"
        ":61:2603020302C5,00NTRFNONREF\n:86:B-1002\n:62F:C260302GBP130,00\n-\n",
        [{"text": "B-1001"}, {"text": "B-1002"}],
    ),
    "lines that only look like tags, or like the end": (
        f":20:X\n:25:{GB}\n:28C:1/1\n:60F:C960301GBP100,00\n:61:9603020302C25,00NTRFNONREF\n:86:Payment for\n"
        ":invoice: B-1001\n-thanks\n-\nmore\n:62F:C960302GBP125,00\n:86:END OF STATEMENT\n-\n",
        [{"text": "Payment for :invoice: B-1001 -thanks more", "booked_on": "1996-03-02"}],
    ),
}  # fmt: skip


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("letters", ["utf-8", "latin-1"])
@pytest.mark.parametrize("bank", BANKS)
def test_a_statement_is_read_as_its_bank_writes_it(
    tmp_path: Path, bank: str, letters: str, line_end: str
) -> None:
    """In any letters and with any line ends, each line of it says the same."""
    text, expected = BANKS[bank]
    file = tmp_path / "bank.sta"
    file.write_bytes(text.replace("\n", line_end).encode(letters))
    found = list(read(file, []))
    assert len(found) == len(expected), found
    for one, facts in zip(found, expected, strict=True):
        assert isinstance(one, BankTransaction), one
        said = {name: _fact(one, name) for name in facts}
        assert said == facts


def _fact(one: BankTransaction, name: str) -> object:
    if name == "minor":
        return one.amount.minor
    return str(one.booked_on) if name == "booked_on" else getattr(one, name)


@pytest.mark.parametrize("bank", BANKS)
def test_a_statement_that_lost_a_cent_is_refused_with_its_place(tmp_path: Path, bank: str) -> None:
    """Whoever wrote it: the closing balance is named, with its line, and nothing is booked."""
    text = BANKS[bank][0]
    before, closing, after = text.rpartition(":62F:")
    line, rest = after.split("\n", 1)
    amount = "999999" if "JPY" in line else "999999,00"
    file = tmp_path / "bank.sta"
    file.write_text(f"{before}{closing}{line[:10]}{amount}\n{rest}")
    place = before.count("\n") + 1
    if not text.rstrip().endswith(("-", "}")):
        with pytest.raises(BrokenBankFile, match=f"bank.sta:{place}: :62F: the file breaks off"):
            list(read(file, []))
        return
    *others, bad = read(file, [])
    assert f"line {place} :62F:" == bad.position
    assert all(isinstance(one, BankTransaction) for one in others)
    assert len(others) < len(BANKS[bank][1])


def test_a_currency_behind_an_account_is_no_part_of_it() -> None:
    """As camt has the account without it; letters that are another thing stay."""
    assert account_of("5050-1055 SEK", "SEK") == "5050-1055"
    assert account_of("5050-1055 EUR", "SEK") == "5050-1055EUR"
    assert account_of("FONDSEK", "SEK") == "FONDSEK"
