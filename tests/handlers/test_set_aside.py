"""One bad row in a job never stops the rest: it is a case with its name."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from billing.collection.collectors import Collector, Rate
from handlers import set_aside
from handlers.clock import expiry, overdue
from handlers.collection import collector, placement_file
from handlers.delivery import letters
from handlers.issuing import billing_runs
from handlers.policy import change
from storage import tables
from storage.desk import escalations
from storage.desk.escalations import Case
from tests.issuing import a_billing_world, at_home, proposed, served
from tests.letters import a_writing_world, owes, rows
from tests.world import World, an_installation, flagged

if TYPE_CHECKING:
    from handlers.context import Context
    from storage.database.transaction import Database

FAIR = Collector(id="fair", name="Fair Collect", statement_of_work="SOW-1", rates=(Rate(Decimal(20)),))
NOWHERE = "Aether/Olympus"
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


def test_whose_data_is_put_right_is_reminded_the_next_day(world: World) -> None:
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


def test_late_cases_are_told_beside_one_that_cannot(world: World) -> None:
    """Several late cases, one of them about somebody without an hour: the others are raised."""
    _three(world)
    with world.database.write() as session:
        for person in ("ada", "bo", "cy"):
            case = Case(f"manual:{person}", "manual", "look", world.now, 3, person)
            escalations.open_case(session, case, world.now)
    _spoil(world)
    world.later(hours=1)
    assert overdue.note_late(world.database, world.installation, world.clock) >= 2


def test_a_billing_run_issues_every_bill_beside_bad_data(database: Database) -> None:
    """Bad data that came between the proposal and the issue is a case; no bill waits for it."""
    world = a_billing_world(database)
    for number, person in enumerate(("ada", "bo", "cy")):
        at_home(world, person, phone=f"+1503555014{number + 2}")
        served(world, f"B-{person}", person)
    run_id, _ = proposed(world)
    _spoil(world)
    with world.database.write() as session:
        billing_runs.approve(world.context(session), run_id, "kim")
    assert billing_runs.issue(world.database, world.installation, run_id, world.clock) == 3
    (reason,) = _set_aside(world)
    assert "customer bo could not be handled" in reason


def test_a_placement_file_has_every_bill_but_the_one_it_cannot(world: World) -> None:
    """One debtor whose data cannot be written is left out with a case; the file has the others."""
    world.installation = an_installation(collectors=(FAIR,))
    _three(world)
    world.run()
    world.deliver()
    for person in ("ada", "bo", "cy"):
        with world.database.write() as session:
            flagged(session, f"B-{person}", 60000, world.now)
        world.later(hours=1)
        with world.database.write() as session:
            collector.approve(world.context(session), f"B-{person}", "kim", "")
    _spoil(world)
    world.later(minutes=1)
    with world.database.write() as session:
        made = placement_file.export(world.context(session), FAIR, "kim")
    assert (made.count, made.left_out) == (2, (("B-bo-P1", "set_aside"),))
    assert len(_set_aside(world)) == 1


def _repair(world: World) -> None:
    with world.database.write() as session:
        session.execute(update(tables.Customer).values(timezone=None))


def test_letters_are_gathered_beside_one_that_cannot(database: Database) -> None:
    """One letter that cannot be looked at is a case, once; it leaves after its data was put right."""
    world = a_writing_world(database)
    for number, person in enumerate(("ada", "bo", "cy")):
        owes(world, person, phone=f"+1503555014{number + 2}")
    _spoil(world)
    for printed in (2, 2):
        with world.database.write() as session:
            letters.gather(world.context(session), world.now.date(), "desk")
        assert len(rows(world, tables.Letter)) == printed
        world.later(days=2)
    assert len(_set_aside(world)) == 1
    _repair(world)
    with world.database.write() as session:
        letters.gather(world.context(session), world.now.date(), "desk")
    assert len(rows(world, tables.Letter)) == 3


def test_everybody_is_rescheduled_after_a_new_policy_but_whom_it_cannot(world: World) -> None:
    """Somebody without an hour ends no change of policy, and does not make it go on for ever."""
    _three(world)
    _spoil(world)
    with world.database.write() as session:
        session.execute(update(tables.Account).values(policy_version="before"))
    assert change.reschedule_all(world.database, world.installation, world.clock) == 3
    (reason,) = _set_aside(world)
    assert "customer bo could not be handled" in reason


def test_what_cannot_be_done_is_undone_alone(world: World) -> None:
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
