"""The gate: decides about every message just before it leaves, with the reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from billing.accounts.account_state import registered_stop
from billing.bills.billing_run import MARK
from billing.calendar import local_day
from billing.campaigns import audience
from billing.dunning import blockers, notices
from billing.payers.obligations import Topic
from billing.policy import ANNOUNCED

if TYPE_CHECKING:
    from billing.accounts.snapshot import AccountSnapshot, BillSnapshot, PersonSnapshot, Reach
    from billing.campaigns.audience import CampaignMessage
    from billing.payers.payer_levels import ToPayer
    from billing.policy import ContentClass, Policy

CONFIRM_STOP_WITHIN = timedelta(minutes=5)
"""One confirmation, at most five minutes after the stop: 47 CFR 64.1200(a)(12)."""


RESTED = timedelta(days=1)
"""When a message about a bill with a hold without end is checked again."""


class Purpose(StrEnum):
    """What a message at the gate is for; quiet hours, caps and consent bind what we send unsolicited."""

    OUT = "out"
    REPLY = "reply"
    STOP_CONFIRMATION = "stop_confirmation"
    STAFF = "staff"
    VERIFICATION = "verification"
    """A new number is asked whether it is the customer's, or the old one told: never after a stop."""
    PAYER = "payer"
    """An agency or employer is reminded of claims: unsolicited, but about no customer of theirs or ours."""

    DANGER = "danger"
    """The reply to somebody in danger: emergency number and helpline."""
    PAGE = "page"
    """Whoever is on call is told of a person in danger."""

    @property
    def outranks_switch(self) -> bool:
        """Whether it leaves at once, whatever the operator's switch says: a life may depend on it."""
        return self in {Purpose.DANGER, Purpose.PAGE}

    @property
    def unsolicited(self) -> bool:
        """Whether nobody waits for it: it may need approval, and is never sent a second time on a doubt."""
        return self in {Purpose.OUT, Purpose.PAYER}


class SendingSwitch(StrEnum):
    """The operator's sending switch for the whole installation, obeyed at the gate."""

    LIVE = "live"
    APPROVE = "approve"
    """Replies leave; what we send unsolicited waits until a person approves its run."""
    SHADOW = "shadow"
    """Everything is decided, nothing leaves."""
    STOPPED = "stopped"


