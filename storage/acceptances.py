"""What somebody accepted, in the very words they were shown; only ever appended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage import tables

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def keep(
    session: Session,
    customer_id: str,
    contact_point_id: int | None,
    kind: str,
    text: str,
    language: str,
    now: datetime,
) -> None:
    """Keep that a customer accepted this text, where and when."""
    session.add(
        tables.Acceptance(
            customer_id=customer_id,
            contact_point_id=contact_point_id,
            kind=kind,
            text=text,
            language=language,
            accepted_at=now,
        )
    )
    session.flush()
