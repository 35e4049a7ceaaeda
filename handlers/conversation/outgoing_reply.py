"""A reply as it leaves: the gate is asked about its row and its contact point, and nothing else is read."""

from __future__ import annotations

from typing import ClassVar

from billing.gate import Purpose
from handlers.outgoing import OutgoingKind


class OutgoingReply(OutgoingKind):
    """An answer to what somebody wrote, the one confirmation of a stop, or a question at a new number."""

    names: ClassVar = (
        Purpose.REPLY.value,
        Purpose.STOP_CONFIRMATION.value,
        Purpose.VERIFICATION.value,
        Purpose.DANGER.value,
    )
