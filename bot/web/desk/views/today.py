"""Today: the queue of open cases, the most urgent first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from handlers.desk import queue

if TYPE_CHECKING:
    from starlette.responses import Response

    from bot.web.desk.visit import Visit

PAGE: Final = 50
"""Rows of one page of any list."""


def page(visit: Visit) -> Response:
    """The first cases of the queue."""
    with visit.read() as session:
        waiting = queue.waiting(visit.context(session))
    return visit.show("today.html", cases=waiting[:PAGE], count=len(waiting))
