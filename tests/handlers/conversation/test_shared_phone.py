"""Two people at one phone: who is spoken with changes, and neither hears of the other."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.world import World

if TYPE_CHECKING:
    from storage.database.transaction import Database

ADA, BO, NOBODY = "1980-02-28", "1979-05-06", "1975-01-01"
PHONE = "+15035550142"


@pytest.fixture
def world(database: Database) -> World:
    """Ada owes 600 dollars, Bo 70; both are reached at one number."""
    world = World(database)
    world.customer(postal_code="97205")
    long_ago = world.now.date() - timedelta(days=10)
    world.bill(due=long_ago)
    world.customer("bo", name="Bo Ek", birth_date=date.fromisoformat(BO), postal_code="97301")
    world.bill("B2", "bo", amount=7000, due=long_ago)
    return world


def ada_speaks(world: World) -> None:
    """Ada has shown who she is."""
    world.says("balance")
    assert "600" in world.says(ADA)


@pytest.mark.parametrize("begun", [(), ("payment plan",), ("payment plan", "50"), ("explain my bill",)])
def test_the_birth_date_of_the_other_changes_who_is_spoken_with(world: World, begun: tuple[str, ...]) -> None:
    """What the first had begun is left, and the balance is the other's."""
    ada_speaks(world)
    for text in begun:
        world.says(text)
    heard = world.says(BO)
    assert "70" in heard
    assert "600" not in heard
    assert "Ada" not in heard
    assert "70" in world.says("how much do I owe?")
    assert "600" in world.says(ADA)


@pytest.mark.parametrize("words", ["someone else", "it's somebody else", "this is another person"])
@pytest.mark.parametrize("begun", [(), ("payment plan",)])
def test_not_the_customer_is_asked_who_they_are(world: World, words: str, begun: tuple[str, ...]) -> None:
    """Nothing of the first is said before they answer."""
    ada_speaks(world)
    for text in begun:
        world.says(text)
    heard = world.says(words)
    assert "birth date" in heard
    assert "Ada" not in heard
    assert "70" in world.says(BO)


@pytest.mark.parametrize(
    ("words", "language"), [("ahora es alguien más", "es"), ("det är någon annan", "sv")]
)
def test_not_the_customer_in_other_languages(world: World, words: str, language: str) -> None:
    """They are understood as well."""
    ada_speaks(world)
    world.says({"es": "español", "sv": "svenska"}[language])
    world.says(words)
    assert "70" in world.says(BO)


def test_someone_else_at_the_phone_of_one_is_not_the_customer(database: Database) -> None:
    """No birth date opens anything before a person has looked."""
    world = World(database)
    world.customer()
    world.bill()
    ada_speaks(world)
    world.says("this is someone else")
    world.says("balance")
    assert "600" not in world.says(ADA)
    assert [case.kind for case in world.queue()] == ["not_the_customer"]


def test_a_birth_date_of_nobody_counts_as_a_wrong_answer(world: World) -> None:
    """It cannot be guessed for ever from where somebody has shown who they are."""
    ada_speaks(world)
    tries = world.installation.policy.identity.tries
    heard = [world.says(f"19{number}-03-04") for number in range(60, 60 + tries)]
    assert "70" not in "".join(heard)
    assert "70" not in world.says(BO)


def test_a_second_answer_is_not_anothers(world: World) -> None:
    """Ada gave her postal code; Bo is asked for his own before his details change."""
    ada_speaks(world)
    world.says("change my phone number")
    world.says("97205")
    world.says("cancel")
    world.says(BO)
    assert "postal code" in world.says("change my phone number")


def test_reminders_of_two_at_one_phone_do_not_come_as_twins(world: World) -> None:
    """The second comes an hour later, though one run has queued both."""
    world.run()
    world.deliver()
    assert len(world.screen()) == 1
    world.later(minutes=5)
    world.deliver()
    assert len(world.screen()) == 1
    world.later(minutes=56)
    world.deliver()
    assert [message.text for message in world.screen()] == [world.screen()[0].text] * 2


def test_others_and_replies_do_not_wait(world: World) -> None:
    """Somebody at another phone does not wait for it, and a reply waits for nothing."""
    world.customer("cyd", name="Cyd Ek", phone="+15035550199")
    world.bill("B3", "cyd", due=world.now.date() - timedelta(days=10))
    world.run()
    world.deliver()
    assert len(world.screen("+15035550199")) == 1
    assert "birth date" in world.says("balance")


def test_at_the_end_of_the_hours_the_second_waits_for_the_next_day(world: World) -> None:
    """An hour later may be too late in the day: then the window decides."""
    world.now = datetime(2026, 3, 3, 1, 30, tzinfo=UTC)  # half past five in the afternoon
    world.run()
    world.deliver()
    world.later(minutes=61)
    world.deliver()
    assert len(world.screen()) == 1
    world.later(hours=15)
    world.deliver()
    assert len(world.screen()) == 2
