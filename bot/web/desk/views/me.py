"""One's own page: language and keys, password, one-time codes, token of the command line, sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.web.desk import acting, entrance
from bot.web.desk.acting import Failed, UnusableField
from bot.web.desk.views.sign_in import chosen
from bot.web.desk.visit import SIGN_IN
from handlers.desk import lock_outs, one_time_codes, passwords, signing_in, web_sessions
from messages import desk_pages
from messages.documents import qr_codes
from storage.desk import logins

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response

    from bot.web.desk.visit import Visit
    from handlers.context import Context

_HERE: Final = "/desk/me"


def page(visit: Visit) -> Response:
    """What the user can change about themselves."""
    return _show(visit)


def choices(visit: Visit) -> Response:
    """Set the language, and whether keys are shortcuts."""
    language = visit.form.get("language", "")
    known = language if language in dict(desk_pages.names()) else ""

    def act(context: Context) -> None:
        keys_off = visit.form.get("keys") != "on"
        logins.change(context.session, visit.who.user_id, language=known, keys_off=keys_off)

    return _done(visit, acting.carry_out(visit, act, _HERE, "saved"))


def password(visit: Visit) -> Response:
    """Change the password, behind the one of before; every other session ends."""

    def prepare() -> Callable[[Context], None]:
        _prove(visit)
        digest = chosen(visit, visit.who.name)
        return lambda context: passwords.set_own(context, visit.who.name, digest, but=visit.who.id)

    return _behind_password(visit, prepare, "password")


def codes(visit: Visit) -> Response:
    """Begin with one-time codes, confirm them, or end them behind the password."""
    name = visit.who.name
    match visit.form.get("step"):
        case "begin":
            secret: list[str] = []
            made = acting.carry_out(
                visit,
                lambda context: secret.append(one_time_codes.begin(context, name)),
                f"{_HERE}?codes=new",
            )
            return _done(visit, made)
        case "confirm":
            code = visit.form.get("code", "")
            confirmed = acting.carry_out(
                visit,
                lambda context: one_time_codes.confirm(context, name, code),
                _HERE,
                "codes_on",
                fields={one_time_codes.WrongCode: "code"},
            )
            return _done(visit, confirmed, secret=True)
        case _:

            def prepare() -> Callable[[Context], None]:
                _prove(visit)
                return lambda context: one_time_codes.switch_off(context, name)

            return _behind_password(visit, prepare, "codes_off")


def token(visit: Visit) -> Response:
    """Make a token for the command line, behind the password; it is shown this once."""
    made: list[str] = []

    def prepare() -> Callable[[Context], None]:
        _prove(visit)
        return lambda context: made.append(signing_in.make_token(context, visit.who.name, visit.who.name))

    answer = _behind_password(visit, prepare, "saved")
    return _show(visit, token=made[0]) if made else answer


def end_sessions(visit: Visit) -> Response:
    """Sign out in every other browser."""

    def act(context: Context) -> None:
        web_sessions.end_all(context, visit.who.name, visit.who.name, but=visit.who.id)

    return _done(visit, acting.carry_out(visit, act, _HERE, "signed_out"))


def sign_out(visit: Visit) -> Response:
    """Sign out in this browser."""
    with visit.write() as session:
        web_sessions.sign_out(visit.context(session), visit.who)
    answer = visit.go(SIGN_IN, "signed_out")
    entrance.set_cookie(answer, visit.request, visit.parts.installation.public_url, entrance.SESSION, "")
    return answer


def _behind_password(visit: Visit, prepare: Callable[[], Callable[[Context], None]], done: str) -> Response:
    """Carry out what asks for the password of now, which is slow to compare: before the transaction."""
    try:
        act = prepare()
    except UnusableField as bad:
        errors = {bad.name: visit.say(f"bad.{bad.key}", **bad.facts)}
        return _show(visit, Failed(visit.path, errors=errors))
    except lock_outs.LockedOut:
        return _show(visit, Failed(visit.path, 429, errors={"before": visit.say("bad.locked")}))
    return _done(visit, acting.carry_out(visit, act, _HERE, done))


def _prove(visit: Visit) -> None:
    """See that it is the user who sits there, by their password; wrong ones count as when signing in.

    Raises:
        UnusableField: it is wrong.
        lock_outs.LockedOut: too many were wrong.
    """
    name, address = visit.who.name, visit.who.address
    with visit.write() as session:
        lock_outs.count(visit.context(session), name, address)
        login = logins.of_user(session, name)
    if not passwords.matches(login.password if login else None, visit.form.get("before", "")):
        raise UnusableField("before", "wrong_password")
    with visit.write() as session:
        lock_outs.was_right(visit.context(session), name, address)


def _done(visit: Visit, answer: Response | Failed, **facts: Any) -> Response:
    return _show(visit, answer, **facts) if isinstance(answer, Failed) else answer


def _show(visit: Visit, failed: Failed | None = None, *, secret: bool = False, token: str = "") -> Response:
    with visit.read() as session:
        context = visit.context(session)
        login = logins.of_user(session, visit.who.name)
        mine = web_sessions.listed(context, visit.who.name)
    assert login is not None
    next_secret = login.totp_next if secret or visit.query.get("codes") == "new" else ""
    creditor = visit.parts.installation.creditor.name
    qr = qr_codes.svg(one_time_codes.address(login.name, creditor, next_secret)) if next_secret else ""
    return visit.show(
        "me.html",
        failed.status if failed else 200,
        login=login,
        sessions=mine,
        failed=failed,
        secret=next_secret,
        qr=_as_image(qr),
        token=token,
    )


def _as_image(svg: bytes | str) -> str:
    """A drawing as an address that an image can have."""
    from base64 import b64encode  # noqa: PLC0415

    data = svg.encode() if isinstance(svg, str) else svg
    return f"data:image/svg+xml;base64,{b64encode(data).decode()}" if data else ""
