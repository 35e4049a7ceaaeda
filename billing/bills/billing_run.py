"""Billing run: which finished accounts become bills, which do not and why, and the channel of each.

A run is proposed, reviewed, approved by a person, and only then issued. Amounts are minor units,
days are local to the creditor.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from billing.calendar import is_bank_day
from billing.ledger.money import exponent
from billing.payers.obligations import days_to_pay

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date

    from billing.accounts.channels import Channel
    from billing.policy import Billing, Policy


MARK = "bill:"
"""How the mark of a message begins that brings a bill to its customer."""


class RunState(StrEnum):
    """State of a billing run."""

    PROPOSED = "proposed"
    """It can be reviewed, and bills taken out."""
    APPROVED = "approved"
    """A person let it go; its bills are being issued."""
    ISSUED = "issued"
    WITHDRAWN = "withdrawn"
    """Given up before anything was issued: its bills are open again."""


class RunVerdict(StrEnum):
    """What a run does with a finished account."""

    BILL = "bill"
    CLOSE = "close"
    """Nothing is owed by the person: it is closed and never sent, but can be shown."""
    LEAVE = "leave"
    """It stays open for the stated reason; the next run checks it again."""


class RunReason(StrEnum):
    """Why a bill is closed or left; or it is what the register says of the guarantor."""

    CLAIM_OPEN = "claim_open"
    PAYERS_NOT_ASKED = "payers_not_asked"
    """A payer covers it, and no claim is opened yet."""
    NOTHING_LEFT = "nothing_left"
    CREDIT_COVERS = "credit_covers"
    HELD = "held"
    PROTECTED = "protected_address_without_safe_way"
    NO_WAY = "no_way_to_send_it"
    SMALL = "below_small_balance"
    TAKEN_OUT = "taken_out"
    """A person took it out, with a reason of their own."""


class Settles(StrEnum):
    """How the sending of one bill by one way ended, or that it has not yet."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    """It was not needed any more: paid meanwhile, or something rests the bill."""

    @property
    def open(self) -> bool:
        """Whether nobody knows yet that it left."""
        return self is Settles.QUEUED


@dataclass(frozen=True, slots=True)
class BillCandidate:
    """A bill that is not issued, with all that bears on it."""

    bill_id: str
    account_id: str
    person_id: str
    """The guarantor, who gets the bill."""
    currency: str
    remainder: int
    """What payers, and help with the cost, have left to the customer."""
    helped: int = 0
    """What help that runs takes off as it is issued: it is off ``remainder`` already."""
    finished: bool = True
    """Whether every payer has decided."""
    payers_not_asked: bool = False
    """Whether it has still to be seen that no payer covers it."""
    excluded: str = ""
    """Why the register stops everything (``HoldKind.excluded_as``)."""
    held: str = ""
    """Kind of its active hold."""
    protected: bool = False
    """Whether where they live, or their number, must not be used."""
    ways: tuple[Channel, ...] = ()
    """The ways that may be used, whatever the policy prefers."""
    chosen: Channel | None = None
    """The channel that the customer chose."""


@dataclass(frozen=True, slots=True)
class ProposedBill:
    """What a run proposes for one bill. ``credit`` is what of the customer's own money settles of it."""

    candidate: BillCandidate
    verdict: RunVerdict
    reason: RunReason | str = ""
    detail: str = ""
    credit: int = 0
    ways: tuple[Channel, ...] = ()
    """The ways to send it by, in order."""

    @property
    def to_pay(self) -> int:
        """What the bill will ask for."""
        return self.candidate.remainder - self.credit


def propose(
    candidates: Iterable[BillCandidate], credit: dict[str, int], owed: dict[str, int], policy: Policy
) -> list[ProposedBill]:
    """What a run would do with these bills, in their order.

    ``credit`` is unused money by account, ``owed`` what is owed on bills issued before: a small bill
    waits alone, and goes once what has come together reaches the limit.
    """
    looked = [_life_and_holds(one, policy) for one in candidates]
    purse = dict(credit)
    proposed = [_money(one, purse) if one.verdict is RunVerdict.BILL else one for one in looked]
    together: dict[str, int] = defaultdict(int, owed)
    for one in proposed:
        if one.verdict is RunVerdict.BILL:
            together[one.candidate.account_id] += one.to_pay
    return [_not_too_small(one, together, policy.billing) for one in proposed]


