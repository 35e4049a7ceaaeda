"""Sessions of the desk's pages: begun by a password, ended by time, by hand, or with the user.

A session's id is 256 random bits in the browser's cookie; kept is its SHA-256.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from billing.accounts.roles import Right
from billing.refusals import Refusal
from handlers import rights
from handlers.context import Context
from handlers.desk import lock_outs, one_time_codes, passwords
from handlers.rights import DeskRefusal
from storage.desk import desk_forms, logins, sessions, sign_in_tries, staff
from storage.desk.staff import AuditEntry

if TYPE_CHECKING:
    from handlers.context import Clock
    from handlers.installation import Installation
    from storage.database.transaction import Database
    from storage.desk.sessions import SignedIn

LONGEST: Final = timedelta(hours=12)
IDLE: Final = timedelta(minutes=30)
_NOTED_EVERY: Final = timedelta(minutes=1)
_KEYS_KEPT: Final = timedelta(days=2)
"""Longer than a session, with whose end its forms end."""
DRAFTS_KEPT: Final = timedelta(days=14)
_BYTES: Final = 32
_LONGEST_BROWSER: Final = 200


class WrongSignIn(Refusal):
    """Name, password or code is wrong; which of them is not said."""

    def __init__(self) -> None:
        super().__init__("name, password or code is wrong")


class NoSuchSession(DeskRefusal):
    """The session is over."""

    def __init__(self) -> None:
        super().__init__("this session is over already")


@dataclass(frozen=True, slots=True)
class Browser:
    """Who asks to be signed in: the address they are counted by, and what their browser calls itself."""

    address: str
    name: str


def sign_in(
    database: Database,
    installation: Installation,
    clock: Clock,
    credentials: tuple[str, str, str],
    browser: Browser,
    before: str = "",
) -> str:
    """Begin a session by name, password and code; returns its id. The session ``before`` ends.

    Counts, looks and begins in transactions of their own: the password takes long to compare.

    Raises:
        lock_outs.LockedOut: there were too many wrong tries.
        WrongSignIn: something is wrong.
    """
    name, password, code = credentials
    with database.write(urgent=True) as session:
        context = Context(session, installation, clock)
        lock_outs.count(context, name, browser.address)
        login = logins.of_user(session, " ".join(name.split()))
    right = passwords.matches(login.password if login else None, password)
    if not right or login is None:
        raise WrongSignIn
    with database.write(urgent=True) as session:
        context = Context(session, installation, clock)
        same = logins.of_user(session, login.name)
        if same is None or same.password != login.password:
            raise WrongSignIn
        if same.totp and not one_time_codes.use(context, same, code):
            raise WrongSignIn
        lock_outs.was_right(context, name, browser.address)
        if before:
            _end_by_id(context, before)
        session_id = secrets.token_urlsafe(_BYTES)
        known_as = browser.name[:_LONGEST_BROWSER]
        sessions.start(session, _digest(session_id), same.user_id, context.now, browser.address, known_as)
        _write_down(context, "desk_signed_in", same.name, same.name)
    return session_id


def find(context: Context, session_id: str) -> SignedIn | None:
    """Who is signed in by a session's id; None if nobody is any more."""
    return sessions.find(context.session, _digest(session_id), *_bounds(context.now))


def to_be_noted(signed_in: SignedIn, now: datetime) -> bool:
    """Whether it is time to note that a session is used."""
    return now - signed_in.seen_at >= _NOTED_EVERY


def note(context: Context, signed_in: SignedIn) -> None:
    """Note that a session is used."""
    sessions.seen(context.session, signed_in.id, context.now)


def listed(context: Context, name: str | None = None) -> list[SignedIn]:
    """Who is signed in, one user or everybody, those seen last first.

    Raises:
        rights.NoSuchUser: no active user has that name.
    """
    wanted = rights.active_user(context.session, name).name if name else None
    found = sessions.every(context.session, *_bounds(context.now))
    return [one for one in found if wanted is None or one.name == wanted]


def sign_out(context: Context, signed_in: SignedIn) -> None:
    """End one's own session."""
    sessions.end(context.session, signed_in.id)
    _write_down(context, "desk_signed_out", signed_in.name, signed_in.name)


def end(context: Context, session_id: int, by: str) -> str:
    """End a session by its number; returns whose it was.

    Raises:
        rights.NotAllowed: it is somebody else's, and the acting user is no operator.
        NoSuchSession: it is over already.
    """
    found = next((one for one in listed(context) if one.id == session_id), None)
    if found is None:
        raise NoSuchSession
    if found.name.casefold() != by.casefold():
        by = rights.check(context.session, by, Right.OPERATE)
    sessions.end(context.session, session_id)
    _write_down(context, "desk_session_ended", found.name, by)
    return found.name


def end_all(context: Context, name: str, by: str, *, but: int | None = None) -> int:
    """Sign a user out everywhere, except of the session ``but``; returns of how many sessions.

    Raises:
        rights.NotAllowed: it is somebody else, and the acting user is no operator.
        rights.NoSuchUser: no active user has that name.
    """
    user = rights.active_user(context.session, name)
    if user.name.casefold() != by.casefold():
        by = rights.check(context.session, by, Right.OPERATE)
    count = sessions.end_all(context.session, user.name, but)
    _write_down(context, "desk_signed_out_everywhere", user.name, by)
    return count


def refused(context: Context, name: str, right: Right, path: str) -> None:
    """Write down that a user asked for a page that their role does not allow."""
    detail = {"right": right.value, "page": path}
    staff.write_down(context.session, AuditEntry(context.now, name, "desk_refused", f"user:{name}", detail))


def sweep(database: Database, installation: Installation, clock: Clock) -> None:
    """Delete what is over: sessions, wrong tries, keys of forms, old drafts."""
    with database.write() as session:
        now = Context(session, installation, clock).now
        sessions.sweep(session, *_bounds(now))
        sign_in_tries.sweep(session, now - lock_outs.FORGOTTEN_AFTER)
        desk_forms.sweep(session, now - _KEYS_KEPT, now - DRAFTS_KEPT)


def _bounds(now: datetime) -> tuple[datetime, datetime]:
    return now - LONGEST, now - IDLE


def _end_by_id(context: Context, session_id: str) -> None:
    found = find(context, session_id)
    if found is not None:
        sessions.end(context.session, found.id)


def _digest(session_id: str) -> str:
    return hashlib.sha256(session_id.encode(errors="replace")).hexdigest()


def _write_down(context: Context, action: str, name: str, by: str) -> None:
    staff.write_down(context.session, AuditEntry(context.now, by, action, f"user:{name}", {}))
