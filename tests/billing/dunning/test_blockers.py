"""Blockers: what stands in the way of a demand, and until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing import policy
from billing.accounts.channels import Channel
from billing.accounts.holds import HoldKind
from billing.accounts.snapshot import PastMessage, PlacementState
from billing.dunning.blockers import Blocker, to_bill, to_hour, to_pace, to_reaching, zone_of
from tests.builders import Someone, a_person, moment

GENERIC = policy.load("generic")
NOW = moment("2026-03-02 12:00")  # a Monday
WAYS = (Channel.TELEGRAM, Channel.SMS)
ALL = frozenset(Channel)


def _blocker(who: Someone, at: str = "2026-03-02 12:00") -> Blocker | None:
    return to_bill(who.snapshot, who.account, who.bill, GENERIC, moment(at))


def test_an_open_bill_of_an_adult_may_be_demanded() -> None:
    """Nothing stands in the way of an ordinary overdue bill."""
    assert _blocker(a_person().owing(60000)) is None
    assert _blocker(a_person().owing(60000).born("1980-05-05")) is None


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        (a_person().owing(0), "paid"),
        (a_person().owing(-100), "paid"),
        (a_person().owing(60000).dead(), "deceased"),
        (
            a_person().answering_for("c1", died_on=moment("2026-01-01 00:00").date()).owing(60000),
            "deceased",
        ),
        (a_person().owing(60000).born("2010-01-01"), "minor_without_guarantor"),
        (a_person().owing(60000, placement=PlacementState.PLACED), "placed"),
        (a_person().owing(60000, issued="2023-03-01"), "time_barred"),
    ],
)
def test_what_never_passes_excludes_the_bill(who: Someone, reason: str) -> None:
    """Paid, dead, a child, with a collector, or too old: nothing is demanded, now or later."""
    assert Blocker("excluded", reason) == _blocker(who)


def test_a_child_is_never_asked_but_the_guarantor_is() -> None:
    """A bill of a child is demanded from the adult who answers for it."""
    child = moment("2020-01-01 00:00").date()
    assert _blocker(a_person().born("1980-01-01").answering_for("c1", birth_date=child).owing(9000)) is None


def test_the_last_day_of_limitation_is_still_open() -> None:
    """A claim of three years may be demanded to the end of its last day, by the person's calendar."""
    who = a_person().owing(60000, issued="2023-03-02").in_zones("America/New_York")
    assert _blocker(who, "2026-03-03 04:59") is None
    assert Blocker("excluded", "time_barred") == _blocker(who, "2026-03-03 05:00")


def test_a_plan_holds_its_bills_and_no_others() -> None:
    """Bills of a plan are left alone to the day after the next instalment's grace; a later bill is not."""
    planned = a_person().owing(60000).on_plan(3, 25, after="2026-02-26")
    assert Blocker("held", "plan", moment("2026-03-31 00:00")) == _blocker(planned)
    assert _blocker(planned.owing(5000)) is None


def test_a_plan_with_nothing_left_over_all_has_no_day_to_look_again() -> None:
    """While an overpaid bill makes up for an open one, the plan holds without a day to look again."""
    who = a_person().owing(-100).owing(200).on_plan(1, 25, after="2026-02-26").snapshot
    overpaid, still_open = who.accounts[0].bills
    account = replace(who.accounts[0], bills=(replace(overpaid, owed=-200), still_open))
    found = to_bill(replace(who, accounts=(account,)), account, still_open, GENERIC, NOW)
    assert Blocker("held", "plan") == found


def test_a_promise_holds_the_account_until_its_grace_is_over() -> None:
    """After a promise nothing is demanded to the end of its grace, by the person's clock."""
    who = a_person().in_zones("Europe/Stockholm").owing(60000).promising(60000, by="2026-03-06")
    assert Blocker("held", "promise", moment("2026-03-10 00:00", "Europe/Stockholm")) == _blocker(who)


@pytest.mark.parametrize("kind", list(HoldKind))
def test_every_kind_of_hold_keeps_the_bill(kind: HoldKind) -> None:
    """Whatever its reason, a standing hold is a blocker to the moment it ends."""
    until = "2026-03-09 00:00"
    assert Blocker("held", kind.value, moment(until)) == _blocker(a_person().owing(60000).held(kind, until))
    assert Blocker("held", kind.value) == _blocker(a_person().owing(60000).held(kind))
    assert _blocker(a_person().owing(60000).held(kind, "2026-03-02 12:00")) is None
    assert _blocker(a_person().owing(60000).held(kind, bill_id="other")) is None


def test_a_rep_in_the_conversation_keeps_the_machine_quiet() -> None:
    """Nothing is demanded while a person has taken over."""
    assert Blocker("held", "with_a_person") == _blocker(a_person().owing(60000).with_a_person())


def test_what_cannot_change_is_told_first() -> None:
    """A dead person with a plan, a hold and a stop is told of as dead."""
    who = a_person().owing(60000).on_plan(3, 25, after="2026-02-26").held(HoldKind.DISPUTE)
    assert Blocker("excluded", "deceased") == _blocker(who.dead())
    found = _blocker(who)
    assert found
    assert found.reason == "plan"


def test_the_first_usable_way_is_taken_in_the_levels_order() -> None:
    """The level's channels say what is tried first, not the order of the contact points."""
    who = a_person().with_sms().with_telegram().with_telegram().snapshot
    found = to_reaching(who, WAYS, frozenset(), ALL)
    assert who.reaches[1] == found
    assert who.reaches[0] == to_reaching(who, WAYS, frozenset(), ALL - {Channel.TELEGRAM})


