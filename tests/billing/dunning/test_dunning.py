"""Dunning: the next action for everything a person owes, and why."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing import policy
from billing.accounts.channels import Channel
from billing.accounts.holds import HoldKind
from billing.accounts.snapshot import DunningStep, PastMessage, PlacementState, StepState
from billing.calendar import local_day
from billing.dunning.blockers import to_hour, to_pace, zone_of
from billing.dunning.dunning import BillVerdict, DunningDecision, decide, ways_of
from tests.builders import Someone, a_person, day, heard, heard_up_to, moment

if TYPE_CHECKING:
    from billing.accounts.snapshot import BillSnapshot, PersonSnapshot
    from billing.dunning.dunning import Reminder
    from billing.policy import Policy

GENERIC = policy.load("generic")
SE = policy.load("se")
ALL = frozenset(Channel)
MARCH = "2026-03-02 12:00"  # a Monday, thirty days after the due date


def _decide(who: Someone, at: str = MARCH, rules: Policy = GENERIC) -> DunningDecision:
    return decide(who.snapshot, rules, ALL, moment(at))


def _one(who: Someone, at: str = MARCH, rules: Policy = GENERIC) -> BillVerdict:
    (verdict,) = _decide(who, at, rules).verdicts
    return verdict


def _verdict_of(verdict: BillVerdict) -> tuple[str, str]:
    return verdict.verdict, verdict.reason


OWES = a_person().owing(60000, due="2026-01-31").with_sms()


def test_before_the_first_level_a_bill_waits() -> None:
    """A bill is looked at again when its first level falls due: at the opening of that day."""
    found = _one(OWES, "2026-02-01 12:00")
    assert _verdict_of(found) == ("wait", "not_due")
    assert found.at == found.next_at == moment("2026-02-03 09:00")
    assert found.level == 1


def test_a_due_level_is_said() -> None:
    """On its day the first level makes a reminder, by the way the person is reached."""
    decision = _decide(OWES, "2026-02-03 09:00")
    assert decision.reminder
    assert (1, OWES.snapshot.reaches[0]) == (decision.reminder.level, decision.reminder.reach)
    assert _verdict_of(decision.verdicts[0]) == ("remind", "friendly")
    assert decision.verdicts == decision.reminder.verdicts


def test_a_level_that_falls_on_a_closed_day_waits_for_an_open_one() -> None:
    """A first level due on a Sunday is said on Monday."""
    found = _one(a_person().owing(60000, due="2026-02-05").with_sms(), "2026-02-06 12:00")
    assert moment("2026-02-09 09:00") == found.next_at


def test_a_late_look_begins_at_the_first_level() -> None:
    """However late the first look is, the mildest level comes first."""
    found = _one(OWES, "2026-12-01 12:00")
    assert (found.level, found.reason) == (1, "friendly")


@pytest.mark.parametrize(
    ("said", "at", "verdict", "level", "next_at"),
    [
        (
            1,
            "2026-02-03 12:00",
            "wait",
            2,
            "2026-02-14 10:00",
        ),  # fourteen days after the due date, a Saturday
        (1, "2026-03-02 12:00", "wait", 2, "2026-03-12 09:00"),  # said late: ten days' wait
        (2, "2026-02-14 12:00", "wait", 3, "2026-03-02 09:00"),  # thirty days after the due date
        (3, "2026-03-02 12:00", "wait", 4, "2026-03-17 09:00"),  # forty-five days after the due date
    ],
)
def test_the_next_level_waits_for_its_day_and_for_an_answer(
    said: int, at: str, verdict: str, level: int, next_at: str
) -> None:
    """The next level comes on its day after the due date, and never before the last one's waiting time."""
    found = _one(a_person().owing(60000, steps=heard_up_to(said, at)).with_sms(), at)
    assert (verdict, level, moment(next_at)) == (found.verdict, found.level, found.next_at)


def test_a_new_episode_begins_when_it_begins() -> None:
    """After a broken plan the levels begin again, not before the day the new episode began."""
    found = _one(a_person().owing(60000, since="2026-03-20 15:00").with_sms())
    assert moment("2026-03-20 09:00") == found.next_at


