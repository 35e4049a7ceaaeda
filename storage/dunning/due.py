"""Claims the accounts that are due, so that no other process handles them at the same time."""

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
    """The ids of some people with an account due by ``now`` (UTC), locked until the transaction ends.

    Any number of processes may ask at once: ``SKIP LOCKED`` makes each pass over what others have locked
    (SQLite has one writer). The accounts are locked with their guarantors: a run that waited would otherwise
    still see an account as due that another run has just handled. The partial index over due accounts makes
    the cost depend on what is taken, however much is due or stored.
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
        # FOR NO KEY UPDATE: rows that refer to the customer (messages, entries) can be inserted meanwhile.
        .with_for_update(of=(customer, account), skip_locked=True, key_share=True)
    )


def anything(session: Session, now: datetime) -> bool:
    """Whether any account is due."""
    account = tables.Account
    due = select(account.id).where(account.next_action_at.is_not(None), account.next_action_at <= now)
    return session.scalar(due.limit(1)) is not None


def policy_changed(session: Session, version: str, limit: int) -> list[str]:
    """Guarantors due for a new decision, as their last was under another policy; at most ``limit``."""
    account = tables.Account
    found = select(account.guarantor_id).where(account.policy_version != version).distinct().limit(limit)
    return list(session.scalars(found))
