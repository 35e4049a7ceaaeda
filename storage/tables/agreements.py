"""What was agreed with a customer, and why nothing may be demanded."""

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Table, only_one_where, where


class Plan(Table):
    """How a balance is paid off. One plan at a time runs, or is proposed, on an account."""

    __tablename__ = "plans"
    __table_args__ = (only_one_where("uq_plans_running", "account_id", "state IN ('active', 'proposed')"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    state: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str]
    review: Mapped[str]
    """Why a person should look at it; empty where nobody has to."""
    pauses: Mapped[int]
    agreed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Instalment(Table):
    """One payment of a plan."""

    __tablename__ = "instalments"
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    due_on: Mapped[date]
    amount: Mapped[int]
    until: Mapped[date | None]
    """Until when the customer was told that they may catch up."""


class PlanBill(Table):
    """A bill that a plan pays off."""

    __tablename__ = "plan_bills"
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"), primary_key=True)
    bill_id: Mapped[str] = mapped_column(ForeignKey("bills.id"), primary_key=True, index=True)


class Promise(Table):
    """A promise to pay. One at a time is open on an account."""

    __tablename__ = "promises"
    __table_args__ = (only_one_where("uq_promises_open", "account_id", "state = 'open'"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    state: Mapped[str]
    amount: Mapped[int]
    due_on: Mapped[date]
    balance_then: Mapped[int]
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Hold(Table):
    """Why nothing may be demanded, until when; of a person, an account or a bill."""

    __tablename__ = "holds"
    __table_args__ = (where("ix_holds_standing", "customer_id", "lifted_at IS NULL"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    account_id: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    bill_id: Mapped[str | None] = mapped_column(ForeignKey("bills.id"))
    kind: Mapped[str]
    reason: Mapped[str]
    placed_at: Mapped[datetime]
    placed_by: Mapped[str]
    until: Mapped[datetime | None]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None]
