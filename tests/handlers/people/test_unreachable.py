"""A number that nothing reaches any more: the other ways, a question, and a person when none is left."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from billing.accounts.channels import Channel
from bot.channel import RefusalReason
from handlers.dunning.reschedule import reschedule
from handlers.people import register
from storage import tables
from storage.people import contact_points, reachability

if TYPE_CHECKING:
    from tests.world import World

PHONE, CHAT = "+15035550142", "4711"


def _with_chat(world: World) -> None:
    """A customer who owes, with a phone and a chat."""
    world.customer(postal_code="97205")
    world.bill(due=world.now.date() - timedelta(days=50))
    with world.database.write() as session:
        point = contact_points.at(session, Channel.TELEGRAM, CHAT, [], "en", world.now)
        register.bind_chat(world.context(session), "ada", point, "opened the link")
        reschedule(world.context(session), ["ada"])


def _fails(world: World) -> None:
    """A text to the phone comes back: nobody is there."""
    world.says("stop by tomorrow?")
    world.phones[Channel.SMS].carrier.refuse(PHONE, RefusalReason.ADDRESS, "30005")
    world.says("hello")


def _chats(world: World, *texts: str) -> str:
    """What is read in the chat after the last of these."""
    return [world.says(text, CHAT, Channel.TELEGRAM) for text in texts][-1]


def _phones(world: World) -> list[tuple[str, bool]]:
    """The numbers the customer is reached at, and whether each works."""
    with world.database.read() as session:
        ways = reachability.ways(session, ["ada"]).get("ada", [])
        found = [way.reach for way in ways]
        return [(one.address, not one.unreachable) for one in found if one.channel is Channel.SMS]


def test_the_other_way_is_used_and_the_number_asked_about_once(world: World) -> None:
    """Reminders go on by chat; who is known there is asked about the number after their answer, once."""
    _with_chat(world)
    _fails(world)
    assert _phones(world) == [(PHONE, False)]
    assert not world.queue()
    world.live(1)
    assert len(world.screen(CHAT, Channel.TELEGRAM)) == 1
    assert "ending" not in _chats(world, "hi there", "balance")
    replies = _chats(world, "1980-02-28")
    assert "$600.00" in replies
    assert "the number ending 42" in replies
    assert "try that number again" in _chats(world, "yes")
    assert _phones(world) == [(PHONE, True)]
    assert "ending" not in _chats(world, "balance")


def test_a_number_that_is_gone_makes_room_for_another(world: World) -> None:
    """The old number is given up; the new one has to be checked like any other."""
    _with_chat(world)
    _fails(world)
    _chats(world, "balance", "1980-02-28")
    assert "Which number" in _chats(world, "no")
    assert "our staff will check it" in _chats(world, "503 555 0177")
    assert _phones(world) == []
    assert [case.detail for case in world.queue()] == [{"phone": "+15035550177"}]


def test_a_number_may_simply_go(world: World) -> None:
    """Whoever has the chat needs no phone."""
    _with_chat(world)
    _fails(world)
    assert "no longer use that number" in _chats(world, "balance", "1980-02-28", "no", "no")
    assert _phones(world) == []
    assert not world.queue()


def test_the_same_number_again_is_kept(world: World) -> None:
    """Whoever writes out the very number says yes."""
    _with_chat(world)
    _fails(world)
    assert "try that number again" in _chats(world, "balance", "1980-02-28", "it is 503 555 0142")


def test_a_number_that_fails_again_is_asked_about_again(world: World) -> None:
    """One question for each time it stops working."""
    _with_chat(world)
    _fails(world)
    _chats(world, "balance", "1980-02-28", "yes")
    assert "ending" not in _chats(world, "balance")
    world.says("hello")
    assert "ending 42" in _chats(world, "balance")


def test_nobody_is_asked_in_a_grave_moment(world: World) -> None:
    """Somebody who has died, a lawyer, a person asked for: the question has no place there."""
    _with_chat(world)
    _fails(world)
    _chats(world, "balance")
    assert "ending" not in _chats(world, "I want to talk to a person")
    with world.database.read() as session:
        assert session.scalars(select(tables.Contact.asked_at)).all() == [None, None]


def test_with_no_way_left_a_person_searches_and_is_called_off_again(world: World) -> None:
    """One case, with what was tried; it closes by itself when the customer writes from there after all."""
    world.customer()
    world.bill(due=world.now.date() - timedelta(days=5))
    world.phones[Channel.SMS].carrier.refuse(PHONE, RefusalReason.ADDRESS, "30005")
    world.run()
    world.deliver()
    (case,) = world.queue()
    assert (case.kind, case.detail) == ("no_usable_channel", {"tried": "sms ending 42", "code": "30005"})
    world.phones[Channel.SMS].carrier.fix(PHONE)
    world.says("hello")
    assert not world.queue()
    world.later(days=1)
    assert [v.verdict for v in world.run()] == ["remind"]


def test_nobody_is_searched_for_who_owes_nothing(world: World) -> None:
    """A dead number of somebody who has paid is no work for the desk."""
    world.customer()
    _fails(world)
    assert not world.queue()
