"""Contact points that fail: other channels are tried, then the customer or a rep is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.gate import Purpose
from handlers import snapshot
from handlers.dunning.reschedule import reschedule
from handlers.flows.failing_number import FailingOffer
from storage.desk import escalations
from storage.desk.escalations import Case
from storage.people import contact_points, customers

if TYPE_CHECKING:
    from collections.abc import Collection

    from billing.accounts.snapshot import PersonSnapshot
    from handlers.context import Context
    from handlers.turn_context import Reply, Turn

_CALM: Final = frozenset({"answers", "explain_bill", "receipt", "payment_plan", "promise", "change_plan"})
"""What was just talked about when a question of ours may follow."""
_ENDING: Final = 2
"""Last digits shown: enough for the owner to recognise the number, and for no one else."""


def lost(context: Context, contact_point_id: int, code: str) -> None:
    """Nothing arrives there (``code`` is the provider's); with no other way left a person is to find one."""
    if contact_points.get(context.session, contact_point_id).unreachable_at is None:
        contact_points.ask_anew(context.session, contact_point_id)
    contact_points.set_unreachable(context.session, contact_point_id, context.now)
    people = [customer.id for customer in customers.at_contact_point(context.session, contact_point_id)]
    for person in snapshot.load(context, people):
        if person.to_pay > 0 and not person.stopped and not _reachable(person):
            _have_searched(context, person, code)


def works_again(context: Context, contact_point_id: int, people: Collection[str]) -> None:
    """A message came from a contact point that failed: these people are reached there, a search ends."""
    contact_points.works_again(context.session, contact_point_id)
    reachable_again(context, people)


def reachable_again(context: Context, people: Collection[str]) -> None:
    """These customers can be reached again: close the address search and reschedule."""
    for person in snapshot.load(context, people):
        if _reachable(person):
            escalations.close_key(context.session, _key(person.person_id), "kvitt", "reachable", context.now)
    reschedule(context, people)


def to_ask(turn: Turn, reply: Reply) -> FailingOffer | None:
    """The failing number to ask an identified customer about, once each time it fails; None otherwise."""
    areas = {saying.key.split(".")[0] for saying in reply.sayings}
    point = turn.reads.point()
    customer = turn.now_identified
    failing = turn.reads.known.failing.get(customer.id) if customer else None
    if reply.purpose is not Purpose.REPLY or not areas or not areas <= _CALM or not (customer and failing):
        return None
    failing_id, address = failing
    if point.person_since or point.stopped_at or turn.conversation():
        return None
    if any(hold.kind.is_stop_state for hold in turn.person(customer).holds):
        return None
    contact_points.asked_about(turn.context.session, customer.id, failing_id, turn.context.now)
    return FailingOffer(failing_id, address[-_ENDING:], customer.country)


def _reachable(person: PersonSnapshot) -> bool:
    return any(reach.usable for reach in person.reaches)


def _key(customer_id: str) -> str:
    """The key a run uses too: one search at a time."""
    return f"no_usable_channel:{customer_id}"


def _have_searched(context: Context, person: PersonSnapshot, code: str) -> None:
    tried = [f"{reach.channel.value} ending {reach.address[-_ENDING:]}" for reach in person.reaches]
    case = Case(
        key=_key(person.person_id),
        kind="no_usable_channel",
        reason="no way to the customer is left that works and may be used: search for an address or a number",
        deadline=context.answer_by(),
        severity=3,
        customer_id=person.person_id,
        detail={"tried": ", ".join(tried), "code": code},
    )
    escalations.open_case(context.session, case, context.now)