@pytest.mark.parametrize(
    ("state", "reason"), [(StepState.QUEUED, "on_its_way"), (StepState.PARKED, "in_doubt")]
)
def test_what_is_under_way_is_not_said_again(state: StepState, reason: str) -> None:
    """A queued reminder, or one that nobody knows about, is waited for: its outcome reschedules it."""
    found = _one(a_person().owing(60000, steps=[DunningStep(1, state)]).with_sms())
    assert ("wait", reason) == _verdict_of(found)
    assert found.next_at is None


def test_a_withdrawn_level_is_taken_again() -> None:
    """What was cancelled before it left may be said again at the same level."""
    found = _one(a_person().owing(60000, steps=[DunningStep(1, StepState.CANCELLED)]).with_sms())
    assert (found.verdict, found.level) == ("remind", 1)


def test_after_a_failure_the_other_channel_says_it() -> None:
    """A level that certainly was not heard goes by the next way, still at the same level."""
    failed = DunningStep(1, StepState.UNHEARD, failed_on=frozenset({2}))
    found = _one(a_person().owing(60000, steps=[failed]).with_sms().with_telegram())
    assert found.reach
    assert (found.verdict, found.level, found.reach.channel) == ("remind", 1, Channel.SMS)


def test_when_every_way_failed_a_person_must_see_it() -> None:
    """A level that could not be heard by any way is a case, and never leads to the next level."""
    failed = DunningStep(1, StepState.UNHEARD, failed_on=frozenset({1}))
    found = _one(a_person().owing(60000, steps=[failed]).with_sms())
    assert (*_verdict_of(found), found.level) == ("escalate", "no_usable_channel", 1)
    assert found.case == "no_usable_channel:p1"


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_who_only_has_an_address_hears_every_level(level: int) -> None:
    """Sweden's first level names electronic channels: somebody with a letterbox alone gets it by letter."""
    steps = [heard(number, f"2026-0{number + 1}-01 12:00") for number in range(1, level)]
    who = a_person().in_zones("Europe/Stockholm").owing(60000, issued="2026-01-01", steps=steps).with_letter()
    found = decide(who.snapshot, SE, frozenset(Channel), moment("2026-09-01 12:00"))
    assert found.reminder
    assert (found.reminder.level, found.reminder.reach.channel) == (level, Channel.LETTER)


def test_a_large_bill_is_announced_to_whom_only_a_letter_reaches() -> None:
    """The announcement before the first level goes by the next channel as well."""
    who = a_person().in_zones("Europe/Stockholm").owing(2000000, issued="2026-01-01").with_letter()
    found = decide(who.snapshot, SE, frozenset(Channel), moment("2026-09-01 12:00"))
    assert found.reminder
    assert (found.reminder.level, found.reminder.reach.channel) == (0, Channel.LETTER)


def test_what_no_longer_reaches_gives_way_to_the_next_channel() -> None:
    """A phone that failed leaves the letter; a level's own channels go first, in their order."""
    failed = DunningStep(1, StepState.UNHEARD, failed_on=frozenset({1}))
    who = a_person().in_zones("Europe/Stockholm").owing(60000, issued="2026-01-01")
    both = who.with_sms().with_letter()
    again = a_person().in_zones("Europe/Stockholm").owing(60000, issued="2026-01-01", steps=[failed])
    ways = []
    for one in (both, again.with_sms().with_letter()):
        found = decide(one.snapshot, SE, frozenset(Channel), moment("2026-09-01 12:00"))
        assert found.reminder
        ways.append(found.reminder.reach.channel)
    assert ways == [Channel.SMS, Channel.LETTER]


def test_a_final_notice_keeps_to_its_own_channels_and_paper() -> None:
    """The law says how a demand comes: no text message stands in for the letter, but a letter for any."""
    assert ways_of(SE, 4) == (Channel.LETTER,)
    assert ways_of(SE, 1) == (Channel.TELEGRAM, Channel.SMS, Channel.LETTER, Channel.EMAIL)
    assert ways_of(GENERIC, 4) == (Channel.SMS, Channel.TELEGRAM, Channel.LETTER)


