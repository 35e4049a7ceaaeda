"""The link to a bill's page, and what it opens: nothing before somebody has shown who they are."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from storage import bill_links

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from handlers.house import House

PATH = "/b/"


def possible(house: House) -> bool:
    """Whether a bill's page can be reached from outside, and what it sets can be signed."""
    return bool(house.public_url and house.link_secret)


def make(
    session: Session, house: House, bill_id: str, person_id: str, contact_point_id: int, now: datetime
) -> str:
    """A new link to a bill's page, for one person, sent to one contact point; empty where there is none."""
    if not possible(house):
        return ""
    until = now + timedelta(days=house.policy.billing.link_days)
    token = bill_links.make(session, bill_id, person_id, contact_point_id, until, now)
    return f"{house.public_url}{PATH}{token}"
