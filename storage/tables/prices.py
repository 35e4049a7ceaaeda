"""Price lists, and the estimates that customers were given."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealing.types import Sealed
from storage.tables.base import Table, where


class Price(Table):
    """A line of a price list: the public price, or the price agreed with a network of payers."""

    __tablename__ = "prices"
    __table_args__ = (UniqueConstraint("code_system", "code", "network", "valid_from"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    code_system: Mapped[str]
    code: Mapped[str]
    network: Mapped[str]
    """Empty for the public list."""
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    currency: Mapped[str]
    amount: Mapped[int]
    """In minor units; with ``amount_to`` the lower end of a range."""
    amount_to: Mapped[int | None]
    description: Mapped[str]
    named: Mapped[dict[str, Any]]
    """Its name in other languages, by language code."""
    words: Mapped[str]
    """Other words that people use for it."""
    alike: Mapped[str] = mapped_column(index=True)


class Estimate(Table):
    """The expected cost of services that a customer was given, in the exact words."""

    __tablename__ = "estimates"
    __table_args__ = (
        where("ix_estimates_unbilled", "customer_id", "bill_id IS NULL"),
        Index("ix_estimates_bill_id", "bill_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    contact_point_id: Mapped[int | None] = mapped_column(ForeignKey("contact_points.id"))
    service_on: Mapped[date]
    given_on: Mapped[date]
    give_by: Mapped[date | None]
    """The last day on which it had to be given; empty where no law sets one."""
    given_at: Mapped[datetime]
    currency: Mapped[str]
    expected: Mapped[int]
    """In minor units, as are ``low`` and ``high``, the range around it."""
    low: Mapped[int]
    high: Mapped[int]
    lines: Mapped[list[dict[str, Any]]]
    text: Mapped[str] = mapped_column(Sealed())
    language: Mapped[str]
    good_faith: Mapped[bool]
    """Whether it is a good-faith estimate, which the law lets the person hold the creditor to."""
    bill_id: Mapped[str | None] = mapped_column(ForeignKey("bills.id"))
    """The bill for these services, once there is one."""
