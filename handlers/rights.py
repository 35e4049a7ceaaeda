"""Rights of the users at the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.accounts.roles import Right
from billing.refusals import Refusal
from storage.desk import logins, staff

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from billing.accounts.roles import Role
    from storage.desk.staff import User

NOBODY: Final = "command line"
"""Who the audit trail says did what needs no token, as an import, where none was shown."""

_DOES = {
    Right.LOOK: "look at cases",
    Right.WORK: "work on cases",
    Right.APPROVE: "approve anything",
    Right.OPERATE: "say who works here",
}


class DeskRefusal(Refusal):
    """A refusal the staff chat has the right to read: nothing but cases, runs, colleagues and moments."""


class NotAllowed(DeskRefusal):
    """The user's role lacks the right to the action."""

    def __init__(self, name: str, role: Role, right: Right) -> None:
        super().__init__(
            f"{name} is {role.value} here and may not {_DOES[right]}: an operator can change that "
            "with kvitt users role"
        )


class NoSuchUser(DeskRefusal):
    """No active user has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no user is called {name!r}: see kvitt users list")


class OnePersonsTokens(DeskRefusal):
    """Two approvals by names whose tokens one person made: they may be one person's."""

    def __init__(self, first: str, second: str, renew: str) -> None:
        super().__init__(
            f"two people are needed, and one person knows the tokens of both {first} and {second}: "
            f"{renew} makes their own with kvitt users token, and then approve again"
        )


class HasLeft(DeskRefusal):
    """The user was removed and has no rights any more."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} no longer works here: an operator can change that with kvitt users add")


def check(session: Session, by: str, right: Right) -> str:
    """The registered name of the acting user, if they have the right.

    Who acts is known where they came in: by the token of a terminal (:mod:`handlers.desk.signing_in`) or the
    user id of the staff chat. A name that is no user's is Kvitt's own, or a simulated desk's.

    Raises:
        NotAllowed: their role does not allow it.
        HasLeft: the user was removed.
    """
    user = staff.named(session, by)
    if user is None:
        return by
    if not user.active:
        raise HasLeft(user.name)
    if not user.role.may(right):
        raise NotAllowed(user.name, user.role, right)
    return user.name


def active_user(session: Session, name: str) -> User:
    """The active user with this name.

    Raises:
        NoSuchUser: there is none.
    """
    user = staff.named(session, name)
    if user is None or not user.active:
        raise NoSuchUser(name)
    return user


def check_two_people(session: Session, first: str, second: str) -> None:
    """See that two who approve are known by tokens and passwords that the other does not know.

    Raises:
        OnePersonsTokens: one of them made the other's, or a third made one of each.
    """
    if first.casefold() == second.casefold():
        return
    known_to = {name: _knows(session, name) for name in (first, second)}
    if known_to[first] & known_to[second]:
        renew = second if known_to[second] != {second.casefold()} else first
        raise OnePersonsTokens(first, second, renew)


def _knows(session: Session, name: str) -> set[str]:
    """Who may know a token or a password by which a user acts; the user, where there is none."""
    makers = (staff.token_made_by(session, name), logins.password_made_by(session, name))
    return {one.casefold() for one in makers if one} or {name.casefold()}


def may(session: Session, by: str, right: Right) -> bool:
    """Whether a user has a right."""
    user = staff.named(session, by)
    return user is None or (user.active and user.role.may(right))
