"""News for the staff chat: new and changed cases, and runs and batches that wait for approval."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from billing.accounts.cases import GRAVEST
from billing.gate import SendingSwitch
from handlers import set_aside
from handlers.campaigns import lifecycle
from handlers.context import Context
from handlers.desk import staff_room
from storage.campaigns import campaigns
from storage.desk import escalations
from storage.dunning import runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handlers.context import Clock
    from handlers.installation import Installation
    from storage.database.transaction import Database
    from storage.desk.escalations import Escalation
    from storage.people.contact_points import ContactPoint

BATCH = 500
ONE_BY_ONE = 5
"""New cases posted one by one; more are summed up, since a Telegram group takes 20 messages a minute."""
RUNS = 20


def post_news(database: Database, installation: Installation, clock: Clock) -> int:
    """Post news to the staff chats; returns the number of cases."""
    if not installation.staff_chats:
        return 0
    with database.write() as session:
        context = Context(session, installation, clock)
        rooms = staff_room.rooms(context)
        found = escalations.claim_stale(session, BATCH)
        new = [case for case in found if case.told_at is None and case.closed_at is None]
        new = escalations.in_order(new)
        _post_cases(context, rooms, new)
        known = [case for case in found if case not in new]
        for case in known:
            show = partial(staff_room.show_case, context, rooms, case)
            set_aside.alone(context, "staff news", f"case {case.id}", show)
        _post_texts(context, rooms, known)
        escalations.shown(session, [case.id for case in found], context.now)
        _post_runs(context, rooms)
        _post_batches(context, rooms)
    return len(found)


def _post_texts(context: Context, rooms: Sequence[ContactPoint], known: Sequence[Escalation]) -> None:
    """Post which customers wrote again: of many in one notice, those in danger by themselves."""
    wrote = [case for case in known if staff_room.wrote_again(context, case)]
    few = len(wrote) <= ONE_BY_ONE
    single = wrote if few else [case for case in wrote if case.severity <= GRAVEST]
    for case in single:
        tell = partial(staff_room.tell_of_text, context, rooms, case)
        set_aside.alone(context, "staff news", f"case {case.id}", tell)
    rest = [case for case in wrote if case not in single]
    if rest:
        staff_room.tell_of_texts(context, rooms, escalations.in_order(rest))


def _post_cases(context: Context, rooms: Sequence[ContactPoint], new: Sequence[Escalation]) -> None:
    single = new if len(new) <= ONE_BY_ONE else [case for case in new if case.severity <= GRAVEST]
    rest = [case for case in new if case not in single]
    for room in rooms:
        for case in single:
            post = partial(staff_room.post_case, context, room, case)
            set_aside.alone(context, "staff news", f"case {case.id}", post)
        if rest:
            staff_room.post_new(context, room, rest)


def _post_runs(context: Context, rooms: Sequence[ContactPoint]) -> None:
    waiting = runs.waiting(context.session) if context.installation.sending is SendingSwitch.APPROVE else {}
    approved = {run.id: run for run in runs.latest(context.session, RUNS) if run.approved_at is not None}
    for room in rooms:
        for run_id in sorted(staff_room.untold_runs(context.session, room, waiting)):
            post = partial(staff_room.post_run, context, room, run_id, waiting[run_id])
            set_aside.alone(context, "staff news", f"run {run_id}", post)
        for run_id in sorted(staff_room.untold_runs(context.session, room, approved, staff_room.APPROVED)):
            show = partial(staff_room.show_run, context, [room], approved[run_id])
            set_aside.alone(context, "staff news", f"run {run_id}", show)


def _post_batches(context: Context, rooms: Sequence[ContactPoint]) -> None:
    """Post batches of campaigns that wait for approval."""
    for kept in (
        campaigns.running(context.session) if context.installation.sending is SendingSwitch.APPROVE else ()
    ):
        for batch, count in lifecycle.waiting_batches(context, kept):
            for room in rooms:
                post = partial(staff_room.post_batch, context, room, kept, batch, count)
                set_aside.alone(context, "staff news", f"campaign {kept.id}", post)
