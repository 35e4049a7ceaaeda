"""A customer's timeline, header and reasons: all sources in one order, by pages, in few statements."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, insert
from sqlalchemy.engine import Engine

from billing.accounts.holds import HoldKind
from handlers.desk import cases, holding
from storage import tables
from storage.desk import person, timeline, timeline_sources, why
from storage.desk.timeline import BadMoment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.desk.timeline import TimelineEntry
    from tests.world import World

pytestmark = pytest.mark.both_databases


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """Every statement that is executed, on any connection."""
    seen: list[str] = []

    def executed(*arguments: object) -> None:
        seen.append(str(arguments[2]))

    event.listen(Engine, "before_cursor_execute", executed)
    yield seen
    event.remove(Engine, "before_cursor_execute", executed)


def _all(world: World, limit: int, customer_id: str = "ada") -> list[TimelineEntry]:
    found: list[TimelineEntry] = []
    before = ""
    with world.database.read() as session:
        while True:
            page = timeline.timeline(session, customer_id, before, limit)
            assert len(page.entries) <= limit
            found += page.entries
            before = page.before
            if not before:
                return found


def _busy(world: World) -> None:
    world.customer()
    world.bill()
    world.says("What do I owe?")
    world.says("1980-02-28")
    world.live(3)
    world.says("I want to talk to a person")
    (case,) = world.queue()
    with world.database.write() as session:
        context = world.context(session)
        cases.take(context, case.id, "rep")
        holding.place(
            context, holding.of_customer(session, "ada"), HoldKind.MANUAL, "asked us to wait", None, "rep"
        )
    world.pays("B1", 1000)


def test_everything_is_there_once_in_one_order_whatever_the_page(world: World) -> None:
    """Texts both ways, the ledger, decisions, holds, cases and the audit trail, the newest first."""
    _busy(world)
    whole = _all(world, 1000)
    assert {one.source for one in whole} >= {
        "came_in",
        "went_out",
        "entry",
        "decision",
        "hold",
        "case",
        "audit",
    }
    assert [one.at for one in whole] == sorted((one.at for one in whole), reverse=True)
    assert len({(one.source, one.ref) for one in whole}) == len(whole)
    for limit in (1, 3, 50):
        assert whole == _all(world, limit)
    said = [one.words for one in whole if one.source == "came_in"]
    assert said == ["I want to talk to a person", "1980-02-28", "What do I owe?"]
    (held,) = [one for one in whole if one.source == "hold"]
    assert (held.words, held.actor, held.what) == ("asked us to wait", "rep", "manual")
    assert all(one.detail for one in whole if one.source == "decision")
    paid = [one for one in whole if one.source == "entry" and one.amount == -1000]
    assert len(paid) == 1


def test_another_customer_has_none_of_it(world: World) -> None:
    """Only what is theirs, or about where they are reached."""
    _busy(world)
    world.customer("bo", phone="+15035550199")
    assert {one.source for one in _all(world, 50, "bo")} <= {"audit"}
    assert _all(world, 50, "nobody") == []


def test_a_page_costs_the_same_however_much_happened(world: World, statements: list[str]) -> None:
    """Five thousand entries of a ledger: two statements, fifty-one rows, and eight for the header."""
    world.customer()
    world.bill()
    row = tables.Entry
    with world.database.write() as session:
        values = [
            {
                "account_id": "A-ada", "bill_id": "B1", "kind": "fee", "amount": 1, "currency": "USD",
                "booked_on": world.now.date(), "recorded_at": world.now + timedelta(seconds=one // 3),
                "source": f"test:{one}",
            }
            for one in range(5000)
        ]  # fmt: skip
        session.execute(insert(row), values)
    with world.database.read() as session:
        session.connection()
        statements.clear()
        page = timeline.timeline(session, "ada")
        assert len(statements) == 2
        assert len(page.entries) == timeline.PAGE
        statements.clear()
        following = timeline.timeline(session, "ada", page.before)
        assert len(statements) == 2
        numbers = [one.number for one in (*page.entries, *following.entries)]
        assert numbers == sorted(set(numbers), reverse=True)
        statements.clear()
        header = person.person(session, "ada", world.now)
        assert len(statements) <= 9
    assert header is not None
    assert header.accounts[0].balance == 65000
    assert header.bills[0].owed == 65000


def test_others_add_their_sources(world: World) -> None:
    """Names choose sources; what is unknown gives nothing."""
    _busy(world)
    with world.database.read() as session:
        only = timeline.timeline(session, "ada", only=["hold"]).entries
        assert [one.source for one in only] == ["hold"]
        assert timeline.timeline(session, "ada", only=["unknown"]).entries == []
    names = [one.name for one in timeline_sources.SOURCES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    "before", ["x", "1-2", "1-2-x-3", "99999999999999999999-1-1-1", "999999999999999999-1-1-1"]
)
def test_a_moment_that_is_none_is_refused(world: World, before: str) -> None:
    """What an address was changed to is no page."""
    with world.database.read() as session, pytest.raises(BadMoment):
        timeline.timeline(session, "ada", before)


def test_the_header_says_who_they_are_and_what_is_open(world: World) -> None:
    """Balance, bills, contacts, holds and cases; nobody has no header."""
    _busy(world)
    with world.database.read() as session:
        header = person.person(session, "ada", world.now)
        assert person.person(session, "nobody", world.now) is None
    assert header is not None
    assert header.name == "Ada Lind"
    assert [one.balance for one in header.accounts] == [world.owed()]
    assert [(one.id, one.owed) for one in header.bills] == [("B1", world.owed())]
    assert [one.address for one in header.contacts] == ["+15035550142"]
    assert [one.kind for one in header.holds] == ["manual"]
    assert [one.owner for one in header.cases] == ["rep"]
    assert not header.protected


def test_a_bill_and_a_message_say_why(world: World) -> None:
    """Every decision about it by pages, with what became of the message."""
    _busy(world)
    with world.database.read() as session:
        found = why.about_bill(session, "B1").decisions
        assert found
        pages = []
        before = 0
        while True:
            page = why.about_bill(session, "B1", before, 2)
            pages += page.decisions
            before = page.before
            if not before:
                break
        assert pages == list(found)
        sent = [one.outbox_id for one in found if one.outbox_id]
        outbox_id = sent[0] if sent else 1
        about = why.about_message(session, outbox_id).decisions
    assert all(one.outbox_id == outbox_id for one in about)
    assert any(one.state for one in about)
