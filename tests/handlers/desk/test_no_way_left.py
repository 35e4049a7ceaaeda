"""A person looked for a way to a customer and found none: nobody is asked again until something changes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from handlers.clock import overdue
from handlers.desk import cases, confirming
from handlers.desk.confirming import NobodyOfThatId, NotTheirNumber, WhichNumber
from handlers.people.phones import BadPhone
from storage import tables
from storage.desk import escalations

if TYPE_CHECKING:
    from tests.world import World


@pytest.fixture
def closed(world: World) -> World:
    """Somebody never agreed to be written to; a rep found no other way, and closed the case."""
    world.customer(consent=False)
    world.bill(due=world.now.date() - timedelta(days=5))
    world.run()
    (case,) = world.queue()
    world.later(hours=1)
    with world.database.write() as session:
        cases.close(world.context(session), case.id, "rita", "no way found", lift=False)
    return world


def test_it_stays_closed_in_the_next_runs(closed: World) -> None:
    """Runs, another bill and a payment do not raise it again."""
    closed.run()
    closed.later(days=3)
    closed.bill("B2", due=closed.now.date() - timedelta(days=5))
    closed.pays("B1", 100)
    closed.run()
    assert closed.queue() == []


def test_a_new_number_raises_it_again(closed: World) -> None:
    """Somebody has to ask whether they agree to be written to there."""
    closed.later(days=3)
    closed.customer(consent=False, phone="+15035550177")
    closed.run()
    assert [case.kind for case in closed.queue()] == ["no_usable_channel"]


def test_it_is_raised_again_when_the_policys_days_are_over(closed: World) -> None:
    """A day before they are not; then the clock looks at the person again."""
    contact = closed.installation.policy.contact
    assert contact
    closed.later(days=contact.reverify_days - 1)
    overdue.note_late(closed.database, closed.installation, closed.clock)
    closed.run()
    assert closed.queue() == []
    closed.later(days=2)
    overdue.note_late(closed.database, closed.installation, closed.clock)
    closed.run()
    assert [case.kind for case in closed.queue()] == ["no_usable_channel"]


def test_a_number_is_confirmed_on_the_phone(world: World) -> None:
    """It is known from then on; the case about it closes, and who did it is written down."""
    world.customer()
    case = escalations.Case(
        "number_unconfirmed:ada", "number_unconfirmed", "ask", world.now, customer_id="ada"
    )
    with world.database.write() as session:
        escalations.open_case(session, case, world.now)
    with world.database.write() as session:
        result = confirming.confirm_number(world.context(session), "ada", "503 555 0142", "rita")
    assert result == "+15035550142"
    assert world.queue() == []
    with world.database.read() as session:
        confirmed = session.scalars(
            select(tables.ContactPoint.confirmed_at).where(tables.ContactPoint.channel == "sms")
        ).all()
        actions = session.scalars(select(tables.Audit.action)).all()
    assert confirmed == [world.now]
    assert "number_confirmed" in actions


def test_what_is_no_number_of_theirs_is_not_confirmed(world: World) -> None:
    """Somebody unknown, another's number, no number, a text that is none: each is refused in one line."""
    world.customer()
    world.customer("bo", phone="")
    for customer, phone, refusal in (
        ("zoe", "", NobodyOfThatId),
        ("ada", "+15035550199", NotTheirNumber),
        ("ada", "hello", BadPhone),
        ("bo", "", WhichNumber),
    ):
        with world.database.write() as session, pytest.raises(refusal):
            confirming.confirm_number(world.context(session), customer, phone, "rita")
