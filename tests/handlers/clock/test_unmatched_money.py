"""What is broken, and money without an owner, is a case: one a person and kind, not one a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handlers.clock import unmatched_money
from handlers.desk import cases
from handlers.payments import corrections

if TYPE_CHECKING:
    from tests.world import World


def _ask(world: World) -> list[tuple[str, str]]:
    unmatched_money.ask(world.database, world.installation, world.clock)
    return [
        (case.kind, case.detail["payments"]) for case in world.queue() if case.kind == unmatched_money.KIND
    ]


@pytest.mark.both_databases
def test_money_without_an_owner_is_one_case(world: World) -> None:
    """It counts on, closes once all is matched, and comes back for newer money only."""
    world.customer()
    world.bill()
    assert _ask(world) == []
    world.pays("nobody", 1000)
    world.pays("nothing", 2000)
    assert _ask(world) == [("unmatched_money", "2")]
    world.pays("who knows", 3000)
    assert _ask(world) == [("unmatched_money", "3")]
    with world.database.write() as session:
        cases.close(world.context(session), world.queue()[0].id, "Kim", "asked the bank")
    assert _ask(world) == []
    world.pays("again", 4000)
    assert _ask(world) == [("unmatched_money", "4")]
    for payment in (1, 2, 3, 4):
        with world.database.write() as session:
            corrections.assign(world.context(session), payment, "B1", "Kim")
    assert _ask(world) == []
    assert world.owed() == 50000


def test_a_broken_promise_is_one_case_until_it_is_paid(world: World) -> None:
    """However often promises are broken; it closes by itself once nothing is left to pay."""
    world.customer()
    world.bill()
    world.says("I will pay on Friday")
    world.says("1980-02-28")
    world.says("all of it")
    world.says("yes")
    world.live(12)
    assert [case.kind for case in world.queue()].count("promise_broken") == 1
    world.live(3)
    assert [case.kind for case in world.queue()].count("promise_broken") == 1
    world.pays("B1", 60000)
    assert "promise_broken" not in [case.kind for case in world.queue()]


def test_a_broken_plan_is_one_case_until_another_is_agreed(world: World) -> None:
    """A person asks what the customer can do; a new plan answers it."""
    world.customer()
    world.bill()
    for text in ("payment plan", "1980-02-28", "6 months", "15", "yes"):
        world.says(text)
    world.live(40)
    assert [case.kind for case in world.queue()].count("plan_broken") == 1
    for text in ("payment plan", "1980-02-28", "6 months", "15", "yes"):
        world.says(text)
    assert "plan_broken" not in [case.kind for case in world.queue()]
