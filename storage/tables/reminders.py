"""Reminders, why they were decided, and what needs a person."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Table, only_one_where, where


class Step(Table):
    """One level of one bill's reminders in one episode: never taken twice."""

    __tablename__ = "steps"
    __table_args__ = (UniqueConstraint("bill_id", "episode", "level"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    bill_id: Mapped[str] = mapped_column(ForeignKey("bills.id"))
    episode: Mapped[int]
    level: Mapped[int]
    state: Mapped[str]
    at: Mapped[datetime | None]
    answer_by: Mapped[date | None]
    """The deadline it stated, a local day of the customer; only a final notice has one."""


class Attempt(Table):
    """One message that tried to say a step; the next exists only if the one before certainly failed."""

    __tablename__ = "attempts"
    __table_args__ = (UniqueConstraint("step_id", "number"),)
    step_id: Mapped[int] = mapped_column(ForeignKey("steps.id"), primary_key=True)
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"), primary_key=True, index=True)
    number: Mapped[int]


class Notice(Table):
    """One bill a notice speaks of: of one bill and one mark there is one notice, ever."""

    __tablename__ = "notices"
    __table_args__ = (UniqueConstraint("bill_id", "mark"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    bill_id: Mapped[str] = mapped_column(ForeignKey("bills.id"))
    mark: Mapped[str]
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"), index=True)


class DunningRun(Table):
    """One dunning run: when, under which policy and switch, and who let its messages leave."""

    __tablename__ = "runs"
    id: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    sending: Mapped[str]
    policy: Mapped[str]
    policy_version: Mapped[str]
    counts: Mapped[dict[str, Any]]
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str | None]


class Decision(Table):
    """Why something was or was not sent; appended, never changed."""

    __tablename__ = "decisions"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    made_by: Mapped[str]
    customer_id: Mapped[str | None] = mapped_column(index=True)
    account_id: Mapped[str | None]
    bill_id: Mapped[str | None] = mapped_column(index=True)
    outbox_id: Mapped[int | None] = mapped_column(index=True)
    run_id: Mapped[int | None]
    verdict: Mapped[str]
    reason: Mapped[str]
    level: Mapped[int | None]
    policy: Mapped[str]
    policy_version: Mapped[str]
    inputs: Mapped[dict[str, Any]]


class Escalation(Table):
    """What needs a person. One with a given key is open at a time."""

    __tablename__ = "escalations"
    __table_args__ = (
        only_one_where("uq_escalations_open", "key", "closed_at IS NULL"),
        where("ix_escalations_queue", "deadline", "closed_at IS NULL"),
        where("ix_escalations_stale", "id", "stale"),
        where(
            "ix_escalations_resting", "snoozed_until", "closed_at IS NOT NULL AND snoozed_until IS NOT NULL"
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    kind: Mapped[str]
    severity: Mapped[int]
    reason: Mapped[str]
    detail: Mapped[dict[str, Any]]
    """What the customer said about it, by name."""
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"), index=True)
    bill_id: Mapped[str | None] = mapped_column(ForeignKey("bills.id"))
    contact_point_id: Mapped[int | None] = mapped_column(ForeignKey("contact_points.id"))
    opened_at: Mapped[datetime]
    deadline: Mapped[datetime]
    owner: Mapped[str | None]
    snoozed_until: Mapped[datetime | None]
    """Until when it is put off; of a closed one, until when it is not raised again."""
    told_at: Mapped[datetime | None]
    """When the staff chat was told of it."""
    stale: Mapped[bool]
    """Something happened that the staff chat does not show yet."""
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]
    outcome: Mapped[str]


class Audit(Table):
    """What a person, or Kvitt on its own, did; appended, never changed."""

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)
    detail: Mapped[dict[str, Any]]
