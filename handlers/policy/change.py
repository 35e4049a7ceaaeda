"""After a change of policy, reschedules in batches every account last decided under another version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.context import Context
from handlers.dunning.reschedule import reschedule
from storage.dunning import due

if TYPE_CHECKING:
    from handlers.context import Clock
    from handlers.installation import Installation
    from storage.database.transaction import Database

BATCH = 200


def reschedule_all(database: Database, installation: Installation, clock: Clock) -> int:
    """Reschedule every account decided under another policy version; returns the number of people."""
    seen = 0
    while True:
        with database.write() as session:
            people = due.policy_changed(session, installation.policy.version, BATCH)
            if not people:
                return seen
            reschedule(Context(session, installation, clock), people)
            seen += len(people)
