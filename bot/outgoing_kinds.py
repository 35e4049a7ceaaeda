"""Every kind of outgoing message: a new one is a line here. Read through ``Installation.outgoing``."""

from __future__ import annotations

from typing import Final

from handlers import outgoing
from handlers.campaigns.campaign_messages import OutgoingCampaignMessage
from handlers.conversation.outgoing_reply import OutgoingReply
from handlers.desk.staff_room import OutgoingStaffNews
from handlers.dunning.noticing import OutgoingNotice
from handlers.dunning.outgoing_reminder import OutgoingReminder
from handlers.issuing.outgoing_bill import OutgoingBill
from handlers.payers.outgoing_reminder import OutgoingPayerReminder
from handlers.payers.planning import OutgoingPlannedService
from handlers.payments.telling import OutgoingBillChange, OutgoingBounce, OutgoingThanks

OUTGOING_KINDS: Final = outgoing.by_name(
    (
        OutgoingReply(),
        OutgoingReminder(),
        OutgoingNotice(),
        OutgoingCampaignMessage(),
        OutgoingBill(),
        OutgoingThanks(),
        OutgoingBounce(),
        OutgoingBillChange(),
        OutgoingPlannedService(),
        OutgoingPayerReminder(),
        OutgoingStaffNews(),
    )
)
"""The kinds by the name that a row of the outbox has (``storage/delivery/outbox.py: Message.kind``)."""
