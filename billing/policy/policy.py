"""A policy whole: everything the rules need to know about a jurisdiction and a provider's choices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from billing.policy.agreements import HoldRules, Notices, Obligations, PlanRules, PromiseRules
from billing.policy.coverage import (
    AidProgramme,
    Authorisations,
    EligibilityRules,
    GoodFaith,
    PatientCeiling,
    PovertyLine,
)
from billing.policy.demands import (
    Aid,
    Announcement,
    BankDays,
    Checklist,
    Fee,
    InterestRules,
    Level,
    Limitation,
    PlacementRules,
    SmallSums,
)
from billing.policy.desk import DeskRules
from billing.policy.following import CorrectionRules, FollowingRules
from billing.policy.issuing import Billing
from billing.policy.parts import (
    Caps,
    ContactRules,
    Content_,
    GuarantorRules,
    Identity,
    Retention,
    StopRules,
    TalkRules,
    Window,
    Zone,
)
from billing.policy.payments import PaymentRules, PromptPay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from billing.accounts.channels import Channel

ANNOUNCED = 0
"""The number of the announcement: it comes before the first level and demands nothing."""


class Unverified(BaseModel):
    """A rule with an unverified source: off unless the policy switches it on by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    source: str
    says: str
    switchable: bool = True
    """Whether anything happens when it is switched on: some are only known of yet."""


class Policy(BaseModel):
    """Everything the rules need to know about a jurisdiction and a provider's choices."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    version: str = ""
    window: Window
    zones: dict[str, tuple[Zone, ...]] = {}
    bank_days: BankDays | None = None
    caps: Caps
    identity: Identity
    talk: TalkRules
    content: Content_
    contact: ContactRules | None = None
    guarantor: GuarantorRules = GuarantorRules(
        source="45 CFR 164.502(b), minimum necessary; elsewhere our choice"
    )
    stop: StopRules = StopRules(source="47 CFR 64.1200(a)(10); one stop closes everything, our choice")
    levels: tuple[Level, ...] = Field(min_length=1)
    billing: Billing = Billing(source="our choice: thirty days, no small-balance limit, no fixed length")
    announcement: Announcement | None = None
    notices: Notices | None = None
    obligations: Obligations | None = None
    checklist: Checklist = Checklist(source="none")
    small_sums: SmallSums = SmallSums(source="our choice: a letter costs more than so little", minimum=5)
    fees: tuple[Fee, ...] = ()
    interest: InterestRules | None = None
    payments: PaymentRules = PaymentRules(source="our choice")
    prompt_pay: PromptPay | None = None
    corrections: CorrectionRules = CorrectionRules(
        source="our choice: small things at once, large ones by two"
    )
    desk: DeskRules = DeskRules(source="our choice: small things at once, large ones by two")
    following: FollowingRules = FollowingRules(
        source="our choice: a daily list loses a few bills, never a quarter of them"
    )
    plan: PlanRules
    promise: PromiseRules
    holds: HoldRules
    placement: PlacementRules
    limitation: Limitation
    aid: Aid | None = None
    poverty_line: PovertyLine | None = None
    aid_programmes: tuple[AidProgramme, ...] = ()
    patient_ceiling: PatientCeiling | None = None
    good_faith: GoodFaith | None = None
    authorisations: Authorisations = Authorisations(
        source="CMS-0057-F, 72 hours and 7 days; for payers it does not bind, our choice"
    )
    eligibility: EligibilityRules = EligibilityRules(source="our choice")
    retention: Retention | None = None
    unverified: dict[str, Unverified] = {}
    """Rules that are known of and off."""

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        rules = (
            self._levels_climb,
            self._fees_are_known,
            self._prompt_is_before_due,
            self._term_is_long_enough,
            self._notices_can_be_said,
            self._programmes_can_be_worked_out,
        )
        if wrong := [sentence for rule in rules for sentence in rule()]:
            raise ValueError("\n".join(wrong))
        return self

    def _levels_climb(self) -> Iterator[str]:
        days = [level.after_due_days for level in self.levels]
        if days != sorted(set(days)):
            yield ("levels: after_due_days must grow from level to level")
        if [level.final for level in self.levels] != [False] * (len(self.levels) - 1) + [True]:
            yield ("levels: the last level, and only it, is final")
        if self.notices and self.notices.instalment_missed_days > self.plan.grace_days:
            yield ("notices: instalment_missed_days must be within plan.grace_days")

    def _fees_are_known(self) -> Iterator[str]:
        known = {fee.id for fee in self.fees}
        for level in self.levels:
            if level.fee and level.fee not in known:
                yield (f"levels: {level.name} charges fee {level.fee}, which [[fees]] does not list")
        if self.plan.fee and self.plan.fee not in known:
            yield (f"plan: fee {self.plan.fee} is not listed in [[fees]]")
        if self.payments.bounce_fee and self.payments.bounce_fee not in known:
            yield (f"payments: fee {self.payments.bounce_fee} is not listed in [[fees]]")

    def _prompt_is_before_due(self) -> Iterator[str]:
        if self.prompt_pay and self.prompt_pay.within_days > self.billing.days_to_pay:
            yield ("prompt_pay: within_days must be within billing.days_to_pay")

    def _term_is_long_enough(self) -> Iterator[str]:
        agreed = self.obligations.days_to_pay if self.obligations else None
        if agreed is not None and agreed < self.billing.least_days:
            yield ("obligations: days_to_pay must not be below billing.least_days")

    def _notices_can_be_said(self) -> Iterator[str]:
        if self.good_faith and self.notices is None:
            yield ("good_faith: needs [notices], by whose channels its notice goes")

    def _programmes_can_be_worked_out(self) -> Iterator[str]:
        needing = [one.id for one in self.aid_programmes if one.kind != "ceiling"]
        if needing and self.poverty_line is None:
            yield (f"aid_programmes: {needing[0]} goes by income, and there is no [poverty_line]")
        if any(one.kind == "ceiling" for one in self.aid_programmes) and self.patient_ceiling is None:
            yield ("aid_programmes: a ceiling programme needs [patient_ceiling]")

    def level(self, number: int) -> Level:
        """A level by its number, the first being 1; 0 is the announcement of a large bill."""
        announced = self.announcement if number == ANNOUNCED else None
        found = announced.as_level() if announced else self.levels[number - 1]
        ways = self.reminding(found.channels)
        return found if ways == found.channels else found.model_copy(update={"channels": ways})

    def reminding(self, channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
        """Those of some channels that may carry what nobody asked for: WhatsApp only by permission."""
        return tuple(channel for channel in channels if self.content.reminds(channel))

    @property
    def eves(self) -> tuple[str, ...]:
        """Days without banks that no law names a holiday."""
        return self.bank_days.eves if self.bank_days else ()

    def fee(self, fee_id: str) -> Fee | None:
        """A fee by its id, if it is listed and switched on."""
        return next((fee for fee in self.fees if fee.id == fee_id and fee.on), None)
