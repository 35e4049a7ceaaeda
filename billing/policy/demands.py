"""The parts of a policy that make demands grow firmer: levels, fees, interest, the collector, limitation."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from billing.accounts.channels import Channel
from billing.bounded_table import BoundedTable
from billing.policy.parts import Country, PolicyPart

Mention = Literal["deadline", "collector", "court", "enforcement", "credit_record", "supply"]
"""What a message may speak of only where its level says so: words for each stand beside the wording."""

Condition = Literal["fee_agreed_at_origin", "complete_demand", "business"]
"""What must hold for a fee: agreed no later than the debt arose; a demand with every field; a business."""

Check = Literal[
    "unbooked_money",
    "open_claim",
    "returned_post",
    "credit_elsewhere",
    "recent_contact",
    "limitation",
    "minor",
    "proof_sent",
]


class Level(PolicyPart):
    """One level of the policy's reminders and demands."""

    name: str
    template: str
    tone: Literal["notice", "friendly", "plain", "firm", "final"] = "plain"
    anchor: Literal["due", "issued"] = "due"
    """The day ``after_due_days`` counts from: always the bill's own, never that of an earlier run."""
    after_due_days: int = Field(ge=0)
    wait_days: int = Field(ge=1)
    channels: tuple[Channel, ...] = Field(min_length=1)
    final: bool = False
    mentions: tuple[Mention, ...] = ()
    fee: str = ""
    """The id of the fee that comes with it, where its conditions hold."""
    interest: bool = False
    """Whether the interest that has accrued is booked with it."""
    required_by_law: bool = False
    """Whether it may still go, by letter, to somebody who wants no messages."""


class Announcement(PolicyPart):
    """A large bill is first announced, with the ways to make it lighter, before anything is demanded."""

    above: int = Field(ge=1)
    """In whole units of the currency."""
    wait_days: int = Field(ge=0)
    channels: tuple[Channel, ...] = Field(min_length=1)

    def as_level(self) -> Level:
        """The announcement as the level before the first."""
        return Level(
            source=self.source,
            name="announcement",
            template="reminder.announcement",
            tone="notice",
            anchor="issued",
            after_due_days=0,
            wait_days=max(self.wait_days, 1),
            channels=self.channels,
        )


class SmallSums(PolicyPart):
    """The rest of a bill that is too small to write about: nothing is demanded, nobody is placed."""

    minimum: int = Field(ge=0)
    """In whole units of the currency; less draws no reminder, fee or demand and breaks no plan or promise."""


class Checklist(PolicyPart):
    """What is looked at before the first demand of each person; the answers are kept with the decision."""

    asks: tuple[Check, ...] = ()
    blocks: tuple[Check, ...] = ()
    """Those that keep the demand back; the others are only recorded."""
    recent_days: int = Field(ge=0, default=2)
    """A customer who wrote within so many days is answered first."""

    @model_validator(mode="after")
    def _asked(self) -> Self:
        not_asked = set(self.blocks) - set(self.asks)
        if not_asked:
            raise ValueError(f"{', '.join(sorted(not_asked))} blocks without being asked")
        return self


class Fee(PolicyPart):
    """A fee that the policy lets a demand add to a bill, what allows it, and when."""

    id: str
    kind: Literal["reminder", "demand", "plan"]
    amount: Decimal = Field(ge=0)
    """In whole units of the currency."""
    at_most: Decimal = Field(ge=0)
    """What the authority allows; more is refused when the policy is read."""
    currency: str = Field(pattern="^[A-Z]{3}$")
    authority: str = Field(min_length=1)
    needs: tuple[Condition, ...] = ()
    channels: tuple[Channel, ...] = ()
    """The channels that make the reminder a written one; empty for any."""
    most_per_bill: int = Field(ge=1, default=1)
    each: Literal["day", "bill"] = "day"
    """One for all that is demanded on a day; ``bill`` only where the authority allows each bill its own."""
    on: bool = True

    @model_validator(mode="after")
    def _allowed(self) -> Self:
        if self.amount > self.at_most:
            raise ValueError(
                f"fee {self.id}: {self.amount} is more than {self.authority} allows, {self.at_most}"
            )
        return self


class HalfYear(BoundedTable):
    """The policy's reference rate of interest and the days it holds for, both inclusive."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    since: date
    until: date
    percent: Decimal = Field(ge=0)
    source: str

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.since > self.until:
            raise ValueError(f"a rate ends before it begins: {self.since} to {self.until}")
        return self


class InterestRules(PolicyPart):
    """Simple interest on what is overdue, from the day after the due date; never on fees."""

    on: bool = False
    add_percent: Decimal = Field(ge=0)
    """Percentage points on top of the reference rate."""
    authority: str
    rates: tuple[HalfYear, ...] = ()
    """A day that no row covers bears no interest."""
    at_most_percent: Decimal | None = None
    """For people in military service: 50 USC 3937."""

    @model_validator(mode="after")
    def _apart(self) -> Self:
        rows = sorted(self.rates, key=lambda row: row.since)
        for before, after in pairwise(rows):
            if after.since <= before.until:
                raise ValueError(f"two reference rates hold on {after.since}")
        return self


class PlacementRules(PolicyPart):
    """When an unpaid bill may be flagged for a collector; a person decides, always."""

    after_final_days: int = Field(ge=0)
    after_due_days: int = Field(ge=0)
    after_issued_days: int = Field(ge=0, default=0)
    """Counted from the first bill, for hospitals: 26 CFR 1.501(r)-6(c), Cal. HSC 127425."""
    minimum: int = Field(ge=0)
    """In whole units of the currency; less is never flagged."""
    needs_written_notice: bool = False
    """The law wants a written demand first, so a letter (or digital mailbox) channel is needed."""
    minimum_answer_days: int = Field(ge=1, default=14)
    """What a final notice gives the customer to answer, counted from the day it was sent."""
    receipt_bank_days: int = Field(ge=0, default=0)
    """How long post takes: after so many bank days a letter counts as received."""
    answer_bank_days: int = Field(ge=0, default=0)
    """And what the customer has at least after receiving it."""
    posting_bank_days: int = Field(ge=0, default=0)
    """How long a payment made on the last day may still be on its way."""
    four_eyes_above: int | None = Field(ge=0, default=None)
    """In whole units: above this two people approve."""
    no_action_before_issued_days: int = Field(ge=0, default=0)
    """The collector is told to take no extraordinary action earlier than so long after the first bill."""


class Limitation(PolicyPart):
    """After how many years a claim may no longer be demanded, by region or country."""

    years: int = Field(ge=1)
    counts_from: Literal["issued", "due"] = "issued"
    regions: dict[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)


class Aid(PolicyPart):
    """The policy on financial aid: how long somebody may apply, and what demands an application stops."""

    window_days: int = Field(ge=1)
    """Counted from the first bill."""


class BankDays(PolicyPart):
    """The policy's bank days: on which days banks book payments."""

    country: Country
    eves: tuple[str, ...] = ()
