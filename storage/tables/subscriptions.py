"""Recurring billing: subscriptions, tariffs, meter readings, and the periods that were billed."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Table, where


class TariffPrice(Table):
    """One price of a tariff from a day on.

    ``price`` is a decimal number in whole units of the currency, as text: the price of one unit may be
    smaller than a minor unit.
    """

    __tablename__ = "tariff_prices"
    __table_args__ = (UniqueConstraint("tariff", "code", "since"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    tariff: Mapped[str]
    code: Mapped[str]
    description: Mapped[str]
    kind: Mapped[str]
    """``fixed`` once a month, ``metered`` per unit used."""
    unit: Mapped[str]
    price: Mapped[str]
    currency: Mapped[str]
    since: Mapped[date]


class Subscription(Table):
    """A customer who is billed by a tariff, every so many months."""

    __tablename__ = "subscriptions"
    __table_args__ = (where("ix_subscriptions_due", "next_on", "next_on IS NOT NULL"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    tariff: Mapped[str]
    months: Mapped[int]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    next_on: Mapped[date | None]
    """The first day on which its next period can be billed; empty once nothing is to come."""


class MeterReading(Table):
    """Units used since the reading before, up to a day; stored once per id."""

    __tablename__ = "readings"
    id: Mapped[str] = mapped_column(primary_key=True)
    subscription_id: Mapped[str] = mapped_column(ForeignKey("subscriptions.id"), index=True)
    code: Mapped[str]
    read_on: Mapped[date]
    quantity: Mapped[str]
    """A decimal number, as text."""


class SubscriptionPeriod(Table):
    """A period that was billed, each once. ``ends_on`` is its last day."""

    __tablename__ = "subscription_periods"
    __table_args__ = (UniqueConstraint("subscription_id", "starts_on"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    subscription_id: Mapped[str] = mapped_column(ForeignKey("subscriptions.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    bill_id: Mapped[str] = mapped_column(ForeignKey("bills.id"), unique=True)
    billed_at: Mapped[datetime]
