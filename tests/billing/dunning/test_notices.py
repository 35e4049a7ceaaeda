"""Notices: said before a day to pay or soon after a missed one, once, and only while they are true."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from billing import policy
from billing.accounts.channels import Channel
from billing.accounts.holds import HoldKind
from billing.accounts.snapshot import PlacementState
from billing.dunning import notices
from billing.dunning.dunning import decide
from billing.dunning.notices import NoticeKind, Planned
from billing.gate import GateVerdict, OutgoingMessage, Purpose, Ruling, SendingSwitch, admit
from billing.plans.lapse import Lapse, LapseKind
from billing.plans.plans import PlanState
from billing.plans.promises import Promise
from billing.policy import ContentClass, Notices, Policy
from tests.builders import Someone, a_person, day, heard, moment

GENERIC = policy.load("generic")
BOTH = frozenset({Channel.SMS, Channel.TELEGRAM})
SOON = GENERIC.model_copy(
    update={"notices": Notices(source="test", due_soon_days=5, channels=(Channel.SMS,))}
)
ON_PLAN = a_person().owing(60000).on_plan(3, 25, "2026-03-02").with_sms()
"""First instalment 25 March 2026, a Wednesday."""
OWING = a_person().owing(60000, due="2026-03-25").with_sms()


def _plan(who: Someone, at: str, rules: Policy = GENERIC) -> Planned:
    return notices.plan(who.snapshot, rules, BOTH, moment(at))


def _notice_kind(who: Someone, at: str, rules: Policy = GENERIC) -> str:
    found = _plan(who, at, rules).notice
    return found.kind.value if found else ""


def _said(who: Someone, *marks: str) -> Someone:
    """The same person, to whom notices with these marks were written."""
    account = who.account
    bills = tuple(replace(bill, noticed=frozenset(marks)) for bill in account.bills)
    person = replace(who.snapshot, accounts=(*who.snapshot.accounts[:-1], replace(account, bills=bills)))
    return Someone(person)


def _agreed(who: Someone, at: str, **more: object) -> Someone:
    assert who.account.plan
    plan = replace(who.account.plan, agreed_at=moment(at), **more)  # type: ignore[arg-type]
    return Someone(replace(who.snapshot, accounts=(replace(who.account, plan=plan),)))


def _lapsed(who: Someone, lapse: Lapse) -> Someone:
    accounts = tuple(replace(account, lapse=lapse) for account in who.snapshot.accounts)
    return Someone(replace(who.snapshot, accounts=accounts))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-03-19 12:00", ""),
        ("2026-03-20 08:00", ""),  # before the window opens
        ("2026-03-20 12:00", "instalment_due"),
        ("2026-03-25 12:00", "instalment_due"),
        ("2026-03-26 12:00", ""),  # the money may be on its way
        ("2026-03-27 12:00", "instalment_missed"),
        ("2026-03-29 12:00", ""),  # a Sunday
        ("2026-03-30 12:00", "instalment_missed"),  # the last day of grace
        ("2026-03-31 12:00", ""),  # broken
    ],
)
def test_a_plan_is_spoken_of_before_and_after_the_day_of_an_instalment(at: str, expected: str) -> None:
    """Five days before, and two days after if it has not come; never once the plan is broken."""
    assert expected == _notice_kind(ON_PLAN, at)


@pytest.mark.parametrize(
    "who",
    [
        ON_PLAN.held(HoldKind.HARDSHIP),
        ON_PLAN.held(HoldKind.DISPUTE, bill_id="b1"),
        ON_PLAN.promising(20000, by="2026-04-03"),
        ON_PLAN.with_a_person(),
        ON_PLAN.stopped(),
        ON_PLAN.dead(),
        ON_PLAN.born("2015-01-01"),
        ON_PLAN.with_case("already_paid:4"),
        ON_PLAN.in_zones(),
        _agreed(ON_PLAN, "2026-03-01 12:00", state=PlanState.PROPOSED),
        a_person().owing(60000).on_plan(3, 25, "2026-03-02"),
        a_person().owing(60000).on_plan(3, 25, "2026-03-02").with_sms(consented=False),
        a_person().owing(60000, placement=PlacementState.PLACED).on_plan(3, 25, "2026-03-02").with_sms(),
        a_person().owing(60000, placement=PlacementState.FLAGGED).on_plan(3, 25, "2026-03-02").with_sms(),
    ],
)
def test_whatever_stops_a_demand_stops_a_notice(who: Someone) -> None:
    """All holds but the plan's own count, and nobody is written to who could not be reminded."""
    assert not _notice_kind(who, "2026-03-27 12:00")


