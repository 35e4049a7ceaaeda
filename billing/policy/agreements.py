"""The parts of a policy about what may be agreed with a customer, and how long their word is taken."""

from __future__ import annotations

from decimal import Decimal
from typing import Self

from pydantic import Field, model_validator

from billing.accounts.channels import Channel
from billing.payers.obligations import Topic
from billing.policy.parts import PolicyPart


class PlanRules(PolicyPart):
    """What a payment plan may look like; amounts in whole units of the currency."""

    offered: bool = True
    smallest: int = Field(ge=1)
    longest: int = Field(ge=2)
    grace_days: int = Field(ge=0)
    pauses: int = Field(ge=0, default=1)
    """How often a running plan may skip a month without a person."""
    credit_above: int = Field(ge=1, default=12)
    """With more instalments than this a plan is marked for a person: it may count as a credit."""
    fee: str = ""
    """The id of the fee for setting one up; empty for none."""
    most_of_income: Decimal | None = Field(default=None, gt=0, le=100)
    """Percent of the monthly family income after essentials that an instalment may take, where told."""


class Notices(PolicyPart):
    """The policy's notices before, or kindly after, an agreed day to pay; days of 0 turn a notice off."""

    instalment_due_days: int = Field(ge=0, default=0)
    """How long before an instalment of a plan."""
    instalment_missed_days: int = Field(ge=0, default=0)
    """How long after an instalment that has not come: money takes a while on its way."""
    catch_up_days: int = Field(ge=1, default=5)
    """How long after that notice the plan is kept, whatever the grace days say."""
    due_soon_days: int = Field(ge=0, default=0)
    """How long before a bill is due."""
    channels: tuple[Channel, ...] = Field(min_length=1)


class Obligations(PolicyPart):
    """The policy's statement at enrolment and before a service, for somebody to accept."""

    days_to_pay: int | None = Field(ge=1, default=None)
    """The term that is agreed; without one what ``[billing]`` gives is."""
    topics: tuple[Topic, ...] = (Topic.BILLS, Topic.SERVICES)
    """What whoever accepts may be written to about."""

    @model_validator(mode="after")
    def _about_bills(self) -> Self:
        if Topic.BILLS not in self.topics:
            raise ValueError("topics must hold bills: whoever owes them is written to about them")
        return self


class HoldRules(PolicyPart):
    """How long the demands rest for what a customer says and a person has not looked into yet."""

    already_paid_days: int = Field(ge=1)
    answer_days: int = Field(ge=1)
    """Within how many days a complaint or a refund is answered."""
    moratorium_days: int = Field(ge=1, default=60)
    """How long a moratorium lasts unless its last day is named: SI 2020/1311 (England and Wales) has 60."""
    treatment_days: int = Field(ge=0, default=30)
    """And one for a mental-health crisis after the end of the treatment: SI 2020/1311 has 30."""


class PromiseRules(PolicyPart):
    """What a promise to pay may look like."""

    offered: bool = True
    longest_days: int = Field(ge=1)
    most: int = Field(ge=1)
    """How many in ``most_days``."""
    most_days: int = Field(ge=1)
    grace_days: int = Field(ge=0)
