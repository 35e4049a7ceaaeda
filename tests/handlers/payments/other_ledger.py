"""A ledger kept elsewhere as tests play it: what is open there, and its daily lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from bot.importing.open_items_file import take_file
from storage import tables

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from handlers.payments.open_items import TakenList
    from tests.world import World

WHOLE: Final = 10000
"""What every bill was billed for, in cents."""


@dataclass
class OtherBill:
    """A bill as the other ledger and a person who sees both of them know it, in cents."""

    there: int = 0
    """Paid or credited there, and not known here except by its lists."""
    raised: int = 0
    """Added there, and billed by nobody here."""
    here: int = 0
    """Paid or credited here, and booked there too."""
    late: dict[str, int] = field(default_factory=dict)
    """Paid or credited here and not booked there yet, by the id of the payment."""
    fees: int = 0
    rose: bool = False
    """It rose there since its last whole list."""
    booked: bool = False
    """What was late was booked there since its last whole list, or could be."""
    unclear: bool = False
    """It rose there while something was booked: no list can tell the one from the other."""

    @property
    def not_booked(self) -> int:
        """What is paid here and not booked there."""
        return sum(self.late.values())

    @property
    def open(self) -> int:
        """What is open there."""
        return WHOLE + self.raised - self.there - self.here

    @property
    def free(self) -> int:
        """What may still be paid, here or there."""
        return max(min(self.open, WHOLE - self.here) - self.not_booked, 0)

    @property
    def known_paid(self) -> int:
        """What is known here to be paid or credited."""
        return self.here + self.not_booked

    @property
    def followed(self) -> int:
        """What is owed here once its list was taken, without fees."""
        return max(min(self.open, WHOLE - self.here), 0)

    def listed(self) -> None:
        """A whole list told of it."""
        self.unclear |= self.rose and self.booked
        self.rose, self.booked = False, bool(self.late)


@dataclass
class OtherLedger:
    """One ledger, the bills that it has, and the lists it wrote."""

    world: World
    name: str
    file: Path
    bills: dict[str, OtherBill]
    written: list[tuple[date, bytes]] = field(default_factory=list)

    def write(self, *, totalled: bool, zeros: bool) -> bytes:
        """Today's list, always in the same order; with ``zeros`` it names bills with nothing open, too."""
        left = {name: bill.open for name, bill in self.bills.items() if bill.open or zeros}
        lines = ["bill_id,amount,currency", *(f"{name},{_plain(open_)},USD" for name, open_ in left.items())]
        lines += [f"TOTAL,{_plain(sum(left.values()))},USD"] if totalled else []
        return "".join(f"{line}\n" for line in lines).encode()

    def take(self, written: bytes, as_of: date | None = None, anyway: str = "") -> TakenList:
        """Have Kvitt take a list."""
        self.file.write_bytes(written)
        world = self.world
        day = as_of or world.now.date()
        return take_file(
            world.database, world.installation, self.file, self.name, day, world.clock, "kvitt", anyway=anyway
        )


def _plain(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


@dataclass(frozen=True, slots=True)
class Books:
    """What the books here say: what is owed by bill, in cents with fees, and how many entries there are."""

    owed: dict[str, int]
    entries: int

    @classmethod
    def of(cls, world: World) -> Books:
        """As they are now."""
        entry = tables.Entry
        with world.database.read() as session:
            rows = session.execute(
                select(entry.bill_id, func.sum(entry.amount), func.count()).group_by(entry.bill_id)
            ).all()
        return cls({row[0]: int(row[1]) for row in rows if row[0]}, sum(row[2] for row in rows))
