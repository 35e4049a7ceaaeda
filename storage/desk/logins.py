"""How users sign in to the pages of the desk: passwords, one-time codes, invitations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from billing.accounts.roles import Role
from storage import tables
from storage.database.insert_once import insert_once
from storage.database.transaction import note_lock

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Login:
    """How an active user signs in. Moments are UTC."""

    user_id: int
    name: str
    role: Role
    password: str | None
    """Argon2id; None until one was chosen."""
    password_at: datetime | None
    totp: str
    totp_next: str
    totp_step: int
    invited_until: datetime | None
    language: str
    keys_off: bool


def of_user(session: Session, name: str) -> Login | None:
    """The login of the active user with this name, whatever the case of its letters."""
    return _one(session, func.lower(tables.User.name) == name.lower())


def invited(session: Session, digest: str, now: datetime) -> Login | None:
    """The login of the active user whose invitation has this digest and is still good (UTC)."""
    row = tables.DeskLogin
    return _one(session, (row.invitation == digest) & (row.invited_until > now))


def make(session: Session, name: str) -> Login | None:
    """The login of the active user with this name, with an empty one made where there is none."""
    user = tables.User
    found = session.scalar(
        select(user.id).where(func.lower(user.name) == name.lower(), user.active).with_for_update()
    )
    note_lock(session)
    if found is None:
        return None
    row = {"user_id": found, "totp": "", "totp_next": "", "totp_step": 0, "language": "", "keys_off": False}
    insert_once(session, tables.DeskLogin, row)
    return of_user(session, name)


def change(session: Session, user_id: int, **values: Any) -> None:
    """Set columns of a user's login."""
    row = tables.DeskLogin
    session.execute(update(row).where(row.user_id == user_id).values(**values))


def clear(session: Session, name: str) -> None:
    """Take a user's password, codes and invitation away."""
    row, user = tables.DeskLogin, tables.User
    gone = {"password": None, "password_at": None, "totp": "", "totp_next": "", "totp_step": 0}
    gone |= {"invitation": None, "invited_until": None}
    mine = select(user.id).where(user.name == name).scalar_subquery()
    session.execute(update(row).where(row.user_id == mine).values(gone))


def use_step(session: Session, user_id: int, step: int) -> bool:
    """Use up the one-time code of a time step; returns whether it was later than the last one used."""
    row = tables.DeskLogin
    done = session.execute(
        update(row).where(row.user_id == user_id, row.totp_step < step).values(totp_step=step)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def with_passwords(session: Session) -> set[str]:
    """The names of the active users who chose a password."""
    user, row = tables.User, tables.DeskLogin
    query = select(user.name).join(row, row.user_id == user.id)
    return set(session.scalars(query.where(user.active, row.password.is_not(None))))


def password_made_by(session: Session, name: str) -> str | None:
    """Who chose a user's password, and so may know it; None for who has none."""
    user, row = tables.User, tables.DeskLogin
    query = select(row.password_made_by).join(user, row.user_id == user.id)
    found: str | None = session.scalar(query.where(func.lower(user.name) == name.lower()).limit(1))
    return found


def _one(session: Session, condition: ColumnElement[bool]) -> Login | None:
    user, row = tables.User, tables.DeskLogin
    found = session.execute(
        select(
            user.id,
            user.name,
            user.role,
            row.password,
            row.password_at,
            row.totp,
            row.totp_next,
            row.totp_step,
            row.invited_until,
            row.language,
            row.keys_off,
        )
        .join(row, row.user_id == user.id)
        .where(condition, user.active)
        .limit(1)
    ).first()
    if found is None:
        return None
    user_id, name, role, *rest = found
    return Login(user_id, name, Role(role), *rest)
