"""Campaigns end to end: named, previewed, started, paced, looked at again, stopped, counted."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from billing.accounts.channels import Channel
from billing.accounts.holds import Hold, HoldKind
from billing.campaigns.campaigns import EmptyAudience, NotForCampaigns, read
from billing.gate import SendingSwitch
from bot.clockwork import Clockwork
from bot.delivery import Delivery
from bot.inbound import Reception
from handlers.arrivals import DeliveryFate, DeliveryReport
from handlers.campaigns import campaign_run, preview, results
from handlers.campaigns import campaigns as desk
from handlers.delivery import results as send_results
from handlers.desk import sending
from handlers.dunning.reschedule import reschedule
from storage import tables
from storage.campaigns import campaigns
from storage.campaigns.campaigns import CampaignState
from storage.database.transaction import Database
from storage.dunning import holds
from tests.keys import KEYS
from tests.world import an_installation

if TYPE_CHECKING:
    from datetime import datetime

    from handlers.campaigns.results import ArmResult, Progress
    from tests.world import World


def _people(world: World, count: int) -> list[str]:
    """Customers p0, p1, … who each owe one bill, not yet due for any reminder."""
    people = [f"p{number}" for number in range(count)]
    for number, person in enumerate(people):
        world.customer(person, phone=f"+1503555{1000 + number}")
        world.bill(f"B{number}", person, due=world.now.date() + timedelta(days=20))
    return people


def _make(world: World, **more: Any) -> None:
    span = {"first_day": "2026-03-02", "last_day": "2026-03-06"}
    data = {"name": "spring", "message": "campaign.plan", "window": span, "pace": {"per_hour": 60}}
    with world.database.write() as session:
        desk.create(world.context(session), read(data | more, "spring.toml"), "kim")


def _start(world: World) -> int:
    with world.database.write() as session:
        return desk.start(world.context(session), "spring", "kim")


def _tick(world: World) -> int:
    return campaign_run.run(world.database, world.installation, world.clock)


def _progress(world: World) -> Progress:
    with world.database.read() as session:
        return results.progress(session, desk.named(session, "spring"))


def _arms(world: World) -> dict[str, ArmResult]:
    return {one.arm: one for one in _progress(world).arms}


def _hours(world: World, count: int) -> None:
    """Let hours go by, a minute at a time where something may leave."""
    for _ in range(count * 12):
        _tick(world)
        world.deliver()
        world.later(minutes=5)


def test_a_campaign_reaches_its_audience_once_at_its_pace(world: World) -> None:
    """Six people at four an hour: four in the first hour, a quarter of an hour apart, and nobody twice."""
    _people(world, 6)
    _make(world, pace={"per_hour": 4})
    assert _start(world) == 6
    sent: list[datetime] = []
    for _ in range(3):
        before = len(sent)
        for _ in range(12):
            _tick(world)
            sent += [world.now] * world.deliver()
            world.later(minutes=5)
        assert len(sent) - before <= 4
    assert len(sent) == 6
    assert min(later - earlier for earlier, later in pairwise(sent)) >= timedelta(minutes=15)
    assert _progress(world).kept.state is CampaignState.FINISHED
    assert "can be paid in parts" in world.screen("+15035551000")[-1].text
    assert [len(world.screen(f"+1503555{1000 + number}")) for number in range(6)] == [1] * 6


def test_a_preview_tells_everything_before_anybody_is_written_to(world: World) -> None:
    """Counts, arms, every exclusion with its reason, five examples without a name, and nothing is queued."""
    _people(world, 8)
    dead = tables.Customer
    with world.database.write() as session:
        holds.place(session, "p1", Hold(HoldKind.DISPUTE, "wrong"), "kim", world.now)
        session.execute(update(dead).where(dead.id == "p2").values(died_on=world.now.date()))
    world.says("STOP", "+15035551003")
    _make(world, holdout=25)
    with world.database.read() as session:
        found = preview.look_at(world.context(session), desk.named(session, "spring"))
    assert found.selection.reasons == {"disputed": 1, "deceased": 1, "stopped": 1}
    assert sum(found.arms.values()) == 5
    assert found.segments == found.channels["sms"] == found.arms["all"]
    assert all("Ada" not in one.text and one.segments == 1 for one in found.examples)
    assert len(found.examples) == found.arms["all"]
    assert _tick(world) == world.deliver() == 0


def test_an_audience_of_nobody_or_only_of_those_left_out_is_refused(world: World) -> None:
    """With what keeps them back; and the name stays free."""
    _people(world, 2)
    with pytest.raises(EmptyAudience, match="it means nobody on the book"):
        _make(world, audience={"languages": ["sv"]})
    for number in range(2):
        world.says("STOP", f"+1503555{1000 + number}")
    with pytest.raises(EmptyAudience, match="may not be written to: 2 stopped"):
        _make(world)
    with pytest.raises(NotForCampaigns, match="there is no such message; write one of"):
        _make(world, message="campaign.nonsense")
    with pytest.raises(NotForCampaigns, match="it only answers somebody"):
        _make(world, message="answers.thanks")
    with pytest.raises(NotForCampaigns, match="says an amount"):
        _make(world, message="payment.thanks")
    with pytest.raises(NotForCampaigns, match="it names due_on"):
        _make(world, message="notice.instalment_due")
    with world.database.read() as session:
        assert desk.every(session) == []


def test_what_changed_since_it_was_queued_withdraws_the_message(world: World) -> None:
    """Paid, disputed, or no longer meant: dropped right before it would leave, with the reason kept."""
    _people(world, 4)
    _make(world, audience={"balance": {"at_least": 500}})
    _start(world)
    assert _tick(world) == 4
    world.later(minutes=5)
    world.pays("B0", 60000)
    world.pays("B1", 20000)
    with world.database.write() as session:
        holds.place(session, "p2", Hold(HoldKind.DISPUTE, "wrong", bill_id="B2"), "kim", world.now)
        reschedule(world.context(session), ["p2"])
    assert world.deliver() == 1
    assert _arms(world)["all"].dropped == {"paid": 1, "left_audience:balance": 1, "disputed": 1}


def test_reminders_and_campaigns_count_together(world: World) -> None:
    """Whoever had a reminder waits out the gap; after a campaign's message no reminder comes at once."""
    world.customer("ada")
    world.bill("B1", "ada", due=world.now.date() - timedelta(days=5))
    world.run()
    assert world.deliver() == 1
    _make(world, window={"first_day": "2026-03-02", "last_day": "2026-03-20"})
    _start(world)
    _hours(world, 1)
    world.later(days=6)
    _hours(world, 1)
    assert len(world.screen()) == 1
    world.later(days=1)
    _hours(world, 1)
    assert "can be paid in parts" in world.screen()[-1].text
    assert len(world.screen()) == 2
    world.later(days=5)
    assert {(one.verdict, one.reason) for one in world.preview()} == {("wait", "contact_cap")}
    world.run()
    assert world.deliver() == 0


