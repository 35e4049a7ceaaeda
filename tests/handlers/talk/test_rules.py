"""The twelve rules that make a replayed conversation safe (STYLE.md section 7)."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from billing.facts import Saying
from billing.ledger.money import Money
from billing.outcomes import AskAgain, HandToPerson, LeaveAsIs, OpenPlan
from handlers.conversation.flow_registry import FLOW_REGISTRY
from handlers.flows.payment_plan import PlanOffer
from handlers.flows.promise import PromiseOffer
from handlers.talk import saved
from handlers.talk.conversation import Done, Flows, Going, NotRead, Open, RegisteredFlow
from handlers.talk.play import AskedTwice, Talk, WaitedForTheWorld, play
from handlers.talk.questions import Answer, one_of, text
from messages.understanding.reading import TextReader
from storage.conversation.conversations import Conversation

if TYPE_CHECKING:
    from billing.outcomes import Outcome

NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)
TODAY = date(2026, 3, 2)
FLOWS = Flows(FLOW_REGISTRY, TextReader())
OFFER = PlanOffer(Money(60000, "USD"), Money(2500, "USD"), 12, TODAY)
SAVED = Path(__file__).parent / "saved"


def _answer(said: str, at: datetime = NOW, language: str = "en", day: date = TODAY) -> Answer:
    return Answer(said, language, day, at)


def _plan(*said: str) -> Going | Done:
    """A payment plan, as far as these answers take it."""
    step: Going | Done = FLOWS.start("payment_plan", OFFER, NOW)
    for one in said:
        assert isinstance(step, Going)
        heard = FLOWS.hear(step.open, _answer(one, step.open.asked_at), NOW)
        assert not isinstance(heard, NotRead), one
        step = heard
    return step


def _going(*said: str) -> Open:
    step = _plan(*said)
    assert isinstance(step, Going)
    return step.open


def _keys(step: Going | Done | NotRead | None) -> list[str]:
    assert isinstance(step, Going | Done)
    return [saying.key for saying in step.said]


def _toy(flow: Any) -> Flows:
    return Flows({"toy": RegisteredFlow(flow, dict[str, str])}, TextReader())


def test_rule_1_a_flow_may_only_ask() -> None:
    """A flow that waits for anything but an answer is refused at once."""

    async def waits(_talk: Talk, _offer: object) -> Outcome:
        await asyncio.sleep(0)
        return LeaveAsIs("x")

    with pytest.raises(WaitedForTheWorld):
        play(waits, None, {}, TextReader())


def test_rule_2_each_slot_is_asked_once() -> None:
    """A flow that asks for one slot twice is refused."""

    async def twice(talk: Talk, _offer: object) -> Outcome:
        await talk.ask(text("name", Saying("identity.which_name")))
        await talk.ask(text("name", Saying("identity.which_name")))
        return LeaveAsIs("x")

    with pytest.raises(AskedTwice, match="name"):
        play(twice, None, {"name": _answer("Ada")}, TextReader())


def test_rule_3_the_offer_is_frozen_and_quoted() -> None:
    """What was offered at the start is what the outcome quotes, whatever changes meanwhile."""
    done = _plan("3 months", "25", "yes")
    assert isinstance(done, Done)
    assert isinstance(done.outcome, OpenPlan)
    assert done.outcome.quoted == OFFER.balance
    reopened = FLOWS.reopen(
        done.open or _going(), replace(OFFER, balance=Money(50000, "USD")), NOW, ["verdict"]
    )
    assert _keys(reopened) == ["payment_plan.confirm"]


def test_rule_4_an_answer_is_read_again_as_of_then() -> None:
    """A "friday" stays the Friday it meant on the day it was said, in the language it was said in."""
    offer = PromiseOffer(Money(60000, "USD"), date(2026, 3, 20), TODAY)
    step = FLOWS.start("promise", offer, NOW)
    assert isinstance(step, Going)
    heard = FLOWS.hear(step.open, _answer("på fredag", language="sv"), NOW)
    assert isinstance(heard, Going)
    later = FLOWS.hear(heard.open, _answer("all of it", day=date(2026, 3, 9)), NOW + timedelta(days=7))
    assert isinstance(later, Going)
    assert later.said[-1].facts["due_on"] == date(2026, 3, 6)


def test_rule_4_an_answer_that_no_longer_reads_is_asked_again() -> None:
    """When a release tightens a rule, the old answer is simply asked for anew."""
    open_ = _going("30")
    tighter = FLOW_REGISTRY["payment_plan"].adapter.dump_python(
        replace(OFFER, smallest=Money(5000, "USD"), longest=60), mode="json"
    )
    again = FLOWS.ask_again(replace(open_, offer=tighter), NOW)
    assert again.open.asked == "how_much"


def test_rule_5_an_answer_belongs_to_the_question_that_was_asked() -> None:
    """If a deploy put another question first, the "yes" is not given to it."""
    open_ = replace(_going("3 months"), asked="a_question_of_old")
    heard = FLOWS.hear(open_, _answer("yes"), NOW)
    assert _keys(heard) == ["payment_plan.which_day"]


def test_rule_6_answers_beyond_a_gap_are_kept() -> None:
    """A question that a deploy put in costs one question, not the whole talk."""
    open_ = _going("3 months", "25")
    gap = replace(open_, answers={"pay_day": open_.answers["pay_day"]}, asked="how_much")
    heard = FLOWS.hear(gap, _answer("2 months"), NOW)
    assert _keys(heard) == ["payment_plan.confirm"]


def test_rule_7_nothing_commits_on_a_stray_word() -> None:
    """Stored answers that already complete a shortened flow finish when its last question is answered."""
    open_ = _going("3 months", "25")
    answers = {**open_.answers, "verdict": _answer("yes", NOW + timedelta(seconds=1))}
    heard = FLOWS.hear(replace(open_, answers=answers), _answer("hello"), NOW)
    assert _keys(heard) == ["payment_plan.confirm"]


def test_rule_7_a_kept_answer_does_not_finish_for_another() -> None:
    """The turn that fills a gap is not the one that confirms, even where a confirmation is still kept."""
    open_ = _going("3 months", "25")
    kept = {"pay_day": open_.answers["pay_day"], "verdict": _answer("yes", open_.asked_at)}
    gap = replace(open_, answers=kept, asked="how_much")
    assert _keys(FLOWS.hear(gap, _answer("2 months"), NOW)) == ["payment_plan.confirm"]


def test_rule_8_what_was_said_is_not_said_again() -> None:
    """Replay sends only what comes after the last answer."""
    assert _keys(_plan()) == ["payment_plan.opening", "payment_plan.how_much"]
    assert _keys(_plan("3 months")) == ["payment_plan.which_day"]


def test_rule_10_three_misreads_hand_over_and_a_digression_is_none() -> None:
    """Three answers in a row that do not read bring a person; a question in between does not count."""
    open_ = _going()
    for _ in range(2):
        unread = FLOWS.hear(open_, _answer("purple"), NOW)
        assert isinstance(unread, NotRead)
        step = FLOWS.misread(open_, unread, NOW, 3)
        assert isinstance(step, Going)
        open_ = FLOWS.ask_again(step.open, NOW).open
    assert open_.misreads == 2
    unread = FLOWS.hear(open_, _answer("purple"), NOW)
    assert isinstance(unread, NotRead)
    over = FLOWS.misread(open_, unread, NOW, 3)
    assert isinstance(over, Done)
    assert over.outcome == HandToPerson("misread")


def test_rule_10_an_answer_that_reads_forgives_the_misreads() -> None:
    """Only misreads in a row count."""
    open_ = replace(_going(), misreads=2)
    heard = FLOWS.hear(open_, _answer("3 months"), NOW)
    assert isinstance(heard, Going)
    assert heard.open.misreads == 0


@pytest.mark.parametrize("name", sorted(FLOW_REGISTRY))
def test_rule_12_conversations_of_earlier_releases_go_on(name: str) -> None:
    """Every conversation that was saved by a release can be answered by today's flow."""
    files = sorted(SAVED.glob(f"{name}*.json"))
    assert files
    for file in files:
        kept = json.loads(file.read_text(encoding="utf-8"))
        row = Conversation(
            id=1,
            contact_point_id=1,
            customer_id=None,
            asked_at=datetime.fromisoformat(kept["asked_at"]),
            expires_at=NOW,
            **{name: kept[name] for name in ("flow", "offer", "answers", "asked", "misreads", "then")},
        )
        heard = FLOWS.hear(saved.unpack(row), _answer(kept["next"], NOW), NOW)
        assert not isinstance(heard, NotRead), file.name
        ends = heard.open.asked if isinstance(heard, Going) else type(heard.outcome).__name__
        assert ends == kept["expected"], file.name