@pytest.mark.parametrize("name", policy.names())
@pytest.mark.parametrize("way", [Channel.LETTER, Channel.EMAIL, Channel.SMS, Channel.TELEGRAM])
def test_whoever_is_reached_by_one_way_hears_each_level_by_it(name: str, way: Channel) -> None:
    """Whether a policy lists it for the level or not: only a final notice keeps to its own ways and paper."""
    rules = policy.load(name)
    for number, level in enumerate(rules.levels, start=1):
        assert way in ways_of(rules, number) or level.final


def test_nothing_goes_round_a_stop() -> None:
    """After a stop no other channel is tried, failed attempt or not: the desk decides."""
    failed = DunningStep(1, StepState.UNHEARD, failed_on=frozenset({1}))
    who = a_person().owing(60000, steps=[failed]).with_sms().with_telegram().with_letter().stopped()
    assert _verdict_of(_one(who)) == ("escalate", "stopped")
    assert _decide(who).reminder is None


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        (a_person().owing(60000), "no_usable_channel"),
        (OWES.stopped(), "stopped"),
        (OWES.in_zones(), "unknown_zone"),
    ],
)
def test_a_case_is_raised_once(who: Someone, reason: str) -> None:
    """The case has one key; while it is open it is not raised again, nor the account looked at for it."""
    first = _one(who)
    assert (f"{reason}:p1", "escalate") == (first.case, first.verdict)
    assert first.next_at
    again = _one(who.with_case(first.case))
    assert ("", "escalate", reason) == (again.case, again.verdict, again.reason)
    assert again.next_at is None


def test_two_bills_make_one_case_of_the_person() -> None:
    """What is wrong with the person is one case, however many bills it keeps."""
    cases = {verdict.case for verdict in _decide(OWES.owing(500).stopped()).verdicts}
    assert cases == {"stopped:p1"}


def test_before_a_level_is_due_an_unreachable_person_is_no_case() -> None:
    """Nobody is bothered about a missing phone number before there is something to say."""
    assert _verdict_of(_one(a_person().owing(60000), "2026-02-01 12:00")) == ("wait", "not_due")


@pytest.mark.parametrize(
    ("who", "verdict", "reason"),
    [
        (OWES.dead(), "excluded", "deceased"),
        (OWES.born("2010-01-01"), "excluded", "minor_without_guarantor"),
        (a_person().owing(60000, placement=PlacementState.PLACED).with_sms(), "excluded", "placed"),
        (a_person().owing(1, issued="2020-01-01").with_sms(), "excluded", "time_barred"),
        (OWES.held(HoldKind.HARDSHIP), "held", "hardship"),
        (OWES.with_a_person(), "held", "with_a_person"),
        (a_person().owing(60000, placement=PlacementState.FLAGGED).with_sms(), "escalate", "flagged"),
    ],
)
def test_what_only_an_event_changes_is_not_looked_at_again(who: Someone, verdict: str, reason: str) -> None:
    """Dead, a child, placed, barred, held or with a person: no message, no case, no next look."""
    decision = _decide(who)
    found = decision.verdicts[0]
    assert (verdict, reason, "", None) == (*_verdict_of(found), found.case, found.next_at)
    assert decision.reminder is None
    assert decision.next_action_at("a1") is None


@pytest.mark.parametrize(
    ("who", "reason", "next_at"),
    [
        (OWES.held(HoldKind.ALREADY_PAID, "2026-03-09 00:00"), "already_paid", "2026-03-09 00:00"),
        (OWES.on_plan(3, 25, after="2026-02-26"), "plan", "2026-03-31 00:00"),
        (OWES.promising(60000, by="2026-03-06"), "promise", "2026-03-10 00:00"),
    ],
)
def test_what_passes_by_itself_is_looked_at_when_it_has(who: Someone, reason: str, next_at: str) -> None:
    """A hold with an end, a plan and a promise say when to look again."""
    decision = _decide(who)
    assert ("held", reason) == _verdict_of(decision.verdicts[0])
    assert moment(next_at) == decision.next_action_at("a1")


