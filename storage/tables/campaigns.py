"""Campaigns: to whom, at which pace, with what result."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Table, where
from storage.tables.written import Written


class Campaign(Table):
    """A campaign by its name, its rules and its state."""

    __tablename__ = "campaigns"
    __table_args__ = (where("ix_campaigns_due", "next_batch_at", "state = 'running'"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    rules: Mapped[dict[str, Any]]
    """The campaign's file as it was read."""
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(Written)
    """Why it was paused or stopped."""
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    started_at: Mapped[datetime | None]
    next_batch_at: Mapped[datetime | None]
    """When its next batch is due (UTC); empty where none is to come."""
    ended_at: Mapped[datetime | None]


class CampaignBatch(Table):
    """The messages that a campaign queued together; in approve mode a person releases the batch."""

    __tablename__ = "campaign_batches"
    __table_args__ = (UniqueConstraint("campaign_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    number: Mapped[int] = mapped_column(Integer)
    """1 for the first batch of this campaign."""
    made_at: Mapped[datetime]
    messages: Mapped[int] = mapped_column(Integer)
    """How many messages it has."""
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str | None]


class CampaignMember(Table):
    """One person of a campaign's audience: assigned to one arm once, or left out with the reason."""

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
    reason: Mapped[str] = mapped_column(Written)
    look_at: Mapped[datetime]
    """When to check next whether it is their turn (UTC)."""
    turn_at: Mapped[datetime | None]
    """When their message was to leave, for the holdout too (UTC): results are counted from here."""
    batch: Mapped[int | None] = mapped_column(Integer)
    """The number of the batch with their message."""
    outbox_id: Mapped[int | None] = mapped_column(ForeignKey("outbox.id"), unique=True)
    delivered_at: Mapped[datetime | None]


class CampaignHalt(Table):
    """An arm that was stopped because too many of its messages did harm (opt-outs, complaints)."""

    __tablename__ = "campaign_halts"
    __table_args__ = (UniqueConstraint("campaign_id", "arm"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    arm: Mapped[str]
    measure: Mapped[str]
    """Which kind of harm passed its limit."""
    sent: Mapped[int] = mapped_column(Integer)
    """How many messages the arm had sent."""
    harmed: Mapped[int] = mapped_column(Integer)
    """How many of those did this harm."""
    at: Mapped[datetime]
