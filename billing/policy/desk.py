"""The part of a policy about what a rep may settle with a customer, and what takes a second person."""

from __future__ import annotations

from pydantic import Field

from billing.policy.parts import PolicyPart


class DeskRules(PolicyPart):
    """What a rep may settle alone under the policy; amounts in whole units of the currency."""

    write_off_alone: int = Field(ge=0, default=1)
    """What is left of a bill and is not worth a letter; more needs somebody who may approve."""
    plan_longest: int = Field(ge=2, default=60)
    """No plan has more months, whoever approves it; `[plan] longest` is what a rep agrees to alone."""
    down_payment_percent: int = Field(ge=0, le=100, default=0)
    """What the first payment of a plan is at least, of what is owed, unless a second person approves."""
    dispute_days: int = Field(ge=0, default=14)
    """How long nothing is demanded after a dispute was settled against the customer."""
