"""Any sequence of lists of two ledgers kept elsewhere, of payments and of runs, against a model of them."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money
from billing.refusals import Refusal
from handlers.payments import bill_changes, payments
from handlers.payments.open_items import ListDoubted, OtherLedgersBill
from storage import tables
from storage.database.transaction import Database
from storage.ledger import ledger
from tests.handlers.payments.other_ledger import WHOLE, Books, OtherBill, OtherLedger
from tests.keys import KEYS
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    from tests.conftest import Databases

pytestmark = [pytest.mark.both_databases, pytest.mark.slow]

FOLLOWING: Final = {"books": ("B1", "B2", "B3"), "shop": ("S1", "S2")}
OURS: Final = "O1"
"""A bill that follows no ledger."""
ASKED_AFTER: Final = 8
"""Days after which somebody is asked about whatever no list explains."""
_bill = st.sampled_from([name for names in FOLLOWING.values() for name in names])
_ledger = st.sampled_from([*FOLLOWING])
_share = st.sampled_from([1, 33, 50, 100])
_event = st.one_of(
    st.tuples(st.sampled_from(["pay_there", "bounce_there", "raise_there"]), _bill, _share),
    st.tuples(st.sampled_from(["pay_here", "credit_here", "bounce_here", "fee"]), _bill, _share),
    st.tuples(st.sampled_from(["run", "deliver", "day", "book", "foreign"]), _ledger, st.just(0)),
    st.tuples(st.sampled_from(["list", "total", "zeros"]), _ledger, st.just(0)),
    st.tuples(st.sampled_from(["cut", "cut_total"]), _ledger, st.integers(0, 300)),
    st.tuples(st.sampled_from(["old", "confirmed_old"]), _ledger, st.integers(0, 5)),
)


class Clinic:
    """Plays events on a clinic that follows two ledgers, and holds after each what has to hold."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.ids = count(1)
        self.ledgers = {
            name: OtherLedger(world, name, folder / f"{name}.csv", {one: OtherBill() for one in bills})
            for name, bills in FOLLOWING.items()
        }
        self.bills = {name: bill for one in self.ledgers.values() for name, bill in one.bills.items()}
        self.owner = {name: f"p{number % 6}" for number, name in enumerate([*self.bills, OURS])}
        for number in range(6):
            world.customer(f"p{number}", phone=f"+1503555014{number}")
        for name, owner in self.owner.items():
            world.bill(name, owner, WHOLE)
        for one in FOLLOWING:
            self.whole(one, totalled=False, zeros=False)

    def play(self, what: str, which: str, number: int) -> None:
        """One event; ``number`` is a share in percent, a place to cut at, or how far back a list is."""
        before = Books.of(self.world)
        plays: dict[str, Callable[[], object]] = {
            "day": lambda: self.world.later(days=1),
            "run": self.world.run,
            "deliver": self.deliver,
            "book": lambda: self.book(which),
            "list": lambda: self.whole(which, totalled=False, zeros=False),
            "total": lambda: self.whole(which, totalled=True, zeros=False),
            "zeros": lambda: self.whole(which, totalled=False, zeros=True),
            "cut": lambda: self.cut(which, number, totalled=False),
            "cut_total": lambda: self.cut(which, number, totalled=True),
            "old": lambda: self.old(which, number),
            "confirmed_old": lambda: self.confirmed_old(which, number),
            "foreign": lambda: self.foreign(which),
        }
        if what in plays:
            plays[what]()
        else:
            self.change(what, which, number)
        after = Books.of(self.world)
        if what in {"day", "deliver", "book", "foreign", "old"}:
            assert after == before, what
        for name, bill in self.bills.items():
            assert after.owed[name] - bill.fees <= WHOLE - bill.known_paid, (name, "paid and raised", what)
        assert after.owed[OURS] == WHOLE

    def change(self, what: str, name: str, share: int) -> None:
        """Something happens to a bill, there or here."""
        bill = self.bills[name]
        amount = bill.free * share // 100
        if what == "pay_there":
            bill.there += amount
        elif what == "bounce_there":
            bill.rose |= bill.there * share // 100 > 0
            bill.there -= bill.there * share // 100
        elif what == "raise_there":
            bill.raised, bill.rose = bill.raised + 50 * share, True
        else:
            self.change_here(what, name, amount, share)

    def change_here(self, what: str, name: str, amount: int, share: int) -> None:
        """Something happens to a bill here: the other ledger does not know yet."""
        bill, world = self.bills[name], self.world
        if what == "fee":
            fee = Entry(f"A-{self.owner[name]}", EntryKind.FEE, Money(share, "USD"), world.now.date(),
                        f"fee:{next(self.ids)}", name, rule="test")  # fmt: skip
            with world.database.write() as session:
                ledger.append(session, [fee], world.now)
            bill.fees += share
        elif what == "bounce_here" and any(one.startswith("T") for one in bill.late):
            named = next(one for one in bill.late if one.startswith("T"))
            with world.database.write() as session:
                payments.take_back(world.context(session), "test", named, bounced=True)
            del bill.late[named]
            bill.rose = True
        elif what in {"pay_here", "credit_here"} and 0 < amount <= Books.of(world).owed[name] - bill.fees:
            self.paid_here(what, name, amount)

    def paid_here(self, what: str, name: str, amount: int) -> None:
        """Kvitt gets money for a bill, or credits a part of it."""
        named = f"{'T' if what == 'pay_here' else 'C'}{next(self.ids)}"
        if what == "pay_here":
            self.world.pays(name, amount, named)
        else:
            with self.world.database.write() as session:
                plain = f"{amount // 100}.{amount % 100:02}"
                bill_changes.credit(self.world.context(session), name, plain, "kvitt", "asked for")
        self.bills[name].late[named] = amount
        self.bills[name].booked = True

    def book(self, which: str) -> None:
        """What was paid here reaches the other ledger."""
        for bill in self.ledgers[which].bills.values():
            bill.here += bill.not_booked
            bill.late.clear()

    def whole(self, which: str, *, totalled: bool, zeros: bool) -> None:
        """Today's list comes, whole, and once more; a person confirms what is doubted."""
        one = self.ledgers[which]
        written = one.write(totalled=totalled, zeros=zeros)
        before = Books.of(self.world)
        try:
            one.take(written)
        except ListDoubted:
            assert Books.of(self.world) == before
            one.take(written, anyway="it was looked at")
        self.taken(which, before)
        one.written.append((self.world.now.date(), written))
        after = Books.of(self.world)
        one.take(written)
        assert Books.of(self.world) == after, "counted twice"
        for name, bill in one.bills.items():
            assert bill.rose or after.owed[name] <= before.owed[name], (name, "raised, and rose nowhere")
            bill.listed()
            if not bill.late and not bill.unclear:
                assert after.owed[name] - bill.fees == bill.followed, (name, bill)

    def taken(self, which: str, before: Books) -> None:
        """Whatever was taken of one ledger, the bills of others are as they were."""
        after = Books.of(self.world)
        mine = self.ledgers[which].bills
        assert [
            name for name in after.owed if name not in mine and after.owed[name] != before.owed[name]
        ] == []

    def cut(self, which: str, at: int, *, totalled: bool) -> None:
        """Today's list comes, cut at any byte: nothing is settled that it does not name."""
        one = self.ledgers[which]
        written = one.write(totalled=totalled, zeros=False)
        cut = written[: at * len(written) // 300]
        before = Books.of(self.world)
        try:
            one.take(cut)
        except Refusal:
            assert Books.of(self.world) == before
            return
        after = Books.of(self.world)
        assert cut.endswith(b"\n")
        self.taken(which, before)
        named = {line.split(",")[0] for line in cut.decode().splitlines()[1:]}
        for name, bill in one.bills.items():
            if name not in named and bill.open:
                assert after.owed[name] >= before.owed[name], (name, "settled by a list that was cut")

    def old(self, which: str, back: int) -> None:
        """A list of an earlier day comes again: it is refused."""
        day, written = self.older(which, back)
        if day < self.ledgers[which].written[-1][0]:
            with pytest.raises(ListDoubted, match="older than the last one"):
                self.ledgers[which].take(written, day)

    def confirmed_old(self, which: str, back: int) -> None:
        """An earlier list is taken all the same: what Kvitt knows was paid is not raised by it, either."""
        day, written = self.older(which, back)
        before = Books.of(self.world)
        self.ledgers[which].take(written, day, "somebody was mistaken")
        self.taken(which, before)
        for bill in self.ledgers[which].bills.values():
            bill.rose = True

    def older(self, which: str, back: int) -> tuple[date, bytes]:
        """A list that was taken earlier."""
        written = self.ledgers[which].written
        return written[max(len(written) - 1 - back, 0)]

    def foreign(self, which: str) -> None:
        """A bill of another ledger on a list refuses all of it, whatever a person says."""
        other = next(name for name in FOLLOWING if name != which)
        line = f"{FOLLOWING[other][0]},1.00,USD\n".encode()
        with pytest.raises(OtherLedgersBill, match="nothing was taken"):
            self.ledgers[which].take(
                self.ledgers[which].write(totalled=False, zeros=True) + line, anyway="whatever"
            )

    def deliver(self) -> None:
        """What is queued leaves, and none of it is a reminder to somebody who owes nothing."""
        before = self.reminded()
        self.world.deliver()
        owed = Books.of(self.world).owed
        owing = {self.owner[name] for name, amount in owed.items() if amount > 0}
        assert {one for sent, one in self.reminded() if (sent, one) not in before} <= owing

    def reminded(self) -> set[tuple[int, str | None]]:
        """Every reminder that left, and to whom."""
        row = tables.Outbox
        with self.world.database.read() as session:
            query = select(row.id, row.customer_id).where(row.level.is_not(None), row.sent_at.is_not(None))
            return {(one.id, one.customer_id) for one in session.execute(query)}

    def ends_agreed(self) -> None:
        """In the end all is booked there: a bill agrees, or somebody is asked about it."""
        for _ in range(2):
            for which in FOLLOWING:
                self.book(which)
                self.whole(which, totalled=True, zeros=False)
            self.world.later(days=ASKED_AFTER)
        due = {one.bill_id for one in self.world.preview() if one.verdict == "remind"}
        owed = Books.of(self.world).owed
        assert due <= {name for name, amount in owed.items() if amount > 0}
        asked = {case.bill_id for case in self.world.queue() if case.kind == "ledger_differs"}
        for name, bill in self.bills.items():
            assert owed[name] - bill.fees == bill.open or name in asked, (name, bill)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Databases:
    """Makes databases of each kind."""
    made: Databases = request.getfixturevalue(
        "sqlite_databases" if request.param == "sqlite" else "postgres_databases"
    )
    return made


PAID_BOTH_WAYS = [("pay_there", "B1", 50), ("list", "books", 0), ("pay_here", "B1", 50), ("list", "books", 0)]
CUT_BETWEEN_LINES = [("day", "books", 0), ("cut", "books", 237)]


@example(events=PAID_BOTH_WAYS)
@example(events=CUT_BETWEEN_LINES)
@settings(max_examples=20, derandomize=True)
@given(events=st.lists(_event, min_size=5, max_size=25))
def test_whatever_comes_the_books_follow(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory, events: list[tuple[str, str, int]]
) -> None:
    """What is open there is owed here, nothing known to be paid is raised, nothing counts twice.

    A list that is cut anywhere settles nothing that it does not name, an older one is refused, other bills
    are left alone, and nobody who owes nothing is reminded.
    """
    url = databases()
    clinic = Clinic(World(Database(url, KEYS)), tmp_path_factory.mktemp("lists"))
    for event in events:
        clinic.play(*event)
    clinic.ends_agreed()
    clinic.world.database.close()
    databases.drop(url)
