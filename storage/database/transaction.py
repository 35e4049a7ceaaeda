"""One transaction, one customer lock."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.database.engine import for_writing, open_engine
from storage.database.id_lists import one_of
from storage.tables import ContactPoint, Customer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Engine


class Database:
    """A database to read from and write to.

    SQLite has one writer: within a process writers queue on a lock of ours, which is far quicker than
    waiting on the file; between processes ``BEGIN IMMEDIATE`` does it.
    """

    def __init__(self, url: str) -> None:
        self.engine: Engine = open_engine(url)
        self._writing = for_writing(self.engine)
        self._one_writer = threading.Lock() if self.engine.dialect.name == "sqlite" else None

    @property
    def writers(self) -> int:
        """How many transactions of one process may usefully write at once."""
        return 1 if self._one_writer else 3

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that commits at the end, or rolls back when something was raised."""
        if self._one_writer:
            with self._one_writer, Session(self._writing, autoflush=False) as session, session.begin():
                yield session
        else:
            with Session(self._writing, autoflush=False) as session, session.begin():
                yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads; it sees one state of the database."""
        with Session(self.engine, autoflush=False) as session, session.begin():
            yield session
            session.rollback()

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def lock_contact_point(session: Session, contact_point_id: int) -> None:
    """Hold the contact point until the transaction ends (SQLite's writer holds everything).

    Keys are left alone (``NO KEY UPDATE``), so that a row which refers to the contact point may be
    written meanwhile: a run holds the customer and then queues a message to the contact point, and
    would else wait for a turn that holds the contact point and waits for the customer.
    """
    point = select(ContactPoint.id).where(ContactPoint.id == contact_point_id)
    session.execute(point.with_for_update(key_share=True))


def lock_customers(session: Session, customer_ids: Iterable[str]) -> None:
    """Hold these customers until the transaction ends, always in the same order."""
    wanted = sorted(set(customer_ids))
    if wanted:
        session.execute(
            select(Customer.id)
            .where(one_of(Customer.id, wanted))
            .order_by(Customer.id)
            .with_for_update(key_share=True)
        )