def test_a_notice_names_a_day_that_leaves_time_to_catch_up() -> None:
    """Five days from the notice, or the grace of the plan if that is longer; a day once named stays."""
    found = _plan(ON_PLAN, "2026-03-27 12:00").notice
    assert found
    assert found.day == day("2026-04-01")
    first = ON_PLAN.account.plan
    assert first
    named = (replace(first.instalments[0], until=day("2026-04-01")), *first.instalments[1:])
    later = _plan(_agreed(ON_PLAN, "2026-03-01 12:00", instalments=named), "2026-03-31 12:00").notice
    assert later
    assert later.day == day("2026-04-01")


def test_nothing_is_said_twice_and_a_moved_instalment_is_another_one() -> None:
    """A mark on any bill of the plan is enough; the same instalment on another day has another mark."""
    found = _plan(ON_PLAN, "2026-03-27 12:00").notice
    assert found
    assert not _notice_kind(_said(ON_PLAN, found.mark), "2026-03-27 12:00")
    moved = a_person().owing(60000).on_plan(3, 26, "2026-03-02").with_sms()
    assert _notice_kind(_said(moved, found.mark), "2026-03-28 12:00")


def test_who_has_just_agreed_hears_nothing_of_the_first_day() -> None:
    """A plan made inside the days before its first instalment needs no word about it."""
    assert not _notice_kind(_agreed(ON_PLAN, "2026-03-20 12:00"), "2026-03-21 12:00")
    assert _notice_kind(_agreed(ON_PLAN, "2026-03-19 12:00"), "2026-03-21 12:00")


def test_bills_due_the_same_day_are_one_notice() -> None:
    """Bills not yet due are announced together, each once; a planned or promised one is not."""
    two = OWING.owing(10000, due="2026-03-25").owing(10000, due="2026-05-01")
    found = _plan(two, "2026-03-20 12:00", SOON).notice
    assert found
    assert (found.kind, found.bill_ids) == (NoticeKind.PAYMENT_DUE_SOON, ("b1", "b2"))
    assert not _notice_kind(_said(two, found.mark), "2026-03-20 12:00", SOON)
    assert not _notice_kind(OWING, "2026-03-20 12:00")
    assert not _notice_kind(OWING, "2026-03-26 12:00", SOON)
    assert not _notice_kind(ON_PLAN, "2026-01-30 12:00", SOON)
    assert not _notice_kind(OWING.promising(60000, by="2026-03-28"), "2026-03-20 12:00", SOON)


def test_the_end_of_a_plan_is_said_until_it_is_known_or_replaced() -> None:
    """Soon after it ended, once, and neither after a reminder nor beside a new agreement."""
    lapse = Lapse(LapseKind.PLAN, 7, moment("2026-03-31 12:00"), bill_ids=("b1",))
    lapsed = _lapsed(a_person().owing(60000).owing(500).with_sms(), lapse)
    found = _plan(lapsed, "2026-03-31 12:00").notice
    assert found
    assert (found.kind, found.bill_ids, found.day) == (NoticeKind.PLAN_ENDED, ("b1",), day("2026-03-31"))
    assert _notice_kind(lapsed, "2026-04-14 12:00")
    assert not _notice_kind(lapsed, "2026-04-15 12:00")
    assert not _notice_kind(_said(lapsed, found.mark), "2026-03-31 12:00")
    assert not _notice_kind(lapsed.promising(20000, by="2026-04-03"), "2026-04-01 12:00")
    assert not _notice_kind(lapsed.held(HoldKind.DISPUTE, bill_id="b1"), "2026-04-01 12:00")
    reminded = a_person().owing(60000, steps=[heard(1, "2026-04-01 12:00")]).with_sms()
    assert not _notice_kind(_lapsed(reminded, lapse), "2026-04-06 12:00")


