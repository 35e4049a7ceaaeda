"""Financial assistance: programmes, eligibility, and the reduction of each bill.

Amounts are minor units, incomes are yearly. The rules propose; a person decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from billing.calendar import add_months, is_minor
from billing.ledger.ledger import EntryKind
from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from billing.ledger.ledger import Entry
    from billing.payers.coverage import CoverageTerms
    from billing.policy import AidProgramme, PovertyLine

_HUNDRED = 100

CHILDREN = "children"
"""The name of the ceiling that the children of a family share."""

RULE = "aid:"
"""What the rule of an entry begins with that takes something off by a programme; its id comes after."""


class AidState(StrEnum):
    """State of an application."""

    ASKED = "asked"
    """Some of what has to be shown is still to come."""
    COMPLETE = "complete"
    GRANTED = "granted"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    """What had to be shown never came, and a person closed it."""

    @property
    def open(self) -> bool:
        """Whether it still waits for a decision: nothing is demanded meanwhile."""
        return self in {AidState.ASKED, AidState.COMPLETE}


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one aid programme would do: take ``off`` percent of the bills off, or send to ``refer_to``."""

    programme: str
    name: str
    off: int = 0
    refer_to: str = ""
    of_line: int = 0
    """The income in percent of the poverty line, rounded up."""


@dataclass(frozen=True, slots=True)
class BillShare:
    """One bill for the assistance rules: the person's share, and what they have paid of it."""

    bill_id: str
    service_on: date
    share: int
    """What is left to the person by payers and contracts, before any help."""
    extras: int = 0
    """Fees and interest on it."""
    helped: int = 0
    """What programmes have taken off already, above zero."""
    paid: int = 0

    @property
    def owed(self) -> int:
        """What is still owed; below zero where too much was paid."""
        return self.share + self.extras - self.helped - self.paid


class BeyondTheShare(Refusal):
    """More aid was to be taken off a bill than falls to the person."""

    def __init__(self, percent: int) -> None:
        super().__init__(f"{percent} percent cannot be taken off: write 1 to 100")


def propose(
    programmes: Iterable[AidProgramme], line: PovertyLine | None, household: int | None, income: int | None
) -> list[Proposal]:
    """What each aid programme would do for somebody, the most helpful first; left out if it does not fit."""
    if line is None or household is None or income is None:
        return []
    whole = line.of(household)
    of_line = -(-income * _HUNDRED // whole)
    found = []
    for one in programmes:
        step = next((step for step in one.steps if income * _HUNDRED <= step.up_to * whole), None)
        if one.kind == "discount" and step:
            found.append(Proposal(one.id, one.name, step.off, of_line=of_line))
        if one.kind == "referral" and one.refer_below and income * _HUNDRED < one.refer_below * whole:
            found.append(Proposal(one.id, one.name, refer_to=one.refer_to, of_line=of_line))
    return sorted(found, key=lambda one: (-one.off, one.programme))


def taken_off(bills: Sequence[BillShare], percent: int) -> dict[str, int]:
    """What aid takes off each bill: of the person's share, a half rounded in their favour.

    What programmes took off before counts: a bill is helped once, to the higher of the shares. All of it
    off means its fees and interest too: nobody is asked for a fee on nothing.

    Raises:
        BeyondTheShare: it is not 1 to 100 percent.
    """
    if not 1 <= percent <= _HUNDRED:
        raise BeyondTheShare(percent)
    found = {}
    for bill in bills:
        base = bill.share + (bill.extras if percent == _HUNDRED else 0)
        off = (max(0, base) * percent + _HUNDRED // 2) // _HUNDRED - bill.helped
        if off > 0:
            found[bill.bill_id] = off
    return found


def pool(customer_id: str, birth_date: date | None, service_on: date) -> str:
    """Whose cost ceiling a visit counts towards, among those that one person answers for.

    Children under 18 of one family share a ceiling; everybody else has one of their own (HSL 2017:30 17:6,
    Region Stockholm and VGR).
    """
    return CHILDREN if is_minor(birth_date, service_on) else customer_id


def above_ceiling(bills: Sequence[BillShare], terms: CoverageTerms) -> dict[str, int]:
    """The costs above the law's ceiling on each bill: the last fees of a window are cut to hit it exactly.

    Fees count when they are invoiced, paid or not (HSL 2017:30 17:6).
    """
    found: dict[str, int] = {}
    opened: date | None = None
    left = 0
    for bill in sorted(bills, key=lambda one: (one.service_on, one.bill_id)):
        if bill.share <= 0:
            continue
        if opened is None or bill.service_on >= add_months(opened, terms.ceiling_months):
            opened, ceiling = bill.service_on, terms.ceiling_of(bill.service_on)
            left = bill.share if ceiling is None else ceiling
        over = max(0, bill.share - left)
        left -= bill.share - over
        if over > bill.helped:
            found[bill.bill_id] = over - bill.helped
    return found


def runs(decided_on: date | None, renew_on: date | None, day: date) -> bool:
    """Whether granted aid holds for a bill of a day: from the decision until it is to be renewed."""
    return decided_on is not None and decided_on <= day and (renew_on is None or day < renew_on)


def share_of(bill_id: str, service_on: date, entries: Iterable[Entry]) -> BillShare:
    """The person's share of a bill that aid is taken off, from its entries and their reversals."""
    entries = list(entries)
    kinds = {entry.id: entry for entry in entries}
    sums: Mapping[str, int] = dict.fromkeys(("share", "extras", "helped", "paid"), 0)
    counted = dict(sums)
    for entry in entries:
        meant = kinds.get(entry.reverses, entry) if entry.reverses else entry
        counted[_part(meant)] += entry.amount.minor
    return BillShare(
        bill_id, service_on, counted["share"], counted["extras"], -counted["helped"], -counted["paid"]
    )


def _part(entry: Entry) -> str:
    if entry.kind in {EntryKind.FEE, EntryKind.INTEREST}:
        return "extras"
    if entry.kind is EntryKind.ADJUSTMENT and (entry.rule or "").startswith(RULE):
        return "helped"
    if entry.kind in {EntryKind.CHARGE, EntryKind.PAYER, EntryKind.CLAIM, EntryKind.ADJUSTMENT}:
        return "share"
    return "paid"
