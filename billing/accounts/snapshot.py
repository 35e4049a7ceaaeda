"""The snapshot that the rules work on: a guarantor with all facts about their bills."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING

from billing.values import value

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime, time

    from billing.accounts.channels import Channel
    from billing.accounts.holds import Hold
    from billing.payers.obligations import Topic
    from billing.plans.lapse import Lapse
    from billing.plans.plans import Plan
    from billing.plans.promises import Promise


class StepState(StrEnum):
    """State of one level of a bill's reminders."""

    QUEUED = "queued"
    HEARD = "heard"
    UNHEARD = "unheard"
    """Every attempt so far certainly failed; another way may be tried."""
    PARKED = "parked"
    """It is unknown whether it arrived; a rep decides."""
    CANCELLED = "cancelled"
    """Withdrawn before it left: paid, held or stopped in between. It may be taken again."""


@value(frozen=True, slots=True)
class DunningStep:
    """One level of one episode of a bill. ``at`` (UTC) is when it was heard."""

    level: int
    state: StepState
    at: datetime | None = None
    failed_on: frozenset[int] = frozenset()
    """Contact points on which an attempt certainly failed."""
    answer_by: date | None = None
    """The deadline it stated, a local day; only a final notice has one."""


class PlacementState(StrEnum):
    """State of a bill's placement with a collector.

    ``billing/collection/placement.py`` has the moves.
    """

    FLAGGED = "flagged"
    APPROVED_ONCE = "approved_once"
    """Above the amount for four eyes: a second person decides."""
    PLACED = "placed"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"
    """Never placed: given back to the reminders, or paid while it was flagged."""
    RECALLED = "recalled"
    CLOSED_PAID = "closed_paid"
    CLOSED_RETURNED = "closed_returned"
    """The collector gave up on it: sold back."""
    WRITTEN_OFF = "written_off"

    @property
    def undecided(self) -> bool:
        """Whether it waits for a person to decide."""
        return self in {PlacementState.FLAGGED, PlacementState.APPROVED_ONCE}

    @property
    def with_collector(self) -> bool:
        """Whether a collector has it, so that we are silent about it."""
        return self in {PlacementState.PLACED, PlacementState.ACKNOWLEDGED}


@value(frozen=True, slots=True)
class BillSnapshot:
    """One bill. ``owed`` is what its entries add up to, in minor units; steps are of this episode."""

    bill_id: str
    issued_on: date
    due_on: date
    owed: int
    episode: int = 1
    episode_since: datetime | None = None
    steps: tuple[DunningStep, ...] = ()
    placement: PlacementState | None = None
    sent_on: date | None = None
    """When the bill itself went out, as far as that is known."""
    unsent: bool = False
    """Whether it is issued but not sent yet: no reminder before that."""
    noticed: frozenset[str] = frozenset()
    """Marks of the notices that were queued about it: none is said twice."""
    amount: int = 0
    """Its amount when issued, in minor units."""
    estimate: int | None = None
    """What it was estimated at beforehand, where the customer may hold us to that."""

    def late(self, today: date) -> bool:
        """Whether it is past due; a bill that was not sent is never late."""
        return not self.unsent and self.due_on < today

    @property
    def flagged(self) -> bool:
        """Whether a person is to decide about a collector."""
        return self.placement is not None and self.placement.undecided

    @property
    def with_collector(self) -> bool:
        """Whether a collector has it."""
        return self.placement is not None and self.placement.with_collector

    @property
    def heard(self) -> int:
        """The highest level heard in this episode; 0 before the first."""
        if not self.steps:
            return 0
        return max((step.level for step in self.steps if step.state is StepState.HEARD), default=0)

    def step(self, level: int) -> DunningStep | None:
        """The step at a level, if there is one."""
        for step in self.steps:
            if step.level == level:
                return step
        return None


@value(frozen=True, slots=True)
class AccountSnapshot:
    """One account: the person's own, or one they are guarantor of."""

    account_id: str
    customer_id: str
    currency: str
    country: str
    region: str
    birth_date: date | None = None
    died_on: date | None = None
    bills: tuple[BillSnapshot, ...] = ()
    plan: Plan | None = None
    promise: Promise | None = None
    lapse: Lapse | None = None
    """The agreement that ended last because the money had not come, unless another replaced it."""
    credit: int = 0
    """Money of theirs that no bill has used yet, in minor units."""

    @property
    def balance(self) -> int:
        """Sum of its bills in minor units."""
        return sum(bill.owed for bill in self.bills)


@value(frozen=True, slots=True)
class Reach:
    """One way to reach the person of a snapshot: a contact point, and whether it may be used."""

    contact_point_id: int
    channel: Channel
    address: str
    consented: bool
    stopped: bool = False
    unreachable: bool = False
    not_the_customer: bool = False
    """Whoever writes there said not to be the customer, and no person has looked since."""
    known_at: datetime | None = None
    """The last sign (UTC) that it is theirs: a text, a confirmation, a consent."""
    about: frozenset[Topic] | None = None
    """What the consent speaks of; empty where it names nothing in particular."""

    @property
    def usable(self) -> bool:
        """Whether a message may go there unsolicited."""
        return self.consented and not (self.stopped or self.unreachable or self.not_the_customer)

    def agreed_to(self, topic: Topic) -> bool:
        """Whether the consent, as far as it names anything, speaks of this."""
        return self.about is None or topic in self.about


@value(frozen=True, slots=True)
class PastMessage:
    """One message we wrote unsolicited, and the bills it was about."""

    at: datetime
    bill_ids: frozenset[str]
    failed: bool = False
    """It was tried, and certainly did not arrive."""


@value(frozen=True, slots=True)
class PersonSnapshot:
    """The guarantor of the accounts, who gets the messages."""

    person_id: str
    language: str
    accounts: tuple[AccountSnapshot, ...]
    birth_date: date | None = None
    died_on: date | None = None
    stopped: bool = False
    with_a_person: bool = False
    """A rep has taken over the conversation: the machine keeps quiet."""
    wrote_at: datetime | None = None
    """When they last wrote to us, on any channel."""
    unbooked: bool = False
    """Whether an unmatched payment may be theirs."""
    zones: frozenset[str] = frozenset()
    prefers: tuple[time, time] | None = None
    """The hours, local to them, in which they want to be written to."""
    reaches: tuple[Reach, ...] = ()
    holds: tuple[Hold, ...] = ()
    past: tuple[PastMessage, ...] = ()
    cases: frozenset[str] = field(default_factory=frozenset)
    """Keys of the escalations that are open, so that none is raised twice."""

    @property
    def payable(self) -> tuple[BillSnapshot, ...]:
        """The bills that can still be paid here: owed, and not with a collector."""
        return tuple(
            bill
            for account in self.accounts
            for bill in account.bills
            if bill.owed > 0 and not bill.with_collector
        )

    @property
    def with_collector(self) -> tuple[BillSnapshot, ...]:
        """The bills that a collector has, and something is owed on."""
        return tuple(
            bill
            for account in self.accounts
            for bill in account.bills
            if bill.owed > 0 and bill.with_collector
        )

    @property
    def to_pay(self) -> int:
        """What the payable bills come to, in minor units."""
        return sum(bill.owed for bill in self.payable)

    def owed_on(self, bill_ids: Collection[str]) -> int:
        """What these bills come to now, on whichever of the person's accounts they are."""
        return sum(
            bill.owed for account in self.accounts for bill in account.bills if bill.bill_id in bill_ids
        )
