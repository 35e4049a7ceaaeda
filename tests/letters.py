"""A clinic that sends its final notices by letter, and customers to write to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

from pypdf import PdfReader
from sqlalchemy import select

from billing.accounts.channels import Channel
from billing.accounts.creditor import Creditor, WayToPay
from bot.channels.letter import PrintRoom
from messages.documents.documents import Addressee
from storage import tables
from tests.world import CLINIC, World, an_installation

if TYPE_CHECKING:
    from pathlib import Path

    from handlers.installation import Installation
    from storage.database.transaction import Database

NORDHAMN = Creditor(
    "Nordhamns klinik AB",
    phone="08-123 45 67",
    country="SE",
    language="sv",
    ways_to_pay=(WayToPay("Bankgiro", "123-4567"),),
    address=("Hamngatan 12", "111 47 Stockholm"),
    company_number="556000-0000",
)
"""A Swedish clinic, and somebody it writes to."""
AASA = Addressee("Åsa Öberg", "Storgatan 1\n111 22 Stockholm\nSE", "K-10042")
AT_HOME: dict[str, Any] = {
    "address": "12 Elm Street",
    "postal_code": "97201",
    "city": "Portland",
    "region": "OR",
}


def a_writing_installation(**more: Any) -> Installation:
    """The clinic with one level, the final notice, and letters as its only channel."""
    installation = an_installation(available=frozenset({Channel.SMS, Channel.LETTER}), **more)
    final = installation.policy.levels[-1].model_copy(
        update={"channels": (Channel.LETTER,), "after_due_days": 1}
    )
    creditor = replace(CLINIC, address=("500 Oak Avenue", "Portland, OR 97205"))
    return replace(
        installation, policy=installation.policy.model_copy(update={"levels": (final,)}), creditor=creditor
    )


def a_writing_world(database: Database) -> World:
    """That clinic on a Monday morning, with a database."""
    return World(database, a_writing_installation())


def owes(world: World, customer_id: str = "ada", **more: Any) -> None:
    """Add a customer with an address and a bill that is due for a letter; a run queues the letter."""
    world.customer(customer_id, **(AT_HOME | more))
    world.bill(f"B-{customer_id}", customer_id, due=world.now.date() - timedelta(days=5))
    world.run()


def room(world: World, folder: Path) -> PrintRoom:
    """The print room of that clinic, which writes to a folder."""
    return PrintRoom(world.database, world.installation, world.clock, folder)


def rows(world: World, table: Any) -> list[Any]:
    """Every row of a table, by id."""
    with world.database.read() as session:
        found = list(session.scalars(select(table).order_by(table.id)))
        session.expunge_all()
    return found


def steps(world: World) -> list[str]:
    """The states of all steps."""
    return [step.state for step in rows(world, tables.Step)]


def text_of(pdf: bytes) -> str:
    """The text of a PDF, with single spaces."""
    pages = PdfReader(BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())
