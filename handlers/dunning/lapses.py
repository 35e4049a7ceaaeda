"""Records plans and promises that were kept or broken, on the day they lapse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.dunning.lapses import Lapses, as_of
from storage import plans as kept
from storage.bills import bills as kept_bills
from storage.desk import staff
from storage.desk.staff import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from billing.accounts.snapshot import PersonSnapshot
    from handlers.context import Context

__all__ = ["Lapses", "as_of", "record_lapses"]


def record_lapses(context: Context, people: Iterable[PersonSnapshot]) -> list[PersonSnapshot]:
    """Record lapsed plans and promises, and return the snapshots as they are afterwards.

    A broken plan starts a new episode of its bills: reminders begin again at the first level.
    """
    lapses = Lapses()
    after = [as_of(person, context.policy, context.now, lapses) for person in people]
    for plan_id, plan_state in lapses.plans.items():
        kept.end_plan(context.session, plan_id, plan_state, context.now)
        staff.write_down(
            context.session,
            AuditEntry(context.now, "kvitt", f"plan_{plan_state.value}", f"plan:{plan_id}", {}),
        )
    for promise_id, promise_state in lapses.promises.items():
        kept.end_promise(context.session, promise_id, promise_state, context.now)
        staff.write_down(
            context.session,
            AuditEntry(context.now, "kvitt", f"promise_{promise_state.value}", f"promise:{promise_id}", {}),
        )
    if lapses.renewed:
        kept_bills.new_episode(context.session, lapses.renewed, context.now)
    return after
