"""Aging of receivables in spans of days past due."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

SPANS: Final = ("not_due", "1_30", "31_60", "61_90", "over_90")
_ENDS: Final = ((0, "not_due"), (30, "1_30"), (60, "31_60"), (90, "61_90"))


@dataclass(frozen=True, slots=True)
class OwedAmount:
    """An open amount (minor units) of a customer since the due date, or of a payer since filing."""

    who: str
    name: str
    currency: str
    due_on: date
    amount: int


@dataclass(slots=True)
class AgingRow:
    """What one customer or payer owes by span, in minor units."""

    who: str
    name: str
    currency: str
    spans: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SPANS, 0))

    @property
    def total(self) -> int:
        """Everything together."""
        return sum(self.spans.values())


def span(due_on: date, as_of: date) -> str:
    """The aging span of a debt at the end of the day ``as_of``; the due date itself is not overdue."""
    days = (as_of - due_on).days
    return next((name for end, name in _ENDS if days <= end), SPANS[-1])


def aged(debts: Iterable[OwedAmount], as_of: date) -> list[AgingRow]:
    """The aging report's row for each debtor and currency, ordered by id."""
    rows: dict[tuple[str, str], AgingRow] = {}
    for debt in debts:
        row = rows.setdefault((debt.who, debt.currency), AgingRow(debt.who, debt.name, debt.currency))
        row.spans[span(debt.due_on, as_of)] += debt.amount
    return [rows[key] for key in sorted(rows)]


def totals(rows: Iterable[AgingRow]) -> list[AgingRow]:
    """The aging report's totals: one row for each currency."""
    found: dict[str, AgingRow] = {}
    for row in rows:
        whole = found.setdefault(row.currency, AgingRow("", "total", row.currency))
        for name, amount in row.spans.items():
            whole.spans[name] += amount
    return [found[currency] for currency in sorted(found)]
