"""The part of a policy about ledgers kept elsewhere, and about bills that are corrected."""

from __future__ import annotations

from pydantic import Field

from billing.policy.parts import PolicyPart


class FollowingRules(PolicyPart):
    """When a list of open items is doubted, and when a person is asked about a bill of it."""

    shorter_percent: int = Field(ge=0, le=100, default=25)
    """More of the bills open here that a list lacks: it is refused until a person confirms."""
    total_percent: int = Field(ge=0, default=50)
    """The same where the bills that stay on it add up to so much more or less than before."""
    ask_after_days: int = Field(ge=0, default=7)
    """More is open there than here, because of money that only we know: a person is asked after so long."""
