"""News in the staff chat: bundled, after what people wait for, with a link where the desk is served."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from billing.facts import Saying
from handlers.desk import cases, staff_room
from storage.delivery import outbox
from tests.bot.staff_rig import GROUP, staffed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bot.staff_rig import StaffRig
    from tests.world import World


@pytest.fixture
def desk(world: World) -> Iterator[StaffRig]:
    """A staff chat that has heard the morning's digest."""
    world.customer()
    with staffed(world) as rig:
        rig.run_until_quiet()
        yield rig


@pytest.fixture
def asked(desk: StaffRig) -> int:
    """A customer asked for a person, and the chat was told."""
    desk.world.says("talk to a person please")
    desk.run_until_quiet()
    (case,) = desk.cases()
    return case.id


def test_many_texts_are_one_message(desk: StaffRig) -> None:
    """Who writes again in many cases at once does not flood the chat."""
    world = desk.world
    for number in range(8):
        world.customer(f"c{number}", phone=f"+1503555020{number}", birth_date=date(1970, 1, 1 + number))
        world.says("talk to a person please", f"+1503555020{number}")
    desk.run_until_quiet()
    before = len(desk.server.sent)
    for number in range(8):
        world.says("are you there?", f"+1503555020{number}")
    desk.run_until_quiet()
    wrote = [
        sent.text for sent in desk.server.sent[before:] if sent.chat_id == GROUP and "wrote" in sent.text
    ]
    assert len(wrote) == 1
    assert wrote[0].startswith("The customers wrote in these cases:")
    assert len(wrote[0].splitlines()) == 9


def test_what_is_to_be_looked_at_is_a_link_where_the_desk_is_served(desk: StaffRig, asked: int) -> None:
    """The page of the case shows all of it; elsewhere it is the command."""
    installation = desk.world.installation
    assert staff_room.look_at(installation, asked) == f"kvitt escalations show {asked}"
    served = replace(installation, desk_url="https://pay.example/desk")
    assert staff_room.look_at(served, asked) == f"https://pay.example/desk/cases/{asked}"


def test_answers_to_people_leave_before_news(desk: StaffRig, asked: int) -> None:
    """What a rep writes to a customer, and is told, does not wait behind notices of cases."""
    world = desk.world
    with world.database.write() as session:
        context = world.context(session)
        room = staff_room.rooms(context)[0]
        said = Saying("staff.queue_empty")
        for number in range(3):
            staff_room.post(context, room, f"staff:news:{number}", said)
        staff_room.post(context, room, "reply:9999", said)
        cases.answer(context, asked, "Kim", "We look into it.")
    with world.database.read() as session:
        due = [outbox.get(session, one).key.partition(":")[0] for one in outbox.due(session, world.now, 100)]
    assert due[:2] == ["reply", "answer"]
    assert due.count("staff") >= 3
