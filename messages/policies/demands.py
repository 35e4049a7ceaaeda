"""In words: the reminder levels, fees and interest, and when reminders end."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from billing.dunning.dunning import ways_of
from messages.policies.rule import PolicyRule, by, counted, listed, spoken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from billing.policy import Fee, InterestRules, Level, PlacementRules, Policy

_CHECKS: Final = {
    "unbooked_money": "money has come in that may be theirs",
    "open_claim": "an insurer has not answered yet",
    "returned_post": "post came back",
    "credit_elsewhere": "they have money with us that no bill used",
    "recent_contact": "they have just written",
    "limitation": "the claim is too old",
    "minor": "they are a child",
    "proof_sent": "nobody knows that the bill was sent",
}
_NEEDS: Final = {
    "fee_agreed_at_origin": "the customer agreed to it no later than the debt arose",
    "complete_demand": "the demand holds every field its law asks for",
    "business": "the debtor is a business",
}


def announcement(policy: Policy) -> Iterator[PolicyRule]:
    """Demands in words: the notice before the first level of a large bill."""
    rules = policy.announcement
    if rules is None:
        return
    says = (
        f"A bill of {rules.above:,} or more is announced as soon as it is issued, with the ways to make it "
        f"lighter, by {by(rules.channels)}; nothing is demanded for {counted(rules.wait_days, 'day')} then."
    )
    yield PolicyRule("announcement", "A large bill", (says,), rules.source)


def small_sums(policy: Policy) -> Iterator[PolicyRule]:
    """Demands in words: what is too little to write about."""
    rules = policy.small_sums
    if rules.minimum:
        says = (
            f"Less than {rules.minimum:,} draws no reminder, fee or demand and goes to no collector.",
            "A plan or promise that is short by less counts as kept.",
        )
        yield PolicyRule("small_sums", "Small sums", says, rules.source)


def checklist(policy: Policy) -> Iterator[PolicyRule]:
    """What is checked before the first demand."""
    rules = policy.checklist
    if not rules.asks:
        return
    blocks = listed((_CHECKS[one] for one in rules.blocks), "or")
    says = [f"The first demand waits while {blocks}." if blocks else "Nothing of it keeps a demand back."]
    kept = [_CHECKS[one] for one in rules.asks if one not in rules.blocks]
    if kept:
        says.append(f"Kept with the decision, without waiting: whether {listed(kept, 'or')}.")
    if "recent_contact" in rules.blocks:
        says.append(f"Just written means within {counted(rules.recent_days, 'day')}.")
    yield PolicyRule("checklist", "Looked at before the first demand", tuple(says), rules.source)


def levels(policy: Policy) -> Iterator[PolicyRule]:
    """Demands in words: each reminder level, in order."""
    for number, level in enumerate(policy.levels, start=1):
        key = f"levels.{level.name}"
        yield PolicyRule(
            key, f"Level {number}, {level.name}", tuple(_level(policy, number, level)), level.source
        )


def _level(policy: Policy, number: int, level: Level) -> Iterator[str]:
    day = "the due date" if level.anchor == "due" else "the day the bill was issued"
    final = "the last; it goes with no other level" if level.final else f"tone: {level.tone}"
    yield f"{counted(level.after_due_days, 'day')} after {day}, by {by(level.channels)} ({final})."
    others = [way for way in ways_of(policy, number) if way not in level.channels]
    if others:
        yield f"Whom none of these reaches is written to by {by(others)}."
    yield f"At least {counted(level.wait_days, 'day')} pass before anything more. Wording: {level.template}."
    if level.mentions:
        yield f"It may speak of: {listed(spoken(one) for one in level.mentions)}."
    fee = policy.fee(level.fee) if level.fee else None
    if fee:
        yield f"The {fee.kind} fee comes with it where its conditions hold."
    if level.interest:
        yield "The interest that has accrued is booked with it."
    if level.required_by_law:
        yield "The law requires it: it may come by letter to somebody who wants no messages."


def fees(policy: Policy) -> Iterator[PolicyRule]:
    """Demands in words: every fee, those that are off too."""
    if not policy.fees:
        yield PolicyRule(
            "fees", "Fees", ("No message costs the customer anything.",), "no authority is named"
        )
    for fee in policy.fees:
        yield PolicyRule(f"fees.{fee.id}", f"{fee.kind.capitalize()} fee", tuple(_fee(fee)), fee.source)


def _fee(fee: Fee) -> Iterator[str]:
    if not fee.on:
        yield "Off."
    yield f"{fee.amount} {fee.currency}; {fee.authority} allows {fee.at_most} at most."
    often = "once" if fee.most_per_bill == 1 else f"{fee.most_per_bill} times"
    channels = f" by {by(fee.channels).replace(', else ', ' or ')}" if fee.channels else ""
    needs = f", and only if {listed(_NEEDS[one] for one in fee.needs)}" if fee.needs else ""
    yield f"At most {often} a bill{', with a message' + channels if channels else ''}{needs}."
    if fee.each == "day":
        yield "One for all that is demanded on a day, however many bills it is."


def interest(policy: Policy) -> Iterator[PolicyRule]:
    """Demands in words: the interest on overdue money."""
    rules = policy.interest
    if rules is None or not rules.on:
        source = rules.source if rules else "no authority is named"
        yield PolicyRule("interest", "Interest", ("Off: nothing bears interest.",), source)
        return
    says = [
        (
            f"Simple, from the day after the due date: the reference rate and {rules.add_percent} per cent "
            f"({rules.authority}); never on fees."
        )
    ]
    if rules.at_most_percent is not None:
        says.append(f"At most {rules.at_most_percent} per cent a year.")
    says += [f"{row.since} to {row.until}: {row.percent} per cent ({row.source})." for row in rules.rates]
    says += [f"{since} to {until}: no rate is known, so no interest." for since, until in gaps(rules)]
    last = max((row.until for row in rules.rates), default=None)
    says.append(
        f"After {last}: no rate is known, so no interest." if last else "No rate is known: no interest."
    )
    yield PolicyRule("interest", "Interest", tuple(says), rules.source)


def gaps(rules: InterestRules) -> Iterator[tuple[date, date]]:
    """The periods between two interest rates of demands that neither covers: first and last day."""
    one = timedelta(days=1)
    for before, after in pairwise(sorted(rules.rates, key=lambda row: row.since)):
        if before.until + one < after.since:
            yield before.until + one, after.since - one


def placement(policy: Policy) -> PolicyRule:
    """Demands in words: when a bill may be proposed to a person for placement with a collector."""
    rules = policy.placement
    says = [
        (
            "A bill that stayed unanswered is put before a person, who alone decides about a collector; "
            f"not below {rules.minimum:,}."
        )
    ]
    if rules.four_eyes_above is not None:
        says.append(f"Above {rules.four_eyes_above:,} two people approve.")
    says += _earliest(rules, policy.levels[-1].wait_days)
    if rules.needs_written_notice:
        says.append("The law wants a written demand first.")
    if rules.no_action_before_issued_days:
        days = counted(rules.no_action_before_issued_days, "day")
        says.append(f"A collector is told to take no extraordinary action for {days} after the first bill.")
    return PolicyRule("placement", "Collector", tuple(says), rules.source)


def _earliest(rules: PlacementRules, wait_days: int) -> Iterator[str]:
    days = [
        f"{counted(max(rules.after_final_days, wait_days), 'day')} after the final notice",
        f"{counted(rules.after_due_days, 'day')} after the due date",
    ]
    if rules.after_issued_days:
        days.append(f"{counted(rules.after_issued_days, 'day')} after the first bill")
    yield f"Not before {listed(days)}, whichever comes last."
    answer = f"The final notice leaves {counted(rules.minimum_answer_days, 'day')} to answer"
    if rules.answer_bank_days:
        answer += (
            f", and {counted(rules.answer_bank_days, 'bank day')} from the day it was received (a letter: "
            f"{counted(rules.receipt_bank_days, 'bank day')} after it was posted)"
        )
    posting = rules.posting_bank_days
    yield (
        f"{answer}; a payment may then be {counted(posting, 'bank day')} on its way."
        if posting
        else f"{answer}."
    )


def limitation(policy: Policy) -> PolicyRule:
    """Demands in words: how old a claim may be before it is time-barred."""
    rules = policy.limitation
    day = "it was issued" if rules.counts_from == "issued" else "it was due"
    says = [f"A bill is demanded for {counted(rules.years, 'year')} from the day {day}, and never after."]
    if rules.regions:
        regions = listed(f"{counted(years, 'year')} in {region}" for region, years in rules.regions.items())
        says.append(f"Instead: {regions}.")
    return PolicyRule("limitation", "Limitation", tuple(says), rules.source)


def aid(policy: Policy) -> Iterator[PolicyRule]:
    """Demands in words: until when help with the cost may be requested."""
    rules = policy.aid
    if rules is None:
        return
    says = [
        f"Help with the cost may be asked for until {counted(rules.window_days, 'day')} after the first bill."
    ]
    yield PolicyRule("aid", "Help with the cost", tuple(says), rules.source)
