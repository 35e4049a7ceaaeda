"""The context of a transaction: what handlers get first, and when its time is read."""

from __future__ import annotations

import ast
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text

from billing.accounts.holds import HoldKind
from billing.ledger.money import Money
from handlers.delivery import dispatch
from handlers.desk import cases, holding
from handlers.payments import payments
from storage import tables
from storage.database.transaction import lock_contact_point, lock_customers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from datetime import datetime

    from handlers.context import Context
    from storage.database.transaction import Database
    from tests.world import World

    Action = Callable[[Context], datetime]

HANDLERS = Path(__file__).resolve().parents[2] / "handlers"
STORAGE = HANDLERS.parent / "storage"


def test_one_time_until_another_lock_is_taken(world: World) -> None:
    """The time stands still in a transaction; who takes a lock reads it again."""
    world.customer()
    with world.database.write() as session:
        context = world.context(session)
        begun = context.now
        world.later(seconds=5)
        assert context.now == begun
        lock_customers(session, ["ada"])
        assert context.now == begun + timedelta(seconds=5)
        assert context.as_of(begun).now == begun


def test_it_has_the_policy_and_the_creditor(world: World) -> None:
    """What is asked for most is on the context itself."""
    with world.database.read() as session:
        context = world.context(session)
        assert context.policy is world.installation.policy
        assert context.creditor is world.installation.creditor


def _takes_a_case(context: Context) -> datetime:
    (case,) = context.session.scalars(select(tables.Escalation.id))
    cases.take(context, case, "kim")
    newest = select(tables.CaseEvent.at).order_by(tables.CaseEvent.id.desc()).limit(1)
    return context.session.scalars(newest).one()


def _places_a_hold(context: Context) -> datetime:
    subject = holding.of_customer(context.session, "ada")
    holding.place(context, subject, HoldKind.MANUAL, "she rang", None, "kim")
    return context.session.scalars(select(tables.Hold.placed_at)).one()


def _books_a_payment(context: Context) -> datetime:
    row = payments.PaymentRow("test", "P9", "B1", Money(100, "USD"), context.now.date())
    payments.book(context, row)
    return context.session.scalars(select(tables.Payment.received_at)).one()


def _sends_an_answer(context: Context) -> datetime:
    newest = context.session.scalars(select(tables.Outbox.id).order_by(tables.Outbox.id.desc()).limit(1))
    ready = dispatch.look_again(context, newest.one())
    assert ready is not None
    assert ready.message.begun_at is not None
    return ready.message.begun_at


@pytest.mark.both_databases
@pytest.mark.parametrize("action", [_takes_a_case, _places_a_hold, _books_a_payment, _sends_an_answer])
def test_who_waited_acts_after_the_one_they_waited_for(world: World, action: Action) -> None:
    """A row of the one who held the lock is never later than a row of the one who waited for it."""
    world.customer()
    world.bill()
    world.arrives(world.phones[next(iter(world.phones))].says("+15035550142", "talk to a person", world.now))
    with ThreadPoolExecutor(1) as threads:
        with world.database.write() as session:
            (point,) = session.scalars(select(tables.ContactPoint.id))
            lock_contact_point(session, point)
            lock_customers(session, ["ada"])
            other = threads.submit(_in_a_transaction, world, action)
            _wait_until_it_waits(world.database, other)
            world.later(seconds=5)
            held = world.context(session).now
        assert other.result(30) >= held


def _in_a_transaction(world: World, action: Action) -> datetime:
    with world.database.write() as session:
        context = world.context(session)
        early = context.now  # as the clock stands before it waits
        written = action(context)
        assert written >= early
        return written


def _wait_until_it_waits(database: Database, other: Future[datetime]) -> None:
    """On PostgreSQL until the other transaction waits for our lock; SQLite lets none begin before we end."""
    if database.engine.dialect.name != "postgresql":
        return
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with database.engine.connect() as connection:
        while not connection.scalar(waiting):
            assert not other.done(), "it did not wait"
            connection.rollback()


def _functions(room: Path) -> Iterator[tuple[str, ast.FunctionDef]]:
    for path in sorted(room.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield f"{path.relative_to(room.parent)}: {node.name}", node


def test_handlers_get_a_context_rather_than_its_parts() -> None:
    """Session, installation and time come together, as a context."""
    apart = {"installation", "now", "clock"}
    found = {
        name: [arg.arg for arg in node.args.args + node.args.kwonlyargs]
        for name, node in _functions(HANDLERS)
    }
    assert [name for name, args in found.items() if "session" in args and apart & set(args)] == []


def test_every_lock_that_is_waited_for_is_counted() -> None:
    """The time is read again after any lock, so each function that takes one says so."""
    said = {name: ast.unparse(node) for name, node in _functions(STORAGE)}
    forgotten = [
        name
        for name, text in said.items()
        if any(lock in text for lock in (".with_for_update(", "pg_advisory_xact_lock"))
        and "skip_locked=True" not in text
        and not all("note_lock(" in each for each in _who_takes(name, said))
    ]
    assert forgotten == []


def _who_takes(name: str, said: dict[str, str]) -> list[str]:
    """The functions that run a statement with a lock: the one that has it, or those that call for it."""
    if not said[name].startswith("@cache"):
        return [said[name]]
    place, _, function = name.partition(": ")
    calls = [text for other, text in said.items() if other.startswith(f"{place}:") and f"{function}(" in text]
    return [text for text in calls if text != said[name] and f"{function}(lock=False)" not in text]
