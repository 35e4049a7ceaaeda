"""Who works here, and the audit trail: what a person, or Kvitt on its own, did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from billing.accounts.roles import Role
from storage import tables
from storage.database.insert_once import insert_once

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Something that was done: by whom, what, to which thing."""

    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class User:
    """Somebody at the desk; ``telegram_id`` is who they are in the staff chat."""

    name: str
    role: Role
    telegram_id: str | None
    active: bool


def write_down(session: Session, entry: AuditEntry) -> None:
    """Add an entry to the audit trail."""
    session.add(
        tables.Audit(
            at=entry.at, actor=entry.actor, action=entry.action, subject=entry.subject, detail=entry.detail
        )
    )
    session.flush()


def trail(session: Session, subject: str | None, limit: int) -> list[AuditEntry]:
    """The latest audit entries, of one subject or all, the oldest first."""
    row = tables.Audit
    query = (
        select(row.at, row.actor, row.action, row.subject, row.detail).order_by(row.id.desc()).limit(limit)
    )
    if subject is not None:
        query = query.where(row.subject == subject)
    return [AuditEntry(*one) for one in reversed(session.execute(query).all())]


def add(session: Session, user: User, now: datetime) -> bool:
    """Keep a new user; whether the name was free."""
    row = {"name": user.name, "role": user.role.value, "telegram_id": user.telegram_id, "active": user.active}
    return insert_once(session, tables.User, row | {"added_at": now}) is not None


def change(
    session: Session, name: str, *, role: Role, telegram_id: str | None = None, active: bool = True
) -> None:
    """Write down what a user may do from now on, and who they are on Telegram."""
    row = tables.User
    session.execute(
        update(row).where(row.name == name).values(role=role.value, telegram_id=telegram_id, active=active)
    )


def every(session: Session) -> list[User]:
    """Everybody who works here, or did, by name."""
    row = tables.User
    rows = session.execute(select(row.name, row.role, row.telegram_id, row.active).order_by(row.name))
    return [User(name, Role(role), telegram_id, active) for name, role, telegram_id, active in rows]


def named(session: Session, name: str) -> User | None:
    """The user with this name, in capitals or not; also one who has left."""
    return _one(session, func.lower(tables.User.name) == name.lower())


def on_telegram(session: Session, telegram_id: str) -> User | None:
    """Who has this id on Telegram, and still works here."""
    return _one(session, (tables.User.telegram_id == telegram_id) & tables.User.active)


def _one(session: Session, condition: ColumnElement[bool]) -> User | None:
    row = tables.User
    found = session.execute(
        select(row.name, row.role, row.telegram_id, row.active).where(condition).limit(1)
    ).first()
    return User(found[0], Role(found[1]), found[2], found[3]) if found else None
