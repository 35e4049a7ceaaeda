"""A credit note on paper: the bill's own letterhead and table, with what was credited on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from messages.documents.bill_documents import labels
from messages.writing import format as wording

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from billing.ledger.money import Money


def page(
    bill: Mapping[str, Any], number: str, credited: Money, on: date, reason: str, language: str
) -> dict[str, Any]:
    """The page of a credit note, made of the printed page of its bill, whose present rest it ends with."""
    say = labels(language)
    amount, before = wording.money(credited, language), bill["info"][0]
    row = {
        "day": wording.short_day(on, language),
        "what": reason,
        "code": "",
        "quantity": "",
        "price": "",
        "amount": amount,
        "sum": amount,
    }
    info = [[say["credit_note"], number], [say["date"], wording.day(on, language)], before, *bill["info"][2:]]
    return {
        **bill,
        "title": f"{say['credit_note']} {number}",
        "info": info,
        "due": {"label": say["credited"], "amount": amount, "by": []},
        "lines": {
            **bill["lines"],
            "title": say["credit_note"],
            "rows": [row],
            "total": [say["credited"], amount],
        },
        "payers": None,
        "movements": None,
        "notices": [],
    }
