"""Forms of the desk: which were carried out, so that each is once; and what was typed and not sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from storage import tables
from storage.database.insert_once import insert_once

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session


def carry_out(session: Session, key: str, leads_to: str, now: datetime) -> str | None:
    """Note that a form is carried out in this transaction; where it led if it was carried out before."""
    row = tables.DeskFormKey
    if insert_once(session, row, {"key": key, "at": now, "leads_to": leads_to}) is not None:
        return None
    return session.scalar(select(row.leads_to).where(row.key == key)) or leads_to


def lead_to(session: Session, key: str, leads_to: str) -> None:
    """Set where a form that is carried out leads."""
    row = tables.DeskFormKey
    session.execute(update(row).where(row.key == key).values(leads_to=leads_to))


def draft(session: Session, user_id: int, form: str) -> dict[str, str]:
    """What a user typed into a form and did not send, by field."""
    row = tables.DeskDraft
    found: dict[str, str] | None = session.scalar(
        select(row.fields).where(row.user_id == user_id, row.form == form)
    )
    return found or {}


def save_draft(session: Session, user_id: int, form: str, fields: Mapping[str, str], now: datetime) -> None:
    """Save what a user typed into a form (UTC)."""
    row = tables.DeskDraft
    new = {"user_id": user_id, "form": form, "fields": dict(fields), "saved_at": now}
    if insert_once(session, row, new) is None:
        mine = (row.user_id == user_id, row.form == form)
        session.execute(update(row).where(*mine).values(fields=dict(fields), saved_at=now))


def drop_draft(session: Session, user_id: int, form: str) -> None:
    """Delete what a user typed into a form, which was sent or given up."""
    row = tables.DeskDraft
    session.execute(delete(row).where(row.user_id == user_id, row.form == form))


def sweep(session: Session, keys_before: datetime, drafts_before: datetime) -> None:
    """Delete keys and drafts older than these moments (UTC)."""
    key, row = tables.DeskFormKey, tables.DeskDraft
    session.execute(delete(key).where(key.at < keys_before))
    session.execute(delete(row).where(row.saved_at < drafts_before))