class Ruling(StrEnum):
    """What the gate says."""

    SEND = "send"
    LATER = "later"
    WAIT_FOR_PERSON = "wait_for_person"
    """It needs an approval, or the switch to be turned; it stays where it is."""
    DROP = "drop"
    """It must never leave."""
    WITHHOLD = "withhold"
    """Shadow: it would have left."""


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """The gate's answer. ``bill_ids`` are the bills that a reminder may still speak of."""

    ruling: Ruling
    reason: str
    until: datetime | None = None
    bill_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message at the gate, about to leave."""

    purpose: Purpose
    reach: Reach
    content: ContentClass
    created_at: datetime
    expires_at: datetime | None = None
    approved: bool = False
    identified: bool = False
    """Whether the customer has shown who they are on this contact point."""
    level: int | None = None
    bill_ids: tuple[str, ...] = field(default_factory=tuple)
    notice: str = ""
    """The mark of the notice it is; empty for everything else."""
    campaign: CampaignMessage | None = None
    """The campaign it is part of."""
    topic: Topic = Topic.BILLS
    payer: ToPayer | None = None
    """The claims it reminds a payer of."""
    over: str = ""
    """Why it is no longer true, as its kind found when it looked again; empty while it is."""


def admit(
    leaving: OutgoingMessage,
    person: PersonSnapshot | None,
    policy: Policy,
    sending: SendingSwitch,
    now: datetime,
) -> GateVerdict:
    """Let one message through the gate at ``now`` (UTC), or not; ``person`` is None if unidentified."""
    if leaving.expires_at and now > leaving.expires_at:
        return GateVerdict(Ruling.DROP, "too_late")
    # The switch of the installation comes before all rules: a stop must hold back what they would permit.
    switched = None if leaving.purpose.outranks_switch else _switch(leaving, sending)
    if switched:
        return switched
    if leaving.payer:
        return _to_payer(leaving, leaving.payer, now)
    # Before identification a channel may carry no amount; the text may have been queued while identified.
    if leaving.content > policy.content.most(leaving.reach.channel, identified=leaving.identified):
        return GateVerdict(Ruling.DROP, "content_class")
    return _by_purpose(leaving, person, policy, now)


def _by_purpose(
    leaving: OutgoingMessage, person: PersonSnapshot | None, policy: Policy, now: datetime
) -> GateVerdict:
    match leaving.purpose:
        case Purpose.VERIFICATION if leaving.reach.stopped:
            return GateVerdict(Ruling.DROP, "stopped")
        case Purpose.STOP_CONFIRMATION:
            # 47 CFR 64.1200(a)(12): one confirmation, presumed in order within five minutes; a late one is a
            # new contact.
            late = now - leaving.created_at > CONFIRM_STOP_WITHIN
            return (
                GateVerdict(Ruling.DROP, "too_late")
                if late
                else GateVerdict(Ruling.SEND, "stop_confirmation")
            )
        case Purpose.REPLY | Purpose.STAFF | Purpose.VERIFICATION | Purpose.DANGER | Purpose.PAGE:
            return GateVerdict(Ruling.SEND, leaving.purpose.value)
    return _unsolicited(leaving, person, policy, now)


def _switch(leaving: OutgoingMessage, sending: SendingSwitch) -> GateVerdict | None:
    if sending is SendingSwitch.STOPPED:
        return GateVerdict(Ruling.WAIT_FOR_PERSON, "sending_stopped")
    if sending is SendingSwitch.SHADOW:
        return GateVerdict(Ruling.WITHHOLD, "shadow")
    # A reply to a waiting customer needs no approval; only unsolicited messages do.
    if sending is SendingSwitch.APPROVE and leaving.purpose.unsolicited and not leaving.approved:
        return GateVerdict(Ruling.WAIT_FOR_PERSON, "approval")
    return None


def _to_payer(leaving: OutgoingMessage, payer: ToPayer, now: datetime) -> GateVerdict:
    """A message to a payer needs no customer's consent, because its content is claims and amounts only."""
    if leaving.reach.stopped or leaving.reach.unreachable:
        return GateVerdict(Ruling.DROP, "stopped" if leaving.reach.stopped else "unreachable")
    if not payer.claims:
        return GateVerdict(Ruling.DROP, "answered")
    if leaving.reach.channel.electronic and payer.opens_at > now:
        return GateVerdict(Ruling.LATER, "office_hours", payer.opens_at)
    return GateVerdict(Ruling.SEND, "claims")


def _unsolicited(
    leaving: OutgoingMessage, person: PersonSnapshot | None, policy: Policy, now: datetime
) -> GateVerdict:
    if person is None:
        return GateVerdict(Ruling.DROP, "nobody")
    closed = _why_closed(leaving, person, policy, now) or leaving.over
    if closed:
        return GateVerdict(Ruling.DROP, closed)
    if leaving.campaign:
        return _of_campaign(leaving, leaving.campaign, policy, now)
    if leaving.notice.startswith(MARK):
        return _of_a_bill(leaving, person, policy, now)
    return _of_bills(leaving, person, policy, now)


def _of_bills(leaving: OutgoingMessage, person: PersonSnapshot, policy: Policy, now: datetime) -> GateVerdict:
    bill_ids, reason = (
        notices.still(person, policy, leaving.notice, leaving.bill_ids, now)
        if leaving.notice
        else _still_due(leaving, person, policy, now)
    )
    if (leaving.bill_ids or leaving.notice) and not bill_ids:
        return GateVerdict(Ruling.DROP, reason)
    hour = blockers.to_hour(person, policy, now) if leaving.reach.channel.electronic else None
    obstacle = hour or blockers.to_pace(person, bill_ids, policy.caps, now)
    if obstacle and obstacle.until:
        return GateVerdict(Ruling.LATER, obstacle.reason, obstacle.until, bill_ids)
    if obstacle:
        return GateVerdict(Ruling.DROP, obstacle.reason)
    return GateVerdict(Ruling.SEND, "due", bill_ids=bill_ids)


