"""The staff, and the audit trail of what a person, or Kvitt by itself, did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, true, update

from billing.accounts.roles import Role
from storage import tables
from storage.database import changes
from storage.database.insert_once import insert_once

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An audited action of the staff or of Kvitt: by whom, what, on which thing."""

    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class User:
    """A member of staff; ``telegram_id`` is their id in the staff chat.

    ``phone`` is where they are paged, in E.164; ``on_call`` their place in the rota, from 1.
    """

    name: str
    role: Role
    telegram_id: str | None
    active: bool
    phone: str | None = None
    on_call: int | None = None


def write_down(session: Session, entry: AuditEntry) -> None:
    """Append an action to the audit trail of the staff."""
    changes.add(
        session,
        tables.Audit,
        at=entry.at,
        actor=entry.actor,
        action=entry.action,
        subject=entry.subject,
        detail=entry.detail,
    )


def trail_before(
    session: Session, before: int | None, subject: str | None, limit: int
) -> list[tuple[int, AuditEntry]]:
    """Audit entries with their numbers, newest first: those before a number, of one subject or all."""
    row = tables.Audit
    query = select(row.id, row.at, row.actor, row.action, row.subject, row.detail)
    if before is not None:
        query = query.where(row.id < before)
    if subject is not None:
        query = query.where(row.subject == subject)
    found = session.execute(query.order_by(row.id.desc()).limit(limit))
    return [(one.id, AuditEntry(*one[1:])) for one in found]


def trail(session: Session, subject: str | None, limit: int) -> list[AuditEntry]:
    """The newest audit entries of the staff, of one subject or all, oldest first."""
    row = tables.Audit
    query = (
        select(row.at, row.actor, row.action, row.subject, row.detail).order_by(row.id.desc()).limit(limit)
    )
    if subject is not None:
        query = query.where(row.subject == subject)
    return [AuditEntry(*one) for one in reversed(session.execute(query).all())]


def add(session: Session, user: User, now: datetime) -> bool:
    """Insert a user of the staff; returns whether the name was free."""
    row = {"name": user.name, "role": user.role.value, "telegram_id": user.telegram_id, "active": user.active}
    row |= {"phone": user.phone}
    return insert_once(session, tables.User, row | {"added_at": now}) is not None


def change(
    session: Session,
    name: str,
    *,
    role: Role,
    telegram_id: str | None = None,
    phone: str | None = None,
    active: bool = True,
) -> None:
    """Set a staff user's role, Telegram id, phone, and whether they are active; who left is not on call."""
    row = tables.User
    values = {"role": role.value, "telegram_id": telegram_id, "phone": phone, "active": active}
    # Who made their last token is kept: a removed name cannot be the second of two people either.
    gone = {} if active else {"token_digest": None, "on_call": None}
    session.execute(update(row).where(row.name == name).values(values | gone))


def set_token(session: Session, name: str, digest: str, made_by: str) -> None:
    """Give a user of the staff a token, by its digest; the one before ends."""
    row = tables.User
    values = {"token_digest": digest, "token_made_by": made_by}
    session.execute(update(row).where(row.name == name).values(values))


def end_token(session: Session, name: str) -> None:
    """End a user's token: from here on nobody has one of theirs, and none that others made counts."""
    row = tables.User
    session.execute(update(row).where(row.name == name).values(token_digest=None, token_made_by=name))


def with_token(session: Session, digest: str) -> User | None:
    """The active user of the staff whose token has this digest."""
    return _one(session, (tables.User.token_digest == digest) & tables.User.active)


def with_tokens(session: Session) -> list[User]:
    """The active users of the staff who have a token, by name."""
    row = tables.User
    return _users(session, row.active & row.token_digest.is_not(None))


def token_made_by(session: Session, name: str) -> str | None:
    """Who made a user's present token, and so may know it; None for who has none, or is no user."""
    row = tables.User
    found: str | None = session.execute(
        select(row.token_made_by).where(func.lower(row.name) == name.lower()).limit(1)
    ).scalar()
    return found


def set_rota(session: Session, names: Sequence[str]) -> None:
    """Set who is on call, in this order, and nobody else."""
    row = tables.User
    session.execute(update(row).where(row.on_call.is_not(None)).values(on_call=None))
    for place, name in enumerate(names, 1):
        session.execute(update(row).where(row.name == name).values(on_call=place))


def every(session: Session) -> list[User]:
    """Every user of the staff by name, those who left too."""
    return _users(session, true())


def named(session: Session, name: str) -> User | None:
    """The user with this name, whatever the case of the letters; those who left too."""
    return _one(session, func.lower(tables.User.name) == name.lower())


def on_telegram(session: Session, telegram_id: str) -> User | None:
    """The active user of the staff with this id on Telegram."""
    return _one(session, (tables.User.telegram_id == telegram_id) & tables.User.active)


def _users(session: Session, condition: ColumnElement[bool]) -> list[User]:
    rows = session.execute(select(*_columns()).where(condition).order_by(tables.User.name))
    return [_user(one) for one in rows]


def _one(session: Session, condition: ColumnElement[bool]) -> User | None:
    found = session.execute(select(*_columns()).where(condition).limit(1)).first()
    return _user(found) if found else None


def _columns() -> list[ColumnElement[Any]]:
    return [tables.User.__table__.c[name] for name in User.__dataclass_fields__]


def _user(row: Sequence[Any]) -> User:
    name, role, *rest = row
    return User(name, Role(role), *rest)
