"""How many SQL statements a turn costs, from the arrival of a text to the saved result of its reply."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.world import World

pytestmark = pytest.mark.both_databases

MOST = 20
"""Statements a turn, delivery included; beginning a transaction counts, too."""
PLAN = ("What do I owe?", "1980-02-28", "Can I pay in parts?", "50", "1st", "yes", "thanks")
OTHERS = ("STOP", "START", "How can I pay?", "I want to talk to a person")


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """Every statement that is executed, on any connection."""
    seen: list[str] = []

    def executed(*arguments: object) -> None:
        seen.append(str(arguments[2]))

    event.listen(Engine, "before_cursor_execute", executed)
    yield seen
    event.remove(Engine, "before_cursor_execute", executed)


def test_each_step_of_a_plan_conversation_reads_once_and_writes_once(
    world: World, statements: list[str]
) -> None:
    """No step of agreeing a plan takes more than twenty statements, the one that opens it included."""
    world.customer()
    world.bill()
    cost: dict[str, int] = {}
    for text in PLAN:
        statements.clear()
        assert world.says(text)
        cost[text] = len(statements) - _looks_for_what_is_due(statements)
    assert world.heard("What do I owe?") == ["answers.on_plan"]
    assert {text: count for text, count in cost.items() if count > MOST} == {}


def test_other_turns_stay_within_their_means(world: World, statements: list[str]) -> None:
    """Stopping, starting, asking how to pay and asking for a person cost at most a few more than that."""
    world.customer()
    world.bill()
    cost: dict[str, int] = {}
    for text in OTHERS:
        statements.clear()
        assert world.says(text)
        cost[text] = len(statements) - _looks_for_what_is_due(statements)
    assert {text: count for text, count in cost.items() if count > 2 * MOST} == {}


def test_a_turn_costs_the_same_however_much_is_stored(world: World, statements: list[str]) -> None:
    """The same question takes as many statements with one bill as with thirty, and after twenty texts."""
    world.customer()
    world.bill()
    world.says("What do I owe?")
    world.says("1980-02-28")
    statements.clear()
    world.says("What do I owe?")
    few = len(statements)
    for number in range(2, 31):
        world.bill(f"B{number}")
    for _ in range(20):
        world.says("What do I owe?")
    statements.clear()
    world.says("What do I owe?")
    assert len(statements) == few


def _looks_for_what_is_due(statements: list[str]) -> int:
    """The world looks once after each text whether anything is queued; a process does so on its own time."""
    looking = sum("outbox.not_before <=" in one and "ORDER BY" in one for one in statements)
    begun = sum(one == "BEGIN" for one in statements)
    return looking + min(looking, begun)
