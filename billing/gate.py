"""May this message leave now, and why: asked of every message right before it would."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from billing.accounts.account_state import registered_stop
from billing.bills.billing_run import MARK
from billing.calendar import local_day
from billing.campaigns import audience
from billing.dunning import blockers, notices
from billing.payers.obligations import Topic
from billing.policy import ANNOUNCED

if TYPE_CHECKING:
    from billing.accounts.snapshot import AccountPicture, BillPicture, PersonPicture, Reach
    from billing.campaigns.audience import Pitch
    from billing.payers.payer_levels import ToPayer
    from billing.policy import ContentClass, Policy

PLANNED: Final = "planned:"
"""How the key of a message begins that is about a planned service."""

CONFIRM_STOP_WITHIN = timedelta(minutes=5)
"""One confirmation, at most five minutes after the stop: 47 CFR 64.1200(a)(12)."""


RESTED = timedelta(days=1)
"""When a bill is looked at again that rests without an end."""


class Purpose(StrEnum):
    """What a message is for; quiet hours, caps and consent bind what we write unasked."""

    OUT = "out"
    REPLY = "reply"
    STOP_CONFIRMATION = "stop_confirmation"
    STAFF = "staff"
    VERIFICATION = "verification"
    """A new number is asked whether it is the customer's, or the old one told: never after a stop."""
    PAYER = "payer"
    """An agency or employer is reminded of claims: unasked, but about no customer of theirs or ours."""


class Sending(StrEnum):
    """The operator's switch for the whole house."""

    LIVE = "live"
    APPROVE = "approve"
    """Replies leave; what we write unasked waits until a person approves its run."""
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
class Verdict:
    """The gate's answer. ``bill_ids`` are the bills that a reminder may still speak of."""

    ruling: Ruling
    reason: str
    until: datetime | None = None
    bill_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Leaving:
    """A message about to leave."""

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
    campaign: Pitch | None = None
    """The campaign it is part of."""
    topic: Topic = Topic.BILLS
    payer: ToPayer | None = None
    """The claims it reminds a payer of."""


def admit(
    leaving: Leaving, person: PersonPicture | None, policy: Policy, sending: Sending, now: datetime
) -> Verdict:
    """Rule on one message. ``person`` is who it is about; empty when nobody knows who is writing."""
    if leaving.expires_at and now > leaving.expires_at:
        return Verdict(Ruling.DROP, "too_late")
    switched = _switch(leaving, sending)
    if switched:
        return switched
    if leaving.payer:
        return _to_payer(leaving, leaving.payer, now)
    if leaving.content > policy.content.most(leaving.reach.channel, identified=leaving.identified):
        return Verdict(Ruling.DROP, "content_class")
    return _by_purpose(leaving, person, policy, now)


def _by_purpose(leaving: Leaving, person: PersonPicture | None, policy: Policy, now: datetime) -> Verdict:
    match leaving.purpose:
        case Purpose.VERIFICATION if leaving.reach.stopped:
            return Verdict(Ruling.DROP, "stopped")
        case Purpose.STOP_CONFIRMATION:
            late = now - leaving.created_at > CONFIRM_STOP_WITHIN
            return Verdict(Ruling.DROP, "too_late") if late else Verdict(Ruling.SEND, "stop_confirmation")
        case Purpose.REPLY | Purpose.STAFF | Purpose.VERIFICATION:
            return Verdict(Ruling.SEND, leaving.purpose.value)
    return _unasked(leaving, person, policy, now)


def _switch(leaving: Leaving, sending: Sending) -> Verdict | None:
    if sending is Sending.STOPPED:
        return Verdict(Ruling.WAIT_FOR_PERSON, "sending_stopped")
    if sending is Sending.SHADOW:
        return Verdict(Ruling.WITHHOLD, "shadow")
    unasked = leaving.purpose in {Purpose.OUT, Purpose.PAYER}
    if sending is Sending.APPROVE and unasked and not leaving.approved:
        return Verdict(Ruling.WAIT_FOR_PERSON, "approval")
    return None


def _to_payer(leaving: Leaving, payer: ToPayer, now: datetime) -> Verdict:
    """What a payer may be told is bound by its content, not by a customer's consent: claims and amounts."""
    if leaving.reach.stopped or leaving.reach.unreachable:
        return Verdict(Ruling.DROP, "stopped" if leaving.reach.stopped else "unreachable")
    if not payer.claims:
        return Verdict(Ruling.DROP, "answered")
    if leaving.reach.channel.electronic and payer.opens_at > now:
        return Verdict(Ruling.LATER, "office_hours", payer.opens_at)
    return Verdict(Ruling.SEND, "claims")