def test_a_broken_promise_is_said_about_what_is_late_and_still_missing() -> None:
    """It names the day that was promised; what came after all, and a bill not yet due, are left out."""
    promise = Promise(3, "a1", 20000, day("2026-03-20"), 60000)
    lapse = Lapse(LapseKind.PROMISE, 3, moment("2026-03-24 12:00"), promise=promise)
    late = _lapsed(a_person().owing(60000).owing(500, due="2026-05-01").with_sms(), lapse)
    found = _plan(late, "2026-03-24 12:00").notice
    assert found
    assert (found.kind, found.bill_ids, found.day) == (NoticeKind.PROMISE_BROKEN, ("b1",), day("2026-03-20"))
    assert not _notice_kind(_lapsed(a_person().owing(40000).with_sms(), lapse), "2026-03-24 12:00")
    future = a_person().owing(60000, due="2026-05-01").with_sms()
    assert not _notice_kind(_lapsed(future, lapse), "2026-03-24 12:00")


def test_bills_above_their_estimates_on_one_day_are_one_notice() -> None:
    """What may be disputed until the same day is said at once, with the number of bills."""
    rules = policy.load("us+care")
    above = a_person().owing(90000).owing(80000).with_sms().snapshot
    bills = tuple(replace(bill, amount=bill.owed, estimate=1000) for bill in above.accounts[0].bills)
    person = replace(above, accounts=(replace(above.accounts[0], bills=bills),))
    issued = bills[0].issued_on
    (found,) = (
        one
        for one in notices.valid_notices(person, rules, issued)
        if one.kind is NoticeKind.ESTIMATE_EXCEEDED
    )
    assert found.bill_ids == ("b1", "b2")
    assert (found.opens_on, found.day) == (issued, issued + timedelta(days=120))


def test_a_notice_waits_for_its_turn_and_an_account_for_its_notice() -> None:
    """Caps and gaps bind notices too; what is not ready says when to look again."""
    assert _plan(ON_PLAN, "2026-03-10 12:00").times == {"a1": moment("2026-03-20 09:00")}
    written = ON_PLAN.written_to("2026-03-25 12:00")
    assert _plan(written, "2026-03-27 12:00").times == {"a1": moment("2026-03-28 12:00")}
    often = ON_PLAN.written_to("2026-03-24 12:00", "b1")
    assert _plan(often, "2026-03-27 12:00") == Planned(times={})  # too late by then
    held = ON_PLAN.held(HoldKind.MANUAL, "2026-03-28 10:00")
    assert _plan(held, "2026-03-27 12:00").times == {"a1": moment("2026-03-28 10:00")}


def test_a_reminder_gives_way_to_a_notice() -> None:
    """Only one message leaves at a time, and the one that cannot wait goes first."""
    who = a_person().owing(60000).on_plan(3, 25, "2026-03-02").answering_for("kid").owing(500).with_sms()
    now = moment("2026-03-27 12:00")
    planned = notices.plan(who.snapshot, GENERIC, BOTH, now)
    decision = decide(who.snapshot, GENERIC, BOTH, now)
    assert decision.reminder
    both = notices.along(decision, planned, GENERIC, now)
    assert both.reminder is None
    assert [(v.bill_id, v.verdict, v.reason) for v in both.verdicts] == [
        ("b1", "notice", "instalment_missed"),
        ("b2", "wait", "one_message_at_a_time"),
    ]
    assert decision == notices.along(decision, Planned(), GENERIC, now)


