"""In words: payers and coverages, estimates, and help with the cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from messages.policies.rule import PolicyRule, counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from billing.policy import AidProgramme, Policy


def good_faith(policy: Policy) -> Iterator[PolicyRule]:
    """Good-faith estimates in words, which the law lets a person hold the provider to."""
    rules = policy.good_faith
    if rules is None:
        return
    yield PolicyRule(
        "good_faith",
        "Estimates",
        (
            (
                "Somebody without coverage is told what a service costs: within "
                f"{counted(rules.soon_within, 'business day')} if it is {rules.soon_ahead} to "
                f"{rules.far_ahead - 1} business days ahead, within "
                f"{counted(rules.far_within, 'business day')} if it is further ahead, and within "
                f"{counted(rules.asked_within, 'business day')} of asking."
            ),
            (
                f"A bill {rules.dispute_above:,} or more above its estimate may be disputed for "
                f"{counted(rules.dispute_days, 'day')}: it is not reminded of before the customer was told."
            ),
        ),
        rules.source,
    )


def eligibility(policy: Policy) -> PolicyRule:
    """How long an answer about a coverage is trusted."""
    rules = policy.eligibility
    says = [f"An answer about a coverage is out of date after {counted(rules.stale_days, 'day')}."]
    ahead = counted(rules.ahead_days, "day")
    ending = " and the customer is told before the day" if rules.tell else ""
    says.append(f"A planned service is looked at {ahead} ahead{ending}.")
    return PolicyRule("eligibility", "Coverage", tuple(says), rules.source)


def authorisations(policy: Policy) -> PolicyRule:
    """Coverage in words: how long a payer may take to authorise a service."""
    rules = policy.authorisations
    says = (
        f"A payer decides about an authorisation within {counted(rules.urgent_hours, 'hour')} if it is "
        f"urgent, else within {counted(rules.standard_days, 'day')}; after that it is a case for the desk."
    )
    holds = f"Where it names no day, an authorisation holds {counted(rules.valid_days, 'day')}."
    return PolicyRule("authorisations", "Authorisations", (says, holds), rules.source)


def ceiling(policy: Policy) -> Iterator[PolicyRule]:
    """Coverage in words: the legal ceiling of what a person pays."""
    rules = policy.patient_ceiling
    if rules is None:
        return
    sums = listed(f"{one.amount:,} {rules.currency} since {one.since}" for one in rules.sums)
    says = f"Fees for care are at most {sums}, in {counted(rules.months, 'month')} from the first visit."
    yield PolicyRule("patient_ceiling", "Ceiling", (says,), rules.source)


def programmes(policy: Policy) -> Iterator[PolicyRule]:
    """Coverage in words: every programme of help with the cost."""
    line = policy.poverty_line
    if line:
        says = (
            f"The line is {line.one:,} {line.currency} a year for one, and {line.each_more:,} for each more."
        )
        yield PolicyRule("poverty_line", "Poverty line", (says,), line.source)
    for one in policy.aid_programmes:
        yield PolicyRule(f"aid_programmes.{one.id}", f"Help: {one.name}", tuple(_programme(one)), one.source)


def _programme(one: AidProgramme) -> Iterator[str]:
    match one.kind:
        case "discount":
            for step in one.steps:
                yield f"Up to {step.up_to} % of the poverty line, {step.off} % of the bills are taken off."
        case "referral":
            yield f"Below {one.refer_below} % of the poverty line people are sent to {one.refer_to}."
        case "ceiling":
            yield "What is above the ceiling is taken off."
    if one.documents:
        yield f"Asked for: {listed(one.documents)}."
    if one.kind == "discount":
        yield f"Asked anew after {counted(one.renew_months, 'month')}."
        yield f"What was paid too much is given back above {one.refund_above:,}."
