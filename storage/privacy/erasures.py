"""Who was erased, until when records are kept, and the digests that keep them and their numbers away."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, func, select, update

from storage import tables
from storage.database.id_lists import one_of
from storage.database.insert_once import insert_missing, insert_once
from storage.sealing import vault

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from billing.accounts.channels import Channel

PERSON: Final = "person"
STOP: Final = "stop"
_PURPOSE: Final = "stop"
"""The purpose of both kinds of digests: its key is the one that no rotation changes."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """One erasure; moments are UTC, ``records_until`` is the last day the records are kept."""

    id: int
    customer_id: str
    erased_at: datetime
    erased_by: str
    records_until: date | None
    records_erased_at: datetime | None
    readmitted_at: datetime | None


def save(
    session: Session, customer_id: str, by: str, anyway: str, records_until: date | None, now: datetime
) -> int:
    """Note that a person is erased; returns the number of the erasure."""
    values = {
        "customer_id": customer_id,
        "erased_at": now,
        "erased_by": by,
        "anyway": anyway,
        "records_until": records_until,
    }
    made = insert_once(session, tables.Erasure, values)
    assert made is not None
    row = tables.Customer
    # Nobody writes to them, whatever is booked on their account later.
    session.execute(
        update(row)
        .where(row.id == customer_id)
        .values(erased_at=now, stopped_at=func.coalesce(row.stopped_at, now))
    )
    return made


def keep_marks(session: Session, erasure_id: int, kind: str, values: Iterable[str]) -> None:
    """Keep digests of what knows a person again, or of addresses that must not be written to."""
    rows = [
        {"erasure_id": erasure_id, "kind": kind, "digest": vault.index(session, _PURPOSE, _named(kind, one))}
        for one in sorted(set(values))
    ]
    insert_missing(session, tables.ErasedMark, rows)


def erased_as(session: Session, values: Collection[str]) -> Erasure | None:
    """The erasure of a person who is known by one of these, unless they may be registered again."""
    mark = tables.ErasedMark
    digests = [vault.index(session, _PURPOSE, _named(PERSON, one)) for one in values]
    found = _select().join(mark, mark.erasure_id == tables.Erasure.id)
    return _first(session, found.where(mark.kind == PERSON, one_of(mark.digest, digests)))


def stop_digest(session: Session, channel: Channel, address: str) -> str:
    """The digest by which an address is known that must not be written to."""
    return vault.index(session, _PURPOSE, _named(STOP, stop_name(channel, address)))


def stop_name(channel: Channel, address: str) -> str:
    """What a stop is kept under: a phone number or an e-mail address is the same on every channel."""
    everywhere = channel.by_phone or channel.by_email
    return address.lower() if everywhere else f"{channel.value} {address}"


@cache
def stopped_since() -> Select[*tuple[Any, ...]]:
    """Since when (UTC) the address with the digest ``stop`` must not be written to."""
    mark, row = tables.ErasedMark, tables.Erasure
    return (
        select(func.min(row.erased_at))
        .join(mark, mark.erasure_id == row.id)
        .where(mark.kind == STOP, mark.digest == bindparam("stop"))
    )


def of_customer(session: Session, customer_id: str) -> Erasure | None:
    """The last erasure of a customer."""
    row = tables.Erasure
    return _first(session, _select().where(row.customer_id == customer_id).order_by(row.id.desc()))


def since(session: Session, moment: datetime | None) -> list[Erasure]:
    """Every erasure at or after a moment (UTC), or all, in the order they were done."""
    row = tables.Erasure
    query = _select() if moment is None else _select().where(row.erased_at >= moment)
    found = session.execute(query.order_by(row.id))
    return [Erasure(*one) for one in found]


def due(session: Session, today: date, limit: int) -> list[Erasure]:
    """Erasures whose records were kept long enough before a day."""
    row = tables.Erasure
    query = _select().where(row.records_erased_at.is_(None), row.records_until < today)
    return [Erasure(*one) for one in session.execute(query.order_by(row.records_until).limit(limit))]


def books_erased(session: Session, erasure_id: int, now: datetime) -> None:
    """Note that the records of an erased person are emptied."""
    row = tables.Erasure
    session.execute(update(row).where(row.id == erasure_id).values(records_erased_at=now))


def keep_records_until(session: Session, erasure_id: int, day: date) -> None:
    """Set the last day on which the records of an erased person are kept."""
    row = tables.Erasure
    session.execute(update(row).where(row.id == erasure_id).values(records_until=day))


def readmit(session: Session, erasure: Erasure, by: str, now: datetime) -> None:
    """Let an erased person be registered again; what they said about their numbers goes on to count."""
    row, mark, customer = tables.Erasure, tables.ErasedMark, tables.Customer
    session.execute(delete(mark).where(mark.erasure_id == erasure.id, mark.kind == PERSON))
    session.execute(update(row).where(row.id == erasure.id).values(readmitted_at=now, readmitted_by=by))
    session.execute(
        update(customer).where(customer.id == erasure.customer_id).values(erased_at=None, stopped_at=None)
    )


def without_end(session: Session) -> list[Erasure]:
    """Erasures whose records have no last day yet: the policy named none."""
    row = tables.Erasure
    query = _select().where(row.records_until.is_(None), row.records_erased_at.is_(None)).order_by(row.id)
    return [Erasure(*one) for one in session.execute(query)]


def _select() -> Select[*tuple[Any, ...]]:
    return select(*(getattr(tables.Erasure, name) for name in Erasure.__dataclass_fields__))


def _first(session: Session, query: Select[*tuple[Any, ...]]) -> Erasure | None:
    found: Sequence[Any] | None = session.execute(query.limit(1)).first()
    return Erasure(*found) if found else None


def _named(kind: str, value: str) -> str:
    return f"{kind}:{value}"
