"""Whatever is asked, a customer can ask for a person, for help, dispute a bill or say it is too much."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest

from billing.accounts.channels import Channel
from handlers.conversation.flow_registry import FLOW_REGISTRY
from handlers.desk import cases
from handlers.talk import saved
from storage.conversation import conversations
from storage.conversation.conversations import Conversation
from storage.people import contact_points
from tests.handlers.talk.test_any_text import open_questions
from tests.world import World

if TYPE_CHECKING:
    from handlers.talk.conversation import Open
    from storage.database.transaction import Database

PHONE: Final = "+15035550142"
PERSON: Final = {
    "en": ("I want to talk to a person", "can a human please call me"),
    "sv": ("jag vill prata med en människa", "kan någon hos er ringa mig"),
    "es": ("quiero hablar con una persona", "necesito hablar con alguien de ustedes"),
}
HELP: Final = {"en": "HELP", "sv": "HJÄLP", "es": "AYUDA"}
GRAVE: Final = {
    "dispute": {"en": "this bill is wrong", "sv": "räkningen är fel", "es": "esta factura está mal"},
    "hardship": {"en": "I lost my job and cannot pay", "sv": "jag har blivit arbetslös och kan inte betala",
                 "es": "me quedé sin trabajo y no puedo pagar"},
}  # fmt: skip


def _asks(world: World, open_: Open, language: str) -> None:
    """Leave the customer at this question, in this language, with no case open."""
    with world.database.write() as session:
        point = contact_points.find(session, Channel.SMS, PHONE)
        assert point is not None
        conversations.close(session, point.id, "left")
        contact_points.set_language(session, point.id, language)
        contact_points.set_idle(session, point.id, 0, None, "")
        if open_.flow != "identity":
            contact_points.identify(session, point.id, "ada", world.now + timedelta(days=1))
        packed = saved.pack(open_)
        row = Conversation(
            0, point.id, "ada", open_.flow, packed["offer"], packed["answers"], open_.asked, world.now,
            0, "", world.now + timedelta(days=1),
        )  # fmt: skip
        conversations.begin(session, row, world.now)


def _kinds(world: World) -> set[str]:
    return {case.kind for case in world.queue()}


def _asked(world: World) -> str:
    with world.database.read() as session:
        point = contact_points.find(session, Channel.SMS, PHONE)
        assert point is not None
        row = conversations.open_one(session, point.id)
        return f"{row.flow}.{row.asked}" if row else ""


def _questions(flow: str) -> list[Open]:
    """The questions of a flow, each once."""
    return list({one.asked: one for one in open_questions() if one.flow == flow}.values())


@pytest.fixture
def world(database: Database) -> World:
    """A clinic with a customer who owes."""
    made = World(database)
    made.customer()
    made.bill()
    return made


def _close_all(world: World) -> None:
    for case in world.queue():
        with world.database.write() as session:
            cases.close(world.context(session), case.id, "rep", "done", lift=True)


@pytest.mark.parametrize("flow", sorted(FLOW_REGISTRY))
def test_a_person_can_be_asked_for_at_every_question(world: World, flow: str) -> None:
    """Each question of each conversation gives way to the wish for a person, in any language."""
    for open_ in _questions(flow):
        for language, texts in PERSON.items():
            for text in texts:
                _asks(world, open_, language)
                assert world.heard(text) == ["person.coming"], (open_.asked, text)
                assert _kinds(world) == {"person"}
                assert _asked(world) == ""
                _close_all(world)


@pytest.mark.parametrize("flow", sorted(FLOW_REGISTRY))
def test_help_can_be_asked_for_at_every_question(world: World, flow: str) -> None:
    """Help is told, and the question stays open."""
    for open_ in _questions(flow):
        for language, text in HELP.items():
            _asks(world, open_, language)
            assert world.heard(text)[0] == "answers.help", (open_.asked, text)
            assert _asked(world) == f"{open_.flow}.{open_.asked}"


@pytest.mark.parametrize("flow", sorted(FLOW_REGISTRY))
def test_grave_words_are_heard_at_every_question(world: World, flow: str) -> None:
    """A dispute, and that it is too much, hold at once, whatever is being asked."""
    for open_ in _questions(flow):
        for kind, texts in GRAVE.items():
            for language, text in texts.items():
                _asks(world, open_, language)
                world.says(text)
                assert kind in _kinds(world) or flow == kind, (open_.asked, text)
                _close_all(world)
