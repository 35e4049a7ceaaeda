"""Events of the carrier or the app, deep links, shared numbers: they need no understanding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.channels import TO_ANY_PHONE
from billing.accounts.identity import Entrance, IdentityDecision
from billing.facts import Saying
from handlers.arrivals import ArrivalKind
from handlers.dunning.reschedule import reschedule
from handlers.people import consent, identity, inviting, register
from handlers.turn_context import SILENCE, say
from storage.people import contact_points, customers, invitations

if TYPE_CHECKING:
    from handlers.turn_context import Reply, Turn
    from storage.people.customers import Customer


def from_the_carrier(turn: Turn) -> Reply | None:
    """Take what the carrier or the app has answered itself, a deep link, and a shared number."""
    match turn.inbound.kind:
        # No reply: Twilio has confirmed the opt-out already, and one confirmation is all that is allowed.
        case ArrivalKind.STOPPED:
            consent.stop(turn.context, turn.point.id, "carrier")
            return SILENCE
        case ArrivalKind.STARTED:
            consent.start(turn.context, turn.point.id, "carrier")
            return SILENCE
        case ArrivalKind.ASKED_HELP:
            return SILENCE
        case ArrivalKind.LINK:
            return _linked(turn)
        case ArrivalKind.CONTACT:
            return _shared(turn)
    return None


def _linked(turn: Turn) -> Reply:
    """Link this chat to the customer that a deep link was made for; each link works once."""
    nonce = inviting.genuine(turn.inbound.text, turn.context.installation.link_secret)
    meant = invitations.whose(turn.context.session, nonce, turn.context.now) if nonce else None
    customer = customers.find(turn.context.session, meant) if meant else None
    if nonce is None or customer is None:
        return say(Saying("talk.bad_link"))
    if (refused := _refused(turn, customer)) is not None:
        return refused  # the link is not used up: it works once the entrance is open again
    customer_id = invitations.redeem(turn.context.session, nonce, turn.context.now)
    if customer_id is None:
        return say(Saying("talk.bad_link"))
    basis = "opened the link they were given"
    register.bind_chat(turn.context, customer_id, turn.point.id, basis)
    reschedule(turn.context, [customer_id])
    return say(Saying("talk.invited"))


def _refused(turn: Turn, customer: Customer) -> Reply | None:
    """Why this chat is not connected to a customer; None where it is."""
    here = identity.at_entrance(turn.context, Entrance.DEEP_LINK, turn.point.id, customer.id)
    match here.decision(customer):
        case IdentityDecision.OPEN:
            return None
        case IdentityDecision.PERSON_FIRST:
            return say(Saying("identity.person_first"))
        case IdentityDecision.LOCKED:
            return say(Saying("identity.locked"))
        case IdentityDecision.CLOSED:
            return say(Saying("talk.bad_link"))


def _shared(turn: Turn) -> Reply:
    """Link this chat to the customers of a phone number that the app confirms as the sender's own."""
    owners = customers.at_address(turn.context.session, TO_ANY_PHONE, turn.inbound.text)
    if not owners:
        return say(Saying("talk.number_unknown"))
    at_phone = contact_points.find(turn.context.session, TO_ANY_PHONE, turn.inbound.text)
    if at_phone is not None and at_phone.not_the_customer_at is not None:
        return say(Saying("identity.person_first"))
    refused = {customer.id: _refused(turn, customer) for customer in owners}
    owners = [customer for customer in owners if refused[customer.id] is None]
    if not owners:
        return next(reply for reply in refused.values() if reply is not None)
    for customer in owners:
        basis = "shared their own phone number in the app"
        register.bind_chat(turn.context, customer.id, turn.point.id, basis)
    reschedule(turn.context, [customer.id for customer in owners])
    return say(Saying("talk.invited"))
