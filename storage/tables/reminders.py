"""Dunning: steps, attempts, notices, runs, decisions."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealing.types import SealedJson
from storage.tables.base import Table


class Step(Table):
    """One reminder level of one bill in one episode: never taken twice."""

    __tablename__ = "steps"
    __table_args__ = (UniqueConstraint("bill_id", "episode", "level"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    bill_id: Mapped[str] = mapped_column(ForeignKey("bills.id"))
    episode: Mapped[int]
    level: Mapped[int]
    state: Mapped[str]
    at: Mapped[datetime | None]
    """When it got its outcome (UTC)."""
    answer_by: Mapped[date | None]
    """The deadline it stated, a local day of the customer; only a final notice has one."""


class Attempt(Table):
    """One message that carried a step; a next attempt exists only if the one before certainly failed."""

    __tablename__ = "attempts"
    __table_args__ = (UniqueConstraint("step_id", "number"),)
    step_id: Mapped[int] = mapped_column(ForeignKey("steps.id"), primary_key=True)
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"), primary_key=True, index=True)
    number: Mapped[int]


class Notice(Table):
    """One bill that a notice mentions: per bill and mark there is one notice, ever."""

    __tablename__ = "notices"
    __table_args__ = (UniqueConstraint("bill_id", "mark"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    bill_id: Mapped[str] = mapped_column(ForeignKey("bills.id"))
    mark: Mapped[str]
    """Which notice it is: its kind, and the plan, promise or day that it is about."""
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"), index=True)


class DunningRun(Table):
    """One dunning run: when, under which policy and sending switch, and who released its messages."""

    __tablename__ = "runs"
    id: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    sending: Mapped[str]
    policy: Mapped[str]
    policy_version: Mapped[str]
    counts: Mapped[dict[str, Any]]
    """How many bills met each verdict."""
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str | None]


class Decision(Table):
    """Why a message was or was not sent; appended, never changed."""

    __tablename__ = "decisions"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    made_by: Mapped[str]
    """The run or the gate."""
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
    inputs: Mapped[dict[str, Any]] = mapped_column(SealedJson())
    """The facts it was decided from, so that it can be explained later."""
