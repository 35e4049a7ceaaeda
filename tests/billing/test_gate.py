"""The gate: the last question before a message leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from billing import policy
from billing.accounts.holds import HoldKind
from billing.accounts.snapshot import DunningStep, PlacementState, Reach, StepState
from billing.gate import GateVerdict, OutgoingMessage, Purpose, Ruling, SendingSwitch, admit
from billing.payers.obligations import Topic
from billing.policy import ContentClass
from tests.builders import Someone, a_person, heard, moment

GENERIC, US = policy.load("generic"), policy.load("us")
NOW = moment("2026-03-02 12:00")  # a Monday at noon
WHO = a_person().owing(60000).with_sms()
OUT = OutgoingMessage(
    Purpose.OUT, WHO.snapshot.reaches[0], ContentClass.NOTICE, NOW, level=1, bill_ids=("b1",)
)


def _ask(
    leaving: OutgoingMessage = OUT, who: Someone | None = WHO, sending: SendingSwitch = SendingSwitch.LIVE
) -> GateVerdict:
    return admit(leaving, who.snapshot if who else None, GENERIC, sending, NOW)


def _out(reach: Reach) -> OutgoingMessage:
    return replace(OUT, reach=reach)


SEND, WAIT, WITHHOLD = Ruling.SEND, Ruling.WAIT_FOR_PERSON, Ruling.WITHHOLD


@pytest.mark.parametrize(
    ("purpose", "sending", "ruling"),
    [
        (Purpose.OUT, SendingSwitch.LIVE, SEND),
        (Purpose.OUT, SendingSwitch.APPROVE, WAIT),
        (Purpose.OUT, SendingSwitch.SHADOW, WITHHOLD),
        (Purpose.OUT, SendingSwitch.STOPPED, WAIT),
        (Purpose.REPLY, SendingSwitch.LIVE, SEND),
        (Purpose.REPLY, SendingSwitch.APPROVE, SEND),
        (Purpose.REPLY, SendingSwitch.SHADOW, WITHHOLD),
        (Purpose.REPLY, SendingSwitch.STOPPED, WAIT),
        (Purpose.STOP_CONFIRMATION, SendingSwitch.LIVE, SEND),
        (Purpose.STOP_CONFIRMATION, SendingSwitch.APPROVE, SEND),
        (Purpose.STOP_CONFIRMATION, SendingSwitch.SHADOW, WITHHOLD),
        (Purpose.STOP_CONFIRMATION, SendingSwitch.STOPPED, WAIT),
        (Purpose.STAFF, SendingSwitch.LIVE, SEND),
        (Purpose.STAFF, SendingSwitch.APPROVE, SEND),
        (Purpose.STAFF, SendingSwitch.SHADOW, WITHHOLD),
        (Purpose.STAFF, SendingSwitch.STOPPED, WAIT),
    ],
)
def test_the_operators_switch_rules_every_purpose(
    purpose: Purpose, sending: SendingSwitch, ruling: Ruling
) -> None:
    """Live lets all leave, approve keeps back unsolicited messages, shadow and stopped let nothing leave."""
    assert ruling == _ask(replace(OUT, purpose=purpose), sending=sending).ruling


@pytest.mark.parametrize(
    ("about", "topic", "reason"),
    [
        (None, Topic.SERVICES, "due"),
        (frozenset({Topic.BILLS}), Topic.BILLS, "due"),
        (frozenset({Topic.BILLS}), Topic.SERVICES, "outside_consent"),
        (frozenset({Topic.BILLS, Topic.SERVICES}), Topic.SERVICES, "due"),
    ],
)
def test_a_consent_reaches_as_far_as_it_says(
    about: frozenset[Topic] | None, topic: Topic, reason: str
) -> None:
    """What somebody agreed to be written to about is all that is written; without a scope it is any."""
    reach = replace(WHO.snapshot.reaches[0], about=about)
    assert _ask(replace(_out(reach), topic=topic)).reason == reason


def test_an_approved_message_leaves() -> None:
    """A person's approval lets a message of a run through while approval is asked for."""
    approved = _ask(replace(OUT, approved=True), sending=SendingSwitch.APPROVE)
    assert GateVerdict(Ruling.SEND, "due", bill_ids=("b1",)) == approved


