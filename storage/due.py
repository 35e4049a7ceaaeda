"""Claim what is due, so that nobody else can."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from storage import tables
from storage.among import among

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session


def claim_people(session: Session, now: datetime, limit: int) -> list[str]:
    """Hold, until the transaction ends, some of the people with an account that is due.

    The people are what is locked (``SKIP LOCKED`` on PostgreSQL, the one writer on SQLite), so any number
    of processes may ask at once: each looks a little further than it takes, past what others hold. The
    partial index over due accounts makes this cost what is taken, however much is due or stored.
    """
    account, customer = tables.Account, tables.Customer
    due = (
        select(account.guarantor_id)
        .where(account.next_action_at.is_not(None), account.next_action_at <= now)
        .order_by(account.next_action_at)
        .limit(limit * _FURTHER)
    )
    ids = list(dict.fromkeys(session.connection().scalars(due)))
    held = (
        select(customer.id)
        .where(among(customer.id, ids))
        .order_by(customer.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return _still_due(session, list(session.connection().scalars(held)), now)


_FURTHER = 4


def anything(session: Session, now: datetime) -> bool:
    """Whether any account is due."""
    account = tables.Account
    due = select(account.id).where(account.next_action_at.is_not(None), account.next_action_at <= now)
    return session.scalar(due.limit(1)) is not None


def policy_changed(session: Session, version: str, limit: int) -> list[str]:
    """People with an account that was last decided under another policy."""
    account = tables.Account
    found = select(account.guarantor_id).where(account.policy_version != version).distinct().limit(limit)
    return list(session.scalars(found))


def _still_due(session: Session, people: Collection[str], now: datetime) -> list[str]:
    """Those who are due now that they are held: another run may have been quicker."""
    account = tables.Account
    found = select(account.guarantor_id).where(
        among(account.guarantor_id, people),
        account.next_action_at.is_not(None),
        account.next_action_at <= now,
    )
    return sorted(set(session.connection().scalars(found)))
