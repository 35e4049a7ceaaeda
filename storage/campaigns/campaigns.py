"""Campaigns: audience, pace, progress."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, update

from storage import tables
from storage.database.bulk import insert_rows
from storage.database.insert_once import insert_once
from storage.delivery.outbox import OutboxState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


class CampaignState(StrEnum):
    """Where a campaign stands."""

    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    FINISHED = "finished"

    @property
    def over(self) -> bool:
        """Whether nothing of it leaves any more."""
        return self in {CampaignState.STOPPED, CampaignState.FINISHED}


class MemberState(StrEnum):
    """Where one person of an audience stands."""

    WAITING = "waiting"
    WRITTEN = "written"
    HELD_OUT = "held_out"
    """Of the holdout: their turn came, and nothing was written."""
    LEFT_OUT = "left_out"
    HALTED = "halted"
    """Their arm, or the campaign, was stopped before their turn."""


@dataclass(frozen=True, slots=True)
class CampaignRecord:
    """A campaign as it is kept; ``rules`` is what its file said."""

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
    """What was queued at once."""

    number: int
    made_at: datetime
    messages: int
    approved_at: datetime | None
    approved_by: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """One person of an audience."""

    id: int
    customer_id: str
    arm: str


@dataclass(frozen=True, slots=True)
class Halt:
    """An arm that stopped, and what it had done."""

    arm: str
    measure: str
    sent: int
    harmed: int
    at: datetime


def create(session: Session, name: str, rules: Mapping[str, Any], by: str, now: datetime) -> int | None:
    """Keep a new campaign; its number, nothing when the name is taken."""
    row = {"name": name, "rules": dict(rules), "state": CampaignState.DRAFT.value, "reason": ""}
    return insert_once(session, tables.Campaign, row | {"created_at": now, "created_by": by})


def every(session: Session) -> list[CampaignRecord]:
    """All campaigns, the newest first."""
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
    """The campaigns that run."""
    row = tables.Campaign
    found = select(row).where(row.state == CampaignState.RUNNING.value).order_by(row.id)
    return [_kept(one) for one in session.scalars(found)]


def due(session: Session, now: datetime) -> list[int]:
    """The numbers of the campaigns whose next batch is due."""
    row = tables.Campaign
    found = select(row.id).where(row.state == CampaignState.RUNNING.value, row.next_batch_at <= now)
    return list(session.scalars(found.order_by(row.id)))


def claim(session: Session, campaign_id: int, now: datetime) -> CampaignRecord | None:
    """Hold a campaign whose batch is due until the transaction ends; nothing if somebody else has it."""
    row = tables.Campaign
    found = session.scalar(
        select(row)
        .where(row.id == campaign_id, row.state == CampaignState.RUNNING.value, row.next_batch_at <= now)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return _kept(found) if found else None


def lock(session: Session, campaign_id: int) -> CampaignRecord | None:
    """One campaign as it stands once nobody else is at it, held until the transaction ends."""
    row = tables.Campaign
    found = session.scalar(
        select(row).where(row.id == campaign_id).with_for_update().execution_options(populate_existing=True)
    )
    return _kept(found) if found else None


def move(
    session: Session,
    campaign_id: int,
    before: Collection[CampaignState],
    after: CampaignState,
    reason: str = "",
    **more: object,
) -> bool:
    """Move a campaign on if it stands where it should; whether it did. Of two at once one moves it."""
    row = tables.Campaign
    moved = session.execute(
        update(row)
        .where(row.id == campaign_id, row.state.in_([state.value for state in before]))
        .values(state=after.value, reason=reason, **more)
        .returning(row.id)
    )
    return moved.first() is not None


def look_next(session: Session, campaign_id: int, at: datetime) -> None:
    """When the campaign's next batch is due."""
    row = tables.Campaign
    session.execute(update(row).where(row.id == campaign_id).values(next_batch_at=at))


def add_members(
    session: Session, campaign_id: int, members: Sequence[tuple[str, str, MemberState, str]], now: datetime
) -> None:
    """Keep an audience: person, arm, state and why left out, in the order of their turns."""
    names = ("campaign_id", "customer_id", "arm", "state", "reason", "look_at")
    rows = [(campaign_id, person, arm, state.value, why, now) for person, arm, state, why in members]
    insert_rows(session, tables.CampaignMember, names, rows)


def waiting(session: Session, campaign_id: int, now: datetime, limit: int) -> list[Member]:
    """Members whose turn may have come, in their order."""
    row = tables.CampaignMember
    found = (
        select(row.id, row.customer_id, row.arm)
        .where(row.campaign_id == campaign_id, row.state == MemberState.WAITING.value, row.look_at <= now)
        .order_by(row.id)
        .limit(limit)
    )
    return [Member(*one) for one in session.execute(found)]


def next_look(session: Session, campaign_id: int) -> datetime | None:
    """When the first of those who wait is to be looked at; nothing if nobody waits."""
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
    """What became of a member."""
    row = tables.CampaignMember
    session.execute(update(row).where(row.id == member_id).values(state=state.value, reason=reason, **more))


