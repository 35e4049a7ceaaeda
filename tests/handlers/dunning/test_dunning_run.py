"""Reminders that grow firmer on their own, stop when they should, and end at the desk."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from billing import policy
from billing.accounts.channels import Channel
from billing.collection import placement
from billing.gate import SendingSwitch
from bot.channel import RefusalReason
from handlers.collection import collector
from handlers.desk import cases
from handlers.desk.overview import lines
from handlers.payments import payments
from handlers.policy import change
from storage import tables
from storage.collection import placements
from tests.world import World, an_installation

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.both_databases

NUMBER = "+15035550142"


def _pass_days(world: World, days: int, runs: int = 1) -> None:
    """Let days go by, with a run and a delivery at a decent hour of each."""
    for _ in range(days):
        world.later(days=1)
        for _ in range(runs):
            world.run()
            world.deliver()


def _levels(world: World, bill_id: str = "B1") -> list[tuple[int, int, str]]:
    with world.database.read() as session:
        step = tables.Step
        rows = session.execute(
            select(step.episode, step.level, step.state).where(step.bill_id == bill_id).order_by(step.id)
        )
        return [(episode, level, state) for episode, level, state in rows]


def _state(world: World, customer_id: str = "ada") -> str:
    with world.database.read() as session:
        found = {line.customer_id: line for line in lines(world.context(session))}
    return found[customer_id].state


def _kinds(world: World) -> list[str]:
    return [case.kind for case in world.queue()]


def test_four_levels_in_order_then_a_flag(world: World) -> None:
    """Each level is said once and in order; what stays unanswered is flagged for a person."""
    world.customer()
    world.bill(due=world.now.date())
    _pass_days(world, 100, runs=2)
    assert _levels(world) == [(1, level, "heard") for level in (1, 2, 3, 4)]
    assert len(world.screen()) == 4
    assert _state(world) == "flagged"
    assert _kinds(world) == ["placement"]
    _pass_days(world, 30)
    assert len(world.screen()) == 4


def test_who_pays_in_between_hears_no_more(world: World) -> None:
    """Money that arrives stops the reminders at once, a queued one too."""
    world.customer()
    world.bill(due=world.now.date() - timedelta(days=5))
    assert [verdict.verdict for verdict in world.run()] == ["remind"]
    assert world.pays("B1", 60000) is payments.PaymentOutcome.BOOKED
    assert world.deliver() == 0
    _pass_days(world, 60)
    assert len(world.screen()) == 0
    assert _state(world) == "settled"


def test_a_payment_taken_back_is_owed_again_at_its_old_level(world: World) -> None:
    """A bounced payment brings the debt back; what was heard stays heard."""
    world.customer()
    world.bill(due=world.now.date())
    _pass_days(world, 6)
    assert _levels(world) == [(1, 1, "heard")]
    world.pays("B1", 60000, "P1")
    with world.database.write() as session:
        payments.take_back(world.context(session), "test", "P1")
    with pytest.raises(payments.NeverBooked), world.database.write() as session:
        payments.take_back(world.context(session), "test", "P1")
    _pass_days(world, 20)
    assert _levels(world) == [(1, 1, "heard"), (1, 2, "heard")]


def test_one_message_for_all_bills_at_one_level(world: World) -> None:
    """Several overdue bills of a person and their child are one text to the guarantor."""
    world.customer()
    world.customer("kid", name="Kim", birth_date=date(2020, 1, 1), guarantor_id="ada", phone="")
    due = world.now.date() - timedelta(days=5)
    world.bill("B1", "ada", due=due)
    world.bill("B2", "ada", due=due)
    world.bill("B3", "kid", due=due)
    verdicts = world.run()
    assert [(v.bill_id, v.verdict) for v in verdicts] == [(b, "remind") for b in ("B1", "B2", "B3")]
    world.deliver()
    assert len(world.screen()) == 1
    assert "3" in world.screen()[0].text


def test_a_bill_paid_after_planning_is_left_out_of_the_message(world: World) -> None:
    """Delivery looks again: the text speaks of what is still owed."""
    world.customer()
    due = world.now.date() - timedelta(days=5)
    world.bill("B1", due=due)
    world.bill("B2", due=due)
    world.run()
    world.pays("B1", 60000)
    world.deliver()
    assert len(world.screen()) == 1
    assert _levels(world, "B1") == [(1, 1, "cancelled")]
    assert _levels(world, "B2") == [(1, 1, "heard")]
    assert "2" not in world.screen()[0].text.split("555")[0]


def test_nothing_leaves_at_night(world: World) -> None:
    """A reminder that is due at night waits for the morning of the recipient."""
    world.customer()
    world.bill(due=world.now.date() - timedelta(days=5))
    world.run()
    world.now = world.now.replace(hour=8)  # midnight in California
    assert world.deliver() == 0
    world.now = world.now.replace(hour=18)
    assert world.deliver() == 1


def test_no_consent_is_a_case_for_the_desk(world: World) -> None:
    """Without consent nothing is texted; a person is told once."""
    world.customer(consent=False)
    world.bill(due=world.now.date() - timedelta(days=5))
    verdicts = world.run()
    assert [(v.verdict, v.reason) for v in verdicts] == [("escalate", "no_usable_channel")]
    assert world.run() == []
    assert _kinds(world) == ["no_usable_channel"]


def test_an_unsafe_number_is_never_written_to(world: World) -> None:
    """Somebody else may be reading there: the desk finds another way."""
    world.customer(concerns={"unsafe_number": "ex-partner has the phone"})
    world.bill(due=world.now.date() - timedelta(days=5))
    assert [(v.verdict, v.reason) for v in world.run()] == [("escalate", "no_usable_channel")]


def test_a_failed_number_falls_back_but_never_round_a_stop(world: World) -> None:
    """A dead number is tried once and the desk is told; an opt-out closes every way."""
    world.customer()
    world.bill(due=world.now.date() - timedelta(days=5))
    world.phones[Channel.SMS].carrier.refuse(NUMBER, RefusalReason.ADDRESS, "30005")
    world.run()
    assert world.deliver() == 0
    assert _levels(world) == [(1, 1, "unheard")]
    assert [(v.verdict, v.reason) for v in world.preview()] == [("escalate", "no_usable_channel")]
    assert world.run() == []
    assert _kinds(world) == ["no_usable_channel"]
    world.customer("bo", phone="+15035550143")
    world.bill("B2", "bo", due=world.now.date() - timedelta(days=5))
    world.phones[Channel.SMS].carrier.refuse("+15035550143", RefusalReason.OPTED_OUT, "21610")
    world.run()
    world.deliver()
    assert [v.reason for v in world.preview() if v.customer_id == "bo"] == ["stopped"]


def test_a_lost_answer_is_asked_about_and_never_sent_again(world: World) -> None:
    """In doubt the provider is asked; what it took counts as heard, once."""
    world.customer()
    world.bill(due=world.now.date() - timedelta(days=5))
    world.phones[Channel.SMS].carrier.lose_answer(NUMBER)
    world.run()
    assert world.deliver() == 0
    world.later(minutes=1)
    world.clear_doubts()
    assert _levels(world) == [(1, 1, "heard")]
    assert len(world.screen()) == 1


def test_a_demand_nobody_can_trace_is_parked_and_a_reply_repeated(world: World) -> None:
    """Never two demands: the desk decides. A waiting person gets the answer again."""
    world.customer()
    world.bill(due=world.now.date() - timedelta(days=5))
    phone = world.phones[Channel.SMS]
    phone.carrier.lose_answer(NUMBER)
    world.run()
    world.deliver()
    phone.switch_off()
    world.later(minutes=1)
    world.clear_doubts()
    assert _levels(world) == [(1, 1, "parked")]
    assert _kinds(world) == ["in_doubt"]
    phone.switch_on()
    world.says("hello")
    phone.switch_off()
    world.later(minutes=1)
    world.clear_doubts()
    phone.switch_on()
    phone.carrier.fix(NUMBER)
    world.later(minutes=1)
    world.deliver()
    assert [message.text for message in world.screen()[1:]] == [world.screen()[1].text] * 2


def test_only_approval_places_and_then_nothing_is_written(world: World) -> None:
    """A placed bill is never written about; who asks is told where to turn."""
    world.customer()
    world.bill(due=world.now.date())
    _pass_days(world, 100)
    with world.database.write() as session:
        collector.approve(world.context(session), "B1", "rep", "Fair Collect")
    with pytest.raises(placement.NotFlagged), world.database.write() as session:
        collector.approve(world.context(session), "B1", "rep", "Fair Collect")
    assert _state(world) == "placed"
    assert _kinds(world) == []
    _pass_days(world, 40)
    assert len(world.screen()) == 4
    world.says("balance")
    assert world.heard("1980-02-28") == ["answers.referred"]


def test_a_returned_bill_is_left_alone_and_then_begins_again(world: World) -> None:
    """A rep who returns a bill buys the customer time, and a fresh, mild start after it."""
    world.customer()
    world.bill(due=world.now.date())
    _pass_days(world, 100)
    with world.database.write() as session:
        collector.give_back(world.context(session), "B1", "rep", "called, pays soon", 30)
    assert _state(world) == "held"
    _pass_days(world, 29)
    assert len(world.screen()) == 4
    _pass_days(world, 10)
    assert _levels(world)[-1] == (2, 1, "heard")


def test_a_policy_that_wants_a_letter_refuses_to_place_without_one(world: World) -> None:
    """Under the Swedish policy a bill is not placed before there is a letter channel."""
    world.installation = replace(world.installation, policy=policy.load("se"))
    world.customer(country="SE", region="", phone="+46701740605", timezone="Europe/Stockholm")
    world.bill(due=world.now.date())
    with world.database.write() as session:
        placements.flag(session, "B1", 1, "SEK", world.now)
    with pytest.raises(placement.WrittenNoticeMissing, match="letter"), world.database.write() as session:
        collector.approve(world.context(session), "B1", "rep", "")


@pytest.mark.parametrize(
    ("sending", "steps", "sent"),
    [
        (SendingSwitch.LIVE, ["heard"], 1),
        (SendingSwitch.APPROVE, ["queued"], 0),
        (SendingSwitch.STOPPED, ["queued"], 0),
        (SendingSwitch.SHADOW, [], 0),
    ],
)
def test_the_switch_of_the_installation(
    world: World, sending: SendingSwitch, steps: Sequence[str], sent: int
) -> None:
    """Live sends, approve waits for a person, stopped keeps everything back, shadow only decides."""
    world.installation = an_installation(sending=sending)
    world.customer()
    world.bill(due=world.now.date() - timedelta(days=5))
    assert [verdict.verdict for verdict in world.run()] == ["remind"]
    world.deliver()
    assert [state for _, _, state in _levels(world)] == steps
    assert len(world.screen()) == sent
    assert world.run() == []


def test_a_broken_plan_resumes_mildly(world: World) -> None:
    """After a missed instalment, its grace and the notice of it reminders begin again at the first level."""
    world.customer()
    world.bill(due=world.now.date() - timedelta(days=60))
    world.run()
    world.deliver()
    for text in ("payment plan", "1980-02-28", "3 months", "5", "yes"):
        world.says(text)
    assert [(v.verdict, v.reason) for v in world.preview()] == [("held", "plan")]
    assert _state(world) == "on_plan"
    _pass_days(world, 15)
    assert _levels(world) == [(1, 1, "heard")]
    _pass_days(world, 7)
    assert _levels(world) == [(1, 1, "heard"), (2, 1, "heard")]
    with world.database.read() as session:
        assert session.scalars(select(tables.Plan.state)).all() == ["broken"]


def test_a_plan_that_is_paid_is_completed(world: World) -> None:
    """Instalments that arrive keep a plan, the last one ends it."""
    world.customer()
    world.bill(due=world.now.date())
    for text in ("payment plan", "1980-02-28", "3 months", "5", "yes"):
        world.says(text)
    for _ in range(3):
        world.pays("ada", 20000)
        _pass_days(world, 30)
    with world.database.read() as session:
        assert session.scalars(select(tables.Plan.state)).all() == ["completed"]
    assert _state(world) == "settled"


def test_a_minor_without_a_guarantor_is_one_case(world: World) -> None:
    """A child is never written to; the desk is asked once who answers for it."""
    world.customer("kid", birth_date=date(2020, 1, 1))
    world.bill("B1", "kid", due=world.now.date() - timedelta(days=5))
    world.bill("B2", "kid", due=world.now.date() - timedelta(days=5))
    assert {(v.verdict, v.reason) for v in world.preview()} == {("excluded", "minor_without_guarantor")}
    _pass_days(world, 10)
    assert world.screen() == ()
    assert _kinds(world) == ["minor_without_guarantor"]


def test_a_changed_policy_reschedules_its_accounts(world: World) -> None:
    """Accounts decided under another policy are looked at again, once."""
    world.customer()
    world.bill()
    world.installation = replace(world.installation, policy=policy.load("us"))
    assert change.reschedule_all(world.database, world.installation, world.clock) == 1
    assert change.reschedule_all(world.database, world.installation, world.clock) == 0


def test_a_rep_answers_and_hands_back(world: World) -> None:
    """While a person has the conversation the bot is silent; closing the case hands it back."""
    world.customer()
    world.says("talk to a person please")
    assert world.heard("balance") == ["identity.ask"]
    (case,) = world.queue()
    with world.database.write() as session:
        cases.answer(world.context(session), case.id, "rep", "Hi, this is Kim. How can I help?")
    world.deliver()
    assert world.screen()[-1].text == "Hi, this is Kim. How can I help?"
    assert world.heard("balance") == ["person.noted"]
    with world.database.write() as session:
        cases.close(world.context(session), case.id, "rep", "helped", lift=False)
    assert world.heard("balance") == ["identity.ask"]
