"""Who acts at a terminal: the user whose token it shows, and nobody by saying a name.

A token is 256 random bits, so its SHA-256 is kept and nothing slower: a slow digest protects a password that
a person chose from being guessed, and here there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Final

from billing.accounts.roles import Right, Role
from handlers import rights
from handlers.rights import DeskRefusal
from storage.desk import logins, staff
from storage.desk.staff import AuditEntry, User

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from handlers.context import Context

_PREFIX: Final = "kvitt_"
"""By which a token is known again where it should not be: in a log, a file, a repository."""
_BYTES: Final = 32


class NotSignedIn(DeskRefusal):
    """A person has to decide this, and no token says who it is."""

    def __init__(self) -> None:
        super().__init__(
            "nobody is signed in: set KVITT_TOKEN to your token, or keep it in the file kvitt.token; "
            "an operator makes one with kvitt users token NAME"
        )


class WrongToken(DeskRefusal):
    """No user has this token, or not any more."""

    def __init__(self) -> None:
        super().__init__(
            "this token is nobody's: it ended, or its user left; "
            "an operator makes a new one with kvitt users token NAME"
        )


class NobodyHasAToken(DeskRefusal):
    """No user has a token yet, as after an upgrade: the first goes to an operator."""

    def __init__(self, operator: str | None) -> None:
        how = f"kvitt users token {operator}" if operator else "kvitt users add NAME --role operator"
        super().__init__(f"nobody is signed in, and no user has a token yet: {how} makes the first one")


class OperatorFirst(DeskRefusal):
    """The first token must be an operator's, or nobody could make the second."""

    def __init__(self) -> None:
        super().__init__(
            "the first token is an operator's, who then adds the others: kvitt users add NAME --role operator"
        )


def who(session: Session, token: str | None) -> User:
    """The user who signed in with a token.

    Raises:
        NotSignedIn: there is no token.
        NobodyHasAToken: there is none, and no user could have one.
        WrongToken: it is no active user's.
    """
    if token:
        user = staff.with_token(session, _digest(token))
        if user is None:
            raise WrongToken
        return user
    if not can_sign_in(session):
        operators = (one.name for one in staff.every(session) if one.active and one.role is Role.OPERATOR)
        raise NobodyHasAToken(next(operators, None))
    raise NotSignedIn


def may_begin(session: Session) -> bool:
    """Whether the first token may be made without one: whoever has the database could write it there too."""
    return not can_sign_in(session)


def can_sign_in(session: Session) -> list[User]:
    """The active users with a token, or with a password for the pages, on which they make themselves one."""
    able = logins.with_passwords(session) | {one.name for one in staff.with_tokens(session)}
    return [one for one in staff.every(session) if one.active and one.name in able]


def make_token(context: Context, name: str, by: str) -> str:
    """A new token for an active user; the one they had ends. It is told this once, and kept as a digest only.

    Whoever made a token for somebody else may know it: for four eyes the two count as one, until the other
    has made it anew.

    Raises:
        rights.NotAllowed: it is somebody else's, and the acting user is no operator.
        rights.NoSuchUser: no active user has that name.
    """
    user = rights.active_user(context.session, name)
    if by.casefold() != user.name.casefold():
        by = rights.check(context.session, by, Right.OPERATE)
    token = _PREFIX + secrets.token_urlsafe(_BYTES)
    staff.set_token(context.session, user.name, _digest(token), _maker(context.session, user.name, by))
    staff.write_down(context.session, AuditEntry(context.now, by, "user_token", f"user:{user.name}", {}))
    return token


def first_token(context: Context, name: str) -> str:
    """The first token of an installation, for an operator who needs no other to get it.

    Raises:
        NotSignedIn: users have tokens already.
        rights.NoSuchUser: no active user has that name.
        OperatorFirst: they are no operator.
    """
    if not may_begin(context.session):
        raise NotSignedIn
    user = rights.active_user(context.session, name)
    if user.role is not Role.OPERATOR:
        raise OperatorFirst
    return make_token(context, user.name, user.name)


def _maker(session: Session, name: str, by: str) -> str:
    """Who may know the token that ``by`` makes for a user."""
    if by.casefold() == name.casefold() or staff.named(session, by) is None:
        return name
    return staff.token_made_by(session, by) or by


def _digest(token: str) -> str:
    return hashlib.sha256(token.strip().encode()).hexdigest()
