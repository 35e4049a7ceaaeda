"""Logs each decision of the gate with its inputs, for ``kvitt explain`` and for replay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from storage.dunning import decisions
from storage.dunning.decisions import Decision

if TYPE_CHECKING:
    from billing.gate import GateVerdict, OutgoingMessage, SendingSwitch
    from handlers.context import Context
    from storage.delivery.outbox import Message


def record(
    context: Context, message: Message, leaving: OutgoingMessage, verdict: GateVerdict, sending: SendingSwitch
) -> None:
    """Insert the decision with all inputs of the gate except addresses and names.

    Without those the log can be kept when a customer's texts are erased.
    """
    facts: dict[str, Any] = {
        "purpose": leaving.purpose.value,
        "channel": leaving.reach.channel.value,
        "content": leaving.content.name.lower(),
        "consented": leaving.reach.consented,
        "stopped": leaving.reach.stopped,
        "identified": leaving.identified,
        "approved": leaving.approved,
        "notice": leaving.notice,
        "bills": list(leaving.bill_ids),
        "kept": list(verdict.bill_ids),
        "claims": list(leaving.payer.claims) if leaving.payer else [],
        "sending": sending.value,
        "until": verdict.until.isoformat() if verdict.until else None,
    }
    row = Decision(
        at=context.now,
        made_by="gate",
        verdict=verdict.ruling.value,
        reason=verdict.reason,
        policy=context.policy.name,
        policy_version=context.policy.version,
        customer_id=message.customer_id,
        outbox_id=message.id,
        run_id=message.run_id,
        level=message.level,
        inputs=facts,
    )
    decisions.record(context.session, [row])
