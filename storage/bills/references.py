"""The references that we issued: what a bill, a claim, a customer and an account are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.tables import written

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session


def issued(session: Session) -> Callable[[str], bool]:
    """A function that says whether digits are a reference of ours, and asks the database when called."""
    return written.issued_by(session.connection())
