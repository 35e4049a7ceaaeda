"""Levels that cannot be said, or not on their day."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from billing.policy.parts import leave_to_remind
from billing.policy_checks.finding import note, to_fix, unsolicited

if TYPE_CHECKING:
    from collections.abc import Iterator

    from billing.policy import Policy
    from billing.policy_checks.finding import Deployment, PolicyFinding

_TONES: Final = ("notice", "friendly", "plain", "firm", "final")
_HOURS_A_DAY: Final = 24
_DAYS_A_YEAR: Final = 365


def set_up(policy: Policy, place: Deployment) -> Iterator[PolicyFinding]:
    """A level none of whose channels is set up is never heard, and nothing after it ever comes."""
    if place.channels is None:
        yield note(
            "channels", "no channel is set up yet, so whether each level can be sent was not looked at"
        )
        return
    for said in unsolicited(policy):
        if not place.channels.intersection(said.channels):
            names = ", ".join(said.channels)
            by_post = all(channel.on_paper for channel in said.channels)
            missing = "no letters are set up" if by_post else "none of them is set up"
            yield to_fix(said.key, f"it goes by {names}, and {missing}: set one up, or name another channel")


def barred(policy: Policy, _: Deployment) -> Iterator[PolicyFinding]:
    """A channel that bars collection may answer but not remind, unless the policy says so.

    WhatsApp's business policy is read as barring it (COMPLIANCE.md 1.2 and 6).
    """
    for said in unsolicited(policy):
        for channel in said.channels:
            if not policy.content.reminds(channel):
                yield to_fix(
                    said.key,
                    f"{channel.capabilities.called} may answer but not remind: take it out, or set "
                    f"content.{leave_to_remind(channel)}",
                )


def barred_wording(policy: Policy, _: Deployment) -> Iterator[PolicyFinding]:
    """A level by a channel that bars collection speaks of no collector, court or the like."""
    for level in policy.levels:
        threats = [mention for mention in level.mentions if mention != "deadline"]
        for channel in level.channels:
            if channel.capabilities.bars_collection and threats:
                what = ", ".join(threats).replace("_", " ")
                yield to_fix(
                    f"levels.{level.name}.mentions",
                    f"it may go by {channel.capabilities.called}, which carries no word of: {what}",
                )


def written_first(policy: Policy, _: Deployment) -> Iterator[PolicyFinding]:
    """Where the law wants a written demand, the final level goes by letter alone (inkassolag 5 §)."""
    last = policy.levels[-1]
    others = [channel.value for channel in last.channels if not channel.capabilities.written]
    if policy.placement.needs_written_notice and others:
        yield to_fix(
            f"levels.{last.name}.channels",
            f"placement.needs_written_notice wants a letter, and this one may go by {', '.join(others)}",
        )


def required_by_law(policy: Policy, _: Deployment) -> Iterator[PolicyFinding]:
    """A level that must still come after a stop can come by letter only."""
    for level in policy.levels:
        if level.required_by_law and all(channel.electronic for channel in level.channels):
            yield to_fix(
                f"levels.{level.name}.required_by_law", "after a stop it could go by letter only: add letter"
            )
        elif level.required_by_law and not policy.stop.letters:
            yield note(
                f"levels.{level.name}.required_by_law", "stop.letters is false, so a stop closes it too"
            )


def names(policy: Policy, _: Deployment) -> Iterator[PolicyFinding]:
    """Two levels of one name cannot be told apart."""
    for name, count in Counter(level.name for level in policy.levels).items():
        if count > 1:
            yield to_fix(f"levels.{name}.name", f"{count} levels carry this name: give each its own")


def tones(policy: Policy, _: Deployment) -> Iterator[PolicyFinding]:
    """Reminder levels grow firmer, never milder; only the last is final."""
    for before, after in pairwise(policy.levels):
        if _TONES.index(after.tone) < _TONES.index(before.tone):
            yield to_fix(
                f"levels.{after.name}.tone", f"{after.tone} is milder than {before.name}'s {before.tone}"
            )
    for level in policy.levels:
        if (level.tone == "final") is not level.final:
            yield to_fix(f"levels.{level.name}.tone", "the last level, and only it, has the tone final")


def waiting(policy: Policy, _: Deployment) -> Iterator[PolicyFinding]:
    """A level's waiting time shorter than the caps allow has no effect: the caps hold."""
    least = _least(policy)
    parts = [(f"levels.{level.name}", level.wait_days) for level in policy.levels[:-1]]
    parts += [("announcement", policy.announcement.wait_days)] if policy.announcement else []
    for key, days in parts:
        if days < least:
            yield note(
                f"{key}.wait_days",
                f"{days} days never hold: by [caps] the next message waits {least} days anyway",
            )