def test_a_confirmation_is_not_given_by_an_older_text() -> None:
    """Two texts may cross: a "yes" sent before the question was asked does not confirm it."""
    open_ = _going("3 months", "25")
    early = _answer("yes", open_.asked_at - timedelta(seconds=1))
    assert _keys(FLOWS.hear(open_, early, NOW)) == ["payment_plan.confirm"]


def test_back_drops_the_last_answer_and_start_over_all() -> None:
    """Back is one question, start over is the first; before the first there is nothing."""
    open_ = _going("3 months", "25")
    back = FLOWS.back(open_, NOW)
    assert back is not None
    assert back.open.asked == "pay_day"
    again = FLOWS.back(back.open, NOW)
    assert again is not None
    assert again.open.asked == "how_much"
    assert FLOWS.back(again.open, NOW) is None
    assert FLOWS.start_over(open_, NOW).open.asked == "how_much"


def test_ask_again_drops_an_answer_and_what_follows() -> None:
    """Another amount asks for the amount anew and forgets the confirmation."""
    step = _plan("3 months", "25", "another amount")
    assert _keys(step) == ["payment_plan.opening", "payment_plan.how_much"]


def test_packing_gives_back_the_same_conversation() -> None:
    """What is kept in a row is what was open."""
    open_ = _going("3 months", "25")
    packed = json.loads(json.dumps(saved.pack(open_)))
    row = Conversation(
        1, 1, None, open_.flow, packed["offer"], packed["answers"], open_.asked, open_.asked_at, 0, "", NOW
    )
    assert saved.unpack(row) == open_


