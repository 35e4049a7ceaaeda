"""In words: a whole policy from its first rule to its last, and the known rules that are off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from messages.policies import agreements, binding, coverage, demands, issuing
from messages.policies.rule import PolicyRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from billing.policy import Policy


def in_words(policy: Policy) -> tuple[PolicyRule, ...]:
    """Every rule of a policy, in the order in which a customer meets them."""
    return (
        binding.window(policy),
        *binding.zones(policy),
        *binding.bank_days(policy),
        binding.caps(policy),
        binding.identity(policy),
        binding.talk(policy),
        binding.content(policy),
        *binding.contact(policy),
        binding.guarantor(policy),
        binding.stop(policy),
        issuing.billing(policy),
        *demands.announcement(policy),
        *demands.small_sums(policy),
        *demands.checklist(policy),
        *demands.levels(policy),
        *demands.fees(policy),
        *demands.interest(policy),
        *agreements.obligations(policy),
        *agreements.notices(policy),
        agreements.payments(policy),
        *agreements.prompt_pay(policy),
        agreements.corrections(policy),
        agreements.desk(policy),
        agreements.following(policy),
        agreements.plan(policy),
        agreements.promise(policy),
        agreements.holds(policy),
        demands.placement(policy),
        demands.limitation(policy),
        *demands.aid(policy),
        *coverage.programmes(policy),
        *coverage.ceiling(policy),
        coverage.eligibility(policy),
        coverage.authorisations(policy),
        *coverage.good_faith(policy),
        *agreements.retention(policy),
        *_off(policy),
    )


def _off(policy: Policy) -> Iterator[PolicyRule]:
    """Rules that nobody has verified: they apply only if the policy names them."""
    for name, rule in policy.unverified.items():
        on = f'To switch it on, in a file of your own: switch_on = ["{name}"]'
        on = on if rule.switchable else "Kvitt cannot do it yet: see to it by hand where it binds you."
        yield PolicyRule(
            f"unverified.{name}",
            "Off, not verified",
            (f"{rule.says[:1].upper()}{rule.says[1:]}.", on),
            rule.source,
        )
