"""Any days of a ledger kept elsewhere against a model of it: what is open there is what is owed here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.ledger.open_items import ListedChange
from billing.refusals import Refusal
from bot.importing.open_items_file import take_file
from storage.database.transaction import Database
from tests.keys import KEYS
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from handlers.payments.open_items import TakenList
    from tests.conftest import Databases

pytestmark = [pytest.mark.both_databases, pytest.mark.slow]

BILLS = ("B1", "B2", "B3", "B4")
WHOLE = 10000
ACTS = ("pay", "credit", "bounce", "pay_here", "nothing")


@dataclass
class ModelBill:
    """A bill in the other ledger, in cents."""

    there: int = 0
    """Paid or credited there, and not known here except by its lists."""
    here: int = 0
    """Paid here, and booked there too."""
    late: int = 0
    """Paid here, and not booked there yet."""

    @property
    def open(self) -> int:
        return WHOLE - self.there - self.here

    @property
    def free(self) -> int:
        return self.open - self.late


@dataclass
class ModelLedger:
    """The other ledger, day by day, and the clinic that follows it."""

    world: World
    file: Path
    bills: dict[str, ModelBill] = field(default_factory=lambda: {name: ModelBill() for name in BILLS})

    def act(self, what: str, name: str, share: int) -> None:
        """Something happens to a bill: ``share`` is in percent of what it can be of at most."""
        bill = self.bills[name]
        if what in {"pay", "credit"}:
            bill.there += bill.free * share // 100
        elif what == "bounce":
            bill.there -= bill.there * share // 100
        elif what == "pay_here" and bill.free * share // 100:
            amount = bill.free * share // 100
            self.world.pays(name, amount)
            bill.late += amount

    def book_late(self) -> None:
        """What was paid here reaches the other ledger."""
        for bill in self.bills.values():
            bill.here, bill.late = bill.here + bill.late, 0

    def written(self, *, totalled: bool, zeros: bool) -> bytes:
        """Today's list; with ``zeros`` it names bills with nothing open, too."""
        lines = ["bill_id,amount,currency"]
        left = {name: bill.open for name, bill in self.bills.items() if bill.open or zeros}
        lines += [f"{name},{cents // 100}.{cents % 100:02},USD" for name, cents in left.items()]
        whole = sum(left.values())
        lines += [f"TOTAL,{whole // 100}.{whole % 100:02},USD"] if totalled else []
        return "".join(f"{line}\n" for line in lines).encode()

    def take(self, written: bytes) -> TakenList:
        """Take a list; a person confirms whatever is doubted."""
        self.file.write_bytes(written)
        world = self.world
        return take_file(
            world.database,
            world.installation,
            self.file,
            "books",
            world.now.date(),
            world.clock,
            "kvitt",
            anyway="it was looked at",
        )

    def owed(self) -> dict[str, int]:
        """What is owed here."""
        return {name: self.world.owed(name) for name in BILLS}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Databases:
    """Makes databases of each kind."""
    made: Databases = request.getfixturevalue(
        "sqlite_databases" if request.param == "sqlite" else "postgres_databases"
    )
    return made


DAYS = st.lists(
    st.tuples(
        st.lists(
            st.tuples(st.sampled_from(ACTS), st.sampled_from(BILLS), st.sampled_from([1, 33, 50, 100])),
            max_size=4,
        ),
        st.booleans(),
        st.booleans(),
        st.floats(0, 1, exclude_max=True),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=25)
@given(days=DAYS, totalled=st.booleans())
def test_what_is_open_there_is_owed_here(
    databases: Databases,
    tmp_path_factory: pytest.TempPathFactory,
    days: list[tuple[list[tuple[str, str, int]], bool, bool, float]],
    totalled: bool,
) -> None:
    """Balances agree after every list, nothing paid here is raised, nobody is reminded of what is gone.

    A list that is cut within a line settles nothing, wherever it is cut; one with its total, none at all.
    """
    url = databases()
    world = World(Database(url, KEYS))
    for number, name in enumerate(BILLS):
        world.customer(f"p{number}", phone=f"+1503555014{number}")
        world.bill(name, f"p{number}", WHOLE)
    ledger = ModelLedger(world, tmp_path_factory.mktemp("lists") / "open.csv")
    ledger.take(ledger.written(totalled=totalled, zeros=False))
    for acts, books_late, zeros, cut in days:
        world.later(days=1)
        for act in acts:
            ledger.act(*act)
        if books_late:
            ledger.book_late()
        written = ledger.written(totalled=totalled, zeros=zeros)
        _is_refused_where_cut(ledger, written, int(cut * len(written)), totalled=totalled)
        taken = ledger.take(written)
        for name, bill in ledger.bills.items():
            assert world.owed(name) <= WHOLE - bill.here - bill.late
            if not bill.late:
                assert world.owed(name) == bill.open, (name, taken)
        _nobody_is_reminded_of_what_is_gone(ledger)
    ledger.book_late()
    world.later(days=1)
    written = ledger.written(totalled=totalled, zeros=False)
    ledger.take(written)
    assert ledger.owed() == {name: bill.open for name, bill in ledger.bills.items()}
    counts = ledger.take(written).counts
    assert counts[ListedChange.SAME] == sum(counts.values())
    world.database.close()
    databases.drop(url)


def _is_refused_where_cut(ledger: ModelLedger, written: bytes, at: int, *, totalled: bool) -> None:
    before, cut = ledger.owed(), written[:at]
    if not totalled and cut.endswith(b"\n"):
        return
    with pytest.raises(Refusal, match=r"nothing was taken|is empty|is missing"):
        ledger.take(cut)
    assert ledger.owed() == before


def _nobody_is_reminded_of_what_is_gone(ledger: ModelLedger) -> None:
    due = {one.bill_id for one in ledger.world.preview() if one.verdict == "remind"}
    assert due <= {name for name in BILLS if ledger.world.owed(name) > 0}
    ledger.world.run()
    ledger.world.deliver()
    for number, name in enumerate(BILLS):
        if not ledger.world.owed(name):
            screen = ledger.world.screen(f"+1503555014{number}")
            assert not [one for one in screen if one.at >= ledger.world.now], name
