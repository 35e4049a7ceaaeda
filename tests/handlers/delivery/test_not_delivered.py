"""A message that did not arrive this time comes again; one that never will does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from billing.accounts.channels import Channel
from handlers.arrivals import DeliveryFate, DeliveryReport
from handlers.delivery import results
from handlers.desk import cases
from storage import tables
from tests.world import World, an_installation

if TYPE_CHECKING:
    from storage.database.transaction import Database


@pytest.fixture
def world(database: Database) -> World:
    """Somebody was reminded, and their carrier has the message."""
    installation = an_installation()
    first = installation.policy.levels[0].model_copy(update={"wait_days": 60})
    policy = installation.policy.model_copy(update={"levels": (first, *installation.policy.levels[1:])})
    world = World(database, replace(installation, policy=policy))
    world.customer()
    world.bill(due=world.now.date() - timedelta(days=5))
    world.run()
    assert world.deliver() == 1
    return world


def _newest(world: World, table: Any) -> Any:
    with world.database.read() as session:
        found = session.scalar(select(table).order_by(table.id.desc()).limit(1))
        session.expunge_all()
    return found


def _fails(world: World, code: str, *, soft: bool) -> None:
    message = _newest(world, tables.Outbox)
    report = DeliveryReport(Channel.SMS, "", message.reference, DeliveryFate.FAILED, code, soft=soft)
    with world.database.write() as session:
        results.take_report(world.context(session), report)


def test_a_soft_failure_is_tried_again_and_then_counts_as_heard(world: World) -> None:
    """The step waits for the next try on the same way; nobody else is asked, and nothing is said twice."""
    _fails(world, "4.2.2", soft=True)
    row = _newest(world, tables.Outbox)
    assert (row.state, row.reason) == ("queued", "soft:4.2.2")
    assert _newest(world, tables.Step).state == "queued"
    assert world.run() == []
    assert world.deliver() == 0
    world.later(hours=13)
    while not world.deliver():
        world.later(hours=1)
    assert _newest(world, tables.Step).state == "heard"
    assert _newest(world, tables.Outbox).id == row.id
    assert _newest(world, tables.Escalation) is None


def test_a_soft_failure_that_repeats_counts_as_failed_in_the_end(world: World) -> None:
    """Three times it comes again; the fourth failure is one like any other."""
    for _ in range(3):
        _fails(world, "4.2.2", soft=True)
        world.later(hours=13)
        while not world.deliver():
            world.later(hours=1)
    _fails(world, "4.2.2", soft=True)
    assert _newest(world, tables.Outbox).state == "failed"
    assert _newest(world, tables.Step).state == "unheard"


def test_a_soft_failure_of_what_is_too_late_by_then_has_failed(world: World) -> None:
    """What must not arrive later than the next try is not tried again."""
    message = _newest(world, tables.Outbox)
    with world.database.write() as session:
        row = session.get(tables.Outbox, message.id)
        assert row
        row.expires_at = world.now + timedelta(hours=1)
    _fails(world, "4.2.2", soft=True)
    assert _newest(world, tables.Outbox).state == "failed"


def test_who_pays_before_the_next_try_hears_nothing(world: World) -> None:
    """The gate is asked again before it leaves again."""
    _fails(world, "4.2.2", soft=True)
    world.pays("B1", 60000)
    world.later(hours=24)
    assert world.deliver() == 0
    assert _newest(world, tables.Outbox).state == "dropped"


def test_a_hard_failure_is_not_tried_again(world: World) -> None:
    """Another way would be tried, if there were one."""
    _fails(world, "5.1.1", soft=False)
    assert _newest(world, tables.Outbox).state == "failed"
    assert _newest(world, tables.Step).state == "unheard"


@pytest.mark.parametrize("staff", [False, True])
def test_an_answer_that_does_not_arrive_is_a_case(database: Database, staff: bool) -> None:
    """Who is answered where nothing arrives any more is not met with silence; one case is enough."""
    world = World(database)
    world.customer()
    world.bill()
    world.says("can somebody call me" if staff else "how can I pay?")
    if staff:
        with world.database.write() as session:
            cases.answer(world.context(session), world.queue()[0].id, "rep", "Hi, this is Kim.")
        world.deliver()
    _fails(world, "30005", soft=False)
    _fails(world, "30005", soft=False)
    (case,) = [one for one in world.queue() if one.kind == "not_deliverable"]
    assert "an answer to the customer did not arrive" in case.reason
    assert case.contact_point_id is not None


def test_a_stranger_whom_nothing_reaches_is_no_case(database: Database) -> None:
    """Nobody is looked for whom nobody knows."""
    world = World(database)
    world.says("how can I pay?", "+15035550199")
    _fails(world, "30005", soft=False)
    assert world.queue() == []
