"""What contradicts itself in a policy, and what can never come: found before anything runs."""

from billing.policy_checks.finding import Deployment, PolicyFinding, Severity
from billing.policy_checks.whole import check

__all__ = ["Deployment", "PolicyFinding", "Severity", "check"]
