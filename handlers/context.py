"""The context of one transaction: its session, the installation, and the time read under its locks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from billing.accounts import cases
from storage.database.transaction import locks_taken

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from billing.accounts.creditor import Creditor
    from billing.policy import Policy
    from handlers.installation import Installation

Clock: TypeAlias = "Callable[[], datetime]"
"""Tells the time (UTC)."""


@dataclass(slots=True)
class Context:
    """What every handler gets first; made once per transaction.

    It stays out of ``billing/``, ``storage/`` and the flows: they get the values they need.
    """

    session: Session
    installation: Installation
    clock: Clock = field(repr=False)
    _read: tuple[int, datetime] | None = field(default=None, init=False, repr=False)
    """The time, and how many locks the transaction had taken when it was read."""

    @property
    def now(self) -> datetime:
        """The time (UTC): read when first asked for, and again after each lock that was taken since.

        Who waited for a lock must not act on a time before that of the one who held it.
        """
        locks = locks_taken(self.session)
        if self._read is None or self._read[0] != locks:
            self._read = locks, self.clock()
        return self._read[1]

    @property
    def policy(self) -> Policy:
        """The installation's policy."""
        return self.installation.policy

    @property
    def creditor(self) -> Creditor:
        """The installation's creditor."""
        return self.installation.creditor

    def answer_by(self, severity: int = cases.WAITS, after: datetime | None = None) -> datetime:
        """When a case is to be answered (UTC) that is opened now, or comes back ``after`` (UTC).

        Only the creditor's opening hours count.
        """
        within = self.policy.talk.person_within_hours
        return cases.answer_by(severity, within, after or self.now, self.creditor, self.policy.window.eves)

    def as_of(self, moment: datetime) -> Context:
        """The same transaction at another moment (UTC)."""
        return Context(self.session, self.installation, fixed(moment))


def fixed(moment: datetime) -> Clock:
    """A clock that stands still at a moment (UTC): for what is asked about that moment."""
    return lambda: moment
