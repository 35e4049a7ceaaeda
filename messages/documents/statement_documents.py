"""An account statement on paper."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from billing.bills.statement import Age
from billing.ledger.ledger import EntryKind
from billing.ledger.money import Money
from messages.documents import documents
from messages.documents.bill_documents import labels
from messages.documents.bill_pages import known
from messages.writing import format as wording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from billing.accounts.creditor import Creditor
    from billing.bills.statement import Statement, StatementRow
    from messages.documents.documents import Addressee

TEMPLATE: Final = "statement.typ"
_NAMES: Final = {
    EntryKind.CHARGE: "charge",
    EntryKind.PAYER: "payer_entry",
    EntryKind.CLAIM: "claim",
    EntryKind.ADJUSTMENT: "adjustment",
    EntryKind.FEE: "fee",
    EntryKind.INTEREST: "interest",
    EntryKind.PAYMENT: "payment",
    EntryKind.REFUND: "refund",
    EntryKind.WRITE_OFF: "write_off",
    EntryKind.ROUNDING: "rounding",
    EntryKind.ELSEWHERE: "elsewhere",
    EntryKind.REVERSAL: "reversal",
}
_NAMING: Final = {EntryKind.PAYER: "paid_by", EntryKind.CLAIM: "asked_of"}


@dataclass(frozen=True, slots=True)
class StatementSheet:
    """One statement before it is laid out, with the names of its bills and payers."""

    statement: Statement
    currency: str
    language: str
    numbers: Mapping[str, str]
    payers: Mapping[str, str] = field(default_factory=dict)


def page(creditor: Creditor, to: Addressee, sheet: StatementSheet) -> dict[str, Any]:
    """Everything that is printed on a statement, as plain JSON."""
    language, found = known(sheet.language), sheet.statement
    say = labels(language)
    return {
        "template": TEMPLATE,
        **documents.around(creditor, to, language, say),
        "title": say["statement"],
        "info": [[say["customer"], to.number], [say["date"], wording.day(found.until, language)]],
        "due": {
            "label": say["closing"],
            "amount": _money(found.closing, sheet, language),
            "by": [say["period"], f"{_day(found.since, language)} - {_day(found.until, language)}"],
        },
        "columns": [say[name] for name in ("date", "entry", "entry_bill", "amount", "balance")],
        "opening": [say["opening"], _money(found.opening, sheet, language)],
        "rows": [_row(row, sheet, language) for row in found.rows],
        "closing": [say["closing"], _money(found.closing, sheet, language)],
        "aging": {"title": say["aging"], "rows": _aging(say, sheet, language)},
    }


def called(row: StatementRow, language: str, payer: str = "") -> str:
    """The label of an account statement's entry, with the payer's name if it is known."""
    say = labels(language)
    name = say[_NAMES[row.kind]]
    if payer and row.kind in _NAMING:
        name = say[_NAMING[row.kind]].format(payer=payer)
    if not row.back:
        return name
    if row.kind is EntryKind.PAYMENT:
        return say["returned"]
    return f"{name}: {say['reversal'].lower()}"


def _row(row: StatementRow, sheet: StatementSheet, language: str) -> list[str]:
    return [
        _day(row.on, language),
        called(row, language, sheet.payers.get(row.payer_id or "", "")),
        _bill(row, sheet, language),
        _money(row.amount, sheet, language),
        _money(row.balance, sheet, language),
    ]


def _bill(row: StatementRow, sheet: StatementSheet, language: str) -> str:
    """The number of an entry's bill, and whether the bill is past its limitation date."""
    number = sheet.numbers.get(row.bill_id or "", "")
    return f"{number}, {labels(language)['barred']}" if row.bill_id in sheet.statement.barred else number


def _aging(say: dict[str, str], sheet: StatementSheet, language: str) -> list[list[str]]:
    rows = [[say[age.value], _money(sheet.statement.aging[age], sheet, language)] for age in Age]
    barred = sum(sheet.statement.barred.values())
    rows += [[say["barred_sum"], _money(barred, sheet, language)]] if barred else []
    credit = sheet.statement.credit
    return rows + ([[say["credit"], _money(-credit, sheet, language)]] if credit else [])


def _money(minor: int, sheet: StatementSheet, language: str) -> str:
    return wording.money(Money(minor, sheet.currency), language)


_day = wording.short_day