@pytest.mark.parametrize("sending", [SendingSwitch.SHADOW, SendingSwitch.STOPPED])
def test_an_approval_does_not_turn_the_switch(sending: SendingSwitch) -> None:
    """In shadow and when stopped, nothing leaves however often it was approved."""
    assert _ask(replace(OUT, approved=True), sending=sending).ruling != Ruling.SEND


@pytest.mark.parametrize("purpose", list(Purpose))
def test_what_came_too_late_is_dropped(purpose: Purpose) -> None:
    """After its last moment a message never leaves, whatever it is for."""
    leaving = replace(OUT, purpose=purpose, expires_at=NOW)
    assert _ask(leaving).ruling == Ruling.SEND
    late = replace(leaving, expires_at=NOW - timedelta(seconds=1))
    assert GateVerdict(Ruling.DROP, "too_late") == _ask(late)


@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.parametrize("content", list(ContentClass))
@pytest.mark.parametrize("identified", [False, True])
def test_no_message_gives_away_more_than_it_may(
    purpose: Purpose, content: ContentClass, identified: bool
) -> None:
    """Before identity only a notice leaves; after it no more than the policy lets this channel carry."""
    leaving = replace(OUT, purpose=purpose, content=content, identified=identified)
    allowed = content <= (ContentClass.AMOUNT if identified else ContentClass.NOTICE)
    verdict = admit(leaving, WHO.snapshot, US, SendingSwitch.LIVE, NOW)
    if allowed:
        assert verdict.ruling == Ruling.SEND
    else:
        assert GateVerdict(Ruling.DROP, "content_class") == verdict


def test_a_stop_is_confirmed_within_five_minutes_or_not_at_all() -> None:
    """The one confirmation leaves to the fifth minute after the stop, and never later."""
    confirmation = replace(OUT, purpose=Purpose.STOP_CONFIRMATION, created_at=NOW - timedelta(minutes=5))
    stopped = WHO.stopped()
    assert GateVerdict(Ruling.SEND, "stop_confirmation") == _ask(confirmation, stopped)
    late = replace(confirmation, created_at=NOW - timedelta(minutes=5, seconds=1))
    assert GateVerdict(Ruling.DROP, "too_late") == _ask(late, stopped)


@pytest.mark.parametrize("purpose", [Purpose.REPLY, Purpose.STAFF])
def test_who_asks_is_answered_at_any_hour(purpose: Purpose) -> None:
    """Quiet hours, caps, consent and holds do not bind a reply, nor a word to staff."""
    who = a_person().owing(60000).in_zones().held(HoldKind.DISPUTE).with_sms(consented=False)
    leaving = replace(OUT, purpose=purpose, reach=who.snapshot.reaches[0])
    assert GateVerdict(Ruling.SEND, purpose.value) == _ask(leaving, who)
    assert GateVerdict(Ruling.SEND, purpose.value) == _ask(leaving, None)


def test_nobody_gets_unsolicited_messages_without_being_known() -> None:
    """A message about nobody never leaves."""
    assert GateVerdict(Ruling.DROP, "nobody") == _ask(OUT, None)


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        (WHO.stopped(), "stopped"),
        (WHO.dead(), "deceased"),
        (WHO.born("2010-01-01"), "minor_without_guarantor"),
        (a_person().owing(60000).with_sms(stopped=True), "stopped"),
        (a_person().owing(60000).with_sms(unreachable=True), "unreachable"),
        (a_person().owing(60000).with_sms(not_the_customer=True), "not_the_customer"),
        (a_person().owing(60000).with_sms(consented=False), "no_consent"),
    ],
)
def test_a_closed_way_drops_unsolicited_messages(who: Someone, reason: str) -> None:
    """A stop, death, age, dead number or missing consent drops it, whether about a bill or not."""
    leaving = _out(who.snapshot.reaches[0])
    assert GateVerdict(Ruling.DROP, reason) == _ask(leaving, who)
    assert GateVerdict(Ruling.DROP, reason) == _ask(replace(leaving, level=None, bill_ids=()), who)


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        (a_person().owing(0), "paid"),
        (a_person().owing(-1), "paid"),
        (a_person().owing(0, steps=[heard(1, "2026-02-20 12:00")]), "paid"),
        (a_person().owing(60000, placement=PlacementState.FLAGGED), "flagged"),
        (a_person().owing(60000, placement=PlacementState.PLACED), "placed"),
        (a_person().owing(60000, issued="2020-01-01"), "time_barred"),
        (a_person().owing(60000).held(HoldKind.DISPUTE), "dispute"),
        (a_person().owing(60000).with_a_person(), "with_a_person"),
        (a_person().owing(60000).on_plan(2, 25, after="2026-03-01"), "plan"),
        (a_person().owing(60000).promising(60000, by="2026-03-06"), "promise"),
        (a_person().owing(60000, steps=[heard(1, "2026-02-20 12:00")]), "level_order:a1"),
        (a_person().owing(60000, bill_id="another"), "gone"),
    ],
)
def test_what_changed_since_it_was_planned_drops_the_reminder(who: Someone, reason: str) -> None:
    """Paid, held, placed, agreed or said in between: the reminder never leaves, and says why."""
    assert GateVerdict(Ruling.DROP, reason) == _ask(OUT, who.with_sms())


