"""The actions that simulated people and reps can take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from bot.simulate.entry_points import EntryPoints
    from bot.simulate.evidence import Evidence
    from bot.simulate.people import Owes, SimulatedPerson
    from handlers.context import Context
    from handlers.installation import Installation
    from storage.database.transaction import Database


class Stage(Protocol):
    """A virtual clock, an installation with its entry points, and ways to act at a moment."""

    now: datetime
    installation: Installation
    database: Database
    entry_points: EntryPoints
    evidence: Evidence
    refused: Counter[str]

    def clock(self) -> datetime:
        """The simulated time (UTC)."""

    def context(self, session: Session) -> Context:
        """The context of a transaction."""

    def at(self, when: datetime, action: Callable[[], None]) -> None:
        """Schedule an event."""

    def writes(self, person: SimulatedPerson | None, meant: str, words: str, address: str = "") -> None:
        """A person texts."""

    def phones(self, person: SimulatedPerson, meant: str) -> None:
        """A person calls the desk."""

    def pays(
        self, person: SimulatedPerson, reference: str, amount: int, when: datetime, *, bounces: bool = False
    ) -> None:
        """A person pays."""

    def blocks(self, person: SimulatedPerson) -> None:
        """A person blocks us at their carrier."""

    def debts_of(self, person: SimulatedPerson) -> list[Owes]:
        """The bills a person is responsible for and has not paid, by their own count."""

    def left_of(self, bill: Owes) -> int:
        """What is left of a bill, by the payer's own count (minor units)."""
