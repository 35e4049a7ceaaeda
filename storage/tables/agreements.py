"""What was agreed with a customer (plans, promises), and holds: why nothing may be demanded."""

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealing.types import Sealed
from storage.tables.base import Table, only_one_where, where
from storage.tables.written import Written


class Plan(Table):
    """A payment plan for an account's balance. At most one per account is active or proposed."""

    __tablename__ = "plans"
    __table_args__ = (only_one_where("uq_plans_running", "account_id", "state IN ('active', 'proposed')"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    state: Mapped[str]
    """``proposed`` (waits for a person), ``active``, ``completed``, ``broken`` or ``cancelled``."""
    amount: Mapped[int]
    """The balance that it pays off, in minor units."""
    currency: Mapped[str]
    review: Mapped[str]
    """Why a person should check it before it starts; empty where no check is needed."""
    pauses: Mapped[int]
    """How often its instalments were moved to a later day."""
    agreed_by: Mapped[str] = mapped_column(default="", server_default="")
    """Who of the staff agreed it with the customer; empty where the customer did it in a chat."""
    agreed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Instalment(Table):
    """One payment of a plan: its amount in minor units and its due day (local to the customer)."""

    __tablename__ = "instalments"
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    due_on: Mapped[date]
    amount: Mapped[int]
    until: Mapped[date | None]
    """The last day of the catch-up period that a missed instalment's customer was given; empty if none."""


class PlanBill(Table):
    """A bill that a plan pays off."""

    __tablename__ = "plan_bills"
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"), primary_key=True)
    # The key begins with the plan; the index answers the other question, which plans a bill is in.
    bill_id: Mapped[str] = mapped_column(ForeignKey("bills.id"), primary_key=True, index=True)


class Promise(Table):
    """A customer's promise to pay an amount by a day. At most one per account is open."""

    __tablename__ = "promises"
    __table_args__ = (only_one_where("uq_promises_open", "account_id", "state = 'open'"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    state: Mapped[str]
    amount: Mapped[int]
    """What was promised, in minor units."""
    due_on: Mapped[date]
    balance_then: Mapped[int]
    """The account's balance when it was promised, in minor units: payments since then are the difference."""
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Hold(Table):
    """A reason why nothing may be demanded, until when; for a whole customer, one account or one bill."""

    __tablename__ = "holds"
    # Every run and every send asks for a customer's active holds; lifted ones stay in the table as history.
    __table_args__ = (where("ix_holds_standing", "customer_id", "lifted_at IS NULL"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    account_id: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    """Set where it covers one account only; empty for all that the customer has."""
    bill_id: Mapped[str | None] = mapped_column(ForeignKey("bills.id"))
    """Set where it covers one bill only."""
    kind: Mapped[str]
    reason: Mapped[str] = mapped_column(Sealed(Written()))
    placed_at: Mapped[datetime]
    placed_by: Mapped[str]
    until: Mapped[datetime | None]
    """When it ends by itself (UTC); empty where only a person ends it."""
    last_day: Mapped[date | None]
    """The day on which a person is asked to lift it, where the law gives it one."""
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None]
