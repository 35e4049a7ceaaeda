"""A reply that leaves at once: the gate is asked in the transaction of its turn, which knows all it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.gate import Ruling, admit
from handlers.campaigns import sending_switch
from handlers.delivery import channel_stops, delivery_options, gate_log
from handlers.delivery.dispatch import LEASE, Ready, leaving_now
from handlers.outgoing import UNKNOWN, kind_of
from storage.delivery import drafts

if TYPE_CHECKING:
    from handlers.turn_context import Turn
    from storage.delivery.drafts import Draft


def begin_or_queue(turn: Turn, draft: Draft) -> Ready | None:
    """Save a reply as *sending* if it may leave now, for the caller to send after the commit; else queue it.

    Queued is what an earlier reply holds up, or the gate: delivery looks at it again when its time comes. The
    transaction must hold the sending switch (:func:`handlers.campaigns.sending_switch.hold`).
    """
    session, installation, now = turn.context.session, turn.context.installation, turn.context.now
    message, point = drafts.unsaved(draft, now), turn.reads.point()
    kind = kind_of(installation, message)
    facts = kind.look_again(turn.context, message)
    switch = sending_switch.when_held(installation, stopped=turn.reads.known.sending_stopped)
    leaving = leaving_now(message, point, facts, now)
    verdict = admit(leaving, facts.person, turn.context.policy, switch, now)
    held_up = turn.reads.known.reply_waits and not draft.purpose.outranks_switch
    stopped = channel_stops.bearing_on(turn.reads.known.channel_stops, point.channel, point.address)
    held_up = held_up or bool(stopped and not draft.purpose.outranks_switch)
    if kind is UNKNOWN or verdict.ruling is not Ruling.SEND or held_up:
        drafts.queue(session, draft, now)
        return None
    begun = drafts.begin(session, message, now + LEASE)
    if begun is None:
        return None
    gate_log.record(turn.context, begun, leaving, verdict, switch)
    how = delivery_options.of(turn.context, begun, point, facts.person)
    return Ready(begun, point.address, options=how)
