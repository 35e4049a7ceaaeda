"""Computes when each account is checked next, after any change and in its transaction.

In the same transaction, so that a committed change never keeps an old date: a payment booked without it would
still be followed by a reminder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.account_state import registered_stop_of
from billing.calendar import local_day
from billing.dunning import notices
from billing.dunning.blockers import zone_of
from billing.dunning.dunning import decide
from handlers import snapshot
from handlers.dunning import at_collector, lapses
from storage.collection import placements
from storage.desk import escalations, staff
from storage.desk.escalations import Case
from storage.desk.staff import AuditEntry
from storage.dunning import facts
from storage.ledger import accounts
from storage.people import customers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from billing.accounts.snapshot import PersonSnapshot
    from handlers.context import Context
    from handlers.turn_context import Turn
    from storage.people.customers import Customer


def reschedule(context: Context, customer_ids: Collection[str]) -> None:
    """Record what lapsed for these customers and write their new ``next_action_at`` (UTC).

    Computed for their guarantors, with all other customers of each guarantor: reminders go to the guarantor,
    and the policy's caps count per person.
    """
    reschedule_people(context, answering_for(context.session, customer_ids))


def reschedule_in_turn(turn: Turn, concerned: Iterable[Customer]) -> None:
    """The same in a turn, which knows who answers for these customers."""
    people = {one for customer in concerned for one in (customer.id, customer.guarantor_id or customer.id)}
    reschedule_people(turn.context, people)


def reschedule_people(context: Context, people: Collection[str]) -> None:
    """The same for people who answer for their own bills or those of others."""
    policy = context.policy
    known = facts.about(context.session, people, snapshot.remembered_since(policy, context.now), context.now)
    snapshots = lapses.record_lapses(context, snapshot.of_facts(policy, known))
    times: dict[str, datetime | None] = {}
    for person in snapshots:
        _raise_register_case(context, person)
        _take_back_flags(context, person)
        lapses.close_settled(context, person)
    if known.placed:
        at_collector.report_to_desk(context, snapshots)
    for person in snapshots:
        decision = decide(person, context.policy, context.installation.available, context.now)
        ahead = notices.plan(person, context.policy, context.installation.available, context.now)
        for account in person.accounts:
            of_notices = ahead.times.get(account.account_id)
            if ahead.notice and ahead.notice.account_id == account.account_id:
                of_notices = context.now
            decided = decision.next_action_at(account.account_id)
            times[account.account_id] = notices.earliest(decided, of_notices)
    accounts.set_next_actions(context.session, times, context.policy.version)


def answering_for(session: Session, customer_ids: Collection[str]) -> set[str]:
    """The ids of these customers and of their guarantors, to lock and reschedule their accounts."""
    found = customers.by_id(session, customer_ids)
    return {found[one].guarantor_id or one for one in found} | set(found)


def _raise_register_case(context: Context, person: PersonSnapshot) -> None:
    """Open the case of each stop of the register where something is owed: of the dead, of a minor.

    One that a person has closed is not opened again as long as nothing changes.
    """
    today = local_day(context.now, zone_of(person))
    for account in person.accounts:
        stop = registered_stop_of(person, account, today)
        found = stop.traits.register if stop else None
        if account.balance <= 0 or not stop or not found or not found.case:
            continue
        # A patient who died has a case of their own; what stops a guarantor is one case for all they owe.
        subject = account.customer_id if found.fact.of_customer(account) else person.person_id
        key = f"{stop.value}:{subject}"
        others = {} if subject == person.person_id else escalations.open_keys(context.session, [subject])
        if key in person.cases or key in others.get(subject, ()):
            continue
        case = Case(
            key=key,
            kind=found.excluded_as,
            reason=found.case,
            deadline=context.answer_by(),
            customer_id=subject,
        )
        escalations.open_case(context.session, case, context.now)


def _take_back_flags(context: Context, person: PersonSnapshot) -> None:
    """Remove the placement flag of bills that are paid, and close their cases: no decision is needed."""
    flagged = {key.removeprefix("placement:") for key in person.cases if key.startswith("placement:")}
    owing = {
        bill.bill_id
        for account in person.accounts
        for bill in account.bills
        if bill.owed > 0 and bill.flagged
    }
    for bill_id in sorted(flagged - owing):
        if placements.unflag(context.session, bill_id, "paid", context.now):
            kept = placements.latest(context.session, bill_id)
            assert kept is not None
            staff.write_down(
                context.session,
                AuditEntry(context.now, "kvitt", "placement_unflagged", kept.subject, {"reason": "paid"}),
            )
        escalations.close_key(context.session, f"placement:{bill_id}", "kvitt", "paid", context.now)