def test_a_returned_bill_goes_on() -> None:
    """A bill that a person returned instead of placing it is demanded again."""
    found = _one(a_person().owing(60000, placement=PlacementState.RETURNED).with_sms())
    assert found.verdict == "remind"


def test_a_paid_bill_is_not_mentioned_at_all() -> None:
    """Bills with nothing left to pay have no verdict."""
    decision = _decide(a_person().owing(0).owing(-5).with_sms())
    assert decision.verdicts == ()
    assert decision.next_action_at("a1") is None


def test_in_quiet_hours_the_reminder_waits() -> None:
    """At night a due level waits for the window, and says so."""
    found = _one(OWES, "2026-03-02 20:00")
    assert _verdict_of(found) == ("wait", "quiet_hours")
    assert found.at == found.next_at == moment("2026-03-03 09:00")


def test_the_gap_between_messages_is_kept() -> None:
    """After any message to the person the next waits for the gap."""
    found = _one(OWES.written_to("2026-03-01 12:00", "b9"))
    assert _verdict_of(found) == ("wait", "contact_cap")
    assert moment("2026-03-04 12:00") == found.next_at


def test_one_message_carries_all_bills_at_one_level() -> None:
    """Bills at the same level go together, over all accounts the person answers for."""
    decision = _decide(OWES.owing(500).answering_for("c1").owing(700))
    assert decision.reminder
    assert [verdict.bill_id for verdict in decision.reminder.verdicts] == ["b1", "b2", "b3"]
    assert [verdict.customer_id for verdict in decision.verdicts] == ["p1", "p1", "c1"]


def test_bills_at_different_levels_take_turns() -> None:
    """The highest level that is ready goes first; the others look again after the gap."""
    second = a_person().owing(500).owing(600, steps=[heard(1, "2026-02-03 12:00")]).owing(700).with_sms()
    decision = _decide(second)
    assert decision.reminder
    assert (decision.reminder.level, [v.bill_id for v in decision.reminder.verdicts]) == (2, ["b2"])
    waiting = [verdict for verdict in decision.verdicts if verdict.verdict == "wait"]
    assert [verdict.bill_id for verdict in waiting] == ["b1", "b3"]
    assert {("wait", "one_message_at_a_time")} == {_verdict_of(verdict) for verdict in waiting}
    assert {moment("2026-03-05 12:00")} == {verdict.next_at for verdict in waiting}


def test_bills_that_go_by_different_ways_take_turns() -> None:
    """A bill whose level failed on one way does not drag the others along."""
    failed = DunningStep(1, StepState.UNHEARD, failed_on=frozenset({1}))
    decision = _decide(a_person().owing(500).owing(600, steps=[failed]).with_sms().with_sms())
    assert decision.reminder
    assert [verdict.bill_id for verdict in decision.reminder.verdicts] == ["b1"]
    assert _verdict_of(decision.verdicts[1]) == ("wait", "one_message_at_a_time")


def test_without_a_gap_the_others_still_wait_an_hour() -> None:
    """A policy without a gap makes no loop: the bills that wait are looked at an hour later."""
    hurried = GENERIC.model_copy(update={"caps": GENERIC.caps.model_copy(update={"min_gap_hours": 0})})
    who = a_person().owing(500).owing(600, steps=[heard(1, "2026-02-03 12:00")]).with_sms()
    assert moment("2026-03-02 13:00") == _decide(who, MARCH, hurried).verdicts[0].next_at


def test_a_final_notice_shares_a_message_only_with_final_notices() -> None:
    """Bills whose final notices are due at once make one message; a bill at another level waits."""
    said = heard_up_to(3, "2026-02-01 12:00")
    who = (
        a_person()
        .owing(500, due="2026-01-20", steps=said)
        .owing(600, due="2026-01-10", steps=said, bill_id="z")
        .owing(700, due="2026-01-10", steps=said, bill_id="y")
        .owing(800, due="2025-12-01", steps=said[:2])
        .with_sms()
    )
    decision = _decide(who, "2026-03-16 12:00")
    assert decision.reminder
    finals = [verdict.bill_id for verdict in decision.reminder.verdicts]
    assert (decision.reminder.level, finals) == (4, ["b1", "z", "y"])
    assert [_verdict_of(verdict) for verdict in decision.verdicts if verdict.bill_id not in finals] == [
        ("wait", "one_message_at_a_time")
    ]


