"""A customer's bill at ``/b/{token}``: made for a phone, and locked until the identity check."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from itsdangerous import BadSignature, URLSafeSerializer
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.web.addresses import PublicAddress
from bot.web.forms import fields
from handlers.bills.bill_links import PATH
from handlers.context import Context
from handlers.conversation import bill_page
from handlers.conversation.bill_page import Access, BillStatus, OpenedPage
from messages.documents import bill_documents, bill_pages, qr_codes
from messages.understanding.birth_dates import birth_date
from messages.writing import format as wording

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.requests import Request

    from billing.accounts.channels import Channel
    from bot.clock import Clock
    from handlers.conversation.bill_page import View
    from handlers.installation import Installation
    from storage.database.transaction import Database

ASSETS: Final = f"{PATH}-"
SESSION_MINUTES: Final = 30
"""How long a page stays open on a device before the identity check is repeated."""
_PAGES: Final = Path(__file__).with_name("pages")
_COOKIE: Final = "kvitt_bill"
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NOBODYS: Final = "-"
"""In the place of what cannot be a token: no link has it."""
_SITE: Final = re.compile(r"(?:https?://)?[a-z0-9][a-z0-9.-]*\.[a-z]{2,}(?:/\S*)?", re.IGNORECASE)
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
_UNKNOWN: Final = OpenedPage(Access.UNKNOWN)
_STATUS: Final = {Access.UNKNOWN: 404, Access.EXPIRED: 410, Access.CLOSED: 403, Access.LOCKED: 429}


@dataclass(frozen=True, slots=True)
class _Visit:
    """One request to a bill's page: below which path, by which token, in which language, when."""

    prefix: str
    token: str
    language: str
    now: datetime

    @property
    def here(self) -> str:
        return f"{self.prefix}{PATH}{self.token}"