def test_the_second_notice_of_two_waits() -> None:
    """Two notices at once are two messages, with the gap between them."""
    who = ON_PLAN.answering_for("kid").owing(500, due="2026-03-30")
    rules = GENERIC.notices
    assert rules
    soon = GENERIC.model_copy(update={"notices": rules.model_copy(update={"due_soon_days": 5})})
    found = _plan(who, "2026-03-27 12:00", soon)
    assert found.notice
    assert found.notice.kind is NoticeKind.INSTALMENT_MISSED
    assert found.times == {"a2": moment("2026-03-30 12:00")}


def test_without_rules_there_are_no_notices() -> None:
    """A policy may leave them out, whole or one by one."""
    assert not _notice_kind(ON_PLAN, "2026-03-27 12:00", GENERIC.model_copy(update={"notices": None}))
    assert not _notice_kind(ON_PLAN, "2026-03-27 12:00", SOON)
    assert not _notice_kind(ON_PLAN, "2026-03-20 12:00", SOON)


def _leaves(who: Someone, mark: str, bills: tuple[str, ...], at: str, rules: Policy = GENERIC) -> GateVerdict:
    leaving = OutgoingMessage(
        Purpose.OUT,
        who.snapshot.reaches[0],
        ContentClass.NOTICE,
        moment(at),
        notice=mark,
        bill_ids=bills,
    )
    return admit(leaving, who.snapshot, rules, SendingSwitch.LIVE, moment(at))


def test_the_gate_looks_again_at_a_notice() -> None:
    """What was paid, held or moved in between is never announced; what was said does not matter there."""
    found = _plan(ON_PLAN, "2026-03-27 12:00").notice
    assert found
    at, mark = "2026-03-27 12:00", found.mark
    assert GateVerdict(Ruling.SEND, "due", bill_ids=("b1",)) == _leaves(
        _said(ON_PLAN, mark), mark, ("b1",), at
    )
    paid = a_person().owing(40000).on_plan(3, 25, "2026-03-02").with_sms()
    assert paid.account.plan
    paid = _agreed(paid, "2026-03-02 12:00", amount=60000, instalments=ON_PLAN.account.plan.instalments)  # type: ignore[union-attr]
    assert GateVerdict(Ruling.DROP, "no_longer_true") == _leaves(paid, mark, ("b1",), at)
    assert GateVerdict(Ruling.DROP, "hardship") == _leaves(ON_PLAN.held(HoldKind.HARDSHIP), mark, ("b1",), at)
    assert Ruling.LATER is _leaves(ON_PLAN, mark, ("b1",), "2026-03-27 22:00").ruling
    assert GateVerdict(Ruling.DROP, "no_longer_true") == _leaves(ON_PLAN, mark, ("b1",), "2026-03-20 12:00")


def test_the_gate_keeps_a_due_soon_notice_to_what_is_still_owed() -> None:
    """A bill that was paid or disputed in between is left out; with none left nothing leaves."""
    two, at = OWING.owing(10000, due="2026-03-25"), "2026-03-20 12:00"
    disputed = two.held(HoldKind.DISPUTE, bill_id="b1")
    mark = NoticeKind.PAYMENT_DUE_SOON.value
    assert _leaves(disputed, mark, ("b1", "b2"), at, SOON).bill_ids == ("b2",)
    assert GateVerdict(Ruling.DROP, "dispute") == _leaves(disputed, mark, ("b1",), at, SOON)


def test_a_notice_after_the_grace_is_refused() -> None:
    """A policy whose notice would come when the plan is broken already cannot be used."""
    rules = GENERIC.notices
    assert rules
    late = GENERIC.model_dump() | {"notices": rules.model_dump() | {"instalment_missed_days": 6}}
    with pytest.raises(ValueError, match="must be within"):
        Policy.model_validate(late)
