"""Many payments at once: few statements each, and still every one counts once and reschedules its account."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, func, select

from billing.accounts.channels import Channel
from bot.importing.bank_files import import_bank_file
from bot.importing.payments_file import import_payments
from handlers.bills.bills import BillRow, add_bill
from handlers.dunning.reschedule import reschedule
from handlers.people import register
from handlers.people.register import Consent, CustomerRow
from storage import tables
from storage.bills import bills
from tests.bot.importing.camt_rig import Detail, Entry, camt
from tests.world import World, an_installation

if TYPE_CHECKING:
    from pathlib import Path

    from bot.importing.payments_file import ImportedPayments
    from storage.database.transaction import Database

pytestmark = pytest.mark.both_databases

MANY = 620
"""More than one batch of the file, and more than one transaction of each."""


FEW = 30


class Cut(Exception):
    """The process dies here."""


def people(database: Database, count: int) -> World:
    """So many people with a bill of 100.00 each that is overdue, who are thanked for money."""
    world = World(database, an_installation("us", thanks=True))
    day = world.now.date()
    due = day - timedelta(days=1)
    names = [f"{number:04}" for number in range(count)]
    with database.write() as session:
        for name in names:
            consent = Consent(Channel.SMS, day, "told")
            row = CustomerRow(f"c{name}", name, phone=f"+1503555{name}", consents=(consent,))
            register.add_customer(world.context(session), row)
            bill = BillRow(
                f"B{name}", f"c{name}", due - timedelta(days=30), due, "USD", 10000, description="V"
            )
            add_bill(world.context(session), bill)
        reschedule(world.context(session), [f"c{name}" for name in names])
    return world


@pytest.fixture
def town(database: Database) -> World:
    """More people than one batch of a file has."""
    return people(database, MANY)


@pytest.fixture
def village(database: Database) -> World:
    """A few people."""
    return people(database, FEW)


def bank_file(world: World, folder: Path) -> Path:
    """A statement with a payment for each bill, by its payment reference."""
    with world.database.read() as session:
        known = bills.by_id(session, [f"B{number:04}" for number in range(MANY)])
    entries = [
        Entry([Detail("100.00", known[name].reference, end_to_end=name)], bank_id=f"K{name}")
        for name in sorted(known)
    ]
    file = folder / "bank.xml"
    file.write_text(camt(entries))
    return file


def imported(world: World, file: Path, *, cut_at: int = 0) -> ImportedPayments:
    """The file is read; the process may die once so many payments are done."""

    def show(_: str, done: int, __: int) -> None:
        if cut_at and done >= cut_at:
            raise Cut

    return import_bank_file(world.database, world.installation, file, "sam", world.clock, show)


def booked(world: World) -> tuple[int, int, int, int]:
    """Payments, their entries, thanks, and accounts that are still to be looked at."""
    with world.database.read() as session:
        return (
            session.scalar(select(func.count()).select_from(tables.Payment)) or 0,
            session.scalar(select(func.count()).where(tables.Entry.kind == "payment")) or 0,
            session.scalar(select(func.count()).where(tables.Outbox.key.startswith("thanks:"))) or 0,
            session.scalar(select(func.count()).where(tables.Account.next_action_at.is_not(None))) or 0,
        )


@pytest.mark.slow
def test_a_file_that_breaks_off_counts_once_when_it_comes_again(town: World, tmp_path: Path) -> None:
    """What was committed is known by its marks; the rest is booked, and every account rests."""
    file = bank_file(town, tmp_path)
    assert booked(town)[3] == MANY
    with pytest.raises(Cut):
        imported(town, file, cut_at=500)
    assert booked(town) == (500, 500, 500, MANY - 500)
    again = imported(town, file)
    assert (again.booked, again.duplicates, again.rejected) == (MANY - 500, 500, 0)
    assert booked(town) == (MANY, MANY, MANY, 0)


def test_two_who_read_the_same_file_at_once_book_it_once(town: World, tmp_path: Path) -> None:
    """Everybody concerned is held in one order, so nobody waits for ever, and nothing counts twice."""
    file = bank_file(town, tmp_path)
    with ThreadPoolExecutor(2) as both:
        found = list(both.map(lambda _: imported(town, file), range(2)))
    assert sum(one.booked for one in found) == MANY
    assert sum(one.duplicates for one in found) == MANY
    assert booked(town) == (MANY, MANY, MANY, 0)


@pytest.mark.slow
def test_a_payment_costs_few_statements_among_many(town: World, tmp_path: Path) -> None:
    """Whatever is asked about everybody is asked once a transaction, not once a payment."""
    file = bank_file(town, tmp_path)
    asked: list[str] = []
    event.listen(town.database.engine, "before_cursor_execute", lambda *arguments: asked.append(arguments[2]))
    assert imported(town, file).booked == MANY
    assert len(asked) < 8 * MANY


def test_several_payments_of_one_person_follow_each_other(village: World, tmp_path: Path) -> None:
    """In one file somebody pays a bill in parts, and more: the rest is credit, each part is thanked for."""
    rows = ["payment_id,reference,amount,currency,paid_on"]
    day = village.now.date()
    rows += [f"P{number},B0001,40.00,USD,{day}" for number in range(3)]
    rows += [f"P{number},B{number:04},100.00,USD,{day}" for number in range(10, 20)]
    file = tmp_path / "payments.csv"
    file.write_text("\n".join(rows))
    found = import_payments(village.database, village.installation, file, village.clock)
    assert (found.booked, found.duplicates) == (13, 0)
    with village.database.read() as session:
        entry = tables.Entry
        paid = select(entry.bill_id, entry.amount).where(
            entry.account_id == "A-c0001", entry.kind == "payment"
        )
        entries = [(one[0], one[1]) for one in session.execute(paid.order_by(entry.id))]
    assert entries == [("B0001", -4000), ("B0001", -4000), ("B0001", -2000), (None, -2000)]
    assert booked(village) == (13, 14, 13, FEW - 11)
    again = import_payments(village.database, village.installation, file, village.clock)
    assert (again.booked, again.duplicates) == (0, 13)


def test_one_that_is_refused_keeps_nobody_else_from_being_booked(village: World, tmp_path: Path) -> None:
    """A payment that comes again with other figures is set aside by its line; those around it are booked."""
    day = village.now.date()
    head = "payment_id,reference,amount,currency,paid_on\n"
    file = tmp_path / "payments.csv"
    file.write_text(f"{head}P1,B0001,100.00,USD,{day}\n")
    import_payments(village.database, village.installation, file, village.clock)
    file.write_text(f"{head}P0,B0000,100.00,USD,{day}\nP1,B0001,90.00,USD,{day}\nP2,B0002,100.00,USD,{day}\n")
    found = import_payments(village.database, village.installation, file, village.clock)
    assert (found.booked, found.rejected) == (2, 1)
    assert found.rejects[0].place.line == 3
    assert booked(village)[:2] == (3, 3)
