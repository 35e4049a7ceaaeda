"""Notices about days to pay, and what becomes of a plan whose instalment has not come."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from billing.gate import SendingSwitch
from handlers.desk import cases
from storage import tables
from tests.world import World, an_installation

if TYPE_CHECKING:
    from datetime import datetime


def _days(world: World, until: str) -> None:
    """Let days go by, with a run and a delivery at a decent hour of each."""
    while world.now.date() < date.fromisoformat(until):
        world.live(1)


def _planned(world: World) -> None:
    """A customer with a bill paid in three parts: 25 March, 25 April, 25 May 2026."""
    world.customer()
    world.bill(due=world.now.date() - timedelta(days=5))
    for text in ("payment plan", "1980-02-28", "3 months", "25", "yes"):
        world.says(text)


def _out(world: World) -> list[tuple[str, str]]:
    """What was written unsolicited: the day it left and what it was."""
    with world.database.read() as session:
        row = tables.Outbox
        rows = session.execute(
            select(row.sent_at, row.sayings)
            .where(row.purpose == "out", row.state == "sent")
            .order_by(row.sent_at)
        )
        return [(_day(at), sayings[0]["key"]) for at, sayings in rows]


def _day(at: datetime | None) -> str:
    assert at
    return at.date().isoformat()


def _state(world: World, table: type[tables.Plan | tables.Promise] = tables.Plan) -> str:
    with world.database.read() as session:
        return str(session.scalar(select(table.state).order_by(table.id.desc()).limit(1)))


def test_a_missed_instalment_from_the_word_before_it_to_the_flag(world: World) -> None:
    """A note before, a chance after, the end said, then mildly from the first level; a last notice last."""
    _planned(world)
    _days(world, "2026-04-01")
    assert _out(world) == [
        ("2026-03-20", "notice.instalment_due"),
        ("2026-03-27", "notice.instalment_missed"),
    ]
    assert "April 1, 2026" in world.screen()[-1].text
    assert "$" not in world.screen()[-1].text
    assert _state(world) == "active"  # the day that was named is kept
    _days(world, "2026-04-02")
    assert _state(world) == "broken"
    _days(world, "2026-06-09")
    assert [key for _, key in _out(world)[2:]] == [
        "notice.plan_ended",
        "reminder.friendly",
        "reminder.reminder",
        "reminder.firm",
        "reminder.final",
    ]
    assert _out(world)[2][0] == "2026-04-03"  # a week after the notice about the same bill
    assert not {v.reason for v in world.preview()} & {"flagged", "unanswered"}
    _days(world, "2026-06-30")
    assert {v.reason for v in world.preview()} == {"flagged"}
    assert len(_out(world)) == 7


def test_a_plan_after_the_last_notice_needs_another_last_notice(world: World) -> None:
    """What was heard before the plan does not count after it: a collector is never one missed part away."""
    world.customer()
    world.bill(due=world.now.date())
    _days(world, "2026-04-20")
    assert _out(world)[-1] == ("2026-04-16", "reminder.final")
    for text in ("payment plan", "1980-02-28", "3 months", "25", "yes"):
        world.says(text)
    _days(world, "2026-07-05")
    notices = [key for _, key in _out(world)]
    broken = notices.index("notice.instalment_missed")
    assert notices[broken + 1 :] == [
        "notice.plan_ended",
        "reminder.friendly",
        "reminder.reminder",
        "reminder.firm",
        "reminder.final",
    ]
    assert not {v.reason for v in world.preview()} & {"flagged", "unanswered"}


def test_a_paid_instalment_is_never_announced_as_missed(world: World) -> None:
    """Dispatch looks again: money that came after the run withdraws the notice, and it is not said later."""
    _planned(world)
    _days(world, "2026-03-26")
    world.later(days=1)
    assert [v.verdict for v in world.run()] == ["notice"]
    world.pays("B1", 20000)
    assert world.deliver() == 0
    _days(world, "2026-04-15")
    assert [key for _, key in _out(world)] == ["notice.instalment_due"]
    assert _state(world) == "active"
    _days(world, "2026-04-20")
    assert [key for _, key in _out(world)] == ["notice.instalment_due"] * 2


def test_whoever_catches_up_keeps_the_plan(world: World) -> None:
    """Money inside the days that were named is in time."""
    _planned(world)
    _days(world, "2026-04-01")
    world.pays("B1", 20000)
    _days(world, "2026-04-10")
    assert _state(world) == "active"
    assert len(_out(world)) == 2


def test_a_missed_instalment_may_be_promised(world: World) -> None:
    """A day that is named is about the instalment and keeps the plan until then; a broken word ends both."""
    _planned(world)
    _days(world, "2026-03-30")
    assert world.heard("how much do I owe") == ["identity.ask"]
    assert world.heard("1980-02-28") == ["answers.on_plan_late"]
    assert world.heard("I'll pay on friday") == ["promise.how_much"]
    assert "$200.00" in world.screen()[-1].text
    assert world.heard("all of it") == ["promise.confirm"]
    assert world.heard("yes") == ["promise.made"]
    _days(world, "2026-04-06")  # Friday is 3 April, and a bank takes its days
    assert (_state(world), _state(world, tables.Promise)) == ("active", "open")
    _days(world, "2026-04-07")
    assert (_state(world), _state(world, tables.Promise)) == ("broken", "broken")


def test_a_kept_promise_saves_the_plan(world: World) -> None:
    """The instalment came after all: the plan goes on with the next one."""
    _planned(world)
    _days(world, "2026-03-30")
    for text in ("I'll pay on friday", "1980-02-28", "all of it", "yes"):
        world.says(text)
    _days(world, "2026-04-03")
    world.pays("B1", 20000)
    _days(world, "2026-04-15")
    assert (_state(world), _state(world, tables.Promise)) == ("active", "kept")
    assert world.heard("balance") == ["identity.ask"]
    assert world.heard("1980-02-28") == ["answers.on_plan"]


def test_a_plan_in_good_standing_takes_no_promise(world: World) -> None:
    """What is agreed is agreed: nothing is late, and a day before the next instalment is in good time."""
    _planned(world)
    assert world.heard("I'll pay on friday") == ["change_plan.in_time"]


def test_a_plan_does_not_break_while_we_owe_an_answer(world: World) -> None:
    """Hardship is looked into by a person: until then nothing is said, and the plan stays."""
    _planned(world)
    _days(world, "2026-03-27")
    assert world.heard("I lost my job") == ["stop_states.hardship", "hardship.what_helps"]
    _days(world, "2026-04-20")
    assert _state(world) == "active"
    assert {(v.verdict, v.reason) for v in world.preview()} == {("held", "hardship")}
    (case,) = world.queue()
    with world.database.write() as session:
        cases.close(world.context(session), case.id, "rep", "called", lift=True)
    assert _state(world) == "broken"
    _days(world, "2026-04-21")
    assert _out(world)[-1] == ("2026-04-21", "notice.plan_ended")


def test_why_did_i_get_this(world: World) -> None:
    """A notice has its reason like every message."""
    _planned(world)
    _days(world, "2026-03-27")
    world.says("why did you text me")
    assert world.heard("1980-02-28") == ["answers.why_missed", "answers.on_plan_late"]


def test_who_asks_after_a_plan_has_ended_hears_why(world: World) -> None:
    """The message, the balance and a later reminder's reason say that it ended, and because of what."""
    _planned(world)
    _days(world, "2026-04-04")
    assert "your plan ended April 2, 2026 as an instalment had not come in full" in world.screen()[-1].text
    world.says("why did you text me")
    ended = ["answers.plan_ended", "answers.balance"]
    assert world.heard("1980-02-28") == ["answers.why_lapse", *ended]
    assert "ended on April 2, 2026, because an instalment had not come in full" in world.screen()[-1].text
    assert world.heard("balance") == ended
    _days(world, "2026-04-12")
    world.says("why did you text me")
    assert world.heard("1980-02-28") == ["answers.why_reminder", *ended]
    for text in ("payment plan", "3 months", "25", "yes"):
        world.says(text)
    assert world.heard("balance") == ["answers.on_plan"]


