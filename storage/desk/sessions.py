"""Sessions of the pages of the desk: in which browsers somebody is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from billing.accounts.roles import Role
from storage import tables
from storage.database import changes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session with its user, who is active. Moments are UTC."""

    id: int
    user_id: int
    name: str
    role: Role
    started_at: datetime
    seen_at: datetime
    address: str
    browser: str
    language: str
    keys_off: bool
    totp: bool = False


def start(session: Session, digest: str, user_id: int, now: datetime, address: str, browser: str) -> None:
    """Start a session of a user (UTC)."""
    row = {"digest": digest, "user_id": user_id, "started_at": now, "seen_at": now}
    changes.add(session, tables.DeskSession, **row, address=address, browser=browser)


def find(session: Session, digest: str, started_after: datetime, seen_after: datetime) -> SignedIn | None:
    """The session with this digest, of an active user, if neither bound (UTC) has passed."""
    row = tables.DeskSession
    bounds = (row.started_at > started_after, row.seen_at > seen_after)
    return next(iter(_read(session, row.digest == digest, *bounds)), None)


def every(
    session: Session, started_after: datetime, seen_after: datetime, user_id: int | None = None
) -> list[SignedIn]:
    """The sessions within both bounds (UTC), of one user or all, those seen last first."""
    row = tables.DeskSession
    conditions = [row.started_at > started_after, row.seen_at > seen_after]
    return _read(session, *conditions, *(() if user_id is None else (row.user_id == user_id,)))


def seen(session: Session, session_id: int, now: datetime) -> None:
    """Note that a session was used (UTC)."""
    row = tables.DeskSession
    session.execute(update(row).where(row.id == session_id).values(seen_at=now))


def end(session: Session, session_id: int) -> str | None:
    """End one session; returns the name of its user, or None where there is none."""
    row, user = tables.DeskSession, tables.User
    name: str | None = session.scalar(
        select(user.name).join(row, row.user_id == user.id).where(row.id == session_id)
    )
    session.execute(delete(row).where(row.id == session_id))
    return name


def end_all(session: Session, name: str, but: int | None = None) -> int:
    """End every session of a user, except one; returns how many."""
    row, user = tables.DeskSession, tables.User
    mine = select(user.id).where(user.name == name).scalar_subquery()
    done = session.execute(delete(row).where(row.user_id == mine, row.id != (but or 0)))
    return int(done.rowcount)  # type: ignore[attr-defined]


def sweep(session: Session, started_before: datetime, seen_before: datetime) -> None:
    """Delete the sessions that are over (UTC)."""
    row = tables.DeskSession
    session.execute(delete(row).where((row.started_at <= started_before) | (row.seen_at <= seen_before)))


def _read(session: Session, *conditions: ColumnElement[bool]) -> list[SignedIn]:
    row, user, login = tables.DeskSession, tables.User, tables.DeskLogin
    found: Sequence[tuple[object, ...]] = session.execute(
        select(
            row.id,
            user.id,
            user.name,
            user.role,
            row.started_at,
            row.seen_at,
            row.address,
            row.browser,
            login.language,
            login.keys_off,
            login.totp != "",
        )
        .join(user, user.id == row.user_id)
        .join(login, login.user_id == user.id)
        .where(user.active, *conditions)
        .order_by(row.seen_at.desc(), row.id.desc())
    ).all()
    return [
        SignedIn(one[0], one[1], one[2], Role(one[3]), *one[4:])  # type: ignore[arg-type]
        for one in found
    ]
