"""What would happen under a policy: the same answer always, and never what the rules forbid."""

from __future__ import annotations

import itertools
from collections import defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing import policy
from billing.accounts.channels import Channel
from billing.dunning.forecast import forecast
from billing.policy import ANNOUNCED
from tests.builders import Someone, a_person, heard_up_to, moment

if TYPE_CHECKING:
    from billing.dunning.forecast import Foreseen
    from billing.policy import Policy

START = moment("2026-02-01 12:00")
ALL = frozenset(Channel)
GENERIC = policy.load("generic")
POLICIES = st.sampled_from([policy.load(name) for name in policy.every()])
DAYS = st.dates(date(2025, 10, 1), date(2026, 5, 1))


@st.composite
def _people(draw: st.DrawFn) -> Someone:
    """Somebody with one to four bills, reached in some ways or none, some of them half reminded."""
    who = a_person(country="SE", currency="SEK")
    for _ in range(draw(st.integers(1, 4))):
        due = draw(DAYS)
        steps = heard_up_to(draw(st.integers(0, 3)), "2026-01-20 12:00")
        owed = draw(st.sampled_from([900, 60000, 2500000]))
        issued = (due - timedelta(days=30)).isoformat()
        who = who.owing(owed, due.isoformat(), issued=issued, steps=steps)
    if draw(st.booleans()):
        who = who.with_telegram()
    if draw(st.booleans()):
        who = who.with_sms()
    return who.with_letter() if draw(st.booleans()) else who


def _play(who: Someone, rules: Policy, days: int = 200) -> list[Foreseen]:
    return forecast(who.snapshot, rules, ALL, START, START + timedelta(days=days))


@given(_people(), POLICIES)
@settings(max_examples=60)
def test_nothing_is_foreseen_that_the_rules_forbid(who: Someone, rules: Policy) -> None:
    """Messages keep their distance, levels their order, hours their window, and a flag ends it."""
    events = _play(who, rules)
    assert events == _play(who, rules)
    messages = [event for event in events if event.reach]
    times = [event.at for event in messages]
    gap = timedelta(hours=rules.caps.min_gap_hours)
    assert all(later - earlier >= gap for earlier, later in itertools.pairwise(times))
    heard: dict[str, int] = defaultdict(int)
    for account in who.snapshot.accounts:
        heard.update({bill.bill_id: bill.heard for bill in account.bills})
    flagged: set[str] = set()
    for event in events:
        assert START <= event.at <= START + timedelta(days=200)
        assert flagged.isdisjoint(event.bill_ids)
        if event.flags:
            flagged.update(event.bill_ids)
        if event.level is not None and event.reach and event.level != ANNOUNCED:
            for bill_id in event.bill_ids:
                assert event.level == heard[bill_id] + 1
                heard[bill_id] = event.level
    assert all(heard[bill_id] == len(rules.levels) for bill_id in flagged)


@given(_people(), POLICIES)
@settings(max_examples=30)
def test_in_any_span_there_are_no_more_messages_than_the_caps_allow(who: Someone, rules: Policy) -> None:
    """Over all channels, to a person and about a bill."""
    messages = [event for event in _play(who, rules) if event.reach]
    span = timedelta(days=rules.caps.days)
    for first in messages:
        near = [event for event in messages if first.at <= event.at < first.at + span]
        assert len(near) <= rules.caps.per_person
        for bill_id in first.bill_ids:
            assert sum(bill_id in event.bill_ids for event in near) <= rules.caps.per_bill


def test_a_silent_customer_hears_every_level_and_is_flagged() -> None:
    """From the first level to the flag, each on its day."""
    events = _play(a_person().owing(60000, due="2026-01-31").with_sms(), GENERIC)
    assert [(event.at.date().isoformat(), event.what) for event in events] == [
        ("2026-02-03", "friendly"),
        ("2026-02-14", "reminder"),
        ("2026-03-02", "firm"),
        ("2026-03-17", "final"),
        ("2026-04-16", "unanswered"),
    ]
    assert [event.flags for event in events] == [False] * 4 + [True]


def test_nobody_is_foreseen_to_be_written_to_who_cannot_be_reached() -> None:
    """Somebody without a way is one case for the desk, and no message."""
    (event,) = _play(a_person().owing(60000, due="2026-01-31"), GENERIC)
    assert (event.what, event.reach) == ("no_usable_channel", None)


def test_a_plan_nobody_pays_is_noticed_broken_and_begins_again_at_the_mildest() -> None:
    """Notes around each instalment, the end of the plan, then the levels from the first."""
    who = a_person().owing(60000, due="2026-01-31").with_sms().on_plan(3, 25, "2026-02-01")
    events = _play(who, GENERIC, days=120)
    assert [event.what for event in events][:5] == [
        "instalment_due",
        "instalment_missed",
        "plan_ended",
        "friendly",
        "reminder",
    ]
    missed, friendly = events[1], events[3]
    assert missed.day is not None
    assert friendly.at.date() > missed.day


def test_a_word_before_a_bill_is_due_is_foreseen_where_the_policy_wants_it() -> None:
    """A policy that turns the notice on shows it, once."""
    assert GENERIC.notices
    often = GENERIC.caps.model_copy(update={"per_bill": 9, "per_person": 9, "min_gap_hours": 0})
    soon = GENERIC.notices.model_copy(update={"due_soon_days": 5})
    early = GENERIC.model_copy(update={"notices": soon, "caps": often})
    who = a_person().owing(60000, due="2026-02-20").with_sms()
    assert [event.what for event in _play(who, early, days=25)] == ["payment_due_soon", "friendly"]
    assert [event.what for event in _play(who, GENERIC, days=25)] == ["friendly"]


@pytest.mark.parametrize("days", [0, 1])
def test_what_lies_beyond_the_end_is_not_foreseen(days: int) -> None:
    """The last moment counts, the one after it does not."""
    who = a_person().owing(60000, due="2026-01-31").with_sms()
    until = moment("2026-02-03 09:00") - timedelta(minutes=1) + timedelta(minutes=days)
    assert len(forecast(who.snapshot, GENERIC, ALL, START, until)) == days
