"""Records plans and promises that were kept or broken, on the day they lapse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.dunning.lapses import Lapses, as_of
from billing.plans.plans import PlanState
from billing.plans.promises import PromiseState
from storage import plans as kept
from storage.bills import bills as kept_bills
from storage.desk import escalations, staff
from storage.desk.escalations import Case
from storage.desk.staff import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from billing.accounts.snapshot import PersonSnapshot
    from handlers.context import Context

__all__ = ["Lapses", "as_of", "close_settled", "record_lapses"]
_CAN_WAIT: Final = 3


def record_lapses(context: Context, people: Iterable[PersonSnapshot]) -> list[PersonSnapshot]:
    """Record lapsed plans and promises, and return the snapshots as they are afterwards.

    A broken plan starts a new episode of its bills: reminders begin again at the first level.
    """
    lapses, after = Lapses(), []
    for person in people:
        known = {**lapses.plans}, {**lapses.promises}
        after.append(as_of(person, context.policy, context.now, lapses))
        _have_broken_looked_at(context, after[-1], lapses, known)
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


_WHY: Final = {
    "plan_broken": "a payment plan was broken: ask what the customer can do",
    "promise_broken": "a promise to pay was broken: ask what the customer can do",
}


def _have_broken_looked_at(
    context: Context,
    person: PersonSnapshot,
    lapses: Lapses,
    known: tuple[Mapping[int, PlanState], Mapping[int, PromiseState]],
) -> None:
    """Open a case for what a person has just broken, one a person and kind; reminders go on meanwhile."""
    plans, promises = known
    broken = {
        "plan_broken": any(
            state is PlanState.BROKEN and one not in plans for one, state in lapses.plans.items()
        ),
        "promise_broken": any(
            state is PromiseState.BROKEN and one not in promises for one, state in lapses.promises.items()
        ),
    }
    for kind in (kind for kind, happened in broken.items() if happened and person.to_pay > 0):
        case = Case(
            key=f"{kind}:{person.person_id}",
            kind=kind,
            reason=_WHY[kind],
            deadline=context.answer_by(_CAN_WAIT),
            severity=_CAN_WAIT,
            customer_id=person.person_id,
        )
        escalations.open_case(context.session, case, context.now)


def close_settled(context: Context, person: PersonSnapshot) -> None:
    """Close the cases about what a person broke once nothing is left to pay, or the same is agreed anew."""
    agreed = {
        "plan_broken": any(account.plan for account in person.accounts),
        "promise_broken": any(account.promise for account in person.accounts),
    }
    for kind, anew in agreed.items():
        key = f"{kind}:{person.person_id}"
        if key in person.cases and (anew or person.to_pay <= 0):
            escalations.close_key(context.session, key, escalations.BY_ITSELF, "settled", context.now)