def _of_a_bill(
    leaving: OutgoingMessage, person: PersonSnapshot, policy: Policy, now: datetime
) -> GateVerdict:
    """A bill on its way to its customer: not once it is paid, later while something rests it."""
    blocker = blockers.to_bill_itself(person, leaving.bill_ids, policy, now)
    if blocker and blocker.verdict == "excluded":
        return GateVerdict(Ruling.DROP, blocker.reason)
    hour = blockers.to_hour(person, policy, now) if leaving.reach.channel.electronic else None
    obstacle = blocker or hour or blockers.to_pace(person, leaving.bill_ids, policy.caps, now)
    if obstacle:
        return GateVerdict(Ruling.LATER, obstacle.reason, obstacle.until or now + RESTED, leaving.bill_ids)
    return GateVerdict(Ruling.SEND, "bill", bill_ids=leaving.bill_ids)


def _of_campaign(
    leaving: OutgoingMessage, campaign_message: CampaignMessage, policy: Policy, now: datetime
) -> GateVerdict:
    """All that binds a notice, the campaign's own hours and days, and whether they still belong to it."""
    if campaign_message.paused:
        return GateVerdict(Ruling.WAIT_FOR_PERSON, "campaign_paused")
    found = audience.look(
        campaign_message.candidate,
        campaign_message.campaign,
        campaign_message.arm,
        policy,
        (leaving.reach.channel,),
        now,
        reach=leaving.reach,
    )
    bill_ids = tuple(bill_id for bill_id in leaving.bill_ids if bill_id in found.bill_ids)
    if found.verdict == "later":
        return GateVerdict(Ruling.LATER, found.reason, found.until, bill_ids)
    if found.verdict != "write":
        return GateVerdict(Ruling.DROP, found.reason)
    return (
        GateVerdict(Ruling.SEND, "due", bill_ids=bill_ids)
        if bill_ids
        else GateVerdict(Ruling.DROP, audience.PAID)
    )


def _why_closed(
    leaving: OutgoingMessage, person: PersonSnapshot, policy: Policy, now: datetime
) -> str | None:
    """Why nothing at all may be written to the person unsolicited, or not this way."""
    reach = leaving.reach
    wanted = leaving.notice.startswith(MARK)  # a stop of messages is no stop of bills by post
    by_law = (
        leaving.level is not None and policy.level(leaving.level).required_by_law and policy.stop.letters
    ) or wanted
    if reach.stopped or (person.stopped and (reach.channel.electronic or not by_law)):
        return "stopped"
    # Read from the register at this moment: a death may have been registered after the message was queued.
    stop = registered_stop(person, local_day(now, blockers.zone_of(person)))
    if stop:
        return stop.excluded_as
    if reach.usable:
        return None if reach.agreed_to(leaving.topic) else "outside_consent"
    if reach.not_the_customer:
        return "not_the_customer"
    return "unreachable" if reach.unreachable else "no_consent"


def _still_due(
    leaving: OutgoingMessage, person: PersonSnapshot, policy: Policy, now: datetime
) -> tuple[tuple[str, ...], str]:
    """The bills of a reminder that may still be demanded at its level, and why the last other may not."""
    kept, reason = [], "gone"
    for account in person.accounts:
        for bill in account.bills:
            if bill.bill_id not in leaving.bill_ids:
                continue
            blocker = _to_level(leaving, account, bill) or (
                found.reason if (found := blockers.to_bill(person, account, bill, policy, now)) else None
            )
            if blocker:
                reason = blocker
            else:
                kept.append(bill.bill_id)
    return tuple(kept), reason


def _to_level(leaving: OutgoingMessage, account: AccountSnapshot, bill: BillSnapshot) -> str | None:
    if bill.owed <= 0:
        return "paid"
    if bill.flagged:
        return "flagged"
    # Invariant 41: a level is never skipped, also if another message arrived or was returned meanwhile.
    if leaving.level is not None and bill.heard != max(leaving.level - 1, ANNOUNCED):
        return f"level_order:{account.account_id}"
    return None