def test_who_did_not_keep_a_promise_hears_it_before_the_next_reminder(world: World) -> None:
    """A broken promise is said once, and whoever asks hears what had not come; money that comes ends it."""
    world.customer()
    world.bill(due=world.now.date() - timedelta(days=5))
    for text in ("I'll pay on friday", "1980-02-28", "200", "yes"):
        world.says(text)
    assert _state(world, tables.Promise) == "open"
    _days(world, "2026-03-14")
    assert _state(world, tables.Promise) == "broken"
    assert [key for _, key in _out(world)] == ["notice.promise_broken"]
    assert "what you said you'd pay by March 6, 2026 has not come in full" in world.screen()[-1].text
    world.says("why did you text me")
    assert world.heard("1980-02-28") == ["answers.why_lapse", "answers.promise_broken", "answers.balance"]
    _days(world, "2026-03-25")
    assert [key for _, key in _out(world)][1] == "reminder.friendly"
    world.pays("B1", 20000)
    assert world.heard("balance") == ["identity.ask"]
    assert world.heard("1980-02-28") == ["answers.balance"]


def test_an_end_that_is_no_longer_true_is_not_said(world: World) -> None:
    """Money or a new plan that came after the run withdraws the notice that the plan ended."""
    _planned(world)
    _days(world, "2026-04-02")
    world.later(days=1)
    assert [v.verdict for v in world.run()] == ["notice"]
    world.pays("B1", 60000)
    assert world.deliver() == 0


