"""The audit trail, newest first, by pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.web.desk.views.today import PAGE
from storage.desk import staff

if TYPE_CHECKING:
    from starlette.responses import Response

    from bot.web.desk.visit import Visit

_LONGEST_SUBJECT: Final = 200
_DIGITS: Final = 18


def page(visit: Visit) -> Response:
    """A page of entries: those before a number, of one subject or all."""
    asked = visit.query.get("before", "")
    before = int(asked[:_DIGITS]) if asked.isascii() and asked.isdigit() else None
    subject = visit.query.get("subject", "").replace("\0", "").strip()[:_LONGEST_SUBJECT]
    with visit.read() as session:
        found = staff.trail_before(session, before, subject or None, PAGE + 1)
    entries = found[:PAGE]
    return visit.show(
        "audit.html",
        entries=[entry for _, entry in entries],
        subject=subject,
        next={"before": entries[-1][0], "subject": subject} if len(found) > PAGE else None,
        first=before is None,
    )