def test_in_approve_mode_each_batch_waits_and_of_two_who_approve_one_wins(
    world: World, database_url: str
) -> None:
    """The second is told who was quicker; the next batch is made only once this one may leave."""
    world.installation = an_installation(sending=SendingSwitch.APPROVE)
    _people(world, 5)
    _make(world, pace={"per_hour": 3})
    _start(world)
    _hours(world, 2)
    assert len(_progress(world).batches) == 1
    assert [world.screen(f"+1503555{1000 + number}") for number in range(5)] == [()] * 5
    texts: list[str] = []
    elsewhere = Database(database_url, KEYS)

    def approve(database: Database, by: str) -> None:
        try:
            with database.write() as session:
                desk.approve(world.context(session), "spring", 1, by)
        except desk.BatchApproved as refusal:
            texts.append(str(refusal))

    both = [
        threading.Thread(target=approve, args=pair) for pair in ((world.database, "kim"), (elsewhere, "bo"))
    ]
    for one in both:
        one.start()
    for one in both:
        one.join(30)
    elsewhere.close()
    (loser,) = texts
    winner = _progress(world).batches[0].approved_by
    assert f"batch 1 was approved by {winner}" in loser
    _hours(world, 2)
    assert _arms(world)["all"].sent == 3
    assert [one.messages for one in _progress(world).batches] == [3, 2]
    with world.database.write() as session:
        assert desk.approve(world.context(session), "spring", None, "kim") == (2, 2)
        with pytest.raises(desk.NoBatchWaits):
            desk.approve(world.context(session), "spring", 9, "kim")
    _hours(world, 2)
    assert _arms(world)["all"].sent == 5


