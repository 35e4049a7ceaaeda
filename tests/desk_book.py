"""A book for the desk to work in: customers who wrote, bills that are late, cases of many kinds."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from billing.accounts.channels import Channel
from handlers.clock import finding
from storage import tables
from storage.desk import escalations
from storage.desk.escalations import Case
from storage.desk.timeline_sources import VIEWED
from storage.people import contact_points, customers
from tests.desk_rig import give_staff

if TYPE_CHECKING:
    from tests.world import World

NAMES: Final = (
    "Ada Lind", "Björn Åkerström", "Carmen de la Fuente Ortíz", "Dörte Müller-Lüdenscheidt", "Erik Strömberg",
    "Fatima al-Rashid", "Gunilla Öberg", "Hugo Castillo",
)  # fmt: skip
KINDS: Final = (
    ("person", 2, "asks for a person"),
    ("dispute", 2, "says the bill is wrong: the visit in January never took place, and nobody answered"),
    ("hardship", 2, "lost the job and cannot pay all of it"),
    ("crisis", 1, "words of a crisis"),
    ("no_usable_channel", 3, "no channel is left to reach the customer on"),
    ("double_payment", 3, "paid 120.00 twice"),
)


def fill(world: World, people: int = 8, cases_each: int = 1, texts: int = 2) -> None:
    """So many customers with two bills each, one of them late, texts both ways, and open cases."""
    give_staff(world)
    for number in range(people):
        _person(world, number)
    for number in range(texts):
        world.says(
            "I want to speak to a person" if number % 3 else "STRÖM bill, why so much?", _phone(number)
        )
    world.deliver()
    for round_ in range(cases_each):
        for number in range(people):
            _case(world, number, round_)
    finding.index(world.database, world.clock)


def _phone(number: int) -> str:
    return f"+1503555{number:04}"


def _person(world: World, number: int) -> None:
    name = NAMES[number % len(NAMES)] + (f" {number}" if number >= len(NAMES) else "")
    world.customer(f"C-{number}", name=name, phone=_phone(number))
    today = world.now.date()
    for place, days in enumerate((10, -10)):
        world.bill(
            f"B{number}-{place}", f"C-{number}", 12050 + 100 * number, today - timedelta(days=days)
        )  # fmt: skip


def _case(world: World, number: int, round_: int) -> None:
    kind, severity, reason = KINDS[(number + round_) % len(KINDS)]
    with world.database.write() as session:
        point = contact_points.find(session, Channel.SMS, _phone(number))
        context = world.context(session)
        case = Case(
            f"{kind}:{number}:{round_}", kind, f"{NAMES[number % len(NAMES)]} {reason}",
            context.answer_by(severity, after=world.now - timedelta(hours=20 * (number % 3))), severity,
            customer_id=f"C-{number}", contact_point_id=point.id if point else None,
            bill_id=f"B{number}-0" if kind == "dispute" else None,
            unanswered_since=world.now - timedelta(hours=2) if kind == "person" else None,
        )  # fmt: skip
        escalations.open_case(session, case, world.now)


def protect(world: World, customer_id: str) -> None:
    """The customer's address is secret."""
    with world.database.write() as session:
        customers.record_concerns(session, customer_id, {"protected_address": "court order"}, world.now)


def more_cases(world: World, count: int) -> None:
    """So many more open cases, of the customers in turn."""
    with world.database.write() as session:
        for number in range(count):
            kind, severity, reason = KINDS[number % len(KINDS)]
            case = Case(
                f"more:{number}", kind, reason, world.now + timedelta(hours=number), severity,
                customer_id=f"C-{number % 8}",
            )  # fmt: skip
            escalations.open_case(session, case, world.now)


def views_written(world: World, count: int) -> None:
    """Wait until so many views of people are in the audit trail: they are written a little later."""
    row = tables.Audit
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with world.database.read() as session:
            if (session.scalar(select(func.count(row.id)).where(row.action == VIEWED)) or 0) >= count:
                return
        threading.Event().wait(0.05)
    raise AssertionError("nobody wrote the views down")