@pytest.mark.parametrize("level", [1, 2, 3, 4])
@pytest.mark.parametrize("said", [0, 1, 2, 3, 4])
def test_a_level_leaves_only_right_after_the_one_before(level: int, said: int) -> None:
    """No level is skipped and none repeated, whatever was planned."""
    steps = [heard(number, "2026-02-01 12:00") for number in range(1, said + 1)]
    verdict = _ask(replace(OUT, level=level), a_person().owing(60000, steps=steps).with_sms())
    assert (Ruling.SEND if level == said + 1 else Ruling.DROP) == verdict.ruling


@pytest.mark.parametrize(
    "state", [StepState.QUEUED, StepState.UNHEARD, StepState.PARKED, StepState.CANCELLED]
)
def test_a_level_that_was_not_heard_does_not_count(state: StepState) -> None:
    """Its own queued step does not stand in a reminder's way, and an unheard level leads to no next one."""
    who = a_person().owing(60000, steps=[DunningStep(1, state)]).with_sms()
    assert _ask(OUT, who).ruling == Ruling.SEND
    assert GateVerdict(Ruling.DROP, "level_order:a1") == _ask(replace(OUT, level=2), who)


def test_a_reminder_speaks_only_of_the_bills_still_due() -> None:
    """Of several bills, those paid in between are left out and the others still leave."""
    who = a_person().owing(0).owing(500).answering_for("c1").owing(700).owing(900).with_sms()
    verdict = _ask(replace(OUT, bill_ids=("b1", "b2", "b3")), who)
    assert GateVerdict(Ruling.SEND, "due", bill_ids=("b2", "b3")) == verdict


def test_at_night_it_waits_for_the_window() -> None:
    """Outside the hours of the person's zone a reminder waits for the opening, with the bills it may name."""
    who = WHO.in_zones("America/Los_Angeles")
    opens = moment("2026-03-02 09:00", "America/Los_Angeles")
    assert GateVerdict(Ruling.LATER, "quiet_hours", opens, ("b1",)) == _ask(OUT, who)


def test_too_soon_after_another_message_it_waits() -> None:
    """Caps and gap are counted again right before sending."""
    who = WHO.written_to("2026-03-01 12:00", "b9")
    assert GateVerdict(Ruling.LATER, "contact_cap", moment("2026-03-04 12:00"), ("b1",)) == _ask(OUT, who)


def test_without_a_zone_nothing_unsolicited_leaves() -> None:
    """Where nobody knows the hour, what we send unsolicited is dropped; a person was told by the run."""
    assert GateVerdict(Ruling.DROP, "unknown_zone") == _ask(OUT, WHO.in_zones())


def test_a_message_about_no_bill_needs_no_bill() -> None:
    """A word that demands nothing leaves although every bill is settled, within hours and caps."""
    thanks = replace(OUT, level=None, bill_ids=())
    assert GateVerdict(Ruling.SEND, "due") == _ask(thanks, a_person().owing(0).with_sms())


def test_a_message_about_a_bill_without_a_level_has_no_order() -> None:
    """What is no reminder is asked about the bill, not about its level."""
    who = a_person().owing(60000, steps=[heard(1, "2026-02-01 12:00")]).with_sms()
    assert _ask(replace(OUT, level=None), who).ruling == Ruling.SEND
