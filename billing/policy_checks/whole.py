"""Every rule about policies, asked one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.policy_checks import agreements, days, levels, money

if TYPE_CHECKING:
    from billing.policy import Policy
    from billing.policy_checks.finding import Deployment, PolicyFinding

RULES: Final = (*levels.RULES, *money.RULES, *days.RULES, *agreements.RULES)


def check(policy: Policy, place: Deployment) -> list[PolicyFinding]:
    """Everything that is the matter with a policy, apart from its wording."""
    return [finding for rule in RULES for finding in rule(policy, place)]
