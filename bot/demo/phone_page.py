"""The demo's handset beside the desk. Only ``kvitt demo`` serves it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from billing.ledger.money import Money
from billing.refusals import Refusal
from bot.demo.people import PEOPLE, ZONE
from handlers.collection import collector
from handlers.desk.overview import lines
from messages.writing import format as wording
from storage.desk import escalations

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from starlette.requests import Request

    from bot.demo.clinic import Bubble, Clinic
    from bot.demo.people import Sample
    from handlers.desk.overview import AccountLine
    from storage.desk.escalations import Escalation

_PAGE = Path(__file__).with_name("phone.html")
LONGEST = 10_000
MOST_DAYS = 120


class PhonePage:
    """The page and what it asks for."""

    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic
        self._people = {person.id: person for person in PEOPLE}

    @property
    def routes(self) -> list[Route]:
        """Its routes."""
        return [
            Route("/", self.home),
            Route("/phone", self.page),
            Route("/phone/state", self.state),
            Route("/phone/text", self.text, methods=["POST"]),
            Route("/phone/press", self.press, methods=["POST"]),
            Route("/phone/advance", self.advance, methods=["POST"]),
            Route("/phone/decide", self.decide, methods=["POST"]),
        ]

    async def home(self, _: Request) -> Response:
        """The demo has one page."""
        return RedirectResponse("/phone")

    async def page(self, _: Request) -> Response:
        """The page itself."""
        return HTMLResponse(_PAGE.read_text(encoding="utf-8"))

    async def state(self, _: Request) -> Response:
        """Everything the page shows."""
        return JSONResponse(await run_in_threadpool(self._state))

    async def text(self, request: Request) -> Response:
        """Text as a customer."""
        asked = await _asked(request)
        person = self._people.get(str(asked.get("as")))
        if person is None:
            return _bad("as: no such customer")
        await self._clinic.text(person, str(asked.get("text", ""))[:LONGEST])
        return await self.state(request)

    async def press(self, request: Request) -> Response:
        """Press a button."""
        asked = await _asked(request)
        person = self._people.get(str(asked.get("as")))
        if person is None:
            return _bad("as: no such customer")
        await self._clinic.press(person, str(asked.get("value", "")))
        return await self.state(request)

    async def advance(self, request: Request) -> Response:
        """Move the clock on."""
        asked = await _asked(request)
        try:
            span = timedelta(days=int(asked.get("days", 0)), hours=int(asked.get("hours", 0)))
        except (TypeError, ValueError, OverflowError):
            return _bad("days and hours are whole numbers")
        if not timedelta() <= span <= timedelta(days=MOST_DAYS):
            return _bad(f"the clock moves on by at most {MOST_DAYS} days")
        await self._clinic.advance(span)
        return await self.state(request)

    async def decide(self, request: Request) -> Response:
        """Approve or return a flagged bill."""
        asked = await _asked(request)
        try:
            await run_in_threadpool(self._decide, str(asked.get("bill")), approve=bool(asked.get("approve")))
        except Refusal as refusal:
            return _bad(str(refusal))
        return await self.state(request)

    def _decide(self, bill_id: str, *, approve: bool) -> None:
        clinic = self._clinic
        with clinic.database.write() as session:
            context = clinic.context(session)
            if approve:
                collector.approve(context, bill_id, "rep", "Sample Collector")
            else:
                collector.give_back(context, bill_id, "rep", "returned on the page", 30)

    def _state(self) -> dict[str, Any]:
        clinic, now = self._clinic, self._clinic.clock()
        with clinic.database.read() as session:
            found = {line.customer_id: line for line in lines(clinic.context(session))}
            cases = escalations.queue(session)
        return {
            "now": f"{now.astimezone(ZONE):%A %B %d, %Y, %H:%M}",
            "people": [self._person(person, found) for person in PEOPLE],
            "cases": [_case(case, {one: line.name for one, line in found.items()}, now) for case in cases],
        }

    def _person(self, person: Sample, found: Mapping[str, AccountLine]) -> dict[str, Any]:
        accounts = [found[one] for one in (person.id, person.child) if one in found]
        owed = sum(account.balance for account in accounts)
        gravest = min((account.state for account in accounts), key=_GRAVITY.index, default="current")
        return {
            "id": person.id,
            "name": person.name,
            "born": person.born.isoformat(),
            "channel": person.channel.value,
            "address": person.address,
            "state": gravest.replace("_", " "),
            "late": gravest in _LATE,
            "balance": wording.money(Money(owed, "USD"), "en"),
            "messages": [_bubble(bubble) for bubble in self._clinic.screens[person.address]],
        }


_GRAVITY = ("placed", "flagged", "held", "overdue", "on_plan", "current", "settled")
_LATE = {"placed", "flagged", "overdue"}
"""The states of an account with money past its day."""


def _bubble(bubble: Bubble) -> dict[str, Any]:
    choices = [{"label": choice.label, "value": choice.value} for choice in bubble.choices]
    at = f"{bubble.at.astimezone(ZONE):%b %d, %H:%M}"
    return {"mine": bubble.mine, "text": bubble.text, "at": at, "choices": choices}


def _case(case: Escalation, names: Mapping[str, str], now: datetime) -> dict[str, Any]:
    return {
        "id": case.id,
        "kind": case.kind.replace("_", " "),
        "customer": names.get(case.customer_id or "", case.customer_id),
        "bill": case.bill_id,
        "reason": case.reason,
        "words": str(case.detail.get("words", "")),
        "deadline": f"{case.deadline.astimezone(ZONE):%b %d, %H:%M}",
        "late": case.overdue(now),
    }


async def _asked(request: Request) -> dict[str, Any]:
    try:
        found = json.loads(await request.body())
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _bad(why: str) -> Response:
    return JSONResponse({"error": why}, status_code=400)
