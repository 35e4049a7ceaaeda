"""Passwords of the desk's pages: chosen by their user alone, digested by Argon2id.

An operator makes a link that is good once; whoever it is for opens it and chooses. So nobody else knows the
password, and where two people are needed it counts as their own.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Final

from billing.accounts.roles import Right
from handlers import rights
from handlers.rights import DeskRefusal, NoSuchUser
from storage.desk import logins, sessions, staff
from storage.desk.staff import AuditEntry

if TYPE_CHECKING:
    from argon2 import PasswordHasher
    from sqlalchemy.orm import Session

    from handlers.context import Context
    from storage.desk.logins import Login

SHORTEST: Final = 12
LONGEST: Final = 200
INVITED_FOR: Final = timedelta(days=3)
_BYTES: Final = 32
_FEW_SIGNS: Final = 5
"""Fewer different signs than this is a key that was held down."""
_AT_ONCE: Final = BoundedSemaphore(2)
"""Digests that are computed side by side: each takes 19 MiB and a processor."""


class WeakPassword(DeskRefusal):
    """The password is too short, too long, too plain, or the user's name."""

    def __init__(self) -> None:
        super().__init__(
            f"choose a password of {SHORTEST} to {LONGEST} characters that is not your name "
            "and not the same few signs again and again"
        )


class InvitationOver(DeskRefusal):
    """The link to choose a password was used, or is too old."""

    def __init__(self) -> None:
        super().__init__(
            "this link was used or is too old: an operator makes a new one with kvitt users password NAME"
        )


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link for one user to choose a password with: its secret part, and whom it is for."""

    name: str
    secret: str = ""


def invite(context: Context, name: str, by: str) -> Invitation:
    """Make the one link with which a user chooses a password; the one before ends.

    Raises:
        rights.NotAllowed: it is for somebody else, and the acting user is no operator.
        rights.NoSuchUser: no active user has that name.
    """
    user = rights.active_user(context.session, name)
    if by.casefold() != user.name.casefold():
        by = rights.check(context.session, by, Right.OPERATE)
    login = _login(context.session, user.name)
    secret = secrets.token_urlsafe(_BYTES)
    logins.change(
        context.session,
        login.user_id,
        invitation=_digest(secret),
        invited_until=context.now + INVITED_FOR,
    )
    _write_down(context, "desk_invited", user.name, by)
    return Invitation(user.name, secret)


def invited(context: Context, secret: str) -> str:
    """The name of the user whom a link is for.

    Raises:
        InvitationOver: it was used, or is too old.
    """
    found = logins.invited(context.session, _digest(secret), context.now)
    if found is None:
        raise InvitationOver
    return found.name


def accept(context: Context, secret: str, digest: str) -> str:
    """Choose a password by a link, as its :func:`digested`; returns the name of the user.

    The link ends, every session, and one-time codes, whose device may be what was lost. A token that somebody
    else made ends too: from here on nobody else can act as this user.

    Raises:
        InvitationOver: it was used, or is too old.
    """
    name = invited(context, secret)
    login = logins.make(context.session, name)  # locks the user: of two who open the link one is second
    if login is None or logins.invited(context.session, _digest(secret), context.now) is None:
        raise InvitationOver
    logins.change(context.session, login.user_id, totp="", totp_next="", totp_step=0)
    if (staff.token_made_by(context.session, name) or name).casefold() != name.casefold():
        staff.end_token(context.session, name)
    _set(context, login, digest, name)
    return name


def set_own(context: Context, name: str, digest: str, *, but: int | None = None) -> None:
    """Set one's own password, as its :func:`digested`; every session ends, except ``but``.

    Whoever made the token by which the user is known may know the password, too.

    Raises:
        rights.NoSuchUser: no active user has that name.
    """
    user = rights.active_user(context.session, name)
    login = _login(context.session, user.name)
    maker = staff.token_made_by(context.session, user.name) or user.name
    if but is not None:  # changed on a page, behind the password of before
        maker = logins.password_made_by(context.session, user.name) or user.name
    _set(context, login, digest, maker, but)


def digested(name: str, password: str) -> str:
    """The digest of a password that a user chose: slow, so it is made outside of any transaction.

    Raises:
        WeakPassword: it is too short, too long, too plain, or the user's name.
    """
    plain = password.strip().casefold()
    if not SHORTEST <= len(password) <= LONGEST or plain == name.casefold():
        raise WeakPassword
    if len(set(plain)) < _FEW_SIGNS:
        raise WeakPassword
    with _AT_ONCE:
        return _hasher().hash(_sent(password))


def matches(digest: str | None, password: str) -> bool:
    """Whether this is the password; as slow without a digest, so that nobody learns that there is none."""
    from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415 - slow to load

    with _AT_ONCE:
        try:
            _hasher().verify(digest or _nobodys(), _sent(password[: LONGEST + 1]))
        except (VerificationError, InvalidHashError):
            return False
    return digest is not None


def _sent(password: str) -> bytes:
    return password.encode(errors="surrogatepass")


def _set(context: Context, login: Login, digest: str, maker: str, but: int | None = None) -> None:
    logins.change(
        context.session,
        login.user_id,
        password=digest,
        password_made_by=maker,
        password_at=context.now,
        invitation=None,
        invited_until=None,
    )
    sessions.end_all(context.session, login.name, but)
    _write_down(context, "desk_password", login.name, login.name)


def _login(session: Session, name: str) -> Login:
    login = logins.make(session, name)
    if login is None:
        raise NoSuchUser(name)
    return login


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # noqa: PLC0415 - slow to load

    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _nobodys() -> str:
    """A digest that no password has, with the same cost as every other."""
    return _hasher().hash(secrets.token_bytes(_BYTES))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def _write_down(context: Context, action: str, name: str, by: str) -> None:
    staff.write_down(context.session, AuditEntry(context.now, by, action, f"user:{name}", {}))
