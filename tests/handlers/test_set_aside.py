"""One bad row in a job never stops the rest: it is a case with its name."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from handlers import set_aside
from handlers.clock import expiry, overdue
from storage import tables
from storage.desk import escalations
from storage.desk.escalations import Case

if TYPE_CHECKING:
    from handlers.context import Context
    from tests.world import World

NOWHERE = "Mars/Olympus"
"""No time zone: whatever asks for the local hour of such a person fails."""


def _three(world: World) -> None:
    for number, person in enumerate(("ada", "bo", "cy")):
        world.customer(person, phone=f"+1503555014{number + 2}")
        world.bill(f"B-{person}", person, due=world.now.date() - timedelta(days=10))


def _spoil(world: World, customer_id: str = "bo") -> None:
    with world.database.write() as session:
        table = tables.Customer
        session.execute(update(table).where(table.id == customer_id).values(timezone=NOWHERE))


def _set_aside(world: World) -> list[str]:
    return [case.reason for case in world.queue() if case.kind == "set_aside"]


def test_a_run_reminds_everybody_but_whom_it_cannot_handle(world: World) -> None:
    """Somebody in a time zone that does not exist is a case; the two others have their reminder."""
    _three(world)
    _spoil(world)
    assert {one.customer_id for one in world.run()} == {"ada", "cy"}
    (reason,) = _set_aside(world)
    assert "customer bo could not be handled" in reason
    world.run()
    assert len(_set_aside(world)) == 1
    world.deliver()
    assert [len(world.screen(f"+1503555014{number}")) for number in (2, 3, 4)] == [1, 0, 1]


def test_whose_data_is_mended_is_reminded_the_next_day(world: World) -> None:
    """Set aside is not forgotten: a day later the run tries again."""
    _three(world)
    _spoil(world)
    world.run()
    with world.database.write() as session:
        session.execute(update(tables.Customer).values(timezone=None))
    world.live(1)
    assert world.screen("+15035550143")


def test_open_questions_expire_beside_one_that_cannot(world: World) -> None:
    """A conversation whose contact point has no hour is a case, the other is closed."""
    for number, person in enumerate(("ada", "bo")):
        world.customer(person, phone=f"+1503555014{number + 2}")
        world.bill(f"B-{person}", person)
        world.says("balance", f"+1503555014{number + 2}")
    _spoil(world)
    world.later(days=3)
    expiry.expire(world.database, world.installation, world.clock)
    assert len(_set_aside(world)) <= 1


def test_late_cases_climb_beside_one_that_cannot(world: World) -> None:
    """Several late cases, one of them about somebody without an hour: the others are raised."""
    _three(world)
    with world.database.write() as session:
        for person in ("ada", "bo", "cy"):
            case = Case(f"manual:{person}", "manual", "look", world.now, 3, person)
            escalations.open_case(session, case, world.now)
    _spoil(world)
    world.later(hours=1)
    assert overdue.climb(world.database, world.installation, world.clock) >= 2


def test_every_job_goes_through_the_same_door(world: World) -> None:
    """What raises is undone, named and a case once; trouble of the database ends the job."""

    def work(context: Context, number: int) -> int:
        case = Case(f"seen:{number}", "manual", "seen", context.now)
        escalations.open_case(context.session, case, context.now)
        if number == 2:
            raise ValueError(number)
        return number

    for _ in range(2):
        done = set_aside.one_by_one(
            world.database, world.installation, world.clock, "counting", [1, 2, 3], work, "row {}".format
        )
        assert done == [1, 3]
    assert sorted(case.key for case in world.queue()) == ["seen:1", "seen:3", "set_aside:counting:row 2"]

    def down(_context: Context, _number: int) -> int:
        raise OperationalError("", {}, Exception())

    with pytest.raises(OperationalError):
        set_aside.one_by_one(world.database, world.installation, world.clock, "counting", [1], down)