def on_its_day(policy: Policy, _: Deployment) -> Iterator[PolicyFinding]:
    """A level that must wait for the one before it beyond its own day can never come on that day."""
    earliest = earliest_days(policy)
    for (before, _day), (level, day) in pairwise(zip(policy.levels, earliest, strict=True)):
        if level.anchor == before.anchor and day > level.after_due_days:
            yield to_fix(
                f"levels.{level.name}.after_due_days",
                f"day {level.after_due_days} can never be: after {before.name} and its waiting time, "
                f"or by [caps], it comes on day {day} at the earliest",
            )


def before_limitation(policy: Policy, _: Deployment) -> Iterator[PolicyFinding]:
    """A level that would come only after the claim is too old never comes (invariant 47)."""
    shortest = min([policy.limitation.years, *policy.limitation.regions.values()]) * _DAYS_A_YEAR
    for level, day in zip(policy.levels, earliest_days(policy), strict=True):
        if day > shortest:
            yield to_fix(
                f"levels.{level.name}.after_due_days",
                f"it comes on day {day} at the earliest, when a claim may be too old: {shortest} days",
            )
    rules = policy.placement
    flag = max(
        rules.after_due_days, rules.after_issued_days, earliest_days(policy)[-1] + _after_final(policy)
    )
    if flag > shortest:
        yield to_fix(
            "placement", f"no bill is flagged before day {flag}, when a claim may be too old: {shortest} days"
        )


def before_placement(policy: Policy, _: Deployment) -> Iterator[PolicyFinding]:
    """A bill is flagged after its final level was heard, whatever an earlier day for it says."""
    rules, final = policy.placement, earliest_days(policy)[-1]
    if rules.after_due_days < final:
        yield note(
            "placement.after_due_days",
            f"{rules.after_due_days} days never decide: the final notice cannot come before day {final}",
        )
    if rules.after_final_days < policy.levels[-1].wait_days:
        yield note(
            "placement.after_final_days",
            f"{rules.after_final_days} days never decide: the last level waits {policy.levels[-1].wait_days}",
        )


def earliest_days(policy: Policy) -> list[int]:
    """The day each level comes at the earliest, where the first comes on its own."""
    caps, found = policy.caps, list[int]()
    every = min(caps.per_bill, caps.per_person)
    for number, level in enumerate(policy.levels):
        day = level.after_due_days
        if number:
            gap = -(-caps.min_gap_hours // _HOURS_A_DAY)
            day = max(day, found[-1] + max(policy.levels[number - 1].wait_days, gap))
        if number >= every:
            day = max(day, found[number - every] + caps.days)
        found.append(day)
    return found


def _least(policy: Policy) -> int:
    """How many days lie between two messages about one bill at least, whatever a level says."""
    caps = policy.caps
    gap = -(-caps.min_gap_hours // _HOURS_A_DAY)
    return max(gap, caps.days) if min(caps.per_bill, caps.per_person) == 1 else gap


def _after_final(policy: Policy) -> int:
    rules = policy.placement
    return max(rules.after_final_days, policy.levels[-1].wait_days, rules.minimum_answer_days)


RULES: Final = (
    set_up,
    barred,
    barred_wording,
    written_first,
    required_by_law,
    names,
    tones,
    waiting,
    on_its_day,
    before_limitation,
    before_placement,
)