def test_pause_holds_resume_goes_on_and_stop_takes_back(world: World) -> None:
    """From the next dispatch on; what is over cannot begin again."""
    _people(world, 4)
    _make(world)
    _start(world)
    _tick(world)
    with world.database.write() as session:
        desk.pause(world.context(session), "spring", "kim")
    world.later(minutes=10)
    assert world.deliver() == _tick(world) == 0
    with world.database.write() as session:
        desk.resume(world.context(session), "spring", "kim")
    assert world.deliver() == 1
    with world.database.write() as session:
        assert desk.stop(world.context(session), "spring", "wrong text", "kim") == 3
    world.later(minutes=10)
    assert world.deliver() == 0
    assert _arms(world)["all"].dropped == {"campaign_stopped": 3}
    with world.database.write() as session, pytest.raises(desk.WrongMoment, match="wrong text"):
        desk.resume(world.context(session), "spring", "kim")


def test_shadow_gives_nobody_a_turn_and_stop_all_sending_neither(world: World) -> None:
    """What only pretends consumes nothing: the same people are there when it goes live."""
    _people(world, 2)
    _make(world)
    _start(world)
    live, world.installation = world.installation, an_installation(sending=SendingSwitch.SHADOW)
    assert _tick(world) == 0
    world.installation = live
    assert _tick(world) == 2


def test_results_stand_beside_the_holdout(world: World) -> None:
    """Sent, delivered, replied, paid and opted out by arm; the holdout's payments are counted alike."""
    people = _people(world, 12)
    arms = [{"name": "a", "share": 30}, {"name": "b", "share": 30, "message": "campaign.help"}]
    _make(world, holdout=40, arms=arms)
    with world.database.read() as session:
        kept = desk.named(session, "spring")
    _start(world)
    _hours(world, 1)
    drawn = {person: _drawn(world, person) for person in people}
    first = {arm: next(person for person in people if drawn[person] == arm) for arm in ("a", "b", "holdout")}
    phone = {person: f"+1503555{1000 + number}" for number, person in enumerate(people)}
    assert "too much right now" in world.screen(phone[first["b"]])[-1].text
    assert world.screen(phone[first["holdout"]]) == ()
    world.says("how can I pay?", phone[first["a"]])
    world.pays(f"B{first['a'][1:]}", 60000)
    world.pays(f"B{first['holdout'][1:]}", 25000)
    world.says("STOP", phone[first["b"]])
    with world.database.read() as session:
        row = session.execute(
            select(tables.Outbox.reference, tables.Outbox.provider_id, tables.Outbox.channel).where(
                tables.Outbox.key == f"campaign:{kept.id}:{first['a']}"
            )
        ).one()
    report = DeliveryReport(Channel.SMS, row.provider_id or "", row.reference, DeliveryFate.DELIVERED)
    with world.database.write() as session:
        send_results.take_report(world.context(session), report)
    found, turns = _arms(world), Counter(drawn.values())
    assert (found["a"].sent, found["b"].sent, found["holdout"].sent) == (turns["a"], turns["b"], 0)
    assert found["holdout"].turns == turns["holdout"]
    assert (found["a"].delivered, found["a"].replied, found["a"].paid) == (1, 1, 1)
    assert (found["a"].amount, found["holdout"].amount) == ({"USD": 60000}, {"USD": 25000})
    assert (found["a"].opt_out, found["b"].opt_out, found["holdout"].opt_out) == (0, 1, 0)
    world.later(days=15)
    world.pays(f"B{first['b'][1:]}", 60000)
    assert _arms(world)["b"].paid == 0


def test_an_arm_that_does_harm_stops_by_itself_and_the_desk_hears_of_it(world: World) -> None:
    """Most of one arm opts out: it ends, what it would still say is taken back, the other goes on."""
    people = _people(world, 40)
    arms = [{"name": "a", "share": 50}, {"name": "b", "share": 50, "message": "campaign.help"}]
    _make(world, arms=arms, harm={"at_least": 5, "opt_out": 5.0}, pace={"per_hour": 40})
    _start(world)
    phone = {person: f"+1503555{1000 + number}" for number, person in enumerate(people)}
    stopped = 0
    for _ in range(20):
        _tick(world)
        world.deliver()
        for person in people:
            if _drawn(world, person) == "a" and len(world.screen(phone[person])) == 1 and stopped < 8:
                world.says("STOP", phone[person])
                stopped += 1
        world.later(minutes=1)
    (halted,) = _progress(world).halts
    assert (halted.arm, halted.measure) == ("a", "opt_out")
    (case,) = [one for one in world.queue() if one.kind == "campaign_harm"]
    assert "arm a stopped by itself" in case.reason
    sent = _arms(world)["a"].sent
    _hours(world, 2)
    assert _arms(world)["a"].sent == sent
    assert _arms(world)["a"].dropped["arm_stopped"] > 0
    assert _arms(world)["b"].sent == Counter(_drawn(world, one) for one in people)["b"]