FINAL = heard_up_to(4, "2026-03-17 12:00")


def test_after_the_final_notice_the_answer_is_awaited() -> None:
    """For thirty days after the final notice nothing happens; then a person is asked."""
    who = a_person().owing(60000, steps=FINAL).with_sms()
    waiting = _one(who, "2026-04-15 23:59")
    assert _verdict_of(waiting) == ("wait", "answer_time")
    assert moment("2026-04-16 00:00") == waiting.next_at
    found = _one(who, "2026-04-16 00:00")
    assert (*_verdict_of(found), found.case) == ("escalate", "unanswered", "placement:b1")


def test_an_unanswered_bill_is_one_case() -> None:
    """While the case is open the bill is not raised again."""
    found = _one(
        a_person().owing(60000, steps=FINAL).with_sms().with_case("placement:b1"), "2026-05-01 12:00"
    )
    assert (*_verdict_of(found), found.case, found.next_at) == ("escalate", "unanswered", "", None)


@pytest.mark.parametrize(("owed", "verdict"), [(2499, "excluded"), (2500, "escalate")])
def test_a_small_bill_is_never_flagged(owed: int, verdict: str) -> None:
    """Below the policy's minimum a bill is left alone after its last level."""
    assert verdict == _one(a_person().owing(owed, steps=FINAL).with_sms(), "2026-05-01 12:00").verdict


def test_the_minimum_is_in_units_of_the_currency() -> None:
    """Twenty-five yen are twenty-five minor units."""
    found = _one(a_person(currency="JPY").owing(25, steps=FINAL).with_sms(), "2026-05-01 12:00")
    assert found.verdict == "escalate"


@pytest.mark.parametrize(
    ("placement", "wait_days", "again"),
    [
        ({"after_final_days": 0, "after_due_days": 0, "minimum_answer_days": 14}, 1, "2026-04-01"),
        ({"after_final_days": 20, "after_due_days": 0, "minimum_answer_days": 14}, 1, "2026-04-06"),
        ({"after_final_days": 0, "after_due_days": 90, "minimum_answer_days": 14}, 1, "2026-05-01"),
        ({"after_final_days": 0, "after_due_days": 0, "minimum_answer_days": 14}, 40, "2026-04-26"),
    ],
)
def test_nobody_is_flagged_before_the_last_day_to_answer_is_over(
    placement: dict[str, int], wait_days: int, again: str
) -> None:
    """Whatever a policy says otherwise, the days a final notice gives to answer go by first."""
    last = GENERIC.levels[-1].model_copy(update={"wait_days": wait_days})
    rules = GENERIC.model_copy(
        update={
            "levels": (*GENERIC.levels[:-1], last),
            "placement": GENERIC.placement.model_copy(update=placement),
        }
    )
    found = _one(a_person().owing(60000, steps=FINAL).with_sms(), "2026-03-18 12:00", rules)
    assert moment(f"{again} 00:00") == found.next_at


def test_a_policy_with_fewer_levels_counts_from_the_due_date() -> None:
    """Where the last level's own moment is not known, the answer is awaited from the due date."""
    found = _one(a_person().owing(60000, steps=[DunningStep(4, StepState.HEARD)]).with_sms())
    assert moment("2026-04-01 00:00") == found.next_at


def test_a_level_before_without_its_moment_does_not_delay() -> None:
    """Where it is not known when the level before was heard, only the due date counts."""
    found = _one(a_person().owing(60000, steps=[DunningStep(1, StepState.HEARD)]).with_sms())
    assert (found.verdict, found.level) == ("remind", 2)


def test_the_account_is_looked_at_when_its_first_bill_needs_it() -> None:
    """Each account's next look is the earliest of its own bills'."""
    who = a_person().owing(500, due="2026-03-20").owing(500, due="2026-03-10")
    decision = _decide(who.answering_for("c1").owing(700, due="2026-03-01").with_sms())
    assert moment("2026-03-13 09:00") == decision.next_action_at("a1")
    assert moment("2026-03-04 09:00") == decision.next_action_at("a2")


