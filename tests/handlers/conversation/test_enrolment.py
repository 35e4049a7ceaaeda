"""Enrolment by chat: a number is claimed, not owned, and nobody learns whose it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from sqlalchemy import select

from billing.accounts.channels import Channel
from handlers.people.identity import AT_ONE_PHONE
from storage import tables
from tests.world import World

if TYPE_CHECKING:
    from storage.database.transaction import Database

ADAS, STRANGE, CHAT = "+15035550142", "+15035550199", "77"
QUESTIONS: Final = ("Elm Street 12, 97205 Portland", "none", "none", "yes")


@pytest.fixture
def world(database: Database) -> World:
    """Ada, born 28 February 1980, who owes for a visit."""
    world = World(database)
    world.customer(postal_code="97205")
    world.bill()
    return world


def enrols(world: World, address: str, name: str, born: str) -> list[str]:
    """Somebody enrols from a phone; returns what they hear."""
    return [world.says(text, address) for text in ("register", name, born, *QUESTIONS)]


def enrols_by_telegram(
    world: World, number: str, name: str = "Ada Lind", born: str = "1980-02-28"
) -> list[str]:
    """Somebody enrols from a chat, and types in a number."""
    texts = ("sign me up", name, born, QUESTIONS[0], number, *QUESTIONS[1:])
    return [world.says(text, CHAT, Channel.TELEGRAM) for text in texts]


def at(world: World, address: str) -> list[str]:
    """The customers who are reached at an address."""
    contact, point = tables.Contact, tables.ContactPoint
    with world.database.read() as session:
        found = select(contact.customer_id).join(point, point.id == contact.contact_point_id)
        return sorted(session.scalars(found.where(point.address == address, contact.removed_at.is_(None))))


def test_register_is_answered_the_same_at_a_known_number(world: World) -> None:
    """Neither a stranger's name nor the customer's own tells whether the number is known."""
    strange = enrols(world, STRANGE, "Bo Ek", "1990-05-05")
    for name, born in (("Bo Ek", "1990-05-05"), ("Ada Lind", "1980-02-28")):
        known = enrols(world, ADAS, name, born)
        assert [_blank(text) for text in known] == [_blank(text) for text in strange]


def _blank(text: str) -> str:
    """A text without the number that a customer gets."""
    return " ".join("T-" if word.startswith("T-") else word for word in text.split())


@pytest.mark.parametrize(
    "words", ["sign me up for paper bills", "email reminders please", "paperless billing"]
)
def test_ways_of_bills_are_answered_the_same(world: World, words: str) -> None:
    """Who they are is asked at both."""
    assert world.says(words, STRANGE) == world.says(words, ADAS)


def test_a_typed_number_is_asked_before_it_is_linked(world: World) -> None:
    """It learns nothing but the question; its yes links it, its no opens a case."""
    enrols_by_telegram(world, STRANGE, "Bo Ek", "1990-05-05")
    assert at(world, STRANGE) == []
    (question,) = [message.text for message in world.screen(STRANGE)]
    assert "Is it yours?" in question
    assert "Bo" not in question
    world.says("yes", STRANGE)
    assert at(world, STRANGE) == at(world, CHAT)


def test_a_typed_number_that_says_no_is_never_linked(world: World) -> None:
    """A person at the desk hears of it."""
    enrols_by_telegram(world, STRANGE, "Bo Ek", "1990-05-05")
    world.says("no", STRANGE)
    assert at(world, STRANGE) == []
    assert "number_declined" in {case.kind for case in world.queue()}


@pytest.mark.parametrize("answer", ["yes", "no", "what?"])
def test_a_claim_shuts_the_owner_of_a_number_out_in_no_case(world: World, answer: str) -> None:
    """A stranger enrols with Ada's name, birth date and number: whatever she answers, she is still let in."""
    enrols_by_telegram(world, ADAS)
    world.says(answer)
    if answer == "what?":
        world.says("cancel")
    assert at(world, ADAS) == ["ada"]
    world.says("balance")
    assert "600" in world.says("1980-02-28")


def test_somebody_at_her_phone_with_her_birth_date_shuts_her_out_no_more(world: World) -> None:
    """They are registered for the desk to look at, and not linked."""
    enrols(world, ADAS, "Ada Lind", "1980-02-28")
    assert at(world, ADAS) == ["ada"]
    assert "enrol" in {case.kind for case in world.queue()}
    world.says("balance")
    assert "600" in world.says("1980-02-28")


def test_a_claim_does_not_void_the_question_that_waits_at_a_number(world: World) -> None:
    """Ada has asked for a new number; a stranger who claims it meanwhile changes nothing."""
    for text in ("change my phone number", "1980-02-28", "97205", STRANGE):
        world.says(text)
    enrols_by_telegram(world, STRANGE, "Bo Ek", "1990-05-05")
    world.says("yes", STRANGE)
    assert at(world, STRANGE) == ["ada"]


def test_a_relative_enrols_from_the_same_phone(world: World) -> None:
    """Another birth date can be told apart: both are reached there, once it is said whose bill it is."""
    enrols(world, ADAS, "Bo Lind", "1990-05-05")
    assert len(at(world, ADAS)) == 2
    world.says("balance")
    assert "own name" in world.says("1980-02-28")
    world.says("it is my own")
    assert "600" in world.says("1980-02-28")


def test_only_as_many_are_linked_as_share_a_phone_and_nobody_is_locked_out_by_it(world: World) -> None:
    """Dates are not tried by registering: the reply is the same, and who was there first is still let in."""
    for day in range(1, 8):
        assert "Welcome" in enrols(world, ADAS, "Bo Ek", f"1990-05-{day:02d}")[-1]
    known = at(world, ADAS)
    assert len(known) == AT_ONE_PHONE
    assert "Welcome" in enrols(world, ADAS, "Bo Ek", "1980-02-28")[-1]
    assert at(world, ADAS) == known
    world.says("balance")
    assert "600" in world.says("1980-02-28")


def test_a_yes_to_a_claim_beside_somebody_is_a_try_too(world: World) -> None:
    """Whoever has her phone cannot try dates by claiming it from a chat and saying yes."""
    for day in range(1, 8):
        chat = str(100 + day)
        texts = ("sign me up", "Bo Ek", f"1990-05-{day:02d}", QUESTIONS[0], ADAS, *QUESTIONS[1:])
        for text in texts:
            world.says(text, chat, Channel.TELEGRAM)
        world.says("yes")
    assert len(at(world, ADAS)) == AT_ONE_PHONE
    world.says("balance")
    assert "600" in world.says("1980-02-28")
    assert "number_shared" in {case.kind for case in world.queue()}
