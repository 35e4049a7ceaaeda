"""Why something was sent or not: the stored decisions about a bill or a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException

from storage.desk import why

if TYPE_CHECKING:
    from starlette.responses import Response

    from bot.web.desk.visit import Visit

_LONGEST: Final = 200
_DIGITS: Final = 18


def page(visit: Visit) -> Response:
    """A page of the decisions, the newest first."""
    bill, message = visit.query.get("bill", "").replace("\0", "")[:_LONGEST], visit.query.get("message", "")
    before = _number(visit.query.get("before", ""))
    if not bill and not _number(message):
        raise HTTPException(404)
    with visit.read() as session:
        found = (
            why.about_bill(session, bill, before)
            if bill
            else why.about_message(session, _number(message), before)
        )
    for customer in sorted({one.customer_id for one in found.decisions if one.customer_id}):
        visit.parts.viewers.looks(visit.who.name, customer, visit.now)
    about = {"bill": bill} if bill else {"message": str(_number(message))}
    return visit.show(
        "account/why.html",
        decisions=found.decisions,
        bill=bill,
        message=message,
        next={**about, "before": found.before} if found.before else None,
        first=not before,
        person=visit.query.get("id", ""),
        case=_number(visit.query.get("case", "")),
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else 0
