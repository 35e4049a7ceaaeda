"""The page of a customer: who they are, what is owed, one timeline; with a case, what is done about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException

from billing.accounts.roles import Right
from bot.web.desk import acting
from bot.web.desk.acting import UnusableField
from bot.web.desk.viewing import shown
from handlers.acts.registry import ACTS
from handlers.acts.shape import On
from handlers.desk import cases, viewing
from handlers.desk.messages import of_case
from storage.desk import case_page, person, timeline
from storage.desk.case_events import history
from storage.desk.timeline import BadMoment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy.orm import Session
    from starlette.responses import Response

    from bot.web.desk.acting import Failed
    from bot.web.desk.visit import Visit
    from handlers.acts.shape import Act
    from storage.desk.case_page import CasePage
    from storage.desk.person import PersonHeader
    from storage.desk.timeline import TimelineEntry, TimelinePage

_LONGEST_ID: Final = 200
_LONGEST_WHY: Final = 500
SHOWS: Final[Mapping[str, tuple[str, ...]]] = {
    "all": (),
    "texts": ("came_in", "went_out", "note"),
    "money": ("entry", "plan", "plan_ended", "promise", "promise_ended", "claim", "claim_answer"),
    "decisions": ("decision", "hold", "hold_lifted"),
    "desk": ("case", "note", "audit"),
}
"""What of a timeline is shown, by the name in the address: the sources, all where there is none."""
_OWN_BUTTONS: Final = frozenset({"take", "answer", "return"})
"""Acts that the page of a case has buttons of its own for."""
_ORDER: Final = (On.CASE, On.CUSTOMER, On.BILL, On.PLAN)


@dataclass(frozen=True, slots=True)
class OfferedAct:
    """An act that a page offers: its name, on what it is, and the address of its page."""

    name: str
    on: On
    address: str

    @property
    def place(self) -> int:
        """Its group's place among the groups."""
        return _ORDER.index(self.on)


def customer_page(visit: Visit) -> Response:
    """A customer, by the id behind the question mark."""
    return show(visit, None, asked_for(visit))


def address(visit: Visit) -> Response:
    """Show a protected address, once a reason is written down."""
    customer_id = asked_for(visit)
    reason = visit.form.get("reason", "").strip()
    if not reason or len(reason) > _LONGEST_WHY:
        bad = "empty" if not reason else "too_long"
        failure = UnusableField("reason", bad, most=_LONGEST_WHY, has=len(reason))
        return show(visit, None, customer_id, acting.refused(visit, visit.path, failure))
    with visit.write() as session:
        if person.person(session, customer_id, visit.now) is None:
            raise HTTPException(404)
        viewing.reveal(visit.context(session), customer_id, visit.who.name, reason)
    return show(visit, None, customer_id, revealed=True)


def asked_for(visit: Visit) -> str:
    """The customer that an address or form asks for.

    Raises:
        HTTPException: 404 where there is no id.
    """
    found = (visit.form.get("id") or visit.query.get("id", "")).replace("\0", "")
    if not 0 < len(found) <= _LONGEST_ID:
        raise HTTPException(404)
    return found


def show(
    visit: Visit,
    number: int | None,
    customer_id: str | None = None,
    failed: Failed | None = None,
    *,
    revealed: bool = False,
) -> Response:
    """The page of a case or, without a number, of a customer."""
    here = f"/desk/cases/{number}" if number is not None else f"/desk/person?{urlencode({'id': customer_id})}"
    forms = (f"{here}/answer", f"{here}/return")
    with visit.read() as session:
        found = case_page.load(session, number, visit.who.user_id, forms) if number is not None else None
        if number is not None and found is None:
            raise HTTPException(404)
        owner = found.customer_id if found else customer_id
        header = person.person(session, owner, visit.now) if owner else None
        if found is None and header is None:
            raise HTTPException(404)
        facts = _happened(visit, session, header, found)
    others = visit.parts.viewers.looks(visit.who.name, header.customer_id, visit.now) if header else []
    return visit.show(
        "account/page.html",
        failed.status if failed else 200,
        header=header,
        found=found,
        case=found.case if found else None,
        here=here,
        others=others,
        failed=failed,
        acts=offered(visit, header, found.case.id if found and not found.case.closed_at else None),
        version=found.version if found else "",
        drafts=found.drafts if found else {},
        hidden=bool(header and header.protected and not revealed),
        shown=shown,
        longest=cases.LONGEST_ANSWER,
        may_take_over=visit.may(Right.APPROVE),
        **facts,
    )


def _happened(
    visit: Visit, session: Session, header: PersonHeader | None, found: CasePage | None
) -> dict[str, Any]:
    """What happened: a page of the customer's timeline, or the history of a case that is nobody's."""
    chosen = visit.query.get("show", "all")
    chosen = chosen if chosen in SHOWS else "all"
    if header is None:
        assert found is not None
        texts = of_case(session, found.case)
        events = history(session, found.case.id)
        return {"days": [], "before": "", "chosen": chosen, "events": events, "texts": texts, "first": True}
    before = visit.query.get("before", "")
    try:
        page: TimelinePage = timeline.timeline(session, header.customer_id, before, only=SHOWS[chosen])
    except BadMoment:
        raise HTTPException(404) from None
    days = by_day(visit, page.entries)
    return {
        "days": days,
        "before": page.before,
        "chosen": chosen,
        "events": (),
        "texts": (),
        "first": not before,
    }


def by_day(visit: Visit, entries: Sequence[TimelineEntry]) -> list[tuple[date, list[TimelineEntry]]]:
    """The entries by their day in the creditor's zone, in their order."""
    zone = visit.parts.installation.creditor.zone
    found: list[tuple[date, list[TimelineEntry]]] = []
    for one in entries:
        day = one.at.astimezone(zone).date()
        if not found or found[-1][0] != day:
            found.append((day, []))
        found[-1][1].append(one)
    return found


def offered(visit: Visit, header: PersonHeader | None, case_id: int | None) -> list[OfferedAct]:
    """The acts that a user may do here, in the order in which they are shown."""
    case = next((one for one in header.cases if one.id == case_id), None) if header else None
    plan = next((one for one in header.plans if one.state == "proposed"), None) if header else None
    there = {
        On.CASE: case_id is not None,
        On.CUSTOMER: header is not None,
        On.BILL: bool(header and header.bills),
        On.PLAN: plan is not None,
    }
    disputed = case is None or "dispute" in case.kind
    acts = [one for one in ACTS.values() if there[one.on] and visit.may(one.right)]
    return [
        OfferedAct(act.name, act.on, act_address(act, header, case_id, plan.id if plan else None))
        for act in sorted(acts, key=lambda act: _ORDER.index(act.on))
        if act.name not in _OWN_BUTTONS and (act.fits is None or disputed)
    ]


def act_address(act: Act, header: PersonHeader | None, case_id: int | None, plan_id: int | None) -> str:
    """The address of an act's page for a customer, a case, or both."""
    known: dict[str, str] = {"id": header.customer_id} if header else {}
    known |= {"case": str(case_id)} if case_id is not None else {}
    known |= {"plan": str(plan_id)} if act.on is On.PLAN and plan_id is not None else {}
    return f"/desk/acts/{act.name}?{urlencode(known)}"