def test_a_flow_that_asks_again_for_what_it_never_asked_is_a_fault() -> None:
    """An outcome that names a slot the flow did not walk is noticed, not ignored."""

    async def lost(talk: Talk, _offer: object) -> Outcome:
        await talk.ask(one_of("sure", Saying("person.noted"), "yes", "no"))
        return AskAgain("elsewhere")

    flows = _toy(lost)
    step = flows.start("toy", {}, NOW)
    assert isinstance(step, Going)
    with pytest.raises(ValueError, match="elsewhere"):
        flows.hear(step.open, _answer("yes"), NOW)


@pytest.mark.parametrize(
    ("said", "count", "first"),
    [
        ("3 months", 3, 20000),
        ("over half a year", 6, 10000),
        ("12", 12, 5000),
        ("200", 3, 20000),
        ("$250 a month", 3, 25000),
        ("all of it: 600", 1, 60000),
    ],
)
def test_a_plan_takes_an_amount_or_a_number_of_months(said: str, count: int, first: int) -> None:
    """What somebody can pay becomes the instalments they meant."""
    done = _plan(said, "25", "yes")
    assert isinstance(done, Done)
    assert isinstance(done.outcome, OpenPlan)
    assert len(done.outcome.instalments) == count
    assert done.outcome.instalments[0].amount == first
    assert sum(one.amount for one in done.outcome.instalments) == 60000


@pytest.mark.parametrize(
    ("said", "keys"),
    [
        ("$10 a month", ["payment_plan.too_long"]),
        ("24 months", ["payment_plan.too_long"]),
    ],
)
def test_a_plan_that_would_take_too_long_offers_two_ways(said: str, keys: list[str]) -> None:
    """Beyond the policy's longest plan: raise the amount, or a person."""
    step = _plan(said)
    assert _keys(step) == keys
    assert isinstance(step, Going)
    raised = FLOWS.hear(step.open, _answer("fewer"), NOW)
    assert _keys(raised) == ["payment_plan.opening", "payment_plan.how_much"]
    person = FLOWS.hear(step.open, _answer("person"), NOW)
    assert isinstance(person, Done)
    assert isinstance(person.outcome, HandToPerson)
