"""After a change of policy, reschedules in batches every account last decided under another version."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from handlers import set_aside
from handlers.context import Context
from handlers.dunning.reschedule import reschedule
from storage.dunning import due
from storage.ledger import accounts

if TYPE_CHECKING:
    from handlers.context import Clock
    from handlers.installation import Installation
    from storage.database.transaction import Database

BATCH = 200
AGAIN: Final = timedelta(days=1)
"""When whom it could not reschedule is looked at again."""


def reschedule_all(database: Database, installation: Installation, clock: Clock) -> int:
    """Reschedule every account decided under another policy version; returns the number of people."""
    seen = 0
    while True:
        with database.write() as session:
            people = due.policy_changed(session, installation.policy.version, BATCH)
            if not people:
                return seen
            context = Context(session, installation, clock)
            bad = set_aside.together(context, "reschedule", people, partial(reschedule, context))
            own = accounts.answered_by(session, bad)
            again = dict.fromkeys((account.id for account in own), context.now + AGAIN)
            accounts.set_next_actions(session, again, installation.policy.version)
            seen += len(people)
