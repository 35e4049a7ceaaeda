"""Letters: their content as plain JSON, and the PDF made of it."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typst
from babel import Locale
from pypdf import PdfReader

from messages.documents import fonts
from messages.languages import file, known
from messages.understanding.grammar import locale
from messages.writing import format as wording

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from billing.accounts.creditor import Creditor
    from billing.dunning.demand import DemandFacts, DemandLine

_TEMPLATE: Final = Path(__file__).with_name("letter.typ")
_LETTER_SIZED: Final = frozenset({"US", "CA", "MX"})
_COUNTRY: Final = 2
"""The letters of a country code, the last line of an address."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """The recipient of a letter. ``address`` is the canonical text of a letter's contact point."""

    name: str
    address: str
    number: str
    """The customer's number."""


@dataclass(frozen=True, slots=True)
class LetterSheet:
    """One letter before it is laid out; ``paragraphs`` are above the table, ``closing`` below it."""

    language: str
    reference: str
    dated_on: date
    paragraphs: Sequence[str]
    closing: Sequence[str] = ()
    facts: DemandFacts | None = None


def page(creditor: Creditor, to: Addressee, sheet: LetterSheet) -> dict[str, Any]:
    """Everything that is printed on one letter, as plain JSON; printed again, it is the same letter."""
    sheet = replace(sheet, language=known(sheet.language))
    say, facts = _labels(sheet.language), sheet.facts
    return {
        **around(creditor, to, sheet.language, say),
        "info": _info(say, to, sheet),
        "subject": _subject(say, facts),
        "paragraphs": list(sheet.paragraphs),
        "table": _table(say, facts, sheet.language) if facts else None,
        "closing": list(sheet.closing),
        "payment": _payment(say, creditor, facts, sheet.language) if facts else None,
    }


def around(creditor: Creditor, to: Addressee, language: str, say: dict[str, str]) -> dict[str, Any]:
    """What is printed on every document around its content: sender, recipient, footer."""
    return {
        "language": language,
        "paper": paper(creditor),
        "sender": {"name": creditor.name, "lines": list(creditor.address), "return": say["return_to"]},
        "recipient": recipient_lines(creditor, to),
        "country": to.address.rpartition("\n")[2],
        "footer": footer(creditor, say, language),
        "page": [say["page"], say["of"]],
    }


def paper(creditor: Creditor) -> str:
    """The paper size of letters in the creditor's country."""
    return "us-letter" if creditor.country in _LETTER_SIZED else "a4"


def recipient_lines(creditor: Creditor, to: Addressee) -> list[str]:
    """Name and address for the window of a letter; the country only for an address abroad."""
    lines = to.address.split("\n")
    if lines and len(lines[-1]) == _COUNTRY:
        country = lines.pop()
        if country != creditor.country:
            lines.append(_country(country, creditor.language))
    return [to.name, *lines]


def headings(language: str, *, final: bool) -> str:
    """The labels of a letter's tables and boxes as one text, for people who review the wording."""
    say = _labels(language)
    named = ("final" if final else "reminder", "answer_by", "pay", "pay_by", "principal", "interest", "costs")
    return "\n".join(say[name] for name in named)


def pdf(page_: dict[str, Any]) -> bytes:
    """A letter's page as PDF. Its fonts are bundled: the same page gives the same bytes on every machine.

    Values are passed as data, never as markup: a name cannot inject Typst code.

    Raises:
        fonts.CannotBeSet: no font has a character of it.
    """
    fonts.check(page_)
    made: bytes = typst.compile(
        str(_TEMPLATE),
        sys_inputs={"page": json.dumps(page_)},
        ignore_system_fonts=True,
        font_paths=fonts.fonts(),
        format="pdf",
    )
    return made


def count_pages(made: bytes) -> int:
    """The number of pages of a letter's PDF."""
    return len(PdfReader(BytesIO(made)).pages)


def _info(say: dict[str, str], to: Addressee, sheet: LetterSheet) -> list[list[str]]:
    found = [
        [say["date"], wording.day(sheet.dated_on, sheet.language)],
        [say["reference"], sheet.reference],
        [say["customer"], to.number],
    ]
    if sheet.facts:
        found.append([say["answer_by"], wording.day(sheet.facts.answer_by, sheet.language)])
    return found


def _subject(say: dict[str, str], facts: DemandFacts | None) -> str:
    if facts is None:
        return say["subject"]
    return say["final"] if facts.final else say["reminder"]


def _table(say: dict[str, str], facts: DemandFacts, language: str) -> dict[str, Any]:
    """One row per bill with capital, interest and costs, and their sums below."""
    sums = (facts.principal, facts.interest, facts.costs, facts.total)
    return {
        "columns": [say[name] for name in ("bill", "what", "principal", "interest", "costs", "sum")],
        "rows": [_row(say, line, language) for line in facts.lines],
        "total": [say["total"], *(wording.money(amount, language) for amount in sums)],
    }


def _row(say: dict[str, str], line: DemandLine, language: str) -> dict[str, Any]:
    amounts = (line.principal, line.interest, line.costs, line.total)
    return {
        "bill": line.bill_id,
        "what": line.what,
        "days": f"{say['issued']} {line.issued_on}, {say['due'].lower()} {line.due_on}",
        "reference": f"{say['payment_reference']} {line.reference}",
        "amounts": [wording.money(amount, language) for amount in amounts],
    }


def _payment(say: dict[str, str], creditor: Creditor, facts: DemandFacts, language: str) -> dict[str, Any]:
    alone = facts.lines[0].reference if len(facts.lines) == 1 else say["several_references"]
    ways = [[way.name, way.details] for way in creditor.ways_in(language)]
    return {
        "title": say["pay"],
        "amount": [say["total"], wording.money(facts.total, language)],
        "rows": [
            [say["pay_by"], wording.day(facts.answer_by, language)],
            [say["payment_reference"], alone],
            *ways,
        ],
    }


def footer(creditor: Creditor, say: dict[str, str], language: str) -> list[str]:
    """Who sends a letter and how to reach them, for the footer of every page."""
    found = [creditor.name, ", ".join(creditor.address)]
    found += [f"{say['company']} {creditor.company_number}"] if creditor.company_number else []
    found += [f"{say['phone']} {creditor.phone}"] if creditor.phone else []
    hours = creditor.hours_in(language)
    found += [f"{say['hours']} {hours}"] if hours else []
    return found


def _country(code: str, language: str) -> str:
    """A country's name in capitals."""
    names = Locale.parse(locale(language).language).territories
    return str(names.get(code, code)).upper()


@cache
def _labels(language: str) -> dict[str, str]:
    return tomllib.loads(file(language, "letter.toml").read_text(encoding="utf-8"))