def ways_to_send(
    candidate: BillCandidate, rules: Billing, tried: Collection[Channel] = ()
) -> tuple[Channel, ...]:
    """The usable ways in order: the customer's choice, then the policy's; those tried are left out."""
    order = [candidate.chosen] if candidate.chosen else []
    order += [way for way in rules.ways if way is not candidate.chosen]
    return tuple(way for way in order if way in candidate.ways and way not in tried)


def due_on(policy: Policy, issued_on: date, agreed: int | None = None) -> date:
    """When a bill that is issued on a day is due: a bank day where the policy knows them.

    ``agreed`` is the term in days that the customer accepted beforehand, if they did.
    """
    rules = policy.billing
    days = days_to_pay(agreed, rules.days_to_pay, rules.least_days)
    return _bank_day(policy, issued_on + timedelta(days=days))


def due_when_sent(policy: Policy, due: date, leaves_on: date) -> date:
    """When a bill is due that leaves on a day: later than it was, where too little time would be left."""
    least = leaves_on + timedelta(days=policy.billing.least_days)
    return due if due >= least else _bank_day(policy, least)


def invoice_number(rules: Billing, number: int) -> str:
    """The number a bill is issued under."""
    return f"{rules.prefix}{number:0{rules.digits}d}"


def smallest(rules: Billing, currency: str) -> int:
    """Smallest amount of a bill, in minor units."""
    return int(rules.smallest.scaleb(exponent(currency)))


def _life_and_holds(one: BillCandidate, policy: Policy) -> ProposedBill:
    """What comes before any money: nobody is billed whom a bill may not reach."""
    ways = ways_to_send(one, policy.billing)
    if not one.finished:
        return ProposedBill(one, RunVerdict.LEAVE, RunReason.CLAIM_OPEN)
    if one.payers_not_asked:
        return ProposedBill(one, RunVerdict.LEAVE, RunReason.PAYERS_NOT_ASKED)
    if one.remainder <= 0:
        return ProposedBill(one, RunVerdict.CLOSE, RunReason.NOTHING_LEFT)
    reasons = (
        (bool(one.excluded), one.excluded, ""),
        (bool(one.held), RunReason.HELD, one.held),
        (not ways and one.protected, RunReason.PROTECTED, ""),
        (not ways, RunReason.NO_WAY, ""),
    )
    for applies, reason, detail in reasons:
        if applies:
            return ProposedBill(one, RunVerdict.LEAVE, reason, detail)
    return ProposedBill(one, RunVerdict.BILL, ways=ways)


def _money(one: ProposedBill, purse: dict[str, int]) -> ProposedBill:
    """Their own money first: a bill that it covers needs not be sent."""
    there = purse.get(one.candidate.account_id, 0)
    used = min(there, one.candidate.remainder)
    purse[one.candidate.account_id] = there - used
    if used == one.candidate.remainder:
        return replace(one, verdict=RunVerdict.CLOSE, reason=RunReason.CREDIT_COVERS, credit=used)
    return replace(one, credit=used)


def _not_too_small(one: ProposedBill, together: dict[str, int], rules: Billing) -> ProposedBill:
    least = smallest(rules, one.candidate.currency)
    if one.verdict is not RunVerdict.BILL or together[one.candidate.account_id] >= least:
        return one
    return replace(one, verdict=RunVerdict.LEAVE, reason=RunReason.SMALL, credit=0)


def _bank_day(policy: Policy, day: date) -> date:
    """The day itself or the next on which banks book, where the policy says which those are."""
    rules = policy.bank_days
    if rules is None:
        return day
    while not is_bank_day(day, rules.country, rules.eves):
        day += timedelta(days=1)
    return day
