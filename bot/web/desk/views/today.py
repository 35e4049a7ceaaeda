"""Today: the queue of open cases, the most urgent first; what of it is shown is in the address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode

from starlette.exceptions import HTTPException

from billing.accounts.cases import Urgency
from handlers.desk import queue
from storage.desk import queue_people
from storage.desk.case_queue import MOST, QueueFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.responses import Response

    from bot.web.desk.visit import Visit
    from storage.desk.case_queue import QueueCounts

PAGE: Final = 50
"""Rows of one page of any list."""
_LONGEST: Final = 200
_SHOWS: Final[Mapping[str, Callable[[str], QueueFilter]]] = {
    "all": lambda _me: QueueFilter(),
    "mine": lambda me: QueueFilter(owner=me),
    "nobodys": lambda _me: QueueFilter(owner=""),
    "danger": lambda _me: QueueFilter(urgency=Urgency.DANGER),
    "waiting": lambda _me: QueueFilter(urgency=Urgency.WAITING),
    "grave": lambda _me: QueueFilter(urgency=Urgency.GRAVE),
    "rest": lambda _me: QueueFilter(urgency=Urgency.REST),
    "late": lambda _me: QueueFilter(late=True),
    "put_off": lambda _me: QueueFilter(put_off=True),
}
"""What is shown, by the name in the address."""
_KEPT: Final = ("show", "kind", "customer", "after")


def page(visit: Visit) -> Response:
    """A page of the cases that are asked for."""
    asked = _clean(visit.query)
    chosen = asked.get("show", "all")
    wanted = _SHOWS[chosen](visit.who.name)
    kind, customer = asked.get("kind"), asked.get("customer")
    wanted = QueueFilter(
        wanted.owner, wanted.urgency, kind, customer, late=wanted.late, put_off=wanted.put_off,
        placements=kind == "placement",
    )  # fmt: skip
    with visit.read() as session:
        context = visit.context(session)
        try:
            found = queue.page(context, wanted, asked.get("after", ""), PAGE)
        except queue.NoSuchPage:
            raise HTTPException(404) from None
        counts = queue.counts(context, visit.who.name)
        people = queue_people.load(session, {one.customer_id for one in found.cases if one.customer_id})
    same = {name: value for name, value in asked.items() if name != "after"}
    return visit.show(
        "today.html",
        cases=found.cases,
        people=people,
        tabs=[(name, count, _link(name, same)) for name, count in _counted(counts)],
        chosen=chosen,
        kind=kind,
        customer=customer,
        kinds=sorted(_kinds(visit), key=lambda one: visit.say(f"kinds.{one}").lower()),
        every=_link(chosen, {}),
        next={**same, "after": found.after} if found.after else None,
        first="after" not in asked,
        start=_link(chosen, same),
        placements=counts.placements if kind is None else 0,
        back=urlencode(asked),
        most=MOST,
    )


def address_of(back: str) -> str:
    """The page of the queue that a form came from, by what was behind its question mark."""
    asked = _clean(dict(parse_qsl(back)))
    return f"/desk?{urlencode(asked)}" if asked else "/desk"


def _clean(query: Mapping[str, str]) -> dict[str, str]:
    found = {
        name: query[name].replace("\0", "")[:_LONGEST] for name in _KEPT if query.get(name, "").strip("\0")
    }
    if found.get("show", "all") not in _SHOWS:
        del found["show"]
    return found


def _link(show: str, same: Mapping[str, str]) -> str:
    wanted = {name: value for name, value in same.items() if name != "show"}
    wanted = ({"show": show} if show != "all" else {}) | wanted
    return f"/desk?{urlencode(wanted)}" if wanted else "/desk"


def _counted(counts: QueueCounts) -> list[tuple[str, int]]:
    every = counts.danger + counts.waiting + counts.grave + counts.rest
    return [(name, every if name == "all" else getattr(counts, name)) for name in _SHOWS]


def _kinds(visit: Visit) -> list[str]:
    return [key.partition(".")[2] for key in visit.say.every_key() if key.startswith("kinds.")]
