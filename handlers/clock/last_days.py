"""Moratoria on their last day: a person is asked to lift them, since nothing else does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.calendar import local_day
from handlers import set_aside
from storage.desk import escalations
from storage.desk.escalations import Case
from storage.dunning import holds

if TYPE_CHECKING:
    from handlers.context import Clock, Context
    from handlers.installation import Installation
    from storage.database.transaction import Database


def ask(database: Database, installation: Installation, clock: Clock) -> int:
    """Open a case for every hold whose last day has come, once for each such day; returns how many."""
    today = local_day(clock(), installation.creditor.zone)
    with database.read() as session:
        found = {
            f"last_day:{one.hold.id}:{one.hold.last_day}": one for one in holds.on_last_day(session, today)
        }
        new = found.keys() - escalations.ever_opened(session, found)

    def open_(context: Context, key: str) -> bool:
        kept = found[key]
        case = Case(
            key=key,
            kind=kept.hold.kind.value,
            reason=kept.hold.kind.traits.last_day,
            deadline=context.answer_by(),
            severity=3,
            customer_id=kept.customer_id,
            bill_id=kept.hold.bill_id,
            detail={"hold": str(kept.hold.id)},
        )
        return escalations.open_case(context.session, case, context.now) is not None

    return sum(
        set_aside.one_by_one(database, installation, clock, "last days", sorted(new), open_, "{}".format)
    )
