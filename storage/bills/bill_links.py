"""Links to bill pages: for which person, until when; only a digest of each token is stored."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from storage import tables

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

_BYTES = 18
"""144 bits of chance, 24 characters: nobody guesses one."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link to one bill's page. ``contact_point_id`` is where it was sent. Moments are UTC."""

    id: int
    bill_id: str
    person_id: str
    contact_point_id: int
    expires_at: datetime
    revoked_at: datetime | None

    def works(self, now: datetime) -> bool:
        """Whether it still opens the page at this moment (UTC)."""
        return self.revoked_at is None and now < self.expires_at


_FIELDS = tuple(Link.__dataclass_fields__)


def make(
    session: Session, bill_id: str, person_id: str, contact_point_id: int, until: datetime, now: datetime
) -> str:
    """Insert a link and return its token, which is stored nowhere."""
    token = secrets.token_urlsafe(_BYTES)
    session.add(
        tables.BillLink(
            digest=_digest(token),
            bill_id=bill_id,
            person_id=person_id,
            contact_point_id=contact_point_id,
            made_at=now,
            expires_at=until,
        )
    )
    session.flush()
    return token


def find(session: Session, token: str) -> Link | None:
    """The link with this token, whether it is still valid or not; ``None`` if there is none."""
    row = tables.BillLink
    found = session.execute(
        select(*(getattr(row, name) for name in _FIELDS)).where(row.digest == _digest(token))
    ).first()
    return Link(*found) if found else None


def revoke(session: Session, bill_id: str, now: datetime) -> int:
    """Revoke every link to a bill; returns how many there were."""
    row = tables.BillLink
    revoked = session.execute(
        update(row)
        .where(row.bill_id == bill_id, row.revoked_at.is_(None), row.expires_at > now)
        .values(revoked_at=now)
        .returning(row.id)
    )
    return len(revoked.all())


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