def written(session: Session, member_id: int, at: datetime, batch: int, outbox_id: int | None) -> None:
    """A member's message is queued in a batch, to leave at a moment (UTC)."""
    set_member_state(session, member_id, MemberState.WRITTEN, turn_at=at, batch=batch, outbox_id=outbox_id)


def put_off(session: Session, member_id: int, until: datetime, reason: str) -> None:
    """Look at a member again then."""
    set_member_state(session, member_id, MemberState.WAITING, reason, look_at=until)


def halt_waiting(session: Session, campaign_id: int, arm: str | None = None) -> None:
    """Nobody who waits, in one arm or all, gets a turn any more."""
    row = tables.CampaignMember
    change = update(row).where(row.campaign_id == campaign_id, row.state == MemberState.WAITING.value)
    if arm is not None:
        change = change.where(row.arm == arm)
    session.execute(change.values(state=MemberState.HALTED.value))


def arm_of(session: Session, campaign_id: int, customer_id: str) -> str:
    """The arm a member was drawn into; empty for nobody of the audience."""
    row = tables.CampaignMember
    found = select(row.arm).where(row.campaign_id == campaign_id, row.customer_id == customer_id)
    return session.scalar(found) or ""


def counts(session: Session, campaign_id: int) -> dict[tuple[str, str, str], int]:
    """How many members there are by arm, state and reason."""
    row = tables.CampaignMember
    rows = session.execute(
        select(row.arm, row.state, row.reason, func.count())
        .where(row.campaign_id == campaign_id)
        .group_by(row.arm, row.state, row.reason)
        .order_by(row.arm, row.state, row.reason)
    )
    return {(arm, state, reason): count for arm, state, reason, count in rows}


def queued(session: Session, campaign_id: int, arm: str | None = None, batch: int | None = None) -> list[int]:
    """The ids of the campaign's messages that have not left yet, of all or of one arm or batch."""
    row, out = tables.CampaignMember, tables.Outbox
    found = (
        select(out.id)
        .join(row, row.outbox_id == out.id)
        .where(row.campaign_id == campaign_id, out.state == OutboxState.QUEUED.value)
        .order_by(row.id)
    )
    if arm is not None:
        found = found.where(row.arm == arm)
    if batch is not None:
        found = found.where(row.batch == batch)
    return list(session.scalars(found))


def add_batch(session: Session, campaign_id: int, now: datetime) -> int:
    """Keep a batch without messages so far; its number within the campaign, held by whoever makes it."""
    row = tables.CampaignBatch
    last = session.scalar(select(func.max(row.number)).where(row.campaign_id == campaign_id)) or 0
    session.add(row(campaign_id=campaign_id, number=last + 1, made_at=now, messages=0))
    session.flush()
    return last + 1


def fill_batch(session: Session, campaign_id: int, number: int, messages: int) -> None:
    """How many messages a batch came to; one without any is forgotten."""
    row = tables.CampaignBatch
    which = (row.campaign_id == campaign_id, row.number == number)
    if messages:
        session.execute(update(row).where(*which).values(messages=messages))
    else:
        session.execute(delete(row).where(*which))


def batches(session: Session, campaign_id: int) -> list[CampaignBatch]:
    """The campaign's batches, the oldest first."""
    row = tables.CampaignBatch
    rows = session.execute(
        select(row.number, row.made_at, row.messages, row.approved_at, row.approved_by)
        .where(row.campaign_id == campaign_id)
        .order_by(row.number)
    )
    return [CampaignBatch(*one) for one in rows]


def approve(session: Session, campaign_id: int, number: int, by: str, now: datetime) -> bool:
    """Keep who let a batch leave; whether nobody had before."""
    row = tables.CampaignBatch
    approved = session.execute(
        update(row)
        .where(row.campaign_id == campaign_id, row.number == number, row.approved_at.is_(None))
        .values(approved_at=now, approved_by=by)
        .returning(row.id)
    )
    return approved.first() is not None


def release(session: Session, times: Mapping[int, datetime], by: str | None) -> None:
    """When each queued message may leave; ``by`` is who approved it, if somebody does."""
    row = tables.Outbox
    for outbox_id, at in times.items():
        values: dict[str, Any] = {"not_before": at} | ({"approved_by": by} if by else {})
        session.execute(
            update(row).where(row.id == outbox_id, row.state == OutboxState.QUEUED.value).values(values)
        )


def halt(session: Session, campaign_id: int, halted: Halt) -> bool:
    """Keep that an arm stopped; whether this was news."""
    row = {"campaign_id": campaign_id, "arm": halted.arm, "measure": halted.measure, "at": halted.at}
    counted = {"sent": halted.sent, "harmed": halted.harmed}
    return insert_once(session, tables.CampaignHalt, row | counted) is not None


def halts(session: Session, campaign_id: int) -> list[Halt]:
    """The arms that stopped."""
    row = tables.CampaignHalt
    rows = session.execute(
        select(row.arm, row.measure, row.sent, row.harmed, row.at)
        .where(row.campaign_id == campaign_id)
        .order_by(row.id)
    )
    return [Halt(*one) for one in rows]


def delivered(session: Session, outbox_id: int, now: datetime) -> None:
    """A provider says that the message is on the handset."""
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