class BillPage:
    """The pages of bills: nothing about a bill is shown, not even in a title, before the identity check."""

    def __init__(self, database: Database, installation: Installation, clock: Clock) -> None:
        self._database = database
        self._installation = installation
        self._clock = clock
        self._signer = URLSafeSerializer(installation.link_secret or "none", salt="bill page")
        self._public = PublicAddress(installation.public_url)
        self._secure = installation.public_url.startswith("https://")
        self._templates = Environment(
            loader=FileSystemLoader(_PAGES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )

    @property
    def routes(self) -> list[Route]:
        """The routes; none if no secret key is set to sign links with."""
        if not self._installation.link_secret:
            return []
        one = f"{PATH}{{token}}"
        return [
            Route(f"{ASSETS}/{{name}}", _asset),
            Route(one, self.page, methods=["GET", "POST"]),
            Route(f"{one}/bill.pdf", self.pdf, methods=["GET"]),
            Route(f"{one}/pay.svg", self.qr, methods=["GET"]),
            Route(f"{one}/leave", self.leave, methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """The bill if this device passed the identity check, otherwise the question; POST answers it."""
        visit = self._visit(request)
        if request.method != "POST":
            return await run_in_threadpool(self._show, request, visit)
        self._refuse_from_elsewhere(request)
        form = await fields(request)
        if "born" not in form:
            raise HTTPException(400)  # no answer, and none that was wrong
        born, code = (form.get(name, "")[:60] for name in ("born", "code"))
        return await run_in_threadpool(self._answer, visit, born, code)

    async def leave(self, request: Request) -> Response:
        """Close the page on this device."""
        visit = self._visit(request)
        self._refuse_from_elsewhere(request)
        if visit.token == _NOBODYS:
            return self._outside(_speaking(visit, _UNKNOWN), _UNKNOWN)
        gone = RedirectResponse(visit.here, status_code=303)
        gone.delete_cookie(_COOKIE, path=visit.here)
        return self._plain(gone)

    async def pdf(self, request: Request) -> Response:
        """The bill as PDF, behind the same check."""
        return await run_in_threadpool(self._pdf, request, self._visit(request))

    async def qr(self, request: Request) -> Response:
        """The QR code for banking apps, behind the same check."""
        return await run_in_threadpool(self._qr, request, self._visit(request))

    def _show(self, request: Request, visit: _Visit) -> Response:
        with self._database.read() as session:
            context = Context(session, self._installation, self._clock)
            opened = bill_page.knock(context, visit.token)
            visit = _speaking(visit, opened)
            if opened.link is None or not self._inside(request, visit, opened):
                return self._outside(visit, opened)
            shown = bill_page.view(context, opened.link)
        return self._bill(visit, shown)

    def _answer(self, visit: _Visit, born: str, code: str) -> Response:
        with self._database.write() as session:
            context = Context(session, self._installation, self._clock)
            opened = bill_page.knock(context, visit.token)
            visit = _speaking(visit, opened)
            day = birth_date(born, visit.language, visit.now.date())
            opened, right = bill_page.answer(context, visit.token, day, code)
        if not right or opened.link is None:
            return self._outside(visit, opened, wrong=True)
        answer = RedirectResponse(f"{visit.here}?in={visit.language}", status_code=303)
        until = int(visit.now.timestamp()) + SESSION_MINUTES * 60
        answer.set_cookie(
            _COOKIE,
            self._signer.dumps([opened.link.id, opened.link.person_id, until]),
            max_age=SESSION_MINUTES * 60,
            path=visit.here,
            secure=self._secure,
            httponly=True,
            samesite="strict",
        )
        return self._plain(answer)

    def _pdf(self, request: Request, visit: _Visit) -> Response:
        with self._database.read() as session:
            opened = bill_page.knock(Context(session, self._installation, self._clock), visit.token)
            if opened.link is None or not self._inside(request, visit, opened):
                return self._outside(_speaking(visit, opened), opened)
            url = f"{self._installation.public_url}{PATH}{visit.token}"
            page = bill_page.page(Context(session, self._installation, self._clock), opened.link, url)
        name = f'attachment; filename="{_file_name(page["title"])}.pdf"'
        made = Response(bill_documents.readable(page), media_type="application/pdf")
        made.headers["Content-Disposition"] = name
        return self._plain(made)

    def _qr(self, request: Request, visit: _Visit) -> Response:
        with self._database.read() as session:
            context = Context(session, self._installation, self._clock)
            opened = bill_page.knock(context, visit.token)
            if opened.link is None or not self._inside(request, visit, opened):
                return self._outside(_speaking(visit, opened), opened)
            shown = bill_page.view(context, opened.link)
        payload = qr_codes.payment(self._installation.creditor, shown.invoice)
        if not payload:
            raise HTTPException(404)
        return self._plain(Response(qr_codes.svg(payload), media_type="image/svg+xml"))

    def _inside(self, request: Request, visit: _Visit, opened: OpenedPage) -> bool:
        """Whether this device passed the identity check for this link within the time limit, and goes on."""
        if not opened.goes_on:
            return False
        try:
            link_id, person_id, until = self._signer.loads(request.cookies.get(_COOKIE, ""))
        except (BadSignature, TypeError, ValueError):
            return False
        assert opened.link
        mine = (link_id, person_id) == (opened.link.id, opened.link.person_id)
        return mine and visit.now.timestamp() < until

    def _outside(self, visit: _Visit, opened: OpenedPage, *, wrong: bool = False) -> Response:
        """The question, or a neutral page if no question can be asked."""
        say = bill_pages.words(visit.language)
        if opened.access is Access.ASK:
            facts = {"wrong": wrong, "postal_code": opened.postal_code}
            return self._page("ask.html", visit, say["title"], 403 if wrong else 200, **facts)
        name = opened.access.value
        return self._page(
            "calm.html",
            visit,
            say["title"],
            _STATUS[opened.access],
            heading=say[f"{name}_title"],
            text=say[name],
        )

    def _bill(self, visit: _Visit, shown: View) -> Response:
        installation, language = self._installation, visit.language
        say, invoice = bill_pages.words(language), shown.invoice
        pays = shown.status in {BillStatus.TO_PAY, BillStatus.ON_PLAN}
        return self._page(
            "bill.html",
            visit,
            say["bill_title"],
            200,
            invoice=invoice,
            standing=shown.status.value,
            barred=shown.barred,
            late=shown.late and shown.status is BillStatus.TO_PAY,
            owed=wording.money(invoice.owed, language),
            due_on=wording.day(invoice.due_on, language),
            pays=pays,
            ways=[_way(way.name, way.details) for way in installation.creditor.ways_in(language)],
            ocr=installation.policy.billing.reference == "ocr",
            qr=pays and bool(qr_codes.payment(installation.creditor, invoice)),
            chat=self._chat(say, shown) if pays else [],
            plan_text=_on_plan(say, shown, language),
            collector_text=_with_collector(say, shown),
            aid=shown.aid and invoice.owed.minor > 0,
            aid_url=_url(installation.creditor.aid_url),
            aid_shown=installation.creditor.aid_url,
            aid_phone=installation.creditor.aid_phone or installation.creditor.phone,
            aid_phone_link=_dialled(installation.creditor.aid_phone or installation.creditor.phone),
            estimate=bill_documents.estimate_notice(invoice, language) if pays else "",
            prompt=bill_documents.prompt_notice(invoice, language, shown.today) if pays else "",
            **bill_documents.sections(invoice, language),
        )

    def _chat(self, say: dict[str, str], shown: View) -> list[dict[str, str]]:
        """Ways back into the chat, with the words already written."""
        wishes = [*(["in_parts"] if shown.plan_offered else []), "wrong", "help"]
        found = (
            {"label": say[one], "url": self._into_chat(shown.channel, say[f"{one}_text"])} for one in wishes
        )
        return [one for one in found if one["url"]]

    def _into_chat(self, channel: Channel, text: str) -> str:
        """A link that opens the chat the page came from, else any there is, with a text to send."""
        chats = {
            known: address
            for known, address in self._installation.chats.items()
            if known.capabilities.chat_url
        }
        used = channel if channel in chats else next(iter(chats), None)
        if used is None:
            return (
                f"tel:{_dialled(self._installation.creditor.phone)}"
                if self._installation.creditor.phone
                else ""
            )
        phone = _dialled(chats[used])
        return used.capabilities.chat_url.format(
            address=quote(chats[used], safe="@/+"), phone=phone, digits=phone.lstrip("+"), text=quote(text)
        )

    def _page(self, template: str, visit: _Visit, title: str, status: int, **facts: Any) -> Response:
        creditor = self._installation.creditor
        text = self._templates.get_template(template).render(
            say=bill_pages.words(visit.language),
            language=visit.language,
            languages=bill_pages.names(),
            title=title,
            creditor=creditor.name,
            phone=creditor.phone,
            phone_link=_dialled(creditor.phone),
            hours=creditor.hours_in(visit.language),
            assets=f"{visit.prefix}{ASSETS}",
            here=visit.here,
            **facts,
        )
        return self._plain(HTMLResponse(text, status_code=status))

    def _plain(self, response: Response) -> Response:
        """Add the headers that keep a page out of caches, frames and search engines."""
        response.headers.update(_HEADERS)
        if self._secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response

    def _visit(self, request: Request) -> _Visit:
        asked = request.query_params.get("in", "")
        given = str(request.path_params["token"])
        token = given if _TOKEN.fullmatch(given) else _NOBODYS
        return _Visit(self._public.prefix, token, bill_pages.known(asked, ""), self._clock())

    def _refuse_from_elsewhere(self, request: Request) -> None:
        if not self._public.sent_from_here(request):
            raise HTTPException(403)


def _speaking(visit: _Visit, opened: OpenedPage) -> _Visit:
    """The language chosen on the page, else the customer's own."""
    theirs = opened.person.language if opened.person else ""
    return visit if visit.language else replace(visit, language=bill_pages.known(theirs))


def _way(name: str, details: str) -> dict[str, str]:
    return {"name": name, "details": details, "url": _url(details)}


def _url(text: str) -> str:
    """The web address in a text, if there is one."""
    if not _SITE.fullmatch(text.strip()):
        return ""
    return text.strip() if "://" in text else f"https://{text.strip()}"


def _dialled(number: str) -> str:
    return "".join(sign for sign in number if sign.isdigit() or sign == "+")


def _on_plan(say: dict[str, str], shown: View, language: str) -> str:
    if shown.instalment is None or shown.instalment_on is None:
        return ""
    return say["plan"].format(
        amount=wording.money(shown.instalment, language), day=wording.day(shown.instalment_on, language)
    )


def _with_collector(say: dict[str, str], shown: View) -> str:
    if shown.status is not BillStatus.COLLECTOR:
        return ""
    reach = say["collector_reach"].format(reach=shown.collector_reach) if shown.collector_reach else ""
    return say["collector"].format(name=shown.collector, reach=reach)


def _file_name(title: str) -> str:
    return "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in title).lower()


async def _asset(request: Request) -> Response:
    """A style or a script: the same for everybody."""
    name = str(request.path_params["name"])
    if name not in {"page.css", "copy.js"}:
        raise HTTPException(404)
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "public, max-age=3600"}
    return FileResponse(_PAGES / name, headers=headers)
