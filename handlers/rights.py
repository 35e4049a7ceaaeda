"""Rights of the users at the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.roles import Right
from billing.refusals import Refusal
from storage.desk import staff

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from billing.accounts.roles import Role

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


class HasLeft(DeskRefusal):
    """The user was removed and has no rights any more."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} no longer works here: an operator can change that with kvitt users add")


def check(session: Session, by: str, right: Right) -> str:
    """The registered name of the acting user, if they have the right.

    An unregistered name is accepted: it comes from a terminal with access to the database, where nothing
    refused here would be out of reach.

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


def may(session: Session, by: str, right: Right) -> bool:
    """Whether a user has a right."""
    user = staff.named(session, by)
    return user is None or (user.active and user.role.may(right))
