"""Messages that wait to leave: replies in the order they were made, and what may be withdrawn."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, func, literal_column, or_, select

from billing.gate import Purpose
from storage import tables
from storage.database.constants import any_fixed, fixed
from storage.database.id_lists import one_of_ids
from storage.delivery import outbox
from storage.delivery.outbox import OutboxState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

_NOTE: Final = "expired:"
"""What the key of a note begins with that says that a question has expired."""


def withdraw_notes(session: Session, notes: Iterable[int], now: datetime) -> None:
    """Drop these notes, since the customer writes again: one that waits would hold back the answer."""
    for outbox_id in notes:
        outbox.drop(session, outbox_id, "wrote_again", now)


@cache
def notes() -> Select[*tuple[Any, ...]]:
    """The queued notes to the contact point ``point`` that a question has expired."""
    row = tables.Outbox
    queued = row.state == fixed(OutboxState.QUEUED)
    return (
        select(row.id).where(row.contact_point_id == bindparam("point"), queued, _is_note()).order_by(row.id)
    )


@cache
def replies() -> Select[*tuple[Any, ...]]:
    """One reply to the contact point ``point`` that has not left yet; a note that waits does not count."""
    row = tables.Outbox
    queued = row.state == fixed(OutboxState.QUEUED)
    on_its_way = row.state.in_(any_fixed([OutboxState.QUEUED, OutboxState.SENDING]))
    mine = (row.contact_point_id == bindparam("point"), row.purpose != fixed(Purpose.OUT))
    return select(row.id).where(*mine, on_its_way, ~(_is_note() & queued)).limit(1)


def unsolicited_to(session: Session, customer_ids: Collection[str]) -> list[int]:
    """The ids of queued unsolicited messages to these customers or their guarantors."""
    rows = session.connection().execute(_unsolicited_to(), {"ids": list(customer_ids)})
    return list(rows.scalars())


@cache
def _unsolicited_to() -> Select[*tuple[Any, ...]]:
    row, customer = tables.Outbox, tables.Customer
    guarantors = select(customer.guarantor_id).where(one_of_ids(customer.id))
    theirs = or_(one_of_ids(row.customer_id), row.customer_id.in_(guarantors))
    return select(row.id).where(theirs, *_unsolicited()).order_by(row.id)


@cache
def unsolicited() -> Select[*tuple[Any, ...]]:
    """One queued unsolicited message to somebody at the contact point ``point``, or to their guarantor."""
    row, customer, contact = tables.Outbox, tables.Customer, tables.Contact
    theirs = or_(row.customer_id == customer.id, row.customer_id == customer.guarantor_id)
    return (
        select(row.id)
        .select_from(contact)
        .join(customer, customer.id == contact.customer_id)
        .join(row, theirs)
        .where(contact.contact_point_id == bindparam("point"), contact.removed_at.is_(None), *_unsolicited())
        .limit(1)
    )


def _unsolicited() -> tuple[ColumnElement[bool], ...]:
    row = tables.Outbox
    return row.purpose == fixed(Purpose.OUT), row.state == fixed(OutboxState.QUEUED)


def _is_note() -> ColumnElement[bool]:
    # LIKE with a parameter would make SQLite prepare the statement anew each time.
    return func.substr(tables.Outbox.key, 1, len(_NOTE)) == literal_column(f"'{_NOTE}'")
