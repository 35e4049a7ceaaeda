"""The language of what is written decides: at once for somebody unknown, and for reminders afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from storage import tables

if TYPE_CHECKING:
    from tests.world import World

UNKNOWN = "+15035550199"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("hej", "Hej"),
        ("hola", "asistente"),
        ("cuanto debo", "fecha de nacimiento"),
        ("betala", "kan du betala"),
        ("ayuda", "escriba"),
        ("hjälp", "skriv"),
        ("hello", "Text BALANCE"),
    ],
)
def test_the_first_word_of_somebody_unknown_shows_their_language(
    world: World, text: str, answer: str
) -> None:
    """Even one word does: nothing else says what they speak."""
    assert answer.lower() in world.says(text, UNKNOWN).lower()


def test_a_known_customer_is_not_taken_for_another_by_one_word(world: World) -> None:
    """Their language is on file; a word that is also one of another language does not change it."""
    world.customer()
    assert "birth date" in world.says("saldo")


def test_reminders_come_in_the_language_last_written_in(world: World) -> None:
    """A customer registered in English writes Spanish: the next reminder is Spanish, and so is the page."""
    world.customer()
    world.bill(due=world.now.date() + timedelta(days=1))
    world.says("hola, cuánto debo por favor")
    assert _spoken(world) == "en"
    world.says("1980-02-28")
    assert _spoken(world) == "es"
    world.later(days=8)
    world.run()
    world.deliver()
    assert "factura" in world.screen()[-1].text
    world.says("how much is left to pay now?")
    world.says("1980-02-28")
    assert _spoken(world) == "en"


def test_who_has_not_shown_who_they_are_changes_no_language(world: World) -> None:
    """Somebody else at the phone may write in another language; reminders stay as they were."""
    world.customer()
    world.bill()
    world.says("hur mycket är jag skyldig er?")
    assert _spoken(world) == "en"


def test_a_language_that_was_asked_for_is_not_undone_by_the_words_that_asked(world: World) -> None:
    """English words ask for Spanish: Spanish it is."""
    world.customer()
    world.says("what do I owe?")
    world.says("1980-02-28")
    world.says("please write to me in Spanish")
    assert _spoken(world) == "es"


def _spoken(world: World) -> str:
    with world.database.read() as session:
        row = session.get(tables.Customer, "ada")
        assert row
        return row.language
