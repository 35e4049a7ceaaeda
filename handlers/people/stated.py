"""What another system's register states of a person's wishes: each statement counts once.

An export repeats what it knows every night; what the person said here since must outlast it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.dunning.quiet_hours import meets, widest
from billing.refusals import Refusal
from handlers.people import consent
from storage.desk import staff
from storage.desk.staff import AuditEntry
from storage.people import contact_points, customers

if TYPE_CHECKING:
    from datetime import date, time

    from handlers.context import Context

_WHOLE: Final = 1000
"""Audited actions about one person that are looked through."""
_BY: Final = "import"
_OPT_OUT: Final = "opt_out_stated"
_HOURS: Final = "hours_stated"


class HoursNever(Refusal):
    """Hours that a person prefers never meet those in which the policy lets anybody be written to."""

    def __init__(self, opens: time, closes: time) -> None:
        super().__init__(
            f"prefers_from: these hours never meet those of the policy ({opens:%H:%M} to {closes:%H:%M}): "
            "nothing could ever be sent"
        )


def opt_out(context: Context, customer_id: str, since: date | None) -> bool:
    """Take an opt-out from messages; returns whether it stopped anything.

    It stops nothing where it was stated before, or where the customer wrote START after that day.
    """
    mark = since.isoformat() if since else "unknown"
    earlier = _stated(context, customer_id, _OPT_OUT)
    if mark in earlier:
        return False
    _note(context, customer_id, _OPT_OUT, mark)
    if since and _started_since(context, customer_id, since):
        return False
    return consent.stop_customer(context, customer_id, _BY)


def hours(context: Context, customer_id: str, begins: time, ends: time) -> bool:
    """Take the hours (local to the person) in which they want messages; returns whether they are new.

    Raises:
        HoursNever: the policy lets nobody be written to in these hours.
    """
    window = context.policy.window
    if not meets(window, (begins, ends)):
        raise HoursNever(*widest(window))
    mark = f"{begins:%H:%M}-{ends:%H:%M}"
    if _stated(context, customer_id, _HOURS)[-1:] == [mark]:
        return False
    _note(context, customer_id, _HOURS, mark)
    customers.prefer_hours(context.session, customer_id, begins, ends)
    return True


def _stated(context: Context, customer_id: str, action: str) -> list[str]:
    found = staff.trail(context.session, f"customer:{customer_id}", _WHOLE)
    return [entry.detail["stated"] for entry in found if entry.action == action]


def _note(context: Context, customer_id: str, action: str, mark: str) -> None:
    entry = AuditEntry(context.now, _BY, action, f"customer:{customer_id}", {"stated": mark})
    staff.write_down(context.session, entry)


def _started_since(context: Context, customer_id: str, since: date) -> bool:
    points = contact_points.of_customers(context.session, [customer_id])[customer_id]
    return any(
        entry.action == "started" and entry.at.date() >= since
        for point_id in points
        for entry in staff.trail(context.session, f"contact_point:{point_id}", _WHOLE)
    )
