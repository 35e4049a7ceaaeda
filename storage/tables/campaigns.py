"""Campaigns: to whom, at which pace, with what result; and the stop that outranks every setting."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Table, only_one_where, where


class Campaign(Table):
    """One campaign as somebody named it, and where it stands."""

    __tablename__ = "campaigns"
    __table_args__ = (where("ix_campaigns_due", "next_batch_at", "state = 'running'"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    rules: Mapped[dict[str, Any]]
    state: Mapped[str]
    reason: Mapped[str]
    """Why it was paused or stopped."""
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    started_at: Mapped[datetime | None]
    next_batch_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class CampaignBatch(Table):
    """What a campaign queued at once; in approve mode a person lets it leave, once."""

    __tablename__ = "campaign_batches"
    __table_args__ = (UniqueConstraint("campaign_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    number: Mapped[int] = mapped_column(Integer)
    made_at: Mapped[datetime]
    messages: Mapped[int] = mapped_column(Integer)
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str | None]


class CampaignMember(Table):
    """One person of a campaign's audience: drawn into one arm, or left out with the reason, once."""

    __tablename__ = "campaign_members"
    __table_args__ = (
        UniqueConstraint("campaign_id", "customer_id"),
        Index("ix_campaign_members_turn", "campaign_id", "state", "look_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    arm: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str]
    look_at: Mapped[datetime]
    """When to see again whether their turn may come."""
    turn_at: Mapped[datetime | None]
    """When they were written to, or would have been: results are counted from here."""
    batch: Mapped[int | None] = mapped_column(Integer)
    outbox_id: Mapped[int | None] = mapped_column(ForeignKey("outbox.id"), unique=True)
    delivered_at: Mapped[datetime | None]


class CampaignHalt(Table):
    """An arm that did harm and was stopped, once."""

    __tablename__ = "campaign_halts"
    __table_args__ = (UniqueConstraint("campaign_id", "arm"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    arm: Mapped[str]
    measure: Mapped[str]
    sent: Mapped[int] = mapped_column(Integer)
    harmed: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime]


class SendingStop(Table):
    """Somebody stopped all sending; while one stands, nothing leaves."""

    __tablename__ = "sending_stops"
    __table_args__ = (only_one_where("uq_sending_stops_standing", "scope", "resumed_at IS NULL"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str]
    """What it stops; there is one scope, everything, and one stop of it at a time."""
    reason: Mapped[str]
    stopped_at: Mapped[datetime]
    stopped_by: Mapped[str]
    resumed_at: Mapped[datetime | None]
    resumed_by: Mapped[str | None]
