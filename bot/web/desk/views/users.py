"""Users of the desk: who works here, who is signed in and from where, and ending that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.web.desk import acting
from bot.web.desk.acting import Failed
from handlers.desk import passwords, web_sessions
from handlers.desk import users as desk
from storage.desk import logins

if TYPE_CHECKING:
    from starlette.responses import Response

    from bot.web.desk.visit import Visit
    from handlers.context import Context

_HERE: Final = "/desk/users"
_LONGEST_NAME: Final = 200


def page(visit: Visit) -> Response:
    """All users, and every session."""
    return _show(visit)


def invite(visit: Visit) -> Response:
    """Make the link with which a user chooses a password; it is shown this once."""
    made: list[passwords.Invitation] = []

    def act(context: Context) -> None:
        made.append(passwords.invite(context, acting.needed(visit, "name", _LONGEST_NAME), visit.who.name))

    done = acting.carry_out(visit, act, _HERE)
    if isinstance(done, Failed):
        return _show(visit, done)
    return _show(visit, invitation=made[0]) if made else done


def sign_out(visit: Visit) -> Response:
    """Sign a user out everywhere."""

    def act(context: Context) -> None:
        web_sessions.end_all(context, acting.needed(visit, "name", _LONGEST_NAME), visit.who.name)

    return _done(visit, acting.carry_out(visit, act, _HERE, "signed_out"))


def end(visit: Visit) -> Response:
    """End one session."""
    number = visit.number()

    def act(context: Context) -> None:
        web_sessions.end(context, number, visit.who.name)

    return _done(visit, acting.carry_out(visit, act, _HERE, "session_ended"))


def _done(visit: Visit, answer: Response | Failed) -> Response:
    return _show(visit, answer) if isinstance(answer, Failed) else answer


def _show(
    visit: Visit, failed: Failed | None = None, invitation: passwords.Invitation | None = None
) -> Response:
    with visit.read() as session:
        people = desk.everybody(session)
        signed_in = web_sessions.listed(visit.context(session))
        able = logins.with_passwords(session)
    url = ""
    if invitation is not None:
        base = visit.parts.installation.public_url or str(visit.request.base_url).rstrip("/")
        url = f"{base}/desk/welcome/{invitation.secret}"
    return visit.show(
        "users.html",
        failed.status if failed else 200,
        people=people,
        sessions=signed_in,
        able=able,
        failed=failed,
        invitation=invitation,
        url=url,
        days=passwords.INVITED_FOR.days,
    )
