"""A bill on paper: its content as plain JSON, and the PDF made of it."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typst

from billing.ledger.ledger import EntryKind
from billing.ledger.money import Money
from messages.documents import documents, fonts, qr_codes
from messages.languages import file, known
from messages.writing import format as wording

if TYPE_CHECKING:
    from datetime import date

    from billing.accounts.creditor import Creditor
    from billing.bills.invoice import Invoice, InvoiceLine, InvoiceMovement, PayerShare
    from messages.documents.documents import Addressee

FEW: Final = 3
"""Up to so many payments and other changes are listed in the summary; more get a table of their own."""
BILL: Final = "bill.typ"
"""The template of a bill; a saved page names its own, so that it is printed again with the same one."""


@dataclass(frozen=True, slots=True)
class Printed:
    """One bill before it is laid out."""

    invoice: Invoice
    language: str
    dated_on: date
    """The date printed on it."""
    link: str = ""
    """The address of the bill's page; empty for none."""
    letter: str = ""
    """The reference of the letter that it is printed on; empty on screens."""
    ocr: bool = True
    """Whether the payment reference has a length digit and a check digit."""
    aid: bool = False
    """Whether the law requires help with the cost to be mentioned (26 CFR 1.501(r)-4(b)(5))."""
    plan: bool = True
    """Whether a payment plan is offered."""
    today: date | None = None
    """The creditor's local day, if it is another than the date: a discount that has ended is not offered."""


def page(creditor: Creditor, to: Addressee, printed: Printed) -> dict[str, Any]:
    """Everything that is printed on one bill, as plain JSON; printed again, it is the same bill."""
    printed = replace(printed, language=known(printed.language))
    say, found = labels(printed.language), printed.invoice
    language = printed.language
    return {
        "template": BILL,
        **documents.around(creditor, to, language, say),
        "title": f"{say['bill']} {found.number}",
        "info": _info(say, to, printed, found),
        "due": _due(say, found, language),
        **sections(found, language),
        "payment": _payment(say, creditor, printed, found),
        "qr": _qr(say, creditor, printed, found),
        "notices": _notices(say, creditor, printed, found),
    }


def sections(found: Invoice, language: str) -> dict[str, Any]:
    """The sections of a bill as formatted text: charges, payers' shares, payments, and the summary."""
    say = labels(language)
    return {
        "lines": _lines(say, found, language),
        "payers": _payers(say, found.payers, language),
        "movements": _movements(say, found, language),
        "summary": _summary(say, found, language),
    }


def pdf(page_: dict[str, Any]) -> bytes:
    """A bill's page as a PDF for screen readers too (PDF/UA-1); the same page gives the same bytes.

    Raises:
        fonts.CannotBeSet: no font has a character of it.
    """
    fonts.check(page_)
    drawn = {**page_["qr"], "svg": qr_codes.svg(page_["qr"]["text"])} if page_.get("qr") else None
    made: bytes = typst.compile(
        str(Path(__file__).with_name(page_["template"])),
        sys_inputs={"page": json.dumps({**page_, "qr": drawn})},
        ignore_system_fonts=True,
        font_paths=fonts.fonts(),
        format="pdf",
        pdf_standards="ua-1",
    )
    return made


def readable(page_: dict[str, Any]) -> bytes:
    """A bill as PDF for who has its words on a screen as well: a sign that no font has is marked."""
    return pdf(fonts.legible(page_))


def printed(page_: dict[str, Any]) -> bytes:
    """The PDF of a letter from its saved page, whether it is a bill or another letter."""
    return pdf(page_) if "template" in page_ else documents.pdf(page_)


@cache
def labels(language: str) -> dict[str, str]:
    """The words of bills and statements in one language."""
    return tomllib.loads(file(known(language), "bill.toml").read_text(encoding="utf-8"))


def _info(say: dict[str, str], to: Addressee, printed: Printed, found: Invoice) -> list[list[str]]:
    rows = [
        [say["number"], found.number],
        [say["date"], wording.day(printed.dated_on, printed.language)],
        [say["customer"], to.number],
    ]
    rows += [[say["for_whom"], found.served]] if found.served else []
    return rows + ([[say["letter"], printed.letter]] if printed.letter else [])


def _due(say: dict[str, str], found: Invoice, language: str) -> dict[str, Any]:
    """The box at the top: how much to pay, and by when."""
    amount = wording.money(found.owed, language)
    if found.owed.minor <= 0:
        return {"label": say["paid_in_full"], "amount": amount, "by": []}
    return {"label": say["to_pay"], "amount": amount, "by": [say["due"], wording.day(found.due_on, language)]}


def _lines(say: dict[str, str], found: Invoice, language: str) -> dict[str, Any]:
    """Every charge with a running total, so that a page break can carry the sum over."""
    sums = accumulate(line.amount.minor for line in found.lines)
    names = ("service_on", "what", "quantity", "price", "amount")
    return {
        "title": say["services"],
        "columns": [say[name] for name in names],
        "code": say["code"],
        "rows": [
            {
                **_line(say, line, language),
                "sum": wording.money(Money(so_far, found.total.currency), language),
            }
            for line, so_far in zip(found.lines, sums, strict=True)
        ],
        "total": [say["total"], wording.money(found.total, language)],
        "brought": say["brought"],
        "carried": say["carried"],
    }