@dataclass(slots=True)
class _Story:
    """A person through time: what was decided is said, and heard, fails, or is withdrawn."""

    person: PersonSnapshot
    rules: Policy
    said: list[tuple[str, int, datetime]] = field(default_factory=list)

    def ask(self, now: datetime, outcome: StepState) -> DunningDecision:
        """Decide, check everything a reminder must keep, and let it come to ``outcome``."""
        decision = decide(self.person, self.rules, ALL, now)
        assert decision == decide(self.person, self.rules, ALL, now)
        if decision.reminder:
            self.check(decision.reminder, now)
            self.take(decision.reminder, now, outcome)
        return decision

    def changed(self, decision: DunningDecision) -> bool:
        """Open the cases that were raised; whether anything happened that reschedules the account at once."""
        raised = {verdict.case for verdict in decision.verdicts} - {""}
        self.person = replace(self.person, cases=self.person.cases | raised)
        return bool(raised or decision.reminder)

    def check(self, reminder: Reminder, now: datetime) -> None:
        today, bills = local_day(now, zone_of(self.person)), self.bills()
        assert {verdict.level for verdict in reminder.verdicts} == {reminder.level}
        assert to_hour(self.person, self.rules, now) is None or not reminder.reach.channel.electronic
        assert to_pace(self.person, [v.bill_id for v in reminder.verdicts], self.rules.caps, now) is None
        assert reminder.reach.usable
        for verdict in reminder.verdicts:
            bill, level = bills[verdict.bill_id], self.rules.level(reminder.level)
            assert reminder.level == bill.heard + 1
            assert today >= bill.due_on + timedelta(days=level.after_due_days)
            step = bill.step(reminder.level)
            assert step is None or reminder.reach.contact_point_id not in step.failed_on
            before = [at for about, number, at in self.said if (about, number) == (bill.bill_id, bill.heard)]
            waited = timedelta(days=self.rules.level(bill.heard).wait_days) if bill.heard else timedelta()
            assert all(today >= local_day(at, zone_of(self.person)) + waited for at in before)

    def take(self, reminder: Reminder, now: datetime, outcome: StepState) -> None:
        ids = frozenset(verdict.bill_id for verdict in reminder.verdicts)
        failed = frozenset({reminder.reach.contact_point_id} if outcome is StepState.UNHEARD else ())
        accounts = tuple(
            replace(
                account,
                bills=tuple(
                    replace(bill, steps=self.steps(bill.steps, reminder.level, outcome, now, failed))
                    if bill.bill_id in ids
                    else bill
                    for bill in account.bills
                ),
            )
            for account in self.person.accounts
        )
        past = self.person.past
        if outcome is StepState.HEARD:
            past = (*past, PastMessage(now, ids))
            self.said += [(bill_id, reminder.level, now) for bill_id in sorted(ids)]
        self.person = replace(self.person, accounts=accounts, past=past)

    @staticmethod
    def steps(
        steps: tuple[DunningStep, ...], level: int, outcome: StepState, now: datetime, failed: frozenset[int]
    ) -> tuple[DunningStep, ...]:
        old = next((step for step in steps if step.level == level), DunningStep(level, outcome))
        at = now if outcome is StepState.HEARD else None
        new = DunningStep(level, outcome, at, old.failed_on | failed)
        return (*(step for step in steps if step.level != level), new)

    def bills(self) -> dict[str, BillSnapshot]:
        return {bill.bill_id: bill for account in self.person.accounts for bill in account.bills}


outcomes = st.sampled_from(
    [StepState.HEARD, StepState.HEARD, StepState.HEARD, StepState.UNHEARD, StepState.CANCELLED]
)
looks = st.lists(st.tuples(st.integers(-72, 30 * 24), outcomes), min_size=10, max_size=50)
dues = st.lists(st.integers(0, 60), min_size=1, max_size=4)
places = st.sampled_from([("UTC",), ("America/New_York", "America/Chicago"), ("Asia/Kathmandu",)])


