"""One case: what it is about, what happened, and what can be done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException

from bot.web.desk import acting
from bot.web.desk.acting import Failed
from handlers.desk import cases, queue

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response

    from bot.web.desk.visit import Visit
    from handlers.context import Context

_LONGEST_WHY: Final = 500


def page(visit: Visit) -> Response:
    """The case."""
    return _show(visit)


def take(visit: Visit) -> Response:
    """Become its owner."""
    return _act(visit, lambda context, number: cases.take(context, number, visit.who.name), "taken")


def give_back(visit: Visit) -> Response:
    """Return it to the queue."""

    def act(context: Context, number: int) -> None:
        cases.give_back(context, number, visit.who.name, acting.needed(visit, "why", _LONGEST_WHY))

    return _act(visit, act, "returned")


def answer(visit: Visit) -> Response:
    """Write to the customer, which takes the case, too."""

    def act(context: Context, number: int) -> None:
        text = acting.needed(visit, "text", cases.LONGEST_ANSWER)
        cases.answer(context, number, visit.who.name, text)

    return _act(visit, act, "answered")


def _act(visit: Visit, act: Callable[[Context, int], object], done: str) -> Response:
    number = visit.number()

    def in_order(context: Context) -> None:
        acting.check_version(context, number, visit.form.get(acting.VERSION, ""))
        act(context, number)

    answer = acting.carry_out(
        visit, in_order, f"/desk/cases/{number}", done, fields={cases.NothingToSay: "text"}
    )
    return _show(visit, answer) if isinstance(answer, Failed) else answer


def _show(visit: Visit, failed: Failed | None = None) -> Response:
    number = visit.number()
    here = f"/desk/cases/{number}"
    with visit.read() as session:
        try:
            story = queue.story(session, number)
        except queue.NoSuchCase:
            raise HTTPException(404) from None
        version = acting.case_version(session, number)
        drafts = {name: visit.draft(session, f"{here}/{name}") for name in ("answer", "return")}
    return visit.show(
        "case.html",
        failed.status if failed else 200,
        case=story.case,
        events=story.events,
        version=version,
        drafts=drafts,
        here=here,
        failed=failed,
        longest=cases.LONGEST_ANSWER,
    )
