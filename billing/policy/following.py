"""The parts of a policy about ledgers kept elsewhere, and about bills that are changed."""

from __future__ import annotations

from pydantic import Field

from billing.policy.parts import PolicyPart


class FollowingRules(PolicyPart):
    """When a list of open items is doubted, and when a person is asked about a bill of it."""

    shorter_percent: int = Field(ge=0, le=100, default=25)
    """More of the bills open here that a list lacks: it is refused until somebody confirms."""
    total_percent: int = Field(ge=0, default=50)
    """The same where the bills that stay on it add up to so much more or less than before."""
    ask_after_days: int = Field(ge=0, default=7)
    """More is open there than here, because of money that only we know: a person is asked after so long."""


class CorrectionRules(PolicyPart):
    """What a rep may change of an issued bill under the policy; amounts in whole units of the currency."""

    credit_approve_above: int = Field(ge=0, default=100)
    """Who may only work credits a bill up to this; what is more needs somebody who may approve."""
    move_approve_after_days: int = Field(ge=0, default=30)
    """The same for a due day that is moved so far beyond the first one."""
    move_most_days: int = Field(ge=0, default=365)
    """No due day is moved further."""
    tell: bool = True
    """Whether the customer hears of it, where their consent allows."""
