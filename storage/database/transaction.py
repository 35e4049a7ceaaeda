"""Transactions, and the row locks that a turn or run takes first."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import tables
from storage.database.engine import for_writing, open_engine
from storage.database.id_lists import one_of
from storage.database.one_writer import OneWriter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Engine

    from storage.sealing.keys import Keys


class Database:
    """A database to read from and write to.

    SQLite has one writer: within a process writers wait for a lock of ours, which is much quicker than
    waiting for the file; between processes ``BEGIN IMMEDIATE`` makes them wait.
    """

    def __init__(self, url: str, keys: Keys) -> None:
        self.keys = keys
        self.engine: Engine = open_engine(url, keys)
        self._writing = for_writing(self.engine)
        self._one_writer = OneWriter() if self.engine.dialect.name == "sqlite" else None

    @property
    def writers(self) -> int:
        """How many transactions of one process may usefully write at once."""
        return 1 if self._one_writer else 3

    @contextmanager
    def write(self, *, urgent: bool = False) -> Iterator[Session]:
        """A transaction that commits at the end, and rolls back on an exception.

        An ``urgent`` one, for which somebody outside waits, goes before those of this process that wait for
        SQLite's one writer.
        """
        turn = self._one_writer.held(urgent=urgent) if self._one_writer else nullcontext()
        with turn, Session(self._writing, autoflush=False) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads; any change is rolled back."""
        with Session(self.engine, autoflush=False) as session, session.begin():
            yield session
            session.rollback()

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


_LOCKS = "locks taken"


def note_lock(session: Session) -> None:
    """Count a lock that was waited for: a time read before it is too early (see :func:`locks_taken`)."""
    session.info[_LOCKS] = locks_taken(session) + 1


def locks_taken(session: Session) -> int:
    """How many locks this transaction has waited for."""
    taken: int = session.info.get(_LOCKS, 0)
    return taken


def lock_contact_point(session: Session, contact_point_id: int) -> None:
    """Lock a contact point until the transaction ends (SQLite's single writer locks everything).

    The lock is ``FOR NO KEY UPDATE``, which lets others insert rows that refer to the contact point.
    Otherwise a deadlock is possible: a run locks the customer and then queues a message to the contact point,
    while a turn has locked the contact point and waits for the customer.
    """
    point = select(tables.ContactPoint.id).where(tables.ContactPoint.id == contact_point_id)
    session.execute(point.with_for_update(key_share=True))
    note_lock(session)


def lock_customers(session: Session, customer_ids: Iterable[str]) -> None:
    """Lock these customers until the transaction ends.

    They are locked in the order of their ids, so that two transactions with the same customers cannot
    deadlock, and ``FOR NO KEY UPDATE``, so that rows which refer to them can be inserted meanwhile.
    """
    wanted = sorted(set(customer_ids))
    if wanted:
        session.execute(
            select(tables.Customer.id)
            .where(one_of(tables.Customer.id, wanted))
            .order_by(tables.Customer.id)
            .with_for_update(key_share=True)
        )
        note_lock(session)
