"""Machines that answer: a phone's reactions change nothing, a program that answers all meets silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from handlers.desk import cases
from storage import tables

if TYPE_CHECKING:
    from tests.world import World

pytestmark = pytest.mark.both_databases


def _reminded(world: World) -> str:
    """A customer with a bill who was reminded; returns the text they got."""
    world.customer()
    world.bill()
    world.live(5)
    return world.screen()[-1].text


def _stopped(world: World) -> bool:
    with world.database.read() as session:
        return any(session.scalars(select(tables.ContactPoint.stopped_at)))


@pytest.mark.parametrize(
    "reaction",
    [
        "Liked “{}”", "Disliked “{}”", 'Questioned "{}"', "Removed a like from “{}”", "👍 to “{}”",
        "Gillade ”{}”", "Le gustó «{}»", "Tykkäsi viestistä “{}”", "{}",
        "Reacted :party: to “{}”", "Hat „{}“ hervorgehoben", "「{}」を強調しました",
        "A retiré un cœur de « {} »",
    ],
)  # fmt: skip
def test_a_reaction_is_met_with_silence_and_changes_nothing(world: World, reaction: str) -> None:
    """The opt-out line that we sent, quoted back by a phone, stops nobody and opens no case."""
    ours = _reminded(world)
    assert "STOP" in ours
    assert world.says(reaction.format(ours)) == ""
    assert world.says(reaction.format(f"{ours[:40]}…")) == "" or reaction == "{}"
    assert not _stopped(world)
    assert world.queue() == []


def test_a_reaction_leaves_the_open_question_as_it_is(world: World) -> None:
    """A heart for our question is no answer to it: the answer that follows still counts."""
    _reminded(world)
    asked = world.says("What do I owe?")
    assert world.says(f"Loved “{asked}”") == ""
    assert "600" in world.says("1980-02-28")


@pytest.mark.parametrize(
    "text", ["Liked “{}” but STOP", "STOP “{}”", "> {}\nStop texting me", "I liked it, but STOP"]
)
def test_the_customers_own_stop_beside_our_words_stops(world: World, text: str) -> None:
    """What is said beside a quotation is the customer's own, and acts."""
    ours = _reminded(world)
    world.says(text.format(ours))
    assert _stopped(world)


def test_our_words_are_not_read_with_the_customers(world: World) -> None:
    """Quoting our reminder with "I can't pay this" is hardship, and no opt-out."""
    ours = _reminded(world)
    assert world.says(f"> {ours}\nI can't pay this")
    assert not _stopped(world)
    assert [case.kind for case in world.queue()] == ["hardship"]


@pytest.mark.parametrize(
    "answer",
    [
        "Thank you for your message!",
        "Sorry, I did not understand that.",
        "Hello! How are you today?",
        "ok",
        "Our office hours are weekdays 9 to 5. What are your opening hours?",
        "You can pay your bill online. How can I pay?",
        "Are you a bot?",
    ],
)
def test_a_program_that_answers_everything_is_answered_three_times(world: World, answer: str) -> None:
    """Sixty texts that tell nothing get three replies at the most, and one case."""
    world.customer()
    world.bill()
    replies = [bool(world.says(answer)) for _ in range(60)]
    assert sum(replies) <= 3
    assert len(world.queue()) <= 1


def test_a_program_with_many_courtesies_is_answered_three_times(world: World) -> None:
    """Other words each time, and still nothing said."""
    world.customer()
    world.bill()
    texts = ["Hello!", "Thanks!", "I see.", "Goodbye!", "Great, thank you", "Hi there"]
    replies = [bool(world.says(texts[number % len(texts)])) for number in range(60)]
    assert sum(replies) == 3
    assert [case.kind for case in world.queue()] == ["machine"]


def test_stop_help_and_grave_words_act_every_time(world: World) -> None:
    """Silence is for what tells nothing: a stop, HELP, and danger get through, from a machine, too."""
    world.customer()
    world.bill()
    for _ in range(10):
        world.says("Thank you!")
    assert world.says("Thank you!") == ""
    assert world.says("HELP")
    assert world.says("I want to die")
    assert "crisis" in {case.kind for case in world.queue()}
    world.says("STOP")
    assert _stopped(world)


def test_who_says_something_is_answered_again(world: World) -> None:
    """A person who thanked four times and then asks gets the answer, and three more courtesies."""
    world.customer()
    world.bill()
    for _ in range(5):
        world.says("Thank you!")
    assert world.says("What do I owe?")
    assert "600" in world.says("1980-02-28")
    assert world.says("Thank you!")


def test_texts_weeks_apart_are_not_in_a_row(world: World) -> None:
    """Thanks once a month is no machine."""
    world.customer()
    for _ in range(6):
        world.later(days=30)
        assert world.says("Thank you!")


@pytest.mark.parametrize(
    "texts",
    [
        ("What is my balance?", "When is it due?", "Can I pay in parts?", "I want a plan"),
        ("What is 2 + 2?", "Paris is the capital of France.", "Bananas are rich in potassium."),
        (
            "Hi! I am Aria, your virtual assistant.",
            "Great question!",
            "It seems you are asking about a bill.",
        ),
        ("Sorry we couldn't understand you. Text HELP for help, STOP to cancel.",),
    ],
)
def test_a_program_with_new_words_each_time_meets_silence(world: World, texts: tuple[str, ...]) -> None:
    """Whoever never says who they are, and never what they want, is answered a few times, and is one case."""
    world.customer()
    world.bill()
    replies = [bool(world.says(texts[number % len(texts)])) for number in range(40)]
    assert sum(replies) <= 5
    assert not any(replies[-20:])
    assert [case.kind for case in world.queue()] == ["machine"]


def test_a_slow_person_who_is_not_understood_is_answered(world: World) -> None:
    """Four unclear texts within a month are no machine."""
    world.customer()
    for text in ("blorp fnord", "qwerty asdf", "zany zork", "bleh"):
        assert world.says(text)
        world.later(days=6)
    assert world.queue() == []


def test_silence_ends_with_quiet_or_a_person(world: World) -> None:
    """Two quiet days end the silence, and so does a person who closes the case."""
    world.customer()
    for _ in range(6):
        world.says("Thank you!")
    world.later(days=1)
    assert world.says("Thank you!") == ""
    world.later(days=1.5)
    assert world.says("Thank you!") == ""  # the last was a day and a half ago
    (case,) = world.queue()
    with world.database.write() as session:
        cases.take(world.context(session), case.id, "kim")
        cases.close(world.context(session), case.id, "kim", "a person")
    assert world.says("Thank you!")
    for _ in range(6):
        world.says("Thank you!")
    world.later(days=3)
    assert world.says("Thank you!")
