"""In words: what may be agreed with a customer, and how long their word is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from messages.policies.rule import Rule, by, counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from billing.policy import Policy


def notices(policy: Policy) -> Iterator[Rule]:
    """The friendly words around a day to pay."""
    rules = policy.notices
    if rules is None:
        return
    days = (
        (rules.instalment_due_days, "before an instalment of a plan"),
        (rules.instalment_missed_days, "after an instalment that has not come"),
        (rules.due_soon_days, "before a bill is due"),
    )
    says = [
        f"{counted(count, 'day')} {what}, by {by(rules.channels)}." if count else f"Off: a word {what}."
        for count, what in days
    ]
    if rules.instalment_missed_days:
        says.append(f"A late instalment may then still come for {counted(rules.catch_up_days, 'day')}.")
    yield Rule("notices", "Notices", tuple(says), rules.source)


def plan(policy: Policy) -> Rule:
    """What a payment plan may look like."""
    rules = policy.plan
    if not rules.offered:
        return Rule("plan", "Payment plan", ("Not offered.",), rules.source)
    says = [
        (
            f"From {rules.smallest:,} a month, over at most {counted(rules.longest, 'month')}; a late "
            f"instalment is waited for {counted(rules.grace_days, 'day')}, then the plan ends."
        ),
        f"It may be paused {counted(rules.pauses, 'time')} without a person.",
    ]
    if rules.longest > rules.credit_above:
        says.append(f"Above {counted(rules.credit_above, 'instalment')} a person looks: it may be a credit.")
    if rules.most_of_income is not None:
        says.append(
            f"An instalment takes at most {rules.most_of_income} per cent of the income that was told."
        )
    fee = policy.fee(rules.fee) if rules.fee else None
    says.append(f"Setting one up costs {fee.amount} {fee.currency}." if fee else "It costs nothing.")
    return Rule("plan", "Payment plan", tuple(says), rules.source)


def promise(policy: Policy) -> Rule:
    """What a promise to pay may look like."""
    rules = policy.promise
    if not rules.offered:
        return Rule("promise", "Promise to pay", ("Not offered.",), rules.source)
    says = (
        f"At most {counted(rules.longest_days, 'day')} ahead, {counted(rules.most, 'time')} in "
        f"{counted(rules.most_days, 'day')}; waited for {counted(rules.grace_days, 'day')} after its day."
    )
    return Rule("promise", "Promise to pay", (says,), rules.source)


def holds(policy: Policy) -> Rule:
    """How long demands rest for what a customer says."""
    rules = policy.holds
    says = (
        f"Who says that they have paid is left alone for {counted(rules.already_paid_days, 'day')}.",
        f"A complaint or a refund is answered within {counted(rules.answer_days, 'day')}.",
        "A dispute, hardship, a lawyer or a death rests everything until a person has decided.",
    )
    return Rule("holds", "Holds", says, rules.source)


def retention(policy: Policy) -> Iterator[Rule]:
    """How long messages are kept."""
    rules = policy.retention
    if rules:
        says = (
            f"What was said is kept for {counted(rules.messages_days, 'day')} once an account is settled, "
            "and as long as a hold stands or a case is open; the ledger and what was decided stay."
        )
        yield Rule("retention", "Keeping", (says,), rules.source)
