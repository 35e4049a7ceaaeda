"""Keeps what the desk finds things by up to date, and writes the book of each day: beside the turns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from handlers.context import Context
from handlers.desk import book
from storage.desk import book_days, changes, search_index

if TYPE_CHECKING:
    from handlers.context import Clock
    from handlers.installation import Installation
    from storage.database.transaction import Database

BATCH: Final = 500
"""Changes that are indexed in one transaction: whoever waits for it waits that long."""


def index(database: Database, clock: Clock, batch: int = BATCH, most: int | None = None) -> int:
    """Index what changed, in batches, at most ``most`` of them; returns how many changes were looked at."""
    count = batches = 0
    while most is None or batches < most:
        with database.read() as session:
            if not changes.not_indexed(session):
                break
        with database.write() as session:
            found = changes.take_to_index(session, clock(), batch)
            refs = {
                kind: {one.ref for one in found if one.kind == kind} for kind in ("person", "bill", "came_in")
            }
            if refs["person"]:
                search_index.index_people(session, refs["person"])
            if refs["bill"]:
                search_index.index_bills(session, refs["bill"])
            if refs["came_in"]:
                search_index.index_texts(session, {int(one) for one in refs["came_in"]})
        count, batches = count + len(found), batches + 1
        if not found:
            break
    return count


def prune(database: Database, clock: Clock) -> None:
    """Delete changes that nobody asks for any more."""
    with database.write() as session:
        changes.prune(session, clock())


def write_book(database: Database, installation: Installation, clock: Clock) -> bool:
    """Write the figures of yesterday (creditor's days), once; returns whether they were not there yet."""
    with database.read() as session:
        context = Context(session, installation, clock)
        day = book.yesterday(context)
        if book_days.find(session, day) is not None:
            return False
        figures = book.figures(context, day)
    with database.write() as session:
        book_days.save(session, day, figures, clock())
    return True
