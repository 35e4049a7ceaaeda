"""What is answered where a request is not taken: a kind page for a person, one sentence for a program."""

from __future__ import annotations

import traceback
from html import escape
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response

from bot.web.plain_page import plain_page
from bot.wiring import UNSUBSCRIBE_PATH
from handlers import logs
from messages.documents import bill_pages
from storage.database import trouble

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from billing.accounts.creditor import Creditor

_FOR_PEOPLE: Final = {
    400: "unreadable",
    403: "from_elsewhere",
    404: "unknown",
    405: "unknown",
    408: "too_slow",
    413: "too_large",
    414: "unknown",
    415: "unreadable",
    429: "too_many",
    431: "too_large",
    500: "not_now",
    503: "not_now",
}
"""Which words of the bill page's file say a status to a person; others are said as 400 or 500."""
FOR_PROGRAMS: Final = {
    400: "the request cannot be read",
    403: "forbidden",
    404: "there is nothing at this address",
    405: "this address does not take this method",
    408: "the request took too long to arrive",
    413: "the body is larger than anything this address takes",
    414: "the address is too long",
    415: "the body is of a type or character set that this address does not take",
    429: "too many requests from this address at once: wait a moment",
    431: "the headers are too many or too long",
    500: "this could not be done here: the log names the fault",
    503: "the database cannot be used right now: try again in a moment",
}
_MACHINES: Final = ("/webhooks/", "/healthz", "/readyz", "/phone/")
_OURS: Final = str(Path(__file__).parents[2])
_LATER: Final = {429: "10", 503: "30"}
"""Seconds after which the same request may be taken."""


class Refusals:
    """The answers to what is refused, in the creditor's language where a person reads them."""

    def __init__(self, creditor: Creditor | None = None) -> None:
        self._creditor = creditor

    def answer(self, path: str, status: int, sentence: str = "") -> Response:
        """The answer at a path; ``sentence`` is for programs."""
        person = path == UNSUBSCRIBE_PATH or not path.startswith(_MACHINES)
        said = sentence or FOR_PROGRAMS.get(status) or HTTPStatus(status).phrase
        made = self._page(status) if person else PlainTextResponse(said, status_code=status)
        if status in _LATER:
            made.headers["Retry-After"] = _LATER[status]
        return made

    async def of_exception(self, request: Request, error: Exception) -> Response:
        """The answer to a refusal that a route raised, or that no route takes."""
        assert isinstance(error, HTTPException)
        own = error.detail if error.detail != HTTPStatus(error.status_code).phrase else ""
        made = self.answer(request.scope["path"], error.status_code, own)
        made.headers.update(error.headers or {})
        return made

    def _page(self, status: int) -> Response:
        creditor = self._creditor
        say = bill_pages.words(creditor.language if creditor else "")
        name = (
            _FOR_PEOPLE.get(status) or _FOR_PEOPLE[400 if status < HTTPStatus.INTERNAL_SERVER_ERROR else 500]
        )
        call = f"{say['call']} {creditor.phone}" if creditor and creditor.phone else ""
        whose = creditor.name if creditor else ""
        text = " · ".join(part for part in (whose, call, creditor.hours if creditor else "") if part and call)
        return plain_page(say[name], f"<p>{escape(text)}</p>" if text else "", status, say[f"{name}_title"])


class Answered:
    """Middleware: whatever a route raises is answered and logged in one line, without what was sent."""

    def __init__(self, app: ASGIApp, refusals: Refusals) -> None:
        self._app, self._refusals = app, refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and answer for what comes back."""
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is answered
            away = trouble.of_the_database(error)
            status = HTTPStatus.SERVICE_UNAVAILABLE if away else HTTPStatus.INTERNAL_SERVER_ERROR
            if not away:  # that trouble is logged where it is noticed
                _log(error)
            if begun or scope["type"] != "http":
                return  # the server cuts the connection, so that half an answer is not taken for a whole one
            await self._refusals.answer(scope["path"], status)(scope, receive, send)


def _log(error: Exception) -> None:
    """Say what failed where, and not with which values: those may be a customer's."""
    frames = traceback.extract_tb(error.__traceback__)
    frame = [one for one in frames if one.filename.startswith(_OURS)][-1]
    where = f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno}"
    logs.logger().error("web.not_answered", error=type(error).__name__, where=where)
