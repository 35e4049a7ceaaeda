"""Statements as sixteen banks write MT940: each line is read with all that it says of the payment."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from billing.payments.bank import BankTransaction, Movement
from bot.importing.bank_items import BrokenBankFile
from bot.importing.mt940 import read
from bot.importing.mt940_statements import account_of

FILES: Final = Path(__file__).parent / "mt940_banks"
BANKS: dict[str, list[dict[str, Any]]] = {
    # german, fields and code words over broken lines
    "german_fields": [
        {
            "account": "DE89370400440532013000",
            "minor": 24000,
            "text": "Rechnung B-1001 vom 22. Maerz",
            "payer": "MAX MUELLER UND CO",
            "own_ids": ("RE-0815",),
            "bank_ids": ("4711A",),
            "booked_on": "2026-03-02",
        }
    ],
    # a line that ends between two words
    "cut_between_words": [{"text": "Rechnung B-1001", "minor": 2400}],
    # german, bank code and account with its currency
    "german_account": [{"account": "DE89370400440532013000"}],
    # several in SWIFT blocks
    "swift_blocks": [
        {"text": "GIRO 428428 B-1001 STORTING"},
        {"text": "GIRO 428428 B-1002 STORTING", "minor": 10000},
    ],
    # dutch, the other side in one code word
    "dutch_other_side": [
        {
            "account": "NL91ABNA0417164300",
            "text": "FACTUUR B-1001",
            "payer": "A LIND",
            "own_ids": ("EV12341REP1231456T1234",),
        }
    ],
    # dutch, with an address behind the name
    "dutch_address": [{"account": "NL91ABNA0417164300", "payer": "BO EK A/S"}],
    # what a person wrote between slashes
    "slashes": [{"text": "INV/2026/B-1001", "payer": "ADA LIND", "own_ids": ("E-1",)}],
    # finnish, a reference in the line
    "finnish": [{"references": ("RF18539007547034",), "account": "FI2112345600000785"}],
    # swedish, lines of free text and the öre left out
    "swedish": [
        {
            "account": "5050-1055",
            "references": ("10000180",),
            "text": "OCR 10000180 ADA BJÖRK Bankgiroinbetalning",
            "minor": 25000,
        }
    ],
    # polish, another sign before the numbers
    "polish": [{"text": "Faktura B-1001 za marzec", "payer": "JAN KOWALSKI"}],
    # a currency without decimals
    "yen": [{"minor": 25000}],
    # a currency of three decimals, from below nothing
    "dinar": [{"minor": 10500, "references": ("B-1001",)}],
    # references beyond their sixteen signs
    "long_references": [
        {"references": ("INVOICE-B-1001-AND-LONGER",), "bank_ids": ("BANKREF12345678901234",)}
    ],
    # reversals both ways
    "reversals": [
        {"movement": Movement.CREDIT},
        {"movement": Movement.RETURN},
        {"movement": Movement.DEBIT},
        {"movement": Movement.CREDIT_RETURN},
    ],
    # pages, each in its own message
    "pages": [{"text": "B-1001"}, {"text": "B-1002"}],
    # lines that only look like tags, or like the end
    "odd_lines": [{"text": "Payment for :invoice: B-1001 -thanks more", "booked_on": "1996-03-02"}],
}
"""What each file of ``mt940_banks`` says, line by line."""


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("letters", ["utf-8", "latin-1"])
@pytest.mark.parametrize("bank", BANKS)
def test_a_statement_is_read_as_its_bank_writes_it(
    tmp_path: Path, bank: str, letters: str, line_end: str
) -> None:
    """In any letters and with any line ends, each line of it says the same."""
    expected, text = BANKS[bank], _written(bank)
    file = tmp_path / "bank.sta"
    file.write_bytes(text.replace("\n", line_end).encode(letters))
    found = list(read(file, []))
    assert len(found) == len(expected), found
    for one, facts in zip(found, expected, strict=True):
        assert isinstance(one, BankTransaction), one
        said = {name: _fact(one, name) for name in facts}
        assert said == facts


def _written(bank: str) -> str:
    return (FILES / f"{bank}.sta").read_text(encoding="utf-8")


def _fact(one: BankTransaction, name: str) -> object:
    if name == "minor":
        return one.amount.minor
    return str(one.booked_on) if name == "booked_on" else getattr(one, name)


@pytest.mark.parametrize("bank", BANKS)
def test_a_statement_that_lost_a_cent_is_refused_with_its_place(tmp_path: Path, bank: str) -> None:
    """Whoever wrote it: the closing balance is named, with its line, and nothing is booked."""
    text = _written(bank)
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
    assert len(others) < len(BANKS[bank])


def test_a_currency_behind_an_account_is_no_part_of_it() -> None:
    """As camt has the account without it; letters that are another thing stay."""
    assert account_of("5050-1055 SEK", "SEK") == "5050-1055"
    assert account_of("5050-1055 EUR", "SEK") == "5050-1055EUR"
    assert account_of("FONDSEK", "SEK") == "FONDSEK"
