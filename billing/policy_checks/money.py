"""Fees that can never be, and interest that bears nothing."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from billing.policy_checks.finding import note, to_fix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from billing.policy import Fee, Level, Policy
    from billing.policy_checks.finding import Deployment, PolicyFinding


def channels(policy: Policy, _: Deployment) -> Iterator[PolicyFinding]:
    """A policy's fee that comes with letters never comes with a level that sends none."""
    for level, fee in _charged(policy):
        if fee.channels and not set(fee.channels).intersection(level.channels):
            yield to_fix(
                f"levels.{level.name}.fee",
                f"fee {fee.id} comes by {', '.join(fee.channels)} only, and this level goes by none of them",
            )


def conditions(policy: Policy, _: Deployment) -> Iterator[PolicyFinding]:
    """Fees with conditions that no message meets: customers are people, only letters are complete demands."""
    for fee in policy.fees:
        if fee.on and "business" in fee.needs:
            yield to_fix(f"fees.{fee.id}.needs", "business never holds: customers are people")
    for level, fee in _charged(policy):
        able = set(fee.channels or level.channels) & set(level.channels)
        complete = any(channel.capabilities.written for channel in able)
        if "complete_demand" in fee.needs and able and not complete:
            yield to_fix(
                f"levels.{level.name}.fee", f"fee {fee.id} needs complete_demand, which only a letter can be"
            )


def kinds(policy: Policy, _: Deployment) -> Iterator[PolicyFinding]:
    """Fees by kind: a level charges what reminders or demands may cost, a plan what its setup may cost."""
    for level, fee in _charged(policy):
        if fee.kind == "plan":
            yield to_fix(f"levels.{level.name}.fee", f"fee {fee.id} is one for plans")
    for fee in policy.fees:
        if fee.on and fee.id == policy.plan.fee and fee.kind != "plan":
            yield to_fix("plan.fee", f"fee {fee.id} is one for a {fee.kind}")


def used(policy: Policy, _: Deployment) -> Iterator[PolicyFinding]:
    """A policy's fee that is on and never charged, or charged while off or zero, costs nothing."""
    wanted = {level.fee for level in policy.levels} | {policy.plan.fee}
    for fee in policy.fees:
        if fee.on and fee.id not in wanted:
            yield note(f"fees.{fee.id}", "it is on, and no level or plan charges it")
        if fee.id in wanted and (not fee.on or not fee.amount):
            yield note(f"fees.{fee.id}", "it is charged, and is " + ("nothing" if fee.on else "off"))


def booked(policy: Policy, _: Deployment) -> Iterator[PolicyFinding]:
    """By the policy, interest is booked with a level; without one it never is, nor when it is off."""
    on = policy.interest is not None and policy.interest.on
    booking = [level.name for level in policy.levels if level.interest]
    if on and not booking:
        yield note("interest.on", "no level books it: set interest = true on one")
    for name in booking:
        if not on:
            yield to_fix(f"levels.{name}.interest", "it books interest, and [interest] is off")


def rates(policy: Policy, place: Deployment) -> Iterator[PolicyFinding]:
    """A day without a rate of interest bears none (räntelag 9 §): safe, but good to know."""
    rules = policy.interest
    if rules is None or not rules.on:
        return
    if not any(row.since <= place.today <= row.until for row in rules.rates):
        off = [name for name in policy.unverified if "rate" in name]
        hint = f"; {off[0]} is known of and off" if off else ""
        yield note("interest.rates", f"no rate holds on {place.today}, so nothing bears interest{hint}")
    for before, after in pairwise(sorted(rules.rates, key=lambda row: row.since)):
        if before.until + timedelta(days=1) < after.since:
            yield note("interest.rates", f"no rate holds between {before.until} and {after.since}")


def _charged(policy: Policy) -> Iterator[tuple[Level, Fee]]:
    """Each level that charges a fee which is on."""
    for level in policy.levels:
        fee = policy.fee(level.fee) if level.fee else None
        if fee:
            yield level, fee


RULES: Final = (channels, conditions, kinds, used, booked, rates)
