"""In words: what every message must respect, whatever its content."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from typing import TYPE_CHECKING, Final

from billing.accounts.channels import Channel
from messages.policies.rule import PolicyRule, clock, counted, eve, listed, spoken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from billing.policy import Policy, Window

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_PROVEN: Final = {
    "contact_details": "a change of contact details",
    "payment_plan": "a payment plan",
    "explain_bill": "what a bill is made of",
}
_GEOGRAPHY: Final = "geography (IANA time zone names); that all zones of a region count is the window's rule"


def window(policy: Policy) -> PolicyRule:
    """What binds every message, in words: the hours in which it may leave."""
    rules = policy.window
    says = [f"Messages that nobody asked for leave only in these hours of the recipient: {_week(rules)}."]
    closed = [f"the public holidays of {rules.holidays}"] if rules.holidays else []
    closed += [eve(one) for one in rules.eves]
    says.append(f"Closed on {listed(closed)}." if closed else "Public holidays are days like any other.")
    says.append(
        "Where several time zones may be theirs, all are obeyed; where none is known, nothing leaves."
    )
    return PolicyRule("window", "Hours", tuple(says), rules.source)


def _week(rules: Window) -> str:
    """The hours of the week; days with the same hours are joined."""
    spans = []
    for hours, grouped in groupby(range(7), rules.on):
        days = list(grouped)
        name = _DAYS[days[0]] + (f" to {_DAYS[days[-1]]}" if len(days) > 1 else "")
        if hours:
            spans.append(f"{name} {clock(hours)}")
    shut = [_DAYS[day] for day in range(7) if rules.on(day) is None]
    return "; ".join(spans) + (f"; not on {listed(shut, 'or')}" if shut else "")


def zones(policy: Policy) -> Iterator[PolicyRule]:
    """What binds every message, in words: the time zone that applies to a customer."""
    if not policy.zones:
        return
    regions: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for region, found in policy.zones.items():
        regions[found].append(region)
    says = tuple(f"{listed(found)}: {', '.join(sorted(where))}." for found, where in sorted(regions.items()))
    yield PolicyRule("zones", "Time zones by region", says, _GEOGRAPHY)


def bank_days(policy: Policy) -> Iterator[PolicyRule]:
    """What binds every message, in words: the days on which banks book."""
    rules = policy.bank_days
    if rules is None:
        return
    eves = f", nor {listed((eve(one) for one in rules.eves), 'or')}" if rules.eves else ""
    says = f"Monday to Friday, but not the public holidays of {rules.country}{eves}."
    yield PolicyRule("bank_days", "Bank days", (says,), rules.source)


def caps(policy: Policy) -> PolicyRule:
    """What binds every message, in words: how many of them a customer may get."""
    rules = policy.caps
    often = (
        f"At most {counted(rules.per_bill, 'message')} about a bill and {rules.per_person} to a person in "
        f"any {counted(rules.days, 'day')}, over all channels together, at least "
        f"{counted(rules.min_gap_hours, 'hour')} apart."
    )
    return PolicyRule("caps", "How often", (often,), rules.source)


def identity(policy: Policy) -> PolicyRule:
    """What binds every message, in words: how customers identify themselves."""
    rules = policy.identity
    says = [
        f"The birth date, from a number on file, shows it for {counted(rules.lasts_hours, 'hour')}.",
        (
            f"{counted(rules.tries, 'wrong try').replace('trys', 'tries')} lock it for "
            f"{counted(rules.lock_hours, 'hour')}."
        ),
    ]
    if rules.proof_for:
        second = listed(_PROVEN[one] for one in rules.proof_for)
        says.append(f"A second answer, the postal code, is asked for: {second}.")
    return PolicyRule("identity", "Who is writing", tuple(says), rules.source)


def talk(policy: Policy) -> PolicyRule:
    """In words: when a conversation expires, and after how many misunderstandings a person takes over."""
    rules = policy.talk
    says = (
        (
            f"A question stays open for {counted(rules.expires_hours, 'hour')}; after "
            f"{counted(rules.misreads, 'answer')} that cannot be read a person takes over."
        ),
        (
            f"Whoever asks for a person is answered by one within "
            f"{counted(rules.person_within_hours, 'opening hour')}; in danger every hour counts."
        ),
    )
    return PolicyRule("talk", "Conversations", says, rules.source)


def content(policy: Policy) -> PolicyRule:
    """What binds every message, in words: how much each channel may disclose."""
    rules = policy.content
    before = spoken(rules.before_identity.name.lower())
    says = [f"Before a customer has shown who they are, at most: {before}."]
    after = defaultdict(list)
    for channel in Channel:
        after[rules.most(channel, identified=True)].append(channel.capabilities.called)
    says += [
        f"After it, at most {spoken(most.name.lower())}: {', '.join(channels)}."
        for most, channels in sorted(after.items(), reverse=True)
    ]
    says.append("A sealed letter to the address on file needs no showing.")
    if rules.opt_out_line:
        says.append("Every electronic message that nobody asked for says how to opt out.")
    for can in (channel for channel in Channel if channel.capabilities.bars_collection):
        what = "may remind" if rules.reminds(can) else "answers, and does not remind"
        says.append(f"{can.capabilities.called} {what}.")
    return PolicyRule("content", "What a channel may carry", tuple(says), rules.source)


def contact(policy: Policy) -> Iterator[PolicyRule]:
    """What binds every message, in words: how long a phone number counts as confirmed."""
    rules = policy.contact
    if rules is None:
        return
    says = (
        f"After {counted(rules.reverify_days, 'day')} without a sign from a number nothing that mentions a "
        "bill goes there: it hears that there is a message, and is asked whose it is."
    )
    yield PolicyRule("contact", "Numbers that may be somebody else's by now", (says,), rules.source)


def guarantor(policy: Policy) -> PolicyRule:
    """What binds every message, in words: what a guarantor sees of another's bills."""
    sees = policy.guarantor.sees_services
    named = "are named to them" if sees else "are never named to them"
    says = (
        f"Who answers for another adult's bills sees what is owed and when; the services {named}. "
        "Those of a minor are."
    )
    return PolicyRule("guarantor", "Guarantors", (says,), policy.guarantor.source)


def stop(policy: Policy) -> PolicyRule:
    """What binds every message, in words: what an opt-out stops."""
    rules = policy.stop
    closes = "every electronic channel" if rules.scope == "all" else "the channel it came on"
    says = [f"Counts at once and closes {closes}; it is confirmed once, within five minutes."]
    says.append(
        "Levels that the law requires may still come by letter."
        if rules.letters
        else "Nothing comes by letter either."
    )
    return PolicyRule("stop", "Stop", tuple(says), rules.source)
