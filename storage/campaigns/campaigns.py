"""Campaigns: state, audience, batches, and stopped arms."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, update

from storage import tables
from storage.database.bulk import insert_rows
from storage.database.constants import fixed
from storage.database.insert_once import insert_once
from storage.database.transaction import note_lock
from storage.delivery.outbox import OutboxState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


class CampaignState(StrEnum):
    """The state of a campaign."""

    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    FINISHED = "finished"

    @property
    def over(self) -> bool:
        """Whether it has ended and no message of it leaves any more."""
        return self in {CampaignState.STOPPED, CampaignState.FINISHED}


class MemberState(StrEnum):
    """The state of one person of a campaign's audience."""

    WAITING = "waiting"
    WRITTEN = "written"
    HELD_OUT = "held_out"
    """In the holdout: their turn came, and no message was sent, to compare with."""
    LEFT_OUT = "left_out"
    HALTED = "halted"
    """Their arm, or the campaign, was stopped before their turn."""


@dataclass(frozen=True, slots=True)
class CampaignRecord:
    """A campaign as it is stored; ``rules`` is the content of its file."""

    id: int
    name: str
    rules: Mapping[str, Any]
    state: CampaignState
    reason: str
    created_at: datetime
    created_by: str
    started_at: datetime | None
    next_batch_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class CampaignBatch:
    """Messages that were queued together."""

    number: int
    made_at: datetime
    messages: int
    approved_at: datetime | None
    approved_by: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """One person of a campaign's audience."""

    id: int
    customer_id: str
    arm: str


@dataclass(frozen=True, slots=True)
class Halt:
    """A campaign arm that was stopped, with the harm that its messages had done."""

    arm: str
    measure: str
    sent: int
    harmed: int
    at: datetime


def create(session: Session, name: str, rules: Mapping[str, Any], by: str, now: datetime) -> int | None:
    """Insert a campaign; returns its id, or ``None`` when the name exists."""
    row = {"name": name, "rules": dict(rules), "state": CampaignState.DRAFT.value, "reason": ""}
    return insert_once(session, tables.Campaign, row | {"created_at": now, "created_by": by})


def every(session: Session) -> list[CampaignRecord]:
    """All campaigns, newest first."""
    return [
        _kept(row) for row in session.scalars(select(tables.Campaign).order_by(tables.Campaign.id.desc()))
    ]


def named(session: Session, name: str) -> CampaignRecord | None:
    """The campaign with this name."""
    return _one(session, tables.Campaign.name == name)


def get(session: Session, campaign_id: int) -> CampaignRecord | None:
    """One campaign by its number."""
    return _one(session, tables.Campaign.id == campaign_id)


def running(session: Session) -> list[CampaignRecord]:
    """The campaigns that are running."""
    row = tables.Campaign
    found = select(row).where(row.state == fixed(CampaignState.RUNNING)).order_by(row.id)
    return [_kept(one) for one in session.scalars(found)]


def due(session: Session, now: datetime) -> list[int]:
    """The ids of the campaigns whose next batch is due."""
    row = tables.Campaign
    found = select(row.id).where(row.state == fixed(CampaignState.RUNNING), row.next_batch_at <= now)
    return list(session.scalars(found.order_by(row.id)))