def test_what_follows_a_message_counts_from_when_it_left(world: World) -> None:
    """After a pause a message may leave before its planned turn: a stop that follows is harm all the same."""
    people = _people(world, 9)
    _make(world, pace={"per_hour": 9})
    _start(world)
    _tick(world)
    with world.database.write() as session:
        desk.pause(world.context(session), "spring", "kim")
    with world.database.write() as session:
        desk.resume(world.context(session), "spring", "kim")
        session.execute(update(tables.Outbox).values(not_before=world.now))
    world.deliver()
    world.later(minutes=1)
    for number in range(len(people)):
        world.says("STOP", f"+1503555{1000 + number}")
    world.pays("B0", 60000)
    (arm,) = [one for one in _arms(world).values() if one.turns]
    assert (arm.sent, arm.harmed["opt_out"], arm.opt_out, arm.paid) == (9, 9, 9, 1)


def test_whom_one_arm_cannot_reach_is_in_none(world: World) -> None:
    """Arms on two channels are compared over people whom both would reach."""
    _people(world, 3)
    arms = [{"name": "a", "share": 50}, {"name": "b", "share": 50, "channel": "telegram"}]
    with pytest.raises(EmptyAudience, match="3 no usable channel"):
        _make(world, arms=arms)


def test_a_bill_that_was_paid_is_not_counted_in_the_text(world: World) -> None:
    """Two bills when it was queued, one when it leaves."""
    world.customer("ada")
    for number in (1, 2):
        world.bill(f"B{number}", "ada", due=world.now.date() + timedelta(days=20))
    _make(world)
    _start(world)
    _tick(world)
    world.pays("B1", 60000)
    assert world.deliver() == 1
    assert "a bill can be paid in parts" in world.screen()[-1].text


def test_why_did_i_get_this(world: World) -> None:
    """A campaign's message has its reason like every message."""
    world.customer()
    world.bill(due=world.now.date() + timedelta(days=20))
    _make(world, message="reminder.friendly")
    _start(world)
    _tick(world)
    assert world.deliver() == 1
    world.says("why did you text me")
    assert world.heard("1980-02-28")[0] == "answers.why_campaign"


def test_the_clock_runs_campaigns_and_none_while_all_sending_is_stopped(world: World) -> None:
    """As a worker does it: nothing is queued under a stop, and the next tick after it goes on."""
    _people(world, 2)
    _make(world)
    _start(world)
    delivery = Delivery(world.database, world.installation, world.phones, world.clock)
    reception = Reception(world.database, world.installation, world.clock, delivery)
    clockwork = Clockwork(world.database, world.installation, world.clock, reception, delivery)
    with world.database.write() as session:
        sending.stop(world.context(session), "kim", "wrong text")
    asyncio.run(clockwork.campaign())
    assert _progress(world).members == {"waiting": 2}
    with world.database.write() as session:
        sending.resume(world.context(session), "kim")
    asyncio.run(clockwork.campaign())
    assert _progress(world).members == {"written": 2}


def test_a_policy_that_changed_is_asked_again_at_the_start(world: World) -> None:
    """What may no longer be run does not begin."""
    _people(world, 1)
    _make(world, window={"first_day": "2026-03-02", "last_day": "2026-03-06", "hours": ["09:00", "10:00"]})
    late = world.installation.policy.window.model_copy(
        update=dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat"), None)
        | {"mon": (world.now.time().replace(hour=11), world.now.time().replace(hour=12))}
    )
    world.installation = replace(
        world.installation, policy=world.installation.policy.model_copy(update={"window": late})
    )
    with pytest.raises(Exception, match="never meet the hours of the policy"):
        _start(world)


def _drawn(world: World, person: str) -> str:
    with world.database.read() as session:
        return campaigns.arm_of(session, desk.named(session, "spring").id, person)
