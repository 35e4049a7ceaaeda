"""Deadlines, bank days and holidays that do not go together."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from billing.calendar import add_bank_days
from billing.dunning.demand import SHORTEST_DAYS
from billing.policy_checks.finding import note, to_fix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from billing.policy import Policy
    from billing.policy_checks.finding import Deployment, PolicyFinding

_YEAR: Final = 366


def bank_days(policy: Policy, _: Deployment) -> Iterator[PolicyFinding]:
    """Bank days can be counted only where it is known which they are."""
    rules = policy.placement
    counts = {
        "receipt_bank_days": rules.receipt_bank_days,
        "answer_bank_days": rules.answer_bank_days,
        "posting_bank_days": rules.posting_bank_days,
    }
    for key, days in counts.items():
        if days and policy.bank_days is None:
            yield to_fix(f"placement.{key}", f"{days} bank days cannot be counted without [bank_days]")


def forced(policy: Policy, place: Deployment) -> Iterator[PolicyFinding]:
    """A deadline below what bank days force on every day of the year never holds (invariant 43)."""
    rules, banks = policy.placement, policy.bank_days
    if banks is None or not rules.answer_bank_days:
        return
    by_post = any(channel.on_paper for channel in policy.levels[-1].channels)
    count = rules.answer_bank_days + (rules.receipt_bank_days if by_post else 0)
    days = (place.today + timedelta(days=offset) for offset in range(_YEAR))
    least = min((add_bank_days(day, count, banks.country, banks.eves) - day).days for day in days)
    if rules.minimum_answer_days < least:
        yield to_fix(
            "placement.minimum_answer_days",
            f"{rules.minimum_answer_days} days can never be: {count} bank days are {least} days at least",
        )


def shortest(policy: Policy, _: Deployment) -> Iterator[PolicyFinding]:
    """A demand by letter leaves eight days from sending at least (IMY's reading of inkassolag 5 §)."""
    days = policy.placement.minimum_answer_days
    if any(channel.on_paper for channel in policy.levels[-1].channels) and days < SHORTEST_DAYS:
        yield to_fix(
            "placement.minimum_answer_days", f"{days} days are less than a letter must leave: {SHORTEST_DAYS}"
        )


def holidays(policy: Policy, _: Deployment) -> Iterator[PolicyFinding]:
    """The policy's holidays are those of the country its customers live in."""
    country = policy.window.holidays.partition("-")[0]
    countries = {region.partition("-")[0] for region in policy.zones}
    if country and countries and country not in countries:
        yield to_fix(
            "window.holidays", f"it names {country}, and [zones] has {', '.join(sorted(countries))} only"
        )
    if country and policy.bank_days and policy.bank_days.country != policy.window.holidays:
        yield note(
            "bank_days.country", f"{policy.bank_days.country} is not the window's {policy.window.holidays}"
        )
    if policy.window.eves and not country:
        yield note("window.eves", "eves are closed, and no country's holidays are")


def already_paid(policy: Policy, _: Deployment) -> Iterator[PolicyFinding]:
    """By the days set, nobody is reminded while what they say they paid is on its way (invariant 37)."""
    days, posting = policy.holds.already_paid_days, policy.placement.posting_bank_days
    if days <= posting:
        yield to_fix(
            "holds.already_paid_days", f"{days} days end before a payment must have come: {posting} bank days"
        )


def aid(policy: Policy, _: Deployment) -> Iterator[PolicyFinding]:
    """By the policy's days, a bill may be flagged while financial aid may still be asked for."""
    rules = policy.aid
    earliest = max(policy.placement.after_issued_days, policy.placement.no_action_before_issued_days)
    if rules and rules.window_days > earliest:
        yield note(
            "aid.window_days",
            f"help may be asked for until day {rules.window_days}; a bill may be flagged earlier",
        )


RULES: Final = (bank_days, forced, shortest, holidays, already_paid, aid)