def test_where_somebody_else_answers_another_way_is_taken_or_the_bill_rests() -> None:
    """Nothing is demanded where somebody said not to be the customer; without another way it is held."""
    who = a_person().with_sms(not_the_customer=True)
    assert Blocker("held", "person_first") == to_reaching(who.snapshot, WAYS, frozenset(), ALL)
    both = who.with_telegram().snapshot
    assert both.reaches[1] == to_reaching(both, WAYS, frozenset(), ALL)


def test_after_a_failure_another_way_is_taken() -> None:
    """A contact point on which an attempt failed is passed over for the next."""
    who = a_person().with_sms().with_telegram().with_telegram().snapshot
    assert who.reaches[2] == to_reaching(who, WAYS, frozenset({2}), ALL)
    assert who.reaches[0] == to_reaching(who, WAYS, frozenset({2, 3}), ALL)
    nothing_left = Blocker("escalate", "no_usable_channel")
    assert nothing_left == to_reaching(who, WAYS, frozenset({1, 2, 3}), ALL)


def test_nothing_goes_round_a_stop() -> None:
    """Somebody who said stop is not written to by any other way, not even by letter."""
    who = a_person().with_sms(stopped=True).with_telegram().with_letter().stopped().snapshot
    assert Blocker("escalate", "stopped") == to_reaching(who, tuple(Channel), frozenset(), ALL)


@pytest.mark.parametrize("why", ["consented", "stopped", "unreachable"])
def test_a_closed_way_is_no_way(why: str) -> None:
    """Without consent, after a stop, or at a dead number there is no way to write."""
    who = a_person().with_sms(**{why: why != "consented"}).snapshot
    assert Blocker("escalate", "no_usable_channel") == to_reaching(who, WAYS, frozenset(), ALL)


@pytest.mark.parametrize(
    ("past", "until"),
    [
        ([], None),
        (["2026-02-27 11:59"], None),  # the gap of 72 hours is over
        (["2026-02-27 12:00"], None),
        (["2026-02-27 12:01"], "2026-03-02 12:01"),
        (["2026-02-24 12:00", "2026-02-26 12:00"], "2026-03-03 12:00"),  # two in seven days
        (["2026-02-23 12:00", "2026-02-26 12:00"], None),  # the older one has just left the span
    ],
)
def test_caps_and_gap_make_the_next_message_wait(past: list[str], until: str | None) -> None:
    """The gap and the cap of a person say together when there is room again."""
    who = a_person()
    for at in past:
        who = who.written_to(at)
    expected = Blocker("wait", "contact_cap", moment(until)) if until else None
    assert expected == to_pace(who.snapshot, ["b1"], GENERIC.caps, NOW)


def test_the_cap_of_a_bill_counts_messages_about_it() -> None:
    """One message a week about a bill: another bill may still be written about."""
    who = a_person().written_to("2026-02-25 12:00", "b1").snapshot
    until = moment("2026-03-04 12:00")
    assert Blocker("wait", "contact_cap", until) == to_pace(who, ["b2", "b1"], GENERIC.caps, NOW)
    assert to_pace(who, ["b2"], GENERIC.caps, NOW) is None


@given(st.lists(st.integers(0, 60 * 24), max_size=60), st.sampled_from(["generic", "us"]))
def test_the_caps_hold_in_every_sliding_span(hours: list[int], name: str) -> None:
    """Writing whenever it is allowed never puts more into any seven days, or closer, than the policy says."""
    caps, who = policy.load(name).caps, a_person().snapshot
    for after in sorted(hours):
        at = NOW + timedelta(hours=after)
        if to_pace(who, ["b1"], caps, at) is None:
            past = (*who.past, PastMessage(at, frozenset({"b1"})))
            who = type(who)(who.person_id, "en", (), past=past)
    times = [message.at for message in who.past]
    for index, at in enumerate(times):
        within = [other for other in times[index:] if other - at < timedelta(days=caps.days)]
        assert len(within) <= min(caps.per_bill, caps.per_person)
        assert all(other - at >= timedelta(hours=caps.min_gap_hours) for other in within[1:])


def test_at_night_a_message_waits_for_the_morning() -> None:
    """Outside the window the blocker ends when it opens; inside there is none."""
    who = a_person().in_zones("America/New_York").snapshot
    night = Blocker("wait", "quiet_hours", moment("2026-03-02 14:00"))
    assert night == to_hour(who, GENERIC, NOW)
    assert to_hour(who, GENERIC, moment("2026-03-02 14:00")) is None


def test_an_unknown_zone_needs_a_person() -> None:
    """Where nobody knows the hour, a person has to find out."""
    assert Blocker("escalate", "unknown_zone") == to_hour(a_person().in_zones().snapshot, GENERIC, NOW)


def test_days_are_counted_in_one_zone() -> None:
    """Of several zones the same one is always taken; without any, UTC."""
    who = a_person().in_zones("Europe/Stockholm", "America/New_York")
    assert ZoneInfo("America/New_York") == zone_of(who.snapshot)
    assert ZoneInfo("UTC") == zone_of(a_person().in_zones().snapshot)


def test_an_attempt_counts_where_the_policy_says_so() -> None:
    """In New York City a message that did not arrive counts as one of three; the gap minds it nowhere."""
    nyc, us = policy.load("us+nyc").caps, policy.load("us").caps
    failed = tuple(
        PastMessage(NOW - timedelta(days=day), frozenset({"b1"}), failed=True) for day in (1, 2, 3)
    )
    who = replace(a_person().owing(100).with_sms().snapshot, past=failed)
    assert to_pace(who, ["b1"], us, NOW) is None
    found = to_pace(who, ["b1"], nyc, NOW)
    assert found
    assert found.until == NOW - timedelta(days=2) + timedelta(days=7)
