"""STOP and START. Our suppression list outranks the carriers' lists and takes effect at once.

US law allows 10 business days (47 CFR 64.1200(a)(10)); a carrier's list covers its own channels only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.snapshot import StepState
from handlers.dunning.reschedule import reschedule
from storage.conversation import conversations
from storage.delivery import outbox, waiting
from storage.desk import staff
from storage.desk.staff import AuditEntry
from storage.dunning import steps
from storage.people import contact_points, contacts, customers, reachability

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy.orm import Session

    from handlers.context import Context
    from handlers.turn_context import Turn
    from storage.people.customers import Customer


def stop(context: Context, contact_point_id: int, how: str) -> bool:
    """Stop all electronic channels of every customer at this contact point, and withdraw queued messages.

    Returns True for a first stop, which alone is confirmed. ``how`` is its origin (text, carrier, provider).
    """
    # Read before it is set: only the first STOP is confirmed, a second gets silence
    # (docs/proof.md, invariant 4).
    known = contact_points.get(context.session, contact_point_id).stopped_at is not None
    people = [customer.id for customer in customers.at_contact_point(context.session, contact_point_id)]
    # All electronic channels: the scope of a STOP is treated as global, and Twilio's own block covers neither
    # WhatsApp nor Telegram.
    # Where others are reached as well, the stop is these people's alone: it must not silence the others.
    elsewhere = _electronic(context.session, people) - {contact_point_id}
    shared = contacts.shared_with_others(context.session, elsewhere, people)
    points = {contact_point_id, *(elsewhere - shared)}
    contact_points.set_stopped(context.session, points, context.now)
    customers.set_stopped(context.session, people, context.now)
    # An open question would go on asking someone who wants no messages.
    conversations.close(context.session, contact_point_id, "left")
    withdraw_queued(context, people, "stopped")
    _write_down(context, "stopped", contact_point_id, how)
    reschedule(context, people)
    return not known


def stop_customer(context: Context, customer_id: str, how: str) -> bool:
    """Stop all electronic channels of one customer, who said so elsewhere; returns whether it is new.

    Where others are reached as well only this customer is stopped, not the contact point.
    """
    if customers.stopped(context.session, customer_id):
        return False
    points = _electronic(context.session, [customer_id])
    alone = points - contacts.shared_with_others(context.session, points, [customer_id])
    if alone:
        contact_points.set_stopped(context.session, alone, context.now)
    customers.set_stopped(context.session, [customer_id], context.now)
    withdraw_queued(context, [customer_id], "stopped")
    entry = AuditEntry(context.now, "customer", "stopped", f"customer:{customer_id}", {"how": how})
    staff.write_down(context.session, entry)
    return True


def start(context: Context, contact_point_id: int, how: str) -> None:
    """Open the contact point again, and its people; only their own START does this."""
    people = [customer.id for customer in customers.at_contact_point(context.session, contact_point_id)]
    # Only this one: START on one channel is no consent for the others.
    contact_points.set_stopped(context.session, [contact_point_id], None)
    customers.set_stopped(context.session, people, None)
    _write_down(context, "started", contact_point_id, how)
    reschedule(context, people)


def withdraw_queued(context: Context, customer_ids: Collection[str], reason: str) -> None:
    """Withdraw what is queued unsolicited for these customers; a withdrawn level may be taken again."""
    for outbox_id in waiting.unsolicited_to(context.session, customer_ids):
        outbox.drop(context.session, outbox_id, reason, context.now)
        steps.set_step_state(context.session, outbox_id, StepState.CANCELLED)


def withdraw_in_turn(turn: Turn, concerned: Iterable[Customer], reason: str) -> None:
    """The same in a turn, which has locked these customers and knows whether anything is queued for them."""
    if turn.reads.known.unsolicited_waits:
        withdraw_queued(turn.context, [customer.id for customer in concerned], reason)


def _electronic(session: Session, customer_ids: Collection[str]) -> set[int]:
    """Every way to them but the post: that stays for what the law requires."""
    ways = reachability.ways(session, customer_ids).values()
    return {way.reach.contact_point_id for each in ways for way in each if way.reach.channel.electronic}


def _write_down(context: Context, action: str, contact_point_id: int, how: str) -> None:
    entry = AuditEntry(context.now, "customer", action, f"contact_point:{contact_point_id}", {"how": how})
    staff.write_down(context.session, entry)
