"""In words: agreements with customers, holds, payments, and retention."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.ledger.settlement import DebtPart
from messages.policies.rule import PolicyRule, by, counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from billing.policy import Policy


def notices(policy: Policy) -> Iterator[PolicyRule]:
    """Agreements in words: the friendly notices before and after a day to pay."""
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
    yield PolicyRule("notices", "Notices", tuple(says), rules.source)


def obligations(policy: Policy) -> Iterator[PolicyRule]:
    """Agreements in words: the obligations stated at enrolment and before a service."""
    rules = policy.obligations
    if rules is None:
        return
    term = rules.days_to_pay or policy.billing.days_to_pay
    says = (
        (
            f"At enrolment and before a service somebody is shown, and may accept, that bills are due "
            f"{counted(term, 'day')} after their date, and what they are written to about: "
            f"{listed(topic.value for topic in rules.topics)}."
        ),
        "What was accepted before the debt arose holds for later bills; without it there is no such fee.",
    )
    yield PolicyRule("obligations", "Obligations", says, rules.source)


def prompt_pay(policy: Policy) -> Iterator[PolicyRule]:
    """Agreements in words: the discount for prompt payment."""
    rules = policy.prompt_pay
    if rules is None:
        return
    says = (
        f"A bill is {rules.percent} % less for whoever pays it within {counted(rules.within_days, 'day')}.",
        "Not where a payer has a part in the bill.",
    )
    yield PolicyRule("prompt_pay", "Paid promptly", says, rules.source)


def plan(policy: Policy) -> PolicyRule:
    """Agreements in words: the limits of payment plans."""
    rules = policy.plan
    if not rules.offered:
        return PolicyRule("plan", "Payment plan", ("Not offered.",), rules.source)
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
    return PolicyRule("plan", "Payment plan", tuple(says), rules.source)


def promise(policy: Policy) -> PolicyRule:
    """Agreements in words: the limits of promises to pay."""
    rules = policy.promise
    if not rules.offered:
        return PolicyRule("promise", "Promise to pay", ("Not offered.",), rules.source)
    says = (
        f"At most {counted(rules.longest_days, 'day')} ahead, {counted(rules.most, 'time')} in "
        f"{counted(rules.most_days, 'day')}; waited for {counted(rules.grace_days, 'day')} after its day."
    )
    return PolicyRule("promise", "Promise to pay", (says,), rules.source)


def holds(policy: Policy) -> PolicyRule:
    """Agreements in words: how long reminders pause for each reason a customer gives."""
    rules = policy.holds
    says = (
        f"Who says that they have paid is left alone for {counted(rules.already_paid_days, 'day')}.",
        f"A complaint or a refund is answered within {counted(rules.answer_days, 'day')}.",
        f"A moratorium lasts {counted(rules.moratorium_days, 'day')} unless its last day is named.",
        f"One for a mental-health crisis lasts {counted(rules.treatment_days, 'day')} beyond the treatment.",
        "No fee and no interest accrues in a moratorium; on its last day a person is asked to lift it.",
        "A dispute, hardship, a lawyer or a death rests everything until a person has decided.",
    )
    return PolicyRule("holds", "Holds", says, rules.source)


def payments(policy: Policy) -> PolicyRule:
    """In words: how payments are allocated, and what follows overpayments and returned payments."""
    rules = policy.payments
    order = listed((_DEBT_PARTS[part] for part in rules.order), "then")
    plan = ", then those of a running plan" if rules.plan_first else ""
    thanked = f"up to {counted(rules.thanks_days, 'day')} after the payment"
    looked_at = (
        f"The same amount for the same bill within {counted(rules.double_days, 'day')} is looked at by a "
        f"person, and so is a credit that is older than {counted(rules.credit_days, 'day')}."
    )
    says = [
        f"Money goes to the bill it names{plan}, then the oldest due; within a bill it settles {order}.",
        f"Who pays is thanked once, {thanked}." if rules.thanks_days else "Nobody is thanked for a payment.",
        looked_at,
    ]
    if rules.small_balance:
        says.append(f"What is left of a bill is given up where it is {rules.small_balance:,} or less.")
    if rules.tolerance:
        says.append(f"A payment that is short or over by less than {rules.tolerance} settles its bill.")
    if rules.refund_two_above is not None:
        says.append(f"A refund above {rules.refund_two_above:,} needs two people.")
    fee = policy.fee(rules.bounce_fee) if rules.bounce_fee else None
    costs = f"{fee.amount} {fee.currency}" if fee else "nothing"
    says.append(f"A payment that bounces costs {costs}.")
    return PolicyRule("payments", "Payments", tuple(says), rules.source)


_DEBT_PARTS: Final = {
    DebtPart.PRINCIPAL: "the debt itself",
    DebtPart.INTEREST: "interest",
    DebtPart.FEES: "fees",
}


def corrections(policy: Policy) -> PolicyRule:
    """In words: what a rep may change of an issued bill, and what needs somebody who may approve."""
    rules = policy.corrections
    moved = (
        f"So is a due day moved by more than {counted(rules.move_approve_after_days, 'day')}; none is moved "
        f"by more than {counted(rules.move_most_days, 'day')}."
    )
    says = (
        f"More than {rules.credit_approve_above:,} is credited on a bill only by who may approve.",
        moved,
        "The customer is told in one sentence." if rules.tell else "Nobody is told of it.",
    )
    return PolicyRule("corrections", "Bills that are changed", says, rules.source)


def desk(policy: Policy) -> PolicyRule:
    """In words: what a rep settles alone, and what takes a second person."""
    rules = policy.desk
    first = (
        f", or a first payment of less than {rules.down_payment_percent} %"
        if rules.down_payment_percent
        else ""
    )
    outside = (
        f"A plan outside the bounds above{first} is approved by a second person; none has more than "
        f"{counted(rules.plan_longest, 'month')}."
    )
    disputed = (
        "After a dispute that was settled against the customer nothing is demanded for "
        f"{counted(rules.dispute_days, 'day')}."
    )
    written_off = (
        f"What is left of a bill is written off by a rep up to {rules.write_off_alone:,}, "
        "above that by who may approve."
    )
    says = (written_off, outside, disputed)
    return PolicyRule("desk", "What a rep settles", says, rules.source)


def following(policy: Policy) -> PolicyRule:
    """In words: when another ledger's list of open items is refused, and when a person is asked."""
    rules = policy.following
    doubted = (
        f"A list of open items that lacks more than {rules.shorter_percent} per cent of the bills open here, "
        f"or changes what stays on it by more than {rules.total_percent} per cent, needs a person."
    )
    lasts = (
        "Where more is open there than here for money that only we know, a person is asked after "
        f"{counted(rules.ask_after_days, 'day')}."
    )
    return PolicyRule("following", "Ledgers kept elsewhere", (doubted, lasts), rules.source)


def retention(policy: Policy) -> Iterator[PolicyRule]:
    """Retention in words: how long messages are kept."""
    rules = policy.retention
    if rules:
        says = (
            f"What was said is kept for {counted(rules.messages_days, 'day')} once an account is settled, "
            "and as long as a hold stands or a case is open; the ledger and what was decided stay."
        )
        erased = (
            f"The records of a person who was erased are kept for {counted(rules.records_days, 'day')} after "
            "the last entry."
            if rules.records_days
            else "The records of a person who was erased, without name or number, are kept without an end."
        )
        yield PolicyRule("retention", "Keeping", (says, erased), rules.source)
