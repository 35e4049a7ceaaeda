"""Plans, promises, notices and identity that ask for what cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.accounts.channels import Channel
from billing.policy import ContentClass
from billing.policy_checks.finding import note, to_fix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from billing.policy import Policy
    from billing.policy_checks.finding import Deployment, PolicyFinding

_DAYS_A_YEAR: Final = 365
_MONTHS_A_YEAR: Final = 12
_HOURS_A_DAY: Final = 24
_MOST_TRIES: Final = 10
_LONGEST_HOURS: Final = 72


def limitation(policy: Policy, _: Deployment) -> Iterator[PolicyFinding]:
    """Nothing is agreed that ends after the claim is too old."""
    years = min([policy.limitation.years, *policy.limitation.regions.values()])
    if policy.promise.offered and policy.promise.longest_days > years * _DAYS_A_YEAR:
        yield to_fix(
            "promise.longest_days", f"{policy.promise.longest_days} days are longer than {years} years"
        )
    if policy.plan.offered and policy.plan.longest > years * _MONTHS_A_YEAR:
        yield to_fix("plan.longest", f"{policy.plan.longest} months are longer than {years} years")


def large_bills(policy: Policy, _: Deployment) -> Iterator[PolicyFinding]:
    """A bill that the policy's announcement speaks of can be paid on a plan, over the whole time."""
    plan, large = policy.plan, policy.announcement
    if large is None:
        return
    if not plan.offered:
        yield to_fix("announcement", "it offers to pay over time, and [plan] offers no plan")
    elif 2 * plan.smallest > large.above:
        yield to_fix(
            "plan.smallest", f"a bill of {large.above} is announced with a plan, and cannot be split in two"
        )
    elif plan.smallest * plan.longest > large.above:
        yield note(
            "plan.longest",
            f"a bill of {large.above} is announced, and cannot be spread over {plan.longest} months: "
            f"{plan.smallest} a month is the least",
        )


def plans(policy: Policy, _: Deployment) -> Iterator[PolicyFinding]:
    """By the policy, a plan that may count as a credit is approved by a person."""
    plan = policy.plan
    if plan.offered and plan.longest > plan.credit_above:
        yield note(
            "plan.longest",
            f"a plan of more than {plan.credit_above} parts waits for a person: it may be a credit",
        )


def notices(policy: Policy, _: Deployment) -> Iterator[PolicyFinding]:
    """The policy's note before an instalment leaves room, under the caps, for the one about a missed one."""
    rules, caps = policy.notices, policy.caps
    if rules is None or not rules.instalment_due_days or not rules.instalment_missed_days:
        return
    gap = -(-caps.min_gap_hours // _HOURS_A_DAY)
    least = max(gap, caps.days) if min(caps.per_bill, caps.per_person) == 1 else gap
    key = "notices.instalment_missed_days"
    if least > rules.instalment_due_days + policy.plan.grace_days:
        yield to_fix(
            key,
            f"it can never come: by [caps] {least} days lie between two messages, and the plan ends first",
        )
    elif least > rules.instalment_due_days + rules.instalment_missed_days:
        yield note(key, f"it comes later than that: by [caps] {least} days lie between two messages")


def identity(policy: Policy, _: Deployment) -> Iterator[PolicyFinding]:
    """The policy's identity check before a bill's details is strict: few tries, briefly, or a second answer.

    A birth date can be guessed, and is known to a family; the limits are our choice.
    """
    rules, content = policy.identity, policy.content
    if content.before_identity > ContentClass.NOTICE:
        named = content.before_identity.name.lower()
        yield to_fix(
            "content.before_identity", f"{named} is said to somebody who has shown nothing (invariant 20)"
        )
    opened = [
        channel.value
        for channel in Channel
        if channel.electronic and content.most(channel, identified=True) is ContentClass.LINE_ITEMS
    ]
    if not opened or "explain_bill" in rules.proof_for:
        return
    what = f"a birth date alone opens the lines of a bill on {', '.join(opened)}"
    if rules.tries > _MOST_TRIES:
        yield to_fix("identity.tries", f"{rules.tries} tries are too many: {what}")
    if rules.lasts_hours > _LONGEST_HOURS:
        yield to_fix("identity.lasts_hours", f"{rules.lasts_hours} hours are too long: {what}")


RULES: Final = (limitation, large_bills, plans, notices, identity)
