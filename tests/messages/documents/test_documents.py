"""Letters on paper: everything that was given stands on the page, as it was given, and nothing acts."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from pypdf import PdfReader

from billing.dunning.demand import BookedInterest, DemandFacts, DemandLine
from billing.ledger.money import Money
from messages.documents.documents import Addressee, LetterSheet, count_pages, page, pdf, recipient_lines
from messages.languages import WORDING, languages
from tests.letters import AASA, NORDHAMN, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from billing.accounts.creditor import Creditor

DAY = date(2026, 3, 2)
TERMS = BookedInterest(Money(493, "SEK"), Decimal("10.00"), Money(60000, "SEK"), DAY, DAY, "räntelag 6 §")


def _line(number: int = 1, **more: Any) -> DemandLine:
    known: dict[str, Any] = {"bill_id": f"F-{number}", "reference": f"000{number}82", "what": "Röntgen"}
    days: dict[str, Any] = {"issued_on": DAY - timedelta(days=60), "due_on": DAY - timedelta(days=30)}
    parts = {"principal": Money(60000, "SEK"), "interest": Money(493, "SEK"), "costs": Money(18000, "SEK")}
    return DemandLine(**(known | days | parts | {"accrued": (TERMS,)} | more))


def _made(
    lines: Sequence[DemandLine], to: Addressee = AASA, language: str = "sv", creditor: Creditor = NORDHAMN
) -> bytes:
    facts = DemandFacts(creditor, to.name, tuple(lines), DAY, DAY + timedelta(days=14), final=True)
    return pdf(page(creditor, to, LetterSheet(language, "17-003", DAY, ["Betala."], ["Hör av dig."], facts)))


def test_a_demand_states_everything_the_law_asks_for() -> None:
    """Capital, interest and costs apart, what for, from whom, by when, and how to pay."""
    read = text_of(_made([_line()]))
    for text in (
        "Inkassokrav", "600,00 kr", "4,93 kr", "180,00 kr", "Att betala: 784,93 kr", "Röntgen", "F-1",
        "2026-01-01", "2026-01-31", "OCR 000182", "Nordhamns klinik AB", "556000-0000", "16 mars 2026",
        "Bankgiro 123-4567", "17-003", "K-10042", "Åsa Öberg", "Hör av dig.", "Sida 1 av 1",
    ):  # fmt: skip
        assert text in read, text


def test_many_bills_take_more_pages_and_each_says_which() -> None:
    """The table goes on with its head, and every page says whose letter it is."""
    made = _made([_line(number) for number in range(1, 19)])
    assert count_pages(made) == 2
    read = text_of(made)
    assert all(f"F-{number} " in read for number in range(1, 19))
    assert read.count("Kapital") == 2
    assert "Sida 2 av 2" in read
    assert "ett för varje räkning" in read


def test_what_is_printed_is_data_and_never_markup() -> None:
    """A name or a service that looks like instructions is printed as it stands."""
    odd = '#panic("x") *b* $x^2$ \\ @ref <l> "q" {u}'
    read = text_of(_made([_line(what=odd)], replace(AASA, name="#set page() [Bo]")))
    assert odd in read
    assert "#set page() [Bo]" in read


@pytest.mark.parametrize("language", [*languages(), "xx"])
def test_every_language_prints_its_letters(language: str) -> None:
    """With all its characters; an unknown language is answered in English."""
    name = "María de los Ángeles Núñez Å. Öberg-Ĝdańska"
    assert name in text_of(_made([_line()], replace(AASA, name=name), language))


def test_the_window_holds_the_address_and_the_country_only_abroad() -> None:
    """The country is written as the post of the sender's country reads it."""
    assert recipient_lines(NORDHAMN, AASA) == ["Åsa Öberg", "Storgatan 1", "111 22 Stockholm"]
    abroad = replace(AASA, address="Calle 1\n28014 Madrid\nES")
    assert recipient_lines(NORDHAMN, abroad)[-1] == "SPANIEN"


def test_paper_is_what_the_country_prints_on() -> None:
    """A4, or the letter size of North America."""
    for country, width in (("SE", 595), ("US", 612)):
        made = _made([_line()], creditor=replace(NORDHAMN, country=country))
        assert round(float(PdfReader(BytesIO(made)).pages[0].mediabox.width)) == width


def test_a_letter_about_no_bill_is_its_words_alone() -> None:
    """Without a demand there is no table and nothing to pay."""
    read = text_of(pdf(page(NORDHAMN, AASA, LetterSheet("sv", "17-004", DAY, ["Hej Åsa."]))))
    assert "Hej Åsa." in read
    assert "Att betala" not in read


def test_every_language_names_the_same_things() -> None:
    """No language lacks a label that another has."""
    names = {tuple(tomllib.loads((WORDING / one / "letter.toml").read_text())) for one in languages()}
    assert len(names) == 1
