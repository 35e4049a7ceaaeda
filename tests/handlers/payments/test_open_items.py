"""A ledger's bills follow its list of open items, and nobody else's do."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, select

from billing.accounts.roles import Role
from billing.bills.bills import BillState
from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money
from billing.ledger.open_items import GivenList, OpenItem
from handlers.desk import users
from handlers.payments import open_items
from handlers.payments.open_items import (
    ListDoubted,
    ListedTwice,
    ListOfTomorrow,
    OtherCurrencyThere,
    OtherLedgersBill,
)
from handlers.rights import NotAllowed
from storage import tables
from storage.ledger import ledger

if TYPE_CHECKING:
    from handlers.payments.open_items import TakenList
    from tests.world import World


@pytest.fixture
def town(world: World) -> World:
    """Three people with a bill of 600.00 each, all open in the other ledger."""
    for number in range(3):
        world.customer(f"p{number}", phone=f"+1503555014{number}")
        world.bill(f"B{number}", f"p{number}")
    _take(world, B0=60000, B1=60000, B2=60000)
    return world


def _take(
    world: World,
    ledger_: str = "books",
    as_of: date | None = None,
    anyway: str = "",
    by: str = "",
    **there: int,
) -> TakenList:
    items = tuple(OpenItem(name, "USD", amount) for name, amount in there.items())
    given = GivenList(ledger_, as_of or world.now.date(), items, totalled=True)
    with world.database.write() as session:
        return open_items.take(world.context(session), given, by or "kvitt", anyway)


def _what(taken: TakenList) -> dict[str, str]:
    return {one.bill.bill_id: one.what.value for one in taken.verdicts}


def test_what_is_settled_there_is_an_entry_of_its_own_kind(town: World) -> None:
    """With the day of the list and the ledger's name; a second look at the same list changes nothing."""
    town.later(days=1)
    assert _what(_take(town, B0=60000, B1=40000)) == {"B0": "same", "B1": "lower", "B2": "gone"}
    assert (town.owed("B0"), town.owed("B1"), town.owed("B2")) == (60000, 40000, 0)
    with town.database.read() as session:
        (booked,) = [one for one in ledger.of_bill(session, "B1") if one.kind is EntryKind.ELSEWHERE]
    assert (booked.amount.minor, booked.booked_on, booked.rule) == (-20000, town.now.date(), "ledger:books")
    assert set(_what(_take(town, B0=60000, B1=40000)).values()) == {"same"}
    assert _what(_take(town, B0=60000, B1=50000, B2=60000)) == {"B0": "same", "B1": "back", "B2": "back"}
    assert (town.owed("B1"), town.owed("B2")) == (50000, 60000)


def test_who_paid_there_is_not_reminded(town: World) -> None:
    """The account is scheduled anew in the transaction that takes the list."""
    assert {one.bill_id for one in town.preview()} == {"B0", "B1", "B2"}
    _take(town, B0=60000, B1=60000)
    assert {one.bill_id for one in town.preview()} == {"B0", "B1"}
    with town.database.read() as session:
        assert (
            session.scalar(select(tables.Account.next_action_at).where(tables.Account.id == "A-p2")) is None
        )


def test_a_fee_of_ours_stays_ours(town: World) -> None:
    """What is compared is the principal: a fee, and money that settled it first, change nothing there."""
    fee = Entry("A-p1", EntryKind.FEE, Money(500, "USD"), town.now.date(), "fee", "B1", rule="test")
    with town.database.write() as session:
        ledger.append(session, [fee], town.now)
    assert set(_what(_take(town, B0=60000, B1=60000, B2=60000)).values()) == {"same"}
    _take(town, B0=60000, B2=60000)
    assert town.owed("B1") == 500
    assert set(_what(_take(town, B0=60000, B2=60000)).values()) == {"same"}


def test_what_was_paid_here_is_not_raised(town: World) -> None:
    """A payment that the other ledger has not booked yet lowers the bill here alone; later both agree."""
    town.pays("B0", 20000)
    assert _what(_take(town, B0=60000, B1=60000, B2=60000))["B0"] == "known_here"
    assert (town.owed("B0"), town.queue()) == (40000, [])
    assert _what(_take(town, B0=40000, B1=60000, B2=60000))["B0"] == "same"
    assert town.owed("B0") == 40000


