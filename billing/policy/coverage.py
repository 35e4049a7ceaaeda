"""The parts of a policy about who else pays, what a service will cost, and help with the cost."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator

from billing.bounded_table import BoundedTable
from billing.ledger.money import minor_units
from billing.payers.coverage import Ceiling
from billing.policy.parts import PolicyPart


class CeilingSum(BoundedTable):
    """What a covered person pays at most in a window from ``since`` or later, in whole units."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    since: date
    amount: int = Field(ge=0)
    source: str


class PatientCeiling(PolicyPart):
    """A limit, set by law, on what somebody pays for care within so many months of the first visit.

    Only sums that somebody has verified stand here: after the last of them it is the one that holds,
    which never asks too much.
    """

    currency: str = Field(pattern="^[A-Z]{3}$")
    months: int = Field(ge=1, default=12)
    sums: tuple[CeilingSum, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _climbing(self) -> Self:
        days = [one.since for one in self.sums]
        if days != sorted(set(days)):
            raise ValueError("sums must be in the order of their days, each day once")
        return self

    @property
    def ceilings(self) -> tuple[Ceiling, ...]:
        """The sums as the rules of coverage know them, in minor units."""
        return tuple(Ceiling(one.since, minor_units(one.amount, self.currency)) for one in self.sums)


class GoodFaith(PolicyPart):
    """Estimates that the law lets a person hold a provider to: by when they are given, when disputed.

    Days ahead and days within are business days before the service and after it was scheduled.
    """

    soon_ahead: int = Field(ge=0, le=366, default=3)
    soon_within: int = Field(ge=0, le=366, default=1)
    far_ahead: int = Field(ge=0, le=366, default=10)
    far_within: int = Field(ge=0, le=366, default=3)
    asked_within: int = Field(ge=0, le=366, default=3)
    """Within how many business days somebody who asks is told."""
    holidays: str = "US"
    dispute_above: int = Field(ge=0, default=400)
    """In whole units: a bill so much above its estimate comes with the notice that it may be disputed."""
    dispute_days: int = Field(ge=1, default=120)
    """For so many calendar days from the bill."""


class Authorisations(PolicyPart):
    """How long a payer may take over a prior authorisation of a service."""

    urgent_hours: int = Field(ge=1, default=72)
    standard_days: int = Field(ge=1, default=7)
    valid_days: int = Field(ge=1, default=90)
    """How long one holds where the payer names no day (our choice)."""


class EligibilityRules(PolicyPart):
    """How long an answer about a coverage is taken for true, and when planned services are looked at."""

    stale_days: int = Field(ge=1, default=30)
    ahead_days: int = Field(ge=1, default=7)
    tell: bool = True
    """Whether the customer is told beforehand what their coverage does for a planned service."""


class PovertyLine(PolicyPart):
    """What counts as poor, a year: for one person, and for each one more. Whole units of ``currency``."""

    currency: str = Field(pattern="^[A-Z]{3}$")
    one: int = Field(ge=1)
    each_more: int = Field(ge=0)

    def of(self, household: int) -> int:
        """The line for a household of so many, in minor units a year."""
        return minor_units(self.one + max(0, household - 1) * self.each_more, self.currency)


class AidStep(BoundedTable):
    """Up to so many percent of the poverty line, so many percent of the bills are taken off."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    up_to: int = Field(ge=0)
    off: int = Field(ge=1, le=100)


class AidProgramme(PolicyPart):
    """One way of help with the cost, and who gets it.

    ``discount`` takes a share of the bills off by income; ``referral`` sends people below an income to
    somebody else who may pay, such as Medicaid; ``ceiling`` gives back what is above the law's ceiling.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_]{0,39}$")
    name: str = Field(min_length=1)
    kind: Literal["discount", "referral", "ceiling"] = "discount"
    steps: tuple[AidStep, ...] = ()
    refer_below: int | None = Field(default=None, ge=1)
    """For a referral: below how many percent of the poverty line."""
    refer_to: str = ""
    """Whom to turn to: an office with its number or page."""
    documents: tuple[str, ...] = ()
    """What has to be shown, in the words that the applicant reads."""
    renew_months: int = Field(ge=1, default=12)
    refund_above: int = Field(ge=0, default=5)
    """In whole units: what was paid beyond the new share is given back when it is more than this."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.kind == "discount" and not self.steps:
            raise ValueError(f"programme {self.id}: a discount needs steps")
        if self.kind == "referral" and not (self.refer_below and self.refer_to):
            raise ValueError(f"programme {self.id}: a referral needs refer_below and refer_to")
        for before, after in pairwise(self.steps):
            if after.up_to <= before.up_to or after.off >= before.off:
                raise ValueError(f"programme {self.id}: with more income, steps take less off")
        return self
