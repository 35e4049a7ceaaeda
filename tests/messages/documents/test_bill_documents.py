"""Bills on paper: everything stands where it should, in every language, and the same every time."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from billing.accounts.creditor import Creditor, WayToPay
from billing.bills.invoice import Invoice, InvoiceLine, InvoiceMovement, PayerShare
from billing.ledger.ledger import EntryKind
from billing.ledger.money import Money
from messages.documents import bill_pages, qr_codes
from messages.documents.bill_documents import Printed, page, pdf
from messages.documents.documents import count_pages
from messages.languages import WORDING, languages
from tests.letters import AASA, NORDHAMN, text_of

DAY = date(2026, 3, 2)
CLINIC = replace(NORDHAMN, aid_url="klinik.example/hjalp")


def _invoice(count: int = 3, currency: str = "SEK", **more: Any) -> Invoice:
    def money(minor: int) -> Money:
        return Money(minor, currency)

    lines = tuple(
        InvoiceLine(DAY - timedelta(days=9), f"99{n}", f"Röntgen {n}", "1.5", money(10000), money(15000))
        for n in range(count)
    )
    total = money(15000 * count)
    payer = PayerShare("Regionen", total, money(10000), money(500), money(0))
    paid = InvoiceMovement(DAY, EntryKind.PAYMENT, money(-1000))
    facts: dict[str, Any] = {
        "lines": lines,
        "total": total,
        "payers": (payer,),
        "movements": (paid,),
        "owed": money(total.minor - 11500),
    }
    known = ("B-1", "K000123", "00000182", DAY, DAY + timedelta(days=30), "Åsa Öberg", "Elis Öberg")
    return Invoice(*known, **(facts | more))


def _page(invoice: Invoice, creditor: Creditor = CLINIC, **more: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {"language": "sv", "dated_on": DAY}
    printed = Printed(invoice, **(facts | more))
    return page(creditor, AASA, printed)


def test_a_bill_says_everything_it_must() -> None:
    """From whom, for whom, number, days, lines, what the payer did, payments, what is left and how to pay."""
    read = text_of(pdf(_page(_invoice(), aid=True, letter="17-003")))
    for text in (
        "Faktura K000123", "Att betala 335,00 kr", "Betalas senast 1 april 2026", "Röntgen 2", "992", "1,5",
        "100,00 kr", "150,00 kr", "450,00 kr", "Regionen", "5,00 kr", "Betalning, tack", "-10,00 kr",
        "OCR-nummer 00000182", "Bankgiro 123-4567", "Skanna med din bankapp", "Nordhamns klinik AB",
        "Org.nr 556000-0000", "Åsa Öberg", "Gäller Elis Öberg", "17-003", "Hjälp med kostnaden",
        "08-123 45 67 · klinik.example/hjalp", "Sida 1 av",
    ):  # fmt: skip
        assert text in read, text


def test_it_can_be_read_aloud_and_is_the_same_every_time() -> None:
    """Tagged, titled, in its language; printed twice it is the same to the byte."""
    found = _page(_invoice(), link="https://bills.example/b/x")
    made = pdf(found)
    assert made == pdf(json.loads(json.dumps(found)))
    reader = PdfReader(BytesIO(made))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "sv"
    assert "/StructTreeRoot" in root
    assert reader.metadata
    assert reader.metadata.title == "Faktura K000123"


def test_many_lines_carry_their_sum_over_the_pages() -> None:
    """Every page but the last says what goes on, the next what came over, under the same head."""
    made = pdf(_page(_invoice(70)))
    pages = [" ".join(one.extract_text().split()) for one in PdfReader(BytesIO(made)).pages]
    assert len(pages) >= 3
    lines = [text.count("Röntgen") for text in pages]
    assert sum(lines) == 70
    so_far = 0
    for number, (text, count) in enumerate(zip(pages, lines, strict=True)):
        assert ("Från föregående sida" in text) is (number > 0 and count > 0)
        if number and count:
            assert f"{so_far * 150:,}".replace(",", " ") + ",00 kr" in text
        so_far += count
        assert ("Till nästa sida" in text) is (so_far < 70)
    assert "Datum" in pages[1]


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("currency", ["SEK", "USD", "EUR"])
def test_every_language_writes_every_currency(language: str, currency: str) -> None:
    """Each is printed with its own words and figures, on the paper of the place."""
    american = replace(CLINIC, country="US")
    made = pdf(_page(_invoice(currency=currency), american, language=language, link="https://b.example/b/x"))
    box = PdfReader(BytesIO(made)).pages[0].mediabox
    assert (round(float(box.width)), round(float(box.height))) == (612, 792)
    assert "335" in text_of(made)


def test_the_longest_name_stays_in_its_window() -> None:
    """Nobody's name pushes the bill apart; markup in it is only text."""
    name = "#strong[Maximiliana] *Alexandra* von und zu Hohenstein-Wernigerode de la Fuente y Santacruz"
    printed = Printed(_invoice(), "sv", DAY)
    made = pdf(page(CLINIC, replace(AASA, name=name), printed))
    assert count_pages(made) == count_pages(pdf(_page(_invoice())))
    assert "#strong[Maximiliana]" in text_of(made)


def test_a_settled_bill_asks_for_nothing() -> None:
    """Nothing is left: no way to pay, no code."""
    found = _page(_invoice(owed=Money(0, "SEK")), link="https://b.example/b/x")
    assert found["payment"] is None
    assert found["qr"] is None
    assert "Inget kvar att betala" in text_of(pdf(found))


def test_a_bill_far_above_its_estimate_says_that_it_can_be_disputed() -> None:
    """The notice names both sums; without it nothing is said of an estimate."""
    usual = _invoice()
    above = replace(usual, estimate=Money(1000, "SEK"), over_estimate=True)
    assert "högre än din uppskattning på 10,00 kr" in text_of(pdf(_page(above)))
    assert "uppskattning" not in text_of(pdf(_page(usual)))


def test_the_code_is_the_payment_where_banks_read_it() -> None:
    """A Swedish giro number: amount, reference and day; else the link, and else nothing."""
    payload = json.loads(qr_codes.payment(CLINIC, _invoice()))
    assert (payload["uqr"], payload["tp"], payload["iref"], payload["due"]) == (1, 1, "00000182", 335.0)
    assert (payload["pt"], payload["acc"], payload["ddt"]) == ("BG", "123-4567", "20260401")
    assert qr_codes.payment(CLINIC, _invoice(currency="EUR")) == ""
    elsewhere = replace(CLINIC, ways_to_pay=(WayToPay("Kort", "klinik.example"),))
    assert _page(_invoice(), elsewhere, link="https://b.example/b/x")["qr"]["text"] == "https://b.example/b/x"
    assert _page(_invoice(), elsewhere)["qr"] is None
    plus = replace(CLINIC, ways_to_pay=(WayToPay("Plusgiro", "12345-6"),))
    assert json.loads(qr_codes.payment(plus, _invoice()))["pt"] == "PG"


@pytest.mark.parametrize("file", ["bill.toml", "bill_page.toml"])
def test_every_language_has_every_word(file: str) -> None:
    """What one language says, all say."""
    names = {tuple(sorted(tomllib.loads((WORDING / one / file).read_text()))) for one in languages()}
    assert len(names) == 1
    assert {code for code, _ in bill_pages.names()} == set(languages())
