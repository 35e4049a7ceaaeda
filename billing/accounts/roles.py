"""Roles and rights at the desk."""

from __future__ import annotations

from enum import StrEnum


class Right(StrEnum):
    """Something that a user may do only if their role allows it."""

    LOOK = "look"
    """See the queue and the cases."""
    WORK = "work"
    """Take, answer, hold, snooze and close cases."""
    APPROVE = "approve"
    """Let a run's messages leave, place a bill, decide about a plan, lift a stop state."""
    OPERATE = "operate"
    """Say who works here."""


class Role(StrEnum):
    """Role of a user; each has the rights of the one before, and more."""

    VIEWER = "viewer"
    REP = "rep"
    APPROVER = "approver"
    OPERATOR = "operator"

    def may(self, right: Right) -> bool:
        """Whether the role has the right."""
        return right in _RIGHTS[self]


_RIGHTS = {
    Role.VIEWER: frozenset({Right.LOOK}),
    Role.REP: frozenset({Right.LOOK, Right.WORK}),
    Role.APPROVER: frozenset({Right.LOOK, Right.WORK, Right.APPROVE}),
    Role.OPERATOR: frozenset(Right),
}