def _unasked(leaving: Leaving, person: PersonPicture | None, policy: Policy, now: datetime) -> Verdict:
    if person is None:
        return Verdict(Ruling.DROP, "nobody")
    closed = _why_closed(leaving, person, policy, now)
    if closed:
        return Verdict(Ruling.DROP, closed)
    if leaving.campaign:
        return _of_campaign(leaving, leaving.campaign, policy, now)
    if leaving.notice.startswith(MARK):
        return _of_a_bill(leaving, person, policy, now)
    return _of_bills(leaving, person, policy, now)


def _of_bills(leaving: Leaving, person: PersonPicture, policy: Policy, now: datetime) -> Verdict:
    bill_ids, reason = (
        notices.still(person, policy, leaving.notice, leaving.bill_ids, now)
        if leaving.notice
        else _still_due(leaving, person, policy, now)
    )
    if (leaving.bill_ids or leaving.notice) and not bill_ids:
        return Verdict(Ruling.DROP, reason)
    hour = blockers.to_hour(person, policy, now) if leaving.reach.channel.electronic else None
    obstacle = hour or blockers.to_pace(person, bill_ids, policy.caps, now)
    if obstacle and obstacle.until:
        return Verdict(Ruling.LATER, obstacle.reason, obstacle.until, bill_ids)
    if obstacle:
        return Verdict(Ruling.DROP, obstacle.reason)
    return Verdict(Ruling.SEND, "due", bill_ids=bill_ids)


def _of_a_bill(leaving: Leaving, person: PersonPicture, policy: Policy, now: datetime) -> Verdict:
    """A bill on its way to its customer: not once it is paid, later while something rests it."""
    objection = blockers.to_bill_itself(person, leaving.bill_ids, policy, now)
    if objection and objection.verdict == "excluded":
        return Verdict(Ruling.DROP, objection.reason)
    hour = blockers.to_hour(person, policy, now) if leaving.reach.channel.electronic else None
    obstacle = objection or hour or blockers.to_pace(person, leaving.bill_ids, policy.caps, now)
    if obstacle:
        return Verdict(Ruling.LATER, obstacle.reason, obstacle.until or now + RESTED, leaving.bill_ids)
    return Verdict(Ruling.SEND, "bill", bill_ids=leaving.bill_ids)


def _of_campaign(leaving: Leaving, pitch: Pitch, policy: Policy, now: datetime) -> Verdict:
    """All that binds a notice, the campaign's own hours and days, and whether they still belong to it."""
    if pitch.over:
        return Verdict(Ruling.DROP, pitch.over)
    if pitch.paused:
        return Verdict(Ruling.WAIT_FOR_PERSON, "campaign_paused")
    found = audience.look(
        pitch.candidate, pitch.campaign, pitch.arm, policy, (leaving.reach.channel,), now, reach=leaving.reach
    )
    bill_ids = tuple(bill_id for bill_id in leaving.bill_ids if bill_id in found.bill_ids)
    if found.verdict == "later":
        return Verdict(Ruling.LATER, found.reason, found.until, bill_ids)
    if found.verdict != "write":
        return Verdict(Ruling.DROP, found.reason)
    return Verdict(Ruling.SEND, "due", bill_ids=bill_ids) if bill_ids else Verdict(Ruling.DROP, audience.PAID)


def _why_closed(leaving: Leaving, person: PersonPicture, policy: Policy, now: datetime) -> str | None:
    """Why nothing at all may be written to the person unasked, or not this way."""
    reach = leaving.reach
    wanted = leaving.notice.startswith(MARK)  # a stop of messages is no stop of bills by post
    by_law = (
        leaving.level is not None and policy.level(leaving.level).required_by_law and policy.stop.letters
    ) or wanted
    if reach.stopped or (person.stopped and (reach.channel.electronic or not by_law)):
        return "stopped"
    stop = registered_stop(person, local_day(now, blockers.zone_of(person)))
    if stop:
        return blockers.EXCLUDED_AS[stop]
    if reach.usable:
        return None if reach.agreed_to(leaving.topic) else "outside_consent"
    return "unreachable" if reach.unreachable else "no_consent"


def _still_due(
    leaving: Leaving, person: PersonPicture, policy: Policy, now: datetime
) -> tuple[tuple[str, ...], str]:
    """The bills of a reminder that may still be demanded at its level, and why the last other may not."""
    kept, reason = [], "gone"
    for account in person.accounts:
        for bill in account.bills:
            if bill.bill_id not in leaving.bill_ids:
                continue
            objection = _to_level(leaving, account, bill) or (
                found.reason if (found := blockers.to_bill(person, account, bill, policy, now)) else None
            )
            if objection:
                reason = objection
            else:
                kept.append(bill.bill_id)
    return tuple(kept), reason


def _to_level(leaving: Leaving, account: AccountPicture, bill: BillPicture) -> str | None:
    if bill.owed <= 0:
        return "paid"
    if bill.flagged:
        return "flagged"
    if leaving.level is not None and bill.heard != max(leaving.level - 1, ANNOUNCED):
        return f"level_order:{account.account_id}"
    return None
