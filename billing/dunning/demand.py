"""The required content of a written demand; it is refused if anything is missing.

The Swedish collection demand sets the standard (inkassolag (1974:182) 5 §): principal, interest and costs
each stated separately; accrued interest with its rate, period and base; the creditor and what the claim is
for; a reasonable time to pay or object.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from billing.calendar import add_bank_days
from billing.ledger.ledger import EntryKind
from billing.ledger.money import Money
from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from billing.accounts.creditor import Creditor
    from billing.ledger.ledger import Entry

SHORTEST_DAYS: Final = 8
"""From the day of sending (IMY's reading of inkassolag 5 §)."""
POST_DAYS: Final = 4
"""Bank days a letter may take (Inkassonämnden 250-2021: three to five days)."""
AFTER_RECEIPT: Final = 4
"""Bank days after that (IMY)."""


class IncompleteDemand(Refusal):
    """The demand lacks required content; the refusal names it."""

    def __init__(self, about: str, missing: str) -> None:
        super().__init__(f"{about}: no demand can be written, {missing}")


@dataclass(frozen=True, slots=True)
class BookedInterest:
    """Interest in a demand: ``amount`` on ``base`` at ``rate`` per cent a year, both days counted."""

    amount: Money
    rate: Decimal
    base: Money
    since: date
    until: date
    authority: str

    def as_rule(self) -> str:
        """The terms as the text stored in an entry's ``rule``; :meth:`of_entry` reads it."""
        base = f"{self.base.plain()} {self.base.currency}"
        return f"{self.authority}: {self.rate} % on {base} from {self.since} to {self.until}"

    @classmethod
    def of_entry(cls, entry: Entry) -> BookedInterest | None:
        """The terms of an interest entry; None for another kind, or a rule without terms."""
        parsed = _RULE.fullmatch(entry.rule or "")
        if entry.kind is not EntryKind.INTEREST or parsed is None:
            return None
        return cls(
            amount=entry.amount,
            rate=Decimal(parsed["rate"]),
            base=Money.parse(parsed["base"], parsed["currency"]),
            since=date.fromisoformat(parsed["since"]),
            until=date.fromisoformat(parsed["until"]),
            authority=parsed["authority"],
        )


_RULE: Final = re.compile(
    r"(?P<authority>.+): (?P<rate>\d+(?:\.\d+)?) % on (?P<base>[\d.]+) (?P<currency>[A-Z]{3})"
    r" from (?P<since>\d{4}-\d\d-\d\d) to (?P<until>\d{4}-\d\d-\d\d)"
)


@dataclass(frozen=True, slots=True)
class DemandLine:
    """One bill of a demand; ``what`` it is for, and the payment ``reference``."""

    bill_id: str
    reference: str
    issued_on: date
    due_on: date
    what: str
    principal: Money
    interest: Money
    costs: Money
    accrued: tuple[BookedInterest, ...] = ()

    @property
    def total(self) -> Money:
        """What is to be paid on this bill."""
        return self.principal + self.interest + self.costs


@dataclass(frozen=True, slots=True)
class DemandFacts:
    """The content of a letter about unpaid bills; a ``final`` one must hold all that the law requires.

    ``dated_on`` is the day it is posted, ``answer_by`` the last day to pay or object.

    Raises:
        IncompleteDemand: required content is missing, or the time is too short.
    """

    creditor: Creditor
    debtor: str
    lines: tuple[DemandLine, ...]
    dated_on: date
    answer_by: date
    final: bool = False

    def __post_init__(self) -> None:
        if not self.debtor.strip():
            raise IncompleteDemand("customer", "nobody knows whom to address: record a name")
        if not self.lines:
            raise IncompleteDemand(self.debtor, "nothing is owed any more")
        for line in self.lines:
            self._check(line)
        if self.final:
            self._check_final()

    @property
    def principal(self) -> Money:
        """The debt itself, over all bills."""
        return _sum(line.principal for line in self.lines)

    @property
    def interest(self) -> Money:
        """Interest, over all bills."""
        return _sum(line.interest for line in self.lines)

    @property
    def costs(self) -> Money:
        """Costs, over all bills."""
        return _sum(line.costs for line in self.lines)

    @property
    def total(self) -> Money:
        """Everything that is to be paid."""
        return _sum(line.total for line in self.lines)

    def _check(self, line: DemandLine) -> None:
        parts = (line.principal, line.interest, line.costs)
        if any(part.minor < 0 for part in parts) or line.total.minor <= 0:
            raise IncompleteDemand(line.bill_id, "its parts do not add up to a debt: look at its entries")
        if not line.reference:
            raise IncompleteDemand(line.bill_id, "it has no payment reference")

    def _check_final(self) -> None:
        for line in self.lines:
            if not line.what.strip():
                raise IncompleteDemand(
                    line.bill_id, "nobody knows what it is for: import its charges or a description"
                )
            if line.interest.minor and not line.accrued:
                raise IncompleteDemand(line.bill_id, "its interest names no rate, base and period")
        if not self.creditor.name.strip() or not self.creditor.address:
            raise IncompleteDemand("[creditor]", "it must say who claims this: set name and address")
        if self.answer_by < self.dated_on + timedelta(days=SHORTEST_DAYS):
            raise IncompleteDemand(self.debtor, f"{self.answer_by} leaves too little time to pay or object")


def last_day_to_answer(posted_on: date, least_days: int, country: str, eves: Collection[str] = ()) -> date:
    """The earliest deadline that a posted demand may name: days from posting, and bank days from receipt.

    ``eves`` are bank holidays in fact but not by law (see ``billing.calendar.is_holiday``).
    """
    received = add_bank_days(posted_on, POST_DAYS, country, eves)
    days = timedelta(days=max(least_days, SHORTEST_DAYS))
    return max(posted_on + days, add_bank_days(received, AFTER_RECEIPT, country, eves))


def _sum(parts: Iterable[Money]) -> Money:
    first, *rest = parts
    for part in rest:
        first += part
    return first
