"""The staff, and the audit trail of what a person, or Kvitt by itself, did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

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
    session.execute(
        update(row).where(row.name == name).values(**values, **({} if active else {"on_call": None}))
    )


def set_rota(session: Session, names: Sequence[str]) -> None:
    """Set who is on call, in this order, and nobody else."""
    row = tables.User
    session.execute(update(row).where(row.on_call.is_not(None)).values(on_call=None))
    for place, name in enumerate(names, 1):
        session.execute(update(row).where(row.name == name).values(on_call=place))


def every(session: Session) -> list[User]:
    """Every user of the staff by name, those who left too."""
    row = tables.User
    rows = session.execute(select(*_columns()).order_by(row.name))
    return [_user(one) for one in rows]


def named(session: Session, name: str) -> User | None:
    """The user with this name, whatever the case of the letters; those who left too."""
    return _one(session, func.lower(tables.User.name) == name.lower())


def on_telegram(session: Session, telegram_id: str) -> User | None:
    """The active user of the staff with this id on Telegram."""
    return _one(session, (tables.User.telegram_id == telegram_id) & tables.User.active)


def _one(session: Session, condition: ColumnElement[bool]) -> User | None:
    found = session.execute(select(*_columns()).where(condition).limit(1)).first()
    return _user(found) if found else None


def _columns() -> list[ColumnElement[Any]]:
    return [tables.User.__table__.c[name] for name in User.__dataclass_fields__]


def _user(row: Sequence[Any]) -> User:
    name, role, *rest = row
    return User(name, Role(role), *rest)
