"""The book of a day: figures worked out by hand, kept as the night wrote them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from billing.ledger.collection_figures import collection_effectiveness, days_sales_outstanding
from handlers.clock import finding
from handlers.desk import book
from handlers.desk.book import DayNotOver
from storage.desk import book_days

if TYPE_CHECKING:
    from tests.world import World

pytestmark = pytest.mark.both_databases


def _a_month(world: World) -> None:
    """Two bills of 600.00: one is paid after its reminder, the other never; a stop is said."""
    world.customer()
    world.customer("bo", phone="+15035550199")
    today = world.now.date()
    world.bill("B1", "ada", due=today - timedelta(days=1))
    world.bill("B2", "bo", due=today + timedelta(days=5))
    world.live(3)
    world.says("hello?")
    world.pays("B1", 60000)
    world.says("STOP", "+15035550199")
    world.later(days=20)


def test_the_figures_of_a_day_add_up(world: World) -> None:
    """Aging, days sales outstanding, rolls, answers, opt-outs and what came in after which level."""
    _a_month(world)
    with world.database.read() as session:
        context = world.context(session)
        day = book.yesterday(context)
        found = book.of_day(context, day)
    money = found["currencies"]["USD"]
    assert money["owed"] == 60000
    assert sum(money["aging"].values()) == 60000
    assert money["aging"]["1_30"] == 60000
    assert sum(roll["bills"] for roll in money["rolls"]) <= 2
    assert sum(one["amount"] for one in money["recovered"]) == 60000
    assert found["opt_outs"] == {"sms": 1}
    assert found["answers"] == [{"channel": "sms", "hour": 10, "sent": 1, "answered": 1}]
    assert money["days_sales_outstanding"] == 45.0
    assert money["collection_effectiveness"] == 0.5


def test_the_night_writes_it_once_and_it_stays(world: World) -> None:
    """What is booked afterwards on that day does not change what was said of it."""
    _a_month(world)
    assert finding.write_book(world.database, world.installation, world.clock)
    assert not finding.write_book(world.database, world.installation, world.clock)
    with world.database.read() as session:
        context = world.context(session)
        day = book.yesterday(context)
        kept = book_days.find(session, day)
    world.pays("B2", 60000)
    with world.database.read() as session:
        assert kept == book.of_day(world.context(session), day)
        assert [day] == [one for one, _ in book_days.between(session, day, day)]


def test_a_day_takes_few_statements(world: World) -> None:
    """However large the book: at most nine."""
    _a_month(world)
    seen: list[object] = []

    def executed(*arguments: object) -> None:
        seen.append(arguments[2])

    with world.database.read() as session:
        session.connection()
        event.listen(Engine, "before_cursor_execute", executed)
        book.of_day(world.context(session), date(2026, 3, 1))
        event.remove(Engine, "before_cursor_execute", executed)
    assert len(seen) <= 9


def test_a_day_that_is_not_over_has_no_book(world: World) -> None:
    """Today is refused with its name."""
    with world.database.read() as session, pytest.raises(DayNotOver, match="2026-03-02"):
        book.of_day(world.context(session), date(2026, 3, 2))


def test_shares_and_days_are_what_the_trade_calls_them() -> None:
    """Days of billing outstanding; the share collected of what could be; nothing where nothing was asked."""
    assert days_sales_outstanding(50_00, 150_00, 90) == 30.0
    assert days_sales_outstanding(50_00, 0, 90) is None
    assert collection_effectiveness(100_00, 50_00, 60_00, 30_00) == 0.75
    assert collection_effectiveness(0, 0, 0, 0) is None
    assert collection_effectiveness(100_00, 0, 0, 0) == 1.0
