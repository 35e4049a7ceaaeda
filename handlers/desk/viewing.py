"""Who looked at whom: written down in batches; a protected address is shown for a reason alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from billing.accounts.roles import Right
from handlers import rights
from handlers.rights import DeskRefusal
from storage.desk import staff
from storage.desk.staff import AuditEntry
from storage.desk.timeline_sources import VIEWED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from handlers.context import Context


@dataclass(frozen=True, slots=True)
class PersonView:
    """A user looked at a customer's page at a moment (UTC)."""

    user: str
    customer_id: str
    at: datetime


class NoReason(DeskRefusal):
    """A protected address is asked for without a reason."""

    def __init__(self, customer_id: str) -> None:
        super().__init__(f"customer {customer_id}: say why the protected address is needed")


def record(context: Context, views: Iterable[PersonView]) -> None:
    """Write down who looked at whom, and when."""
    for one in views:
        entry = AuditEntry(one.at, one.user, VIEWED, f"customer:{one.customer_id}", {})
        staff.write_down(context.session, entry)


def reveal(context: Context, customer_id: str, by: str, reason: str) -> None:
    """Write down why a user is shown a protected address.

    Raises:
        rights.NotAllowed: the user may only look.
        NoReason: none is given.
    """
    by = rights.check(context.session, by, Right.WORK)
    if not reason.strip():
        raise NoReason(customer_id)
    entry = AuditEntry(context.now, by, "address_shown", f"customer:{customer_id}", {"reason": reason})
    staff.write_down(context.session, entry)
