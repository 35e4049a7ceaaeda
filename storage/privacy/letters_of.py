"""The printed letters of one person, whose files are on disk."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import select

from storage import tables

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from storage.privacy.person_rows import PersonRows


def printed(session: Session, person: PersonRows) -> dict[int, list[str]]:
    """The references of a person's letters, by the batch that they were printed in."""
    row = tables.Letter
    found: dict[int, list[str]] = defaultdict(list)
    for batch_id, reference in session.execute(
        select(row.batch_id, row.reference).where(person.condition("letters")).order_by(row.id)
    ):
        found[batch_id].append(reference)
    return dict(found)
