"""One act of the desk: its form, what the customer would read, and doing it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException

from billing.refusals import Refusal
from bot.web.desk import acting
from bot.web.desk.acting import Failed, UnusableField
from bot.web.desk.views.account import asked_for
from handlers.acts import preview, registry
from handlers.acts.registry import ACTS
from handlers.acts.shape import FieldKind, On, WrongField, given
from handlers.desk import web_sessions
from storage.desk import case_page, person

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from starlette.responses import Response

    from bot.web.desk.visit import Visit
    from handlers.acts.preview import ActPreview
    from handlers.acts.shape import Act
    from handlers.context import Context
    from storage.desk.case_page import CasePage
    from storage.desk.person import PersonHeader

ON: Final = "on"
"""The field that says on which bill."""
_DIGITS: Final = 9
_REFUSED: Final = 403
_COMMA: Final = re.compile(r"(\d+),(\d{2})")


@dataclass(frozen=True, slots=True)
class AskedAct:
    """An act that a page is asked for: on whom, for which case or plan."""

    act: Act
    customer_id: str | None
    case_id: int | None
    plan_id: int | None

    @property
    def here(self) -> str:
        """The address of its page and form."""
        known = {"id": self.customer_id, "case": self.case_id, "plan": self.plan_id}
        return f"/desk/acts/{self.act.name}?" + urlencode(
            {name: value for name, value in known.items() if value is not None}
        )

    @property
    def back(self) -> str:
        """The page that it is done from."""
        if self.case_id is not None:
            return f"/desk/cases/{self.case_id}"
        return f"/desk/person?{urlencode({'id': self.customer_id})}"

    def subject(self, bill_id: str) -> str:
        """The id of what the act is done to."""
        subjects = {On.CUSTOMER: self.customer_id, On.CASE: self.case_id, On.PLAN: self.plan_id}
        found = bill_id if self.act.on is On.BILL else subjects[self.act.on]
        return str(found or "")


def page(visit: Visit) -> Response:
    """The form of an act."""
    asked = _asked(visit)
    return _may(visit, asked) or _show(visit, asked)


def do(visit: Visit) -> Response:
    """Show what an act would do, or do it."""
    asked = _asked(visit)
    refused = _may(visit, asked)
    if refused is not None:
        return refused
    if visit.form.get("form") != asked.here:
        raise HTTPException(_REFUSED)
    values = _values(visit, asked.act)
    if visit.form.get("step") != "do":
        return _preview(visit, asked, values)

    def act(context: Context) -> None:
        _in_order(visit, context, asked, values)
        registry.do(context, *_act(visit, asked, values))

    answer = acting.carry_out(visit, act, asked.back, "acted")
    return _show(visit, asked, answer) if isinstance(answer, Failed) else answer


def _preview(visit: Visit, asked: AskedAct, values: dict[str, str]) -> Response:
    """What the act would do; nothing of it is left."""
    try:
        with visit.write() as session:
            context = visit.context(session)
            _in_order(visit, context, asked, values)
            made = preview.preview(context, *_act(visit, asked, values))
    except Refusal as refusal:
        return _show(visit, asked, acting.refused(visit, asked.here, refusal))
    return _show(visit, asked, made=made)


def _in_order(visit: Visit, context: Context, asked: AskedAct, values: dict[str, str]) -> None:
    if asked.case_id is not None:
        acting.check_version(context, asked.case_id, visit.form.get(acting.VERSION, ""))
    if asked.act.on is On.BILL and not visit.form.get(ON):
        raise UnusableField(ON, "empty")
    try:
        given(asked.act, values)
    except WrongField as bad:
        raise _unusable(asked.act, bad, values) from None


def _unusable(act: Act, bad: WrongField, values: dict[str, str]) -> UnusableField:
    text = values.get(bad.field, "")
    field = next(one for one in act.fields if one.name == bad.field)
    if not text.strip():
        return UnusableField(bad.field, "empty")
    if len(text) > field.longest:
        return UnusableField(bad.field, "too_long", most=field.longest, has=len(text))
    return UnusableField(bad.field, field.asks.value if field.asks in _SAID else "unreadable")


_SAID: Final = frozenset({FieldKind.DAY, FieldKind.AMOUNT, FieldKind.NUMBER})


def _act(
    visit: Visit, asked: AskedAct, values: dict[str, str]
) -> tuple[str, str, dict[str, str], str, int | None]:
    subject = asked.subject(visit.form.get(ON, ""))
    return asked.act.name, subject, values, visit.who.name, asked.case_id


def _values(visit: Visit, act: Act) -> dict[str, str]:
    """What was written into the fields; a comma before two decimals is a point."""
    found = {one.name: visit.form.get(one.name, "").strip() for one in act.fields}
    amounts = {one.name for one in act.fields if one.asks is FieldKind.AMOUNT}
    return {
        name: _COMMA.sub(r"\1.\2", text) if name in amounts and _COMMA.fullmatch(text) else text
        for name, text in found.items()
    }


def _asked(visit: Visit) -> AskedAct:
    act = ACTS.get(str(visit.request.path_params["act"]))
    case_id, plan_id = (_number(visit.query.get(name, "")) for name in ("case", "plan"))
    customer_id = asked_for(visit) if visit.query.get("id") else None
    if act is None or (customer_id is None and case_id is None):
        raise HTTPException(404)
    missing = {On.CUSTOMER: customer_id is None, On.BILL: customer_id is None, On.CASE: case_id is None}
    if missing.get(act.on, plan_id is None):
        raise HTTPException(404)
    return AskedAct(act, customer_id, case_id, plan_id if act.on is On.PLAN else None)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


def _may(visit: Visit, asked: AskedAct) -> Response | None:
    """A page that says that the role does not allow it; None where it does."""
    right = asked.act.right
    if visit.may(right):
        return None
    with visit.write() as session:
        web_sessions.refused(visit.context(session), visit.who.name, right, asked.here.partition("?")[0])
    return visit.show("refused.html", _REFUSED, why="no_right")


def _show(
    visit: Visit, asked: AskedAct, failed: Failed | None = None, made: ActPreview | None = None
) -> Response:
    with visit.read() as session:
        header = person.person(session, asked.customer_id, visit.now) if asked.customer_id else None
        found = _case(visit, session, asked)
        if (asked.customer_id and header is None) or (asked.case_id is not None and found is None):
            raise HTTPException(404)
        limit = asked.act.limit(visit.context(session)) if asked.act.limit else ""
        typed = visit.form or (found.drafts[asked.here] if found else visit.draft(session, asked.here))
    if header is not None:
        visit.parts.viewers.looks(visit.who.name, header.customer_id, visit.now)
    return visit.show(
        "account/act.html",
        failed.status if failed else 200,
        asked=asked,
        act=asked.act,
        here=asked.here,
        back=asked.back,
        header=header,
        case=found.case if found else None,
        version=found.version if found else "",
        limit=limit,
        typed=_shown(asked, header, dict(typed)),
        failed=failed,
        made=made,
        hidden=bool(header and header.protected),
    )


def _case(visit: Visit, session: Session, asked: AskedAct) -> CasePage | None:
    if asked.case_id is None:
        return None
    return case_page.load(session, asked.case_id, visit.who.user_id, (asked.here, ""))


def _shown(asked: AskedAct, header: PersonHeader | None, typed: dict[str, Any]) -> dict[str, Any]:
    """What the fields show: what was typed, else the one bill there is, or that of the case."""
    if asked.act.on is not On.BILL or typed.get(ON) or header is None:
        return typed
    return typed | {ON: header.bills[0].id if len(header.bills) == 1 else ""}
