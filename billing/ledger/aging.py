"""How old what is owed is, in the spans an accountant reads."""

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
    """What somebody owes on one bill: a customer since its due day, a payer since it was asked."""

    who: str
    name: str
    currency: str
    due_on: date
    amount: int


@dataclass(slots=True)
class AgingRow:
    """What one customer or payer owes, by how many days it is overdue; minor units."""

    who: str
    name: str
    currency: str
    spans: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SPANS, 0))

    @property
    def total(self) -> int:
        """Everything together."""
        return sum(self.spans.values())


def span(due_on: date, as_of: date) -> str:
    """The span a debt is in at the end of a day."""
    days = (as_of - due_on).days
    return next((name for end, name in _ENDS if days <= end), SPANS[-1])


def aged(debts: Iterable[OwedAmount], as_of: date) -> list[AgingRow]:
    """A row for each who owes and each currency, in the order of their ids."""
    rows: dict[tuple[str, str], AgingRow] = {}
    for debt in debts:
        row = rows.setdefault((debt.who, debt.currency), AgingRow(debt.who, debt.name, debt.currency))
        row.spans[span(debt.due_on, as_of)] += debt.amount
    return [rows[key] for key in sorted(rows)]


def totals(rows: Iterable[AgingRow]) -> list[AgingRow]:
    """One row for each currency."""
    found: dict[str, AgingRow] = {}
    for row in rows:
        whole = found.setdefault(row.currency, AgingRow("", "total", row.currency))
        for name, amount in row.spans.items():
            whole.spans[name] += amount
    return [found[currency] for currency in sorted(found)]