def _person(due_after: list[int], zones: tuple[str, ...]) -> PersonSnapshot:
    who = a_person().with_sms().with_telegram().with_letter().in_zones(*zones)
    for days in due_after:
        due = moment("2026-01-31 00:00") + timedelta(days=days)
        who = who.owing(60000 + days, due=due.date().isoformat())
    return who.snapshot


@settings(max_examples=150)
@given(looks, dues, places, st.sampled_from(policy.names()))
def test_levels_come_in_order_whenever_it_is_asked(
    asked: list[tuple[int, StepState]], due_after: list[int], zones: tuple[str, ...], name: str
) -> None:
    """Asked at any times, whatever became of the messages: no level is skipped, repeated or too soon."""
    story, now = _Story(_person(due_after, zones), policy.load(name)), moment("2026-01-20 12:00")
    for hours, outcome in asked:
        now += timedelta(hours=hours)
        story.ask(now, outcome)
    for bill_id in story.bills():
        levels = [level for about, level, _ in story.said if about == bill_id]
        assert list(range(1, len(levels) + 1)) == levels


@settings(max_examples=60)
@given(dues, places, st.sampled_from(policy.names()))
def test_following_the_next_look_every_bill_comes_to_its_end(
    due_after: list[int], zones: tuple[str, ...], name: str
) -> None:
    """Looking only when told to, each bill hears every level once and then comes to a person."""
    rules = policy.load(name)
    story, now = _Story(_person(due_after, zones), rules), moment("2026-01-20 12:00")
    decision = story.ask(now, StepState.HEARD)
    while {verdict.reason for verdict in decision.verdicts} != {"unanswered"}:
        if not story.changed(decision):
            again = decision.next_action_at("a1")
            assert again
            assert again > now
            now = again
        decision = story.ask(now, StepState.HEARD)
    expected = [(f"b{n + 1}", level) for n in range(len(due_after)) for level in (1, 2, 3, 4)]
    assert expected == sorted((bill_id, level) for bill_id, level, _ in story.said)


def test_after_a_stop_only_what_the_law_requires_goes_and_only_by_letter() -> None:
    """The Swedish demand may still come by post; the reminders before it, and every text, are a case."""
    swedish = policy.load("se")
    early = a_person().owing(60000).with_sms().with_letter().stopped()
    late = (
        a_person().owing(60000, steps=heard_up_to(3, "2026-02-20 12:00")).with_sms().with_letter().stopped()
    )
    assert _one(early, rules=swedish).verdict == "escalate"
    decision = _decide(late, "2026-03-20 12:00", swedish)
    assert decision.reminder
    assert decision.reminder.reach.channel is Channel.LETTER


def test_a_letter_minds_no_hours() -> None:
    """A letter may be made at night: it is read by day."""
    swedish = policy.load("se")
    who = a_person().owing(60000, steps=heard_up_to(3, "2026-02-20 12:00")).with_letter()
    assert _decide(who, "2026-03-20 02:00", swedish).reminder


def test_a_final_notice_does_not_go_to_a_number_that_may_be_somebody_elses() -> None:
    """After half a year of silence the number may belong to another: a person looks first."""
    who = a_person().owing(60000, steps=heard_up_to(3, "2026-02-20 12:00")).with_sms()
    assert _one(who, "2026-03-20 12:00").verdict == "remind"
    old = _one(who.silent_since("2025-08-01 12:00"), "2026-03-20 12:00")
    assert _verdict_of(old) == ("escalate", "number_unconfirmed")


def test_the_flag_waits_for_the_deadline_that_was_stated() -> None:
    """What the final notice promised counts, also when a changed policy would promise less."""
    stated = day("2026-06-01")
    steps = [*heard_up_to(3, "2026-02-01 12:00"), heard(4, "2026-03-17 12:00", answer_by=stated)]
    found = _one(a_person().owing(60000, steps=steps).with_sms(), "2026-04-20 12:00")
    assert _verdict_of(found) == ("wait", "answer_time")
    assert found.at == moment("2026-06-02 00:00")