def test_bills_not_yet_due_are_spoken_of_once(world: World) -> None:
    """By policy, a few days before; a bill that was paid in between is left out, or nothing is said."""
    rules = world.installation.policy.notices
    assert rules
    soon = world.installation.policy.model_copy(
        update={"notices": rules.model_copy(update={"due_soon_days": 5})}
    )
    world.installation = replace(world.installation, policy=soon)
    world.customer()
    for bill_id in ("B1", "B2", "B3"):
        world.bill(bill_id, due=date(2026, 3, 11))
    _days(world, "2026-03-05")
    world.later(days=1)
    assert {v.verdict for v in world.run()} == {"notice"}
    world.pays("B1", 60000)
    assert world.deliver() == 1
    assert "2 bills are due March 11, 2026" in world.screen()[-1].text
    for bill_id in ("B2", "B3"):
        world.pays(bill_id, 60000)
    _days(world, "2026-04-20")
    assert len(_out(world)) == 1


def test_a_due_soon_notice_for_a_paid_bill_is_dropped(world: World) -> None:
    """Nothing is announced that is settled."""
    rules = world.installation.policy.notices
    assert rules
    soon = world.installation.policy.model_copy(
        update={"notices": rules.model_copy(update={"due_soon_days": 5})}
    )
    world.installation = replace(world.installation, policy=soon)
    world.customer()
    world.bill(due=date(2026, 3, 6))
    assert [v.verdict for v in world.run()] == ["notice"]
    world.pays("B1", 60000)
    assert world.deliver() == 0
    assert world.screen() == ()


@pytest.mark.parametrize(
    ("sending", "left", "queued"), [(SendingSwitch.SHADOW, 0, 0), (SendingSwitch.APPROVE, 0, 1)]
)
def test_the_switch_of_the_installation_binds_notices(
    world: World, sending: SendingSwitch, left: int, queued: int
) -> None:
    """Shadow only decides, day after day; what waits for approval is queued once."""
    _planned(world)
    _days(world, "2026-03-19")
    world.installation = an_installation(sending=sending)
    _days(world, "2026-03-22")
    assert len(_out(world)) == left
    with world.database.read() as session:
        assert session.scalar(select(func.count()).select_from(tables.Notice)) == queued
    assert world.run() == []
