"""Deep links that connect a chat to a customer, each usable once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from storage import tables

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def invite(session: Session, nonce: str, customer_id: str, expires_at: datetime) -> None:
    """Insert an invitation, valid until a moment (UTC)."""
    session.add(tables.Invitation(nonce=nonce, customer_id=customer_id, expires_at=expires_at))
    session.flush()


def whose(session: Session, nonce: str, now: datetime) -> str | None:
    """The customer of an invitation that may still be used, which it stays."""
    row = tables.Invitation
    usable = (row.nonce == nonce, row.used_at.is_(None), row.expires_at > now)
    return session.scalar(select(row.customer_id).where(*usable))


def redeem(session: Session, nonce: str, now: datetime) -> str | None:
    """Use up an invitation; returns its customer, or ``None`` if it is used, expired or unknown.

    The condition is in the update, so that of two uses at once only one succeeds.
    """
    row = tables.Invitation
    return session.execute(
        update(row)
        .where(row.nonce == nonce, row.used_at.is_(None), row.expires_at > now)
        .values(used_at=now)
        .returning(row.customer_id)
    ).scalar()
