"""The answer deadline of a final notice, and the first day a bill may be flagged for placement."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from billing.accounts.channels import TO_ANY_LETTERBOX
from billing.calendar import add_bank_days, is_bank_day

if TYPE_CHECKING:
    from billing.accounts.channels import Channel
    from billing.policy import Policy


def answer_by(policy: Policy, sent_on: date, channel: Channel) -> date:
    """The last day (local to the customer) to answer a final notice sent on ``sent_on``.

    At least the policy's days from sending, at least its bank days from the presumed receipt of a letter, and
    a bank day if the policy counts those: a payment on the last day must be possible. Sweden:
    8 days from sending and 4 bank days from receipt, inkassolag (1974:182) 5 § as the authority reads it.
    """
    rules = policy.placement
    day = sent_on + timedelta(days=rules.minimum_answer_days)
    if policy.bank_days is None or not rules.answer_bank_days:
        return day
    country, eves = policy.bank_days.country, policy.bank_days.eves
    received = (
        sent_on if channel.electronic else add_bank_days(sent_on, rules.receipt_bank_days, country, eves)
    )
    day = max(day, add_bank_days(received, rules.answer_bank_days, country, eves))
    return day if is_bank_day(day, country, eves) else add_bank_days(day, 1, country, eves)


def flag_from(
    policy: Policy, heard_on: date, due_on: date, issued_on: date, stated: date | None = None
) -> date:
    """The first local day on which a bill may be flagged after its final notice arrived.

    ``stated`` is the deadline the notice named; without one the longest possible is taken. The deadline and
    the days a payment may be in transit have passed by then (docs/proof.md, invariants 42 and 44).
    """
    rules = policy.placement
    paid_by = deadline = stated or answer_by(policy, heard_on, TO_ANY_LETTERBOX)
    if policy.bank_days is not None:
        paid_by = add_bank_days(
            deadline, rules.posting_bank_days, policy.bank_days.country, policy.bank_days.eves
        )
    wait = max(rules.after_final_days, policy.levels[-1].wait_days)
    return max(
        paid_by + timedelta(days=1),
        heard_on + timedelta(days=wait),
        due_on + timedelta(days=rules.after_due_days),
        issued_on + timedelta(days=rules.after_issued_days),
    )