def test_a_person_is_asked_where_more_is_open_there(town: World) -> None:
    """Once for a difference: at once where nothing explains it, after a week where something does."""
    town.pays("B0", 20000)
    _take(town, B0=60000, B1=70000, B2=60000)
    (case,) = town.queue()
    assert (case.kind, case.bill_id, case.customer_id) == ("ledger_differs", "B1", "p1")
    assert "700.00 USD is open in ledger books" in case.reason
    assert "600.00 here" in case.reason
    town.later(days=7)
    _take(town, B0=60000, B1=70000, B2=60000)
    assert sorted(one.bill_id or "" for one in town.queue()) == ["B0", "B1"]
    _take(town, B0=60000, B1=70000, B2=60000)
    assert len(town.queue()) == 2
    _take(town, B0=40000, B1=60000, B2=60000)
    assert town.queue() == []
    assert town.owed("B1") == 60000


def test_other_bills_are_left_alone(town: World) -> None:
    """A bill of another ledger, of none, not issued, or issued after the list follows nobody."""
    town.customer("eva", phone="+15035550149")
    town.bill("E1", "eva")
    town.bill("E2", "eva", state=BillState.OPEN)
    town.bill("E3", "eva", due=town.now.date() + timedelta(days=30), ledger="books")
    found = _take(town, B0=60000, B1=60000, B2=60000, E2=100, X9=100)
    assert (found.unknown, found.unissued) == (("X9",), ("E2",))
    assert [town.owed(bill) for bill in ("E1", "E2", "E3")] == [60000, 60000, 60000]
    town.later(days=1)
    assert _what(_take(town, B0=60000, B1=60000, B2=60000))["E3"] == "gone"
    assert town.owed("E1") == 60000
    _take(town, "shop", E1=60000)
    with pytest.raises(OtherLedgersBill, match="'B0' follows ledger 'books', and 'shop' has it"):
        _take(town, "shop", E1=60000, B0=60000)
    _take(town, "shop", E1=30000)
    assert (town.owed("E1"), town.owed("B0")) == (30000, 60000)


def test_what_cannot_be_is_refused_whole(town: World) -> None:
    """A day to come, another currency, a bill under two names: nothing is taken of the list."""
    with town.database.write() as session:
        session.get_one(tables.Bill, "B0").invoice_number = "N1"
    with pytest.raises(ListOfTomorrow):
        _take(town, as_of=town.now.date() + timedelta(days=1), B0=1)
    with pytest.raises(ListedTwice):
        _take(town, B0=1, N1=1)
    given = GivenList("books", town.now.date(), (OpenItem("B0", "USD", 1), OpenItem("B1", "SEK", 1)))
    with pytest.raises(OtherCurrencyThere), town.database.write() as session:
        open_items.take(town.context(session), given, "kvitt", "")
    assert town.owed("B0") == 60000
    assert _what(_take(town, N1=50000, B1=60000, B2=60000))["B0"] == "lower"


def test_a_doubted_list_waits_for_a_person(town: World) -> None:
    """Who may approve takes it with a reason, which the audit trail has; an older list is doubted too."""
    with pytest.raises(ListDoubted, match=r"2 of 3 open bills .* --anyway REASON"):
        _take(town, B0=60000)
    assert town.owed("B1") == 60000
    with town.database.write() as session:
        users.add(town.context(session), "Rob", Role.REP, None, "kvitt")
    with pytest.raises(NotAllowed):
        _take(town, anyway="they paid", by="Rob", B0=60000)
    _take(town, anyway="they paid", B0=60000)
    assert (town.owed("B1"), town.owed("B2")) == (0, 0)
    with town.database.read() as session:
        found = select(tables.Audit.detail).where(tables.Audit.action == "open_items")
        detail = session.scalars(found.order_by(tables.Audit.id.desc())).first()
    assert detail is not None
    assert (detail["reason"], detail["gone"]) == ("they paid", 2)
    with pytest.raises(ListDoubted, match="older than the last one"):
        _take(town, as_of=town.now.date() - timedelta(days=1), B0=60000)


@pytest.mark.both_databases
def test_statements_grow_with_what_changed(world: World) -> None:
    """Twenty times the bills that stay as they are cost not one statement more."""

    def cost(bills: int) -> int:
        ledger_ = f"books{bills}"
        for number in range(bills):
            world.customer(f"{bills}-{number}", phone="")
            world.bill(f"B{bills}-{number}", f"{bills}-{number}")
        there = {f"B{bills}-{number}": 60000 for number in range(bills)}
        _take(world, ledger_, None, "", "", **there)
        asked: list[object] = []

        def note(*arguments: object) -> None:
            asked.append(arguments[2])

        event.listen(world.database.engine, "before_cursor_execute", note)
        _take(world, ledger_, None, "", "", **there | {f"B{bills}-0": 50000})
        event.remove(world.database.engine, "before_cursor_execute", note)
        return len(asked)

    assert cost(2) == cost(40)
