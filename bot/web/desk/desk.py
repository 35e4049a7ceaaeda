"""The pages of the desk as routes: who may ask is looked at here, once, before any page does anything."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from bot.web.addresses import PublicAddress
from bot.web.desk import acting, entrance
from bot.web.desk.routes import ROUTES
from bot.web.desk.viewing import Viewers
from bot.web.desk.visit import HEADERS, HOME, SIGN_IN, DeskParts, Visit
from bot.web.forms import fields
from handlers.desk import web_sessions
from messages import desk_pages

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence
    from typing import Any

    from starlette.requests import Request
    from starlette.responses import Response

    from billing.accounts.roles import Right
    from bot.clock import Clock
    from bot.web.desk.routes import DeskRoute
    from handlers.installation import Installation
    from storage.database.transaction import Database
    from storage.desk.sessions import SignedIn

_A_YEAR: Final = "max-age=31536000"
_READS: Final = frozenset({"GET", "HEAD"})


class DeskPages:
    """All pages of the desk. They are always there; who has no password is shown how to get one."""

    def __init__(
        self,
        database: Database,
        installation: Installation,
        clock: Clock,
        table: Sequence[DeskRoute] = ROUTES,
    ) -> None:
        self._public = PublicAddress(installation.public_url)
        self._table = table
        self._parts = DeskParts(
            database,
            installation,
            clock,
            Viewers(database, installation, clock),
            self._public.prefix,
            frozenset(one.path for one in table),
        )

    @property
    def routes(self) -> list[Route]:
        """The routes, in the order of the table."""
        return [Route(one.path, self._endpoint(one), methods=list(one.methods)) for one in self._table]

    def _endpoint(self, page: DeskRoute) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        async def asked(request: Request) -> Response:
            form = {} if request.method in _READS else await fields(request)
            answer = await run_in_threadpool(self._answer, page, request, form)
            for name, value in HEADERS.items():
                answer.headers.setdefault(name, value)
            if entrance.is_https(request, self._public.url):
                answer.headers["Strict-Transport-Security"] = _A_YEAR
            return answer

        return asked

    def _answer(self, page: DeskRoute, request: Request, form: Mapping[str, str]) -> Response:
        visit = self._visit(page, request, form)
        if page.static:
            return page.view(visit)
        if not entrance.is_safe(request, self._public.url):
            return self._refuse(visit, 403, "insecure")
        if request.method not in _READS and not self._public.proven_from_here(request):
            return self._refuse(visit, 403, "elsewhere")
        visit = self._known(visit)
        return self._open_to_all(page, visit) if page.right is None else self._inside(page, visit, page.right)

    def _inside(self, page: DeskRoute, visit: Visit, right: Right) -> Response:
        """A page for whom is signed in and has the right to it."""
        if visit.user is None:
            return self._signed_out(visit)
        if not visit.user.role.may(right):
            with self._parts.database.write(urgent=True) as session:
                web_sessions.refused(self._parts.context(session), visit.user.name, right, page.path)
            return self._refuse(visit, 403, "no_right")
        return self._with_token(page, visit)

    def _with_token(self, page: DeskRoute, visit: Visit) -> Response:
        """Look at the token of a form, which is bound to the session and to the address it posts to."""
        if visit.request.method in _READS:
            return page.view(visit)
        visit.token = entrance.read_token(visit.bound_to, visit.form.get(acting.SIGNED, ""))
        wanted = visit.form.get("form", "") if page.any_form else visit.path
        if visit.token is None or visit.token.address != wanted:
            return self._refuse(visit, 403, "form_too_old")
        return page.view(visit)

    def _open_to_all(self, page: DeskRoute, visit: Visit) -> Response:
        """A page for whom is not signed in: its forms are bound to a cookie of a visitor."""
        visitor = entrance.cookie(visit.request, self._public.url, entrance.VISITOR)
        visit.bound_to = visitor or entrance.new_visitor()
        if visit.request.method not in _READS and not visitor:
            return self._refuse(visit, 403, "no_cookie")
        answer = self._with_token(page, visit)
        if not visitor:
            entrance.set_cookie(answer, visit.request, self._public.url, entrance.VISITOR, visit.bound_to)
        return answer

    def _visit(self, page: DeskRoute, request: Request, form: Mapping[str, str]) -> Visit:
        language = desk_pages.preferred(request.headers.get("accept-language", ""))
        # PostgreSQL has no place for the sign zero in a text.
        clean = {name.replace("\0", ""): value.replace("\0", "") for name, value in form.items()}
        return Visit(self._parts, request, language, request.scope["path"], form=clean, page=page.section)

    def _known(self, visit: Visit) -> Visit:
        """The visit with who is signed in, if anybody is."""
        session_id = entrance.cookie(visit.request, self._public.url, entrance.SESSION)
        if not session_id:
            return visit
        with self._parts.database.read() as session:
            context = self._parts.context(session)
            user = web_sessions.find(context, session_id)
            due = user is not None and web_sessions.to_be_noted(user, context.now)
        if user is None:
            return visit
        if due:
            self._note(user)
        language = user.language if user.language in dict(desk_pages.names()) else visit.language
        return replace(visit, user=user, bound_to=session_id, language=language)

    def _note(self, user: SignedIn) -> None:
        with self._parts.database.write(urgent=True) as session:
            web_sessions.note(self._parts.context(session), user)

    def _signed_out(self, visit: Visit) -> Response:
        if visit.request.method in _READS:
            query = visit.request.url.query
            here = visit.path + (f"?{query}" if query else "")
            return visit.go(SIGN_IN if here == HOME else f"{SIGN_IN}?{urlencode({'next': here})}")
        return visit.show("signed_out.html", 401, typed=acting.typed(visit.form))

    def _refuse(self, visit: Visit, status: int, why: str) -> Response:
        return visit.show("refused.html", status, why=why)
