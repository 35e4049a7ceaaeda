"""Printed bills and reminders to a payer: an agency, an employer or another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from billing.ledger.money import Money
from messages.documents import documents
from messages.documents.bill_documents import labels
from messages.documents.bill_pages import known
from messages.writing import format as wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from billing.accounts.creditor import Creditor
    from messages.documents.documents import Addressee

TEMPLATE: Final = "payer.typ"
REMINDER: Final = "payer_reminder.typ"


@dataclass(frozen=True, slots=True)
class ClaimSheet:
    """One claim as it is printed for a payer; ``lines`` as they are stored, amounts in minor units."""

    key: str
    person: str
    member_id: str
    currency: str
    amount: int
    lines: tuple[dict[str, Any], ...]
    answer_by: date | None


@dataclass(frozen=True, slots=True)
class RemindedClaim:
    """One claim in a payer's reminder, without the person or service. The amount is in minor units."""

    key: str
    filed_on: date
    number: int
    currency: str
    amount: int


def page(creditor: Creditor, to: Addressee, claims: Sequence[ClaimSheet], dated_on: date) -> dict[str, Any]:
    """Everything that is printed on a bill to a payer, in the creditor's language, as plain JSON."""
    language = known(creditor.language)
    say = labels(language)
    total = _total(claims, language)
    days = [one.answer_by for one in claims if one.answer_by]
    by = [say["due"], wording.day(min(days), language)] if days else []
    return {
        "template": TEMPLATE,
        **documents.around(creditor, to, language, say),
        "title": say["payer_bill"],
        "country": "",
        "info": [
            [say["customer"], to.number],
            [say["date"], wording.day(dated_on, language)],
            [say["claims"], str(len(claims))],
        ],
        "due": {"label": say["to_pay"], "amount": total, "by": by},
        "columns": [say[name] for name in ("service_on", "code", "what", "quantity", "amount")],
        "total": say["total"],
        "claims": [_claim(say, one, language) for one in claims],
        "payment": {
            "title": say["how_to_pay"],
            "rows": [[say["to_pay"], total], *([by] if by else []), *_ways(creditor, language)],
        },
    }


def reminder(
    creditor: Creditor,
    to: Addressee,
    claims: Sequence[RemindedClaim],
    text: str,
    reference: str,
    dated_on: date,
) -> dict[str, Any]:
    """Everything that is printed on a reminder to a payer, in the creditor's language, as plain JSON."""
    language = known(creditor.language)
    say = labels(language)
    total = _total(claims, language)
    names = ("claim_key", "date", "payer_reminder", "amount")
    return {
        "template": REMINDER,
        **documents.around(creditor, to, language, say),
        "title": say["payer_reminder"],
        "info": [
            [say["date"], wording.day(dated_on, language)],
            [say["letter"], reference],
            [say["customer"], to.number],
        ],
        "due": {"label": say["to_pay"], "amount": total, "by": []},
        "text": text,
        "columns": [say[name] for name in names],
        "rows": [
            [
                one.key,
                wording.short_day(one.filed_on, language),
                str(one.number),
                wording.money(Money(one.amount, one.currency), language),
            ]
            for one in claims
        ],
        "payment": {"title": say["how_to_pay"], "rows": [[say["to_pay"], total], *_ways(creditor, language)]},
    }


def _total(claims: Sequence[ClaimSheet] | Sequence[RemindedClaim], language: str) -> str:
    sums: dict[str, int] = {}
    for one in claims:
        sums[one.currency] = sums.get(one.currency, 0) + one.amount
    return " + ".join(wording.money(Money(minor, currency), language) for currency, minor in sums.items())


def _ways(creditor: Creditor, language: str) -> list[list[str]]:
    return [[way.name, way.details] for way in creditor.ways_in(language)]


def _claim(say: dict[str, str], one: ClaimSheet, language: str) -> dict[str, Any]:
    member = f"{say['member']}: {one.member_id}" if one.member_id else ""
    return {
        "title": f"{say['claim_key']} {one.key}",
        "about": " · ".join(part for part in (f"{say['person']}: {one.person}", member) if part),
        "rows": [
            [
                wording.short_day(date.fromisoformat(str(line["service_on"])), language),
                str(line["code"]["code"]),
                str(line["description"]),
                str(line.get("quantity", "1")),
                wording.money(Money(int(line["amount"]), one.currency), language),
            ]
            for line in one.lines
        ],
        "amount": wording.money(Money(one.amount, one.currency), language),
    }
