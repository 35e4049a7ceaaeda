"""Signing in, and choosing a password by a link."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from bot.proxies import site
from bot.web.desk import entrance
from bot.web.desk.acting import BAD, Failed, UnusableField, carry_out
from bot.web.desk.visit import HOME, SIGN_IN
from handlers.desk import passwords, web_sessions
from handlers.desk.lock_outs import LockedOut
from handlers.desk.web_sessions import WrongSignIn

if TYPE_CHECKING:
    from starlette.responses import Response

    from bot.web.desk.visit import Visit
    from handlers.context import Context

_OURS: Final = re.compile(r"/desk(?:/[A-Za-z0-9_.-]+)*(?:\?[A-Za-z0-9_.~%&=+-]*)?")
_LOCKED: Final = 429
_LONGEST: Final = 200


def page(visit: Visit) -> Response:
    """Ask for name and password; POST signs in."""
    if visit.request.method == "POST":
        return _sign_in(visit)
    if visit.user is not None:
        return visit.go(HOME)
    return _ask(visit, 200, visit.query.get("next", ""))


def _sign_in(visit: Visit) -> Response:
    credentials = tuple(visit.form.get(name, "")[: _LONGEST + 1] for name in ("name", "password", "code"))
    name, password, code = credentials
    public = visit.parts.installation.public_url
    client = visit.request.client.host if visit.request.client else ""
    browser = web_sessions.Browser(site(client), visit.request.headers.get("user-agent", ""))
    before = entrance.cookie(visit.request, public, entrance.SESSION)
    parts, wanted = visit.parts, visit.form.get("next", "")
    try:
        session_id = web_sessions.sign_in(
            parts.database, parts.installation, parts.clock, (name, password, code), browser, before
        )
    except LockedOut as locked:
        answer = _ask(visit, _LOCKED, wanted, name=name, until=locked.until)
        answer.headers["Retry-After"] = str(max(int((locked.until - visit.now).total_seconds()) + 1, 1))
        return answer
    except WrongSignIn:
        return _ask(visit, 403, wanted, name=name, wrong=True)
    answer = visit.go(_safe(wanted))
    entrance.set_cookie(answer, visit.request, public, entrance.SESSION, session_id)
    return answer


def _ask(visit: Visit, status: int, wanted: str, **facts: object) -> Response:
    shown = {"name": "", "wrong": False, "until": None} | facts
    return visit.show("sign_in.html", status, next=_safe(wanted) if wanted else "", **shown)


def _safe(wanted: str) -> str:
    """The page of the desk that was wanted before; the first one where it is none of the desk's."""
    inside = _OURS.fullmatch(wanted) and not urlsplit(wanted).netloc and ".." not in wanted
    return wanted if inside and not wanted.startswith(SIGN_IN) else HOME


def welcome(visit: Visit) -> Response:
    """Choose one's password by a link that is good once."""
    secret = str(visit.request.path_params["secret"])
    try:
        with visit.read() as session:
            name = passwords.invited(visit.context(session), secret)
    except passwords.InvitationOver:
        return visit.show("refused.html", 410, why="invitation_over")
    if visit.request.method != "POST":
        return visit.show("welcome.html", name=name, failed=None)
    try:
        digest = chosen(visit, name)
    except UnusableField as bad:
        errors = {bad.name: visit.say(f"bad.{bad.key}", **bad.facts)}
        return visit.show("welcome.html", BAD, name=name, failed=Failed(visit.path, errors=errors))

    def act(context: Context) -> None:
        passwords.accept(context, secret, digest)

    answer = carry_out(visit, act, SIGN_IN, "password")
    if isinstance(answer, Failed):
        return visit.show("refused.html", 410, why="invitation_over")
    return answer


def chosen(visit: Visit, name: str) -> str:
    """The digest of the new password in a form, typed twice.

    Raises:
        UnusableField: it is weak, or the two differ.
    """
    password = visit.form.get("password", "")
    try:
        digest = passwords.digested(name, password)
    except passwords.WeakPassword:
        raise UnusableField("password", "weak", least=passwords.SHORTEST, most=passwords.LONGEST) from None
    if password != visit.form.get("again", ""):
        raise UnusableField("again", "differs")
    return digest
