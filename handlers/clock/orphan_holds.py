"""A daily check: a hold without an end must have a case, or a plan, by which somebody comes back to it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from handlers.context import Context
from handlers.desk import hold_fates
from storage.database.transaction import lock_customers
from storage.desk import escalations
from storage.desk.escalations import Case
from storage.dunning import orphan_holds

if TYPE_CHECKING:
    from handlers.context import Clock
    from handlers.installation import Installation
    from storage.database.transaction import Database

SETTLES_WITHIN: Final = timedelta(days=1)
"""A hold younger than this may still get its case."""
BATCH: Final = 500


def raise_orphans(database: Database, installation: Installation, clock: Clock) -> int:
    """Open a case for every endless hold that has neither a case nor a plan; returns how many."""
    with database.read() as session:
        found = orphan_holds.find(session, clock() - SETTLES_WITHIN, BATCH)
    if not found:
        return 0
    with database.write() as session:
        context = Context(session, installation, clock)
        lock_customers(session, sorted({customer_id for customer_id, _ in found}))
        # Again under the locks: a colleague may have lifted one meanwhile.
        still = orphan_holds.find(session, context.now - SETTLES_WITHIN, BATCH)
        opened = [
            escalations.open_case(session, _case(context, *one), context.now) for one in still if one in found
        ]
    return sum(one is not None for one in opened)


def _case(context: Context, customer_id: str, kind: str) -> Case:
    return Case(
        key=hold_fates.review_key(customer_id, kind),
        kind=hold_fates.REVIEW,
        reason=f"a {kind} hold has no end, and no case or plan by which anybody comes back to it",
        deadline=context.answer_by(),
        customer_id=customer_id,
        detail={"hold": kind},
    )
