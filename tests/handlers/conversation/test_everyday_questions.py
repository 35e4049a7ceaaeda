"""Everyday questions are answered by the policy and the account, and what was said is not asked again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from billing.collection.collectors import Collector, Rate
from handlers.clock import expiry
from tests.world import an_installation

if TYPE_CHECKING:
    from tests.world import World


def test_what_happens_without_payment_is_told_by_policy_and_account(world: World) -> None:
    """A collector or a fee only where there is one, and nothing where nothing is owed."""
    world.customer()
    world.says("balance")
    world.says("1980-02-28")
    assert world.heard("what happens if I don't pay?") == ["answers.nothing_owed"]
    world.bill()
    plain = world.says("what happens if I don't pay?")
    assert "court" in plain
    assert "collector" not in plain
    assert "may cost" not in plain
    collector = Collector("north", "North Inkasso", "SOW", (Rate(Decimal(25), None),))
    world.installation = replace(an_installation("se"), collectors=(collector,))
    asked = world.says("what happens if I don't pay?")
    assert "may cost" in asked
    assert "collector" in asked


def test_a_running_plan_is_answered_with_what_it_takes_to_keep_it(world: World) -> None:
    """What happens without payment is then that the plan ends."""
    world.customer()
    world.bill()
    for text in ("can I pay in 3 months?", "1980-02-28", "the 25th", "yes"):
        world.says(text)
    said = world.heard("what happens if I don't pay?")
    assert said == ["answers.on_plan", "answers.plan_kept", "answers.consequences"]


def test_credit_fee_and_discount_are_answered_in_the_middle_of_a_plan(world: World) -> None:
    """And the question of the plan is asked again."""
    world.customer()
    world.bill()
    for text in ("payment plan", "1980-02-28"):
        world.says(text)
    for text, first in (
        ("do I have any credit with you?", "answers.no_credit"),
        ("why was I charged a late fee?", "answers.no_fee"),
        ("is there a discount for paying early?", "answers.no_discount"),
    ):
        said = world.heard(text)
        assert (said[0], said[-1]) == (first, "payment_plan.how_much"), text


def test_who_speaks_for_a_customer_is_kept_with_the_case(world: World) -> None:
    """The answer to who speaks for them opens nothing else, and is in the case."""
    world.customer()
    world.bill()
    assert world.heard("I have filed for bankruptcy") == ["stop_states.legal", "legal.who"]
    assert world.heard("Green Insolvency, I already paid them 500, ref 22-18") == ["legal.noted"]
    (case,) = world.queue()
    assert (case.kind, case.detail["words"][:16]) == ("legal", "Green Insolvency")


def test_who_is_represented_is_not_written_to_because_a_question_ended(world: World) -> None:
    """The question who speaks for them ends without a word."""
    world.customer()
    world.bill()
    world.says("I have filed for bankruptcy")
    before = len(world.screen())
    world.now += timedelta(days=30)
    assert expiry.expire(world.database, world.installation, world.clock) == 1
    world.deliver()
    assert len(world.screen()) == before


def test_an_insurance_that_was_named_is_known_afterwards(world: World) -> None:
    """Payer and number are in the case, and whoever asks is told that it is being confirmed."""
    world.customer()
    world.bill()
    said = world.heard("I have insurance with Blue River, member M555")
    assert said == ["new_insurance.taken", "new_insurance.since"]
    world.says("since January")
    (case,) = world.queue()
    assert (case.detail["payer"], case.detail["member_id"]) == ("Blue River", "M555")
    world.says("why didn't my insurance pay?")
    assert "answers.insurance" in world.heard("1980-02-28")
    assert "insurance.reported" in world.heard("what does my insurance cover?")