def claim(session: Session, campaign_id: int, now: datetime) -> CampaignRecord | None:
    """Lock a campaign whose batch is due until the transaction ends; ``None`` if another process has it."""
    row = tables.Campaign
    found = session.scalar(
        select(row)
        .where(row.id == campaign_id, row.state == fixed(CampaignState.RUNNING), row.next_batch_at <= now)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return _kept(found) if found else None


def lock(session: Session, campaign_id: int) -> CampaignRecord | None:
    """One campaign, locked until the transaction ends; waits for others and reads what they left."""
    row = tables.Campaign
    found = session.scalar(
        select(row).where(row.id == campaign_id).with_for_update().execution_options(populate_existing=True)
    )
    note_lock(session)
    return _kept(found) if found else None


def move(
    session: Session,
    campaign_id: int,
    before: Collection[CampaignState],
    after: CampaignState,
    reason: str = "",
    **more: object,
) -> bool:
    """Move a campaign from one of these states to another; returns whether it was in one of them.

    The condition is in the update, so of two processes only one moves it.
    """
    row = tables.Campaign
    moved = session.execute(
        update(row)
        .where(row.id == campaign_id, row.state.in_([state.value for state in before]))
        .values(state=after.value, reason=reason, **more)
        .returning(row.id)
    )
    return moved.first() is not None


def look_next(session: Session, campaign_id: int, at: datetime) -> None:
    """Set when the campaign's next batch is due (UTC)."""
    row = tables.Campaign
    session.execute(update(row).where(row.id == campaign_id).values(next_batch_at=at))


def add_members(
    session: Session, campaign_id: int, members: Sequence[tuple[str, str, MemberState, str]], now: datetime
) -> None:
    """Save a campaign's audience, in the order of their turns: person, arm, state and why left out."""
    names = ("campaign_id", "customer_id", "arm", "state", "reason", "look_at")
    rows = [(campaign_id, person, arm, state.value, why, now) for person, arm, state, why in members]
    insert_rows(session, tables.CampaignMember, names, rows)


def waiting(session: Session, campaign_id: int, now: datetime, limit: int) -> list[Member]:
    """The next members of a campaign whose turn may have come, in order."""
    row = tables.CampaignMember
    found = (
        select(row.id, row.customer_id, row.arm)
        .where(row.campaign_id == campaign_id, row.state == MemberState.WAITING.value, row.look_at <= now)
        .order_by(row.id)
        .limit(limit)
    )
    return [Member(*one) for one in session.execute(found)]


def next_look(session: Session, campaign_id: int) -> datetime | None:
    """When a campaign's first waiting member is to be checked (UTC); ``None`` if none waits."""
    row = tables.CampaignMember
    found: datetime | None = session.scalar(
        select(row.look_at)
        .where(row.campaign_id == campaign_id, row.state == MemberState.WAITING.value)
        .order_by(row.look_at)
        .limit(1)
    )
    return found


def set_member_state(
    session: Session, member_id: int, state: MemberState, reason: str = "", **more: object
) -> None:
    """Set the state of a campaign's member and its reason."""
    row = tables.CampaignMember
    session.execute(update(row).where(row.id == member_id).values(state=state.value, reason=reason, **more))


def written(session: Session, member_id: int, at: datetime, batch: int, outbox_id: int | None) -> None:
    """Record that a member's campaign message is queued in a batch, to leave at a moment (UTC)."""
    set_member_state(session, member_id, MemberState.WRITTEN, turn_at=at, batch=batch, outbox_id=outbox_id)


def put_off(session: Session, member_id: int, until: datetime, reason: str) -> None:
    """Check a campaign's member again at a later moment (UTC)."""
    set_member_state(session, member_id, MemberState.WAITING, reason, look_at=until)


def halt_waiting(session: Session, campaign_id: int, arm: str | None = None) -> None:
    """End the wait of a campaign's waiting members, in one arm or all: they get no message."""
    row = tables.CampaignMember
    change = update(row).where(row.campaign_id == campaign_id, row.state == MemberState.WAITING.value)
    if arm is not None:
        change = change.where(row.arm == arm)
    session.execute(change.values(state=MemberState.HALTED.value))


def arm_of(session: Session, campaign_id: int, customer_id: str) -> str:
    """The campaign arm that a member was assigned to; empty for a person outside the audience."""
    row = tables.CampaignMember
    found = select(row.arm).where(row.campaign_id == campaign_id, row.customer_id == customer_id)
    return session.scalar(found) or ""


def counts(session: Session, campaign_id: int) -> dict[tuple[str, str, str], int]:
    """The number of a campaign's members by arm, state and reason."""
    row = tables.CampaignMember
    rows = session.execute(
        select(row.arm, row.state, row.reason, func.count())
        .where(row.campaign_id == campaign_id)
        .group_by(row.arm, row.state, row.reason)
        .order_by(row.arm, row.state, row.reason)
    )
    return {(arm, state, reason): count for arm, state, reason, count in rows}


def queued(session: Session, campaign_id: int, arm: str | None = None, batch: int | None = None) -> list[int]:
    """The ids of the campaign's messages that are still queued, of all or of one arm or batch."""
    row, out = tables.CampaignMember, tables.Outbox
    found = (
        select(out.id)
        .join(row, row.outbox_id == out.id)
        .where(row.campaign_id == campaign_id, out.state == fixed(OutboxState.QUEUED))
        .order_by(row.id)
    )
    if arm is not None:
        found = found.where(row.arm == arm)
    if batch is not None:
        found = found.where(row.batch == batch)
    return list(session.scalars(found))


def add_batch(session: Session, campaign_id: int, now: datetime) -> int:
    """Insert an empty batch; returns its number within the campaign, which the caller has locked."""
    row = tables.CampaignBatch
    last = session.scalar(select(func.max(row.number)).where(row.campaign_id == campaign_id)) or 0
    session.add(row(campaign_id=campaign_id, number=last + 1, made_at=now, messages=0))
    session.flush()
    return last + 1


def fill_batch(session: Session, campaign_id: int, number: int, messages: int) -> None:
    """Set how many messages a campaign's batch has; an empty one is deleted."""
    row = tables.CampaignBatch
    which = (row.campaign_id == campaign_id, row.number == number)
    if messages:
        session.execute(update(row).where(*which).values(messages=messages))
    else:
        session.execute(delete(row).where(*which))


def batches(session: Session, campaign_id: int) -> list[CampaignBatch]:
    """The campaign's batches, oldest first."""
    row = tables.CampaignBatch
    rows = session.execute(
        select(row.number, row.made_at, row.messages, row.approved_at, row.approved_by)
        .where(row.campaign_id == campaign_id)
        .order_by(row.number)
    )
    return [CampaignBatch(*one) for one in rows]


def approve(session: Session, campaign_id: int, number: int, by: str, now: datetime) -> bool:
    """Record who released a campaign's batch; returns whether it was not released before."""
    row = tables.CampaignBatch
    approved = session.execute(
        update(row)
        .where(row.campaign_id == campaign_id, row.number == number, row.approved_at.is_(None))
        .values(approved_at=now, approved_by=by)
        .returning(row.id)
    )
    return approved.first() is not None


def release(session: Session, times: Mapping[int, datetime], by: str | None) -> None:
    """Set when each queued campaign message may leave (UTC), and (``by``) who approved it, if anybody did."""
    row = tables.Outbox
    for outbox_id, at in times.items():
        values: dict[str, Any] = {"not_before": at} | ({"approved_by": by} if by else {})
        session.execute(
            update(row).where(row.id == outbox_id, row.state == fixed(OutboxState.QUEUED)).values(values)
        )


def halt(session: Session, campaign_id: int, halted: Halt) -> bool:
    """Record that a campaign's arm was stopped; returns whether it was not stopped before."""
    row = {"campaign_id": campaign_id, "arm": halted.arm, "measure": halted.measure, "at": halted.at}
    counted = {"sent": halted.sent, "harmed": halted.harmed}
    return insert_once(session, tables.CampaignHalt, row | counted) is not None


def halts(session: Session, campaign_id: int) -> list[Halt]:
    """The arms of a campaign that were stopped."""
    row = tables.CampaignHalt
    rows = session.execute(
        select(row.arm, row.measure, row.sent, row.harmed, row.at)
        .where(row.campaign_id == campaign_id)
        .order_by(row.id)
    )
    return [Halt(*one) for one in rows]


def delivered(session: Session, outbox_id: int, now: datetime) -> None:
    """Record that the provider reported a campaign message as delivered."""
    row = tables.CampaignMember
    session.execute(
        update(row).where(row.outbox_id == outbox_id, row.delivered_at.is_(None)).values(delivered_at=now)
    )


def _one(session: Session, condition: ColumnElement[bool]) -> CampaignRecord | None:
    found = session.scalar(select(tables.Campaign).where(condition).execution_options(populate_existing=True))
    return _kept(found) if found else None


def _kept(row: tables.Campaign) -> CampaignRecord:
    return CampaignRecord(
        id=row.id,
        name=row.name,
        rules=row.rules,
        state=CampaignState(row.state),
        reason=row.reason,
        created_at=row.created_at,
        created_by=row.created_by,
        started_at=row.started_at,
        next_batch_at=row.next_batch_at,
        ended_at=row.ended_at,
    )
