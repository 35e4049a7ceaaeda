"""Results of a simulation: money, messages, days and complaints; parts can be added up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from billing.accounts.channels import Channel
from messages.writing import fit

if TYPE_CHECKING:
    from datetime import datetime

    from bot.simulate.evidence import Evidence

PRICE: Final = {"USD": 0.0083, "EUR": 0.05, "SEK": 0.55}
"""The assumed price of one SMS segment, in whole units of the currency; near list prices."""
WEEK: Final = timedelta(days=7)


@dataclass(slots=True)
class Outcomes:
    """Figures that add up. Amounts are minor units; ``weeks`` count from the start."""

    currency: str
    counts: Counter[str] = field(default_factory=Counter)
    days_to_pay: Counter[int] = field(default_factory=Counter)
    """How many bills were settled so many days after their due date (negative: before it)."""
    paid_in_week: Counter[int] = field(default_factory=Counter)
    sent_in_week: Counter[int] = field(default_factory=Counter)
    levels: Counter[int] = field(default_factory=Counter)
    kinds: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, other: Outcomes) -> None:
        """Take another part's figures in."""
        self.counts += other.counts
        self.days_to_pay += other.days_to_pay
        self.paid_in_week += other.paid_in_week
        self.sent_in_week += other.sent_in_week
        self.levels += other.levels
        for kind, figures in other.kinds.items():
            self.kinds.setdefault(kind, Counter()).update(figures)

    @property
    def recovery(self) -> float:
        """Percent of what was billed that was paid."""
        billed = self.counts["billed"]
        return round(100 * self.counts["paid"] / billed, 2) if billed else 0.0

    @property
    def cost(self) -> float:
        """What the segments cost, in whole units."""
        return round(self.counts["segments"] * PRICE.get(self.currency, 0.0), 2)

    @property
    def mean_days(self) -> float | None:
        """Days from the due date to being settled, on average."""
        settled = sum(self.days_to_pay.values())
        return round(sum(d * n for d, n in self.days_to_pay.items()) / settled, 1) if settled else None

    def as_json(self) -> dict[str, Any]:
        """Everything, for a program to read."""
        return {
            "currency": self.currency,
            "recovery_percent": self.recovery,
            "cost": self.cost,
            "days_to_pay": self.mean_days,
            **{name: self.counts[name] for name in COUNTED},
            "heard_by_level": {str(level): self.levels[level] for level in sorted(self.levels)},
        }


COUNTED: Final = (
    "billed", "paid", "bills", "settled", "reminders", "replies", "received", "segments", "stops",
    "complaints",
    "disputes", "plans", "plans_completed", "plans_broken", "promises", "promises_kept", "promises_broken",
    "cases", "flagged", "placed", "placed_amount",
)  # fmt: skip
"""What is counted, in the order it is shown."""


def of(seen: Evidence) -> Outcomes:
    """The outcomes of one part of a simulation."""
    found = Outcomes(seen.currency)
    _money(seen, found)
    _messages(seen, found)
    _agreements(seen, found)
    _by_kind(seen, found)
    return found


def _money(seen: Evidence, found: Outcomes) -> None:
    for bill_id, bill in seen.bills.items():
        found.counts["bills"] += 1
        found.counts["billed"] += bill["amount"]
        rows = seen.entries_of[bill_id]
        if sum(row["amount"] for row in rows) <= 0:
            found.counts["settled"] += 1
            paid_on = max(row["booked_on"] for row in rows)
            found.days_to_pay[(paid_on - bill["due_on"]).days] += 1
    for row in seen.rows("entries"):
        if row["bill_id"] and (row["kind"] == "payment" or (row["kind"] == "reversal" and row["payment_id"])):
            found.counts["paid"] -= row["amount"]
            found.paid_in_week[_week(seen, row["recorded_at"])] -= row["amount"]


def _messages(seen: Evidence, found: Outcomes) -> None:
    for sent in seen.sent:
        if not sent.left:
            continue
        unsolicited = sent.purpose == "out"
        found.counts["reminders" if unsolicited else "replies"] += 1
        if sent.channel == Channel.SMS.value:
            found.counts["segments"] += fit.segments(sent.text)
        if unsolicited:
            found.sent_in_week[_week(seen, sent.at)] += 1
            found.levels[sent.level or 0] += 1
    for came in seen.came:
        if came.inbox_id is not None and came.person_id is not None:
            found.counts["received"] += 1
            name = {"stop": "stops", "complaint": "complaints", "dispute": "disputes"}.get(came.meant)
            if name:
                found.counts[name] += 1


def _agreements(seen: Evidence, found: Outcomes) -> None:
    for plan in seen.rows("plans"):
        found.counts["plans"] += 1
        found.counts[f"plans_{plan['state']}"] += 1
    for promise in seen.rows("promises"):
        found.counts["promises"] += 1
        found.counts[f"promises_{promise['state']}"] += 1
    found.counts["cases"] += len(seen.rows("escalations"))
    for row in seen.rows("placements"):
        found.counts["flagged"] += 1
        if row["decided_at"] and row["state"] not in {"flagged", "approved_once", "returned"}:
            found.counts["placed"] += 1
            found.counts["placed_amount"] += row["amount"]


def _by_kind(seen: Evidence, found: Outcomes) -> None:
    for person in seen.people.values():
        figures = found.kinds.setdefault(person.kind.value, Counter())
        figures["people"] += 1
        figures["reminders"] += len(seen.outs_to(person.id))
        for bill in person.bills:
            rows = seen.entries_of.get(bill.bill_id, [])
            figures["billed"] += sum(row["amount"] for row in rows if row["kind"] in {"charge", "payer"})
            figures["left"] += max(sum(row["amount"] for row in rows), 0)


def _week(seen: Evidence, moment: datetime) -> int:
    return int((moment - seen.start) / WEEK)