def _line(say: dict[str, str], line: InvoiceLine, language: str) -> dict[str, Any]:
    return {
        "day": wording.short_day(line.service_on, language),
        "what": line.description or say["rest"],
        "code": line.code,
        "quantity": line.quantity.replace(".", wording.decimal_sign(language)),
        "price": wording.money(line.unit, language) if line.quantity else "",
        "amount": wording.money(line.amount, language),
    }


def _payers(say: dict[str, str], shares: tuple[PayerShare, ...], language: str) -> dict[str, Any] | None:
    if not shares:
        return None
    pending = any(share.pending.minor for share in shares)
    names = ["asked", "paid", "adjusted", *(["pending"] if pending else []), "left"]
    return {
        "title": say["payers"],
        "columns": [say[name] for name in ("payer", *names)],
        "rows": [
            [share.name or say["others"], *(wording.money(getattr(share, name), language) for name in names)]
            for share in shares
        ],
    }


def _movements(say: dict[str, str], found: Invoice, language: str) -> dict[str, Any] | None:
    if len(found.movements) <= FEW:
        return None
    return {
        "title": say["movements"],
        "rows": [
            [wording.short_day(one.on, language), movement(say, one), wording.money(one.amount, language)]
            for one in found.movements
        ],
    }


def movement(say: dict[str, str], one: InvoiceMovement) -> str:
    """The label of a payment, fee or correction on a bill."""
    if one.kind is EntryKind.PAYMENT:
        return say["returned" if one.reversed else "payment"]
    if one.reversed and one.kind in {EntryKind.FEE, EntryKind.INTEREST}:
        return say[f"{one.kind.value}_reversed"]
    name = say.get(one.kind.value, say["adjustment"])
    return f"{name} ({one.rule})" if one.rule else name


def _summary(say: dict[str, str], found: Invoice, language: str) -> dict[str, Any]:
    """The calculation from the price to the amount due, one line each; zero amounts are left out."""
    parts = [(say["total"], found.total), (say["covered"], -found.covered)]
    if len(found.movements) <= FEW:
        parts += [
            (f"{movement(say, one)}, {wording.short_day(one.on, language)}", one.amount)
            for one in found.movements
        ]
    else:
        parts += [
            (say["corrections"], found.corrections),
            (say["extras"], found.extras),
            (say["you_paid"], -found.paid),
        ]
    rows = [
        [name, wording.money(amount, language)]
        for place, (name, amount) in enumerate(parts)
        if not place or amount.minor
    ]
    return {
        "title": say["summary"],
        "rows": rows,
        "total": [say["to_pay"], wording.money(found.owed, language)],
    }


def _payment(
    say: dict[str, str], creditor: Creditor, printed: Printed, found: Invoice
) -> dict[str, Any] | None:
    if found.owed.minor <= 0:
        return None
    ways = [[way.name, way.details] for way in creditor.ways_in(printed.language)]
    online = [[say["online"], printed.link]] if printed.link else []
    return {
        "title": say["how_to_pay"],
        "rows": [
            [say["to_pay"], wording.money(found.owed, printed.language)],
            [say["due"], wording.day(found.due_on, printed.language)],
            [say["ocr" if printed.ocr else "reference"], found.reference],
            *ways,
            *online,
        ],
        "ask": say["plan" if printed.plan else "no_plan"],
    }


def _qr(say: dict[str, str], creditor: Creditor, printed: Printed, found: Invoice) -> dict[str, str] | None:
    """The QR code: the payment itself where bank apps read that, otherwise the link to the bill's page."""
    payload = qr_codes.payment(creditor, found)
    if payload:
        return {"text": payload, "caption": say["scan_pay"], "alt": say["qr_pay"]}
    if printed.link and found.owed.minor > 0:
        return {"text": printed.link, "caption": say["scan_page"], "alt": say["qr_page"]}
    return None


def estimate_notice(found: Invoice, language: str) -> str:
    """The notice on a bill far above its estimate; empty for every other bill."""
    if not found.over_estimate or found.estimate is None:
        return ""
    over = wording.money(found.total - found.covered - found.estimate, language)
    return labels(language)["estimate"].format(over=over, estimate=wording.money(found.estimate, language))


def prompt_notice(found: Invoice, language: str, today: date) -> str:
    """The bill's notice of the discount for prompt payment; empty once it has ended or was earned.

    ``today`` is the creditor's local day.
    """
    promised = found.prompt
    if promised is None or today > promised.until or found.owed.minor <= promised.off:
        return ""
    off = Money(promised.off, found.owed.currency)
    return labels(language)["prompt"].format(
        amount=wording.money(found.owed - off, language),
        until=wording.day(promised.until, language),
        off=wording.money(off, language),
    )


def _notices(
    say: dict[str, str], creditor: Creditor, printed: Printed, found: Invoice
) -> list[dict[str, str]]:
    """The notices that the law requires to be conspicuous."""
    notices = []
    if printed.aid:
        where = " · ".join(part for part in (creditor.aid_phone or creditor.phone, creditor.aid_url) if part)
        notices.append({"title": say["aid_title"], "text": say["aid"], "where": where})
    if text := prompt_notice(found, printed.language, printed.today or printed.dated_on):
        notices.append({"title": "", "text": text, "where": ""})
    if text := estimate_notice(found, printed.language):
        notices.append({"title": "", "text": text, "where": creditor.phone})
    return notices
