"""Claim what is due, so that nobody else can."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from storage import tables
from storage.tables.base import UtcDateTime

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session


def claim_people(session: Session, now: datetime, limit: int) -> list[str]:
    """Hold, until the transaction ends, some of the people with an account that is due.

    The people are what is locked (``SKIP LOCKED`` on PostgreSQL, the one writer on SQLite), so any number
    of processes may ask at once: each goes past what others hold. Their accounts are locked with them, so
    that one which another run was quicker to look at is found to be due no longer. The partial index over
    due accounts makes this cost what is taken, however much is due or stored.
    """
    held = session.connection().scalars(_claim(), {"now": now, "limit": limit})
    return sorted(set(held.all()))


@cache
def _claim() -> Select[*tuple[Any, ...]]:
    account, customer = tables.Account, tables.Customer
    return (
        select(customer.id)
        .join(account, account.guarantor_id == customer.id)
        .where(
            account.next_action_at.is_not(None),
            account.next_action_at <= bindparam("now", type_=UtcDateTime()),
        )
        .order_by(account.next_action_at)
        .limit(bindparam("limit"))
        .with_for_update(of=(customer, account), skip_locked=True, key_share=True)
    )


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
