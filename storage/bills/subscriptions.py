"""Subscriptions, tariff prices, meter readings, and the periods that were billed."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from billing.bills.subscriptions import MeterReading, PriceKind, Subscription, TariffPrice
from storage import tables
from storage.database.insert_once import insert_missing, insert_once
from storage.database.transaction import note_lock

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from billing.bills.subscriptions import Period


def keep_price(session: Session, price: TariffPrice) -> bool:
    """Insert a price of a subscription tariff; returns whether it did not exist."""
    values = asdict(price) | {"kind": price.kind.value, "price": str(price.price)}
    return insert_once(session, tables.TariffPrice, values) is not None


def prices(session: Session, tariff: str) -> list[TariffPrice]:
    """Every price of a subscription tariff."""
    row = tables.TariffPrice
    found = session.scalars(select(row).where(row.tariff == tariff).order_by(row.since, row.code))
    return [
        TariffPrice(
            one.tariff,
            one.code,
            one.description,
            PriceKind(one.kind),
            one.unit,
            Decimal(one.price),
            one.currency,
            one.since,
        )
        for one in found
    ]


def find(session: Session, subscription_id: str) -> Subscription | None:
    """One subscription, locked until the transaction ends."""
    row = tables.Subscription
    found = session.scalar(
        select(row)
        .where(row.id == subscription_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    note_lock(session)
    if found is None:
        return None
    return Subscription(
        found.id, found.customer_id, found.tariff, found.months, found.starts_on, found.ends_on
    )


def save_subscription(session: Session, subscription: Subscription, next_on: date | None) -> bool:
    """Insert a subscription or update its end; returns whether it was inserted."""
    new = insert_once(session, tables.Subscription, asdict(subscription) | {"next_on": next_on}) is not None
    if not new:
        row = tables.Subscription
        session.execute(
            update(row).where(row.id == subscription.id).values(ends_on=subscription.ends_on, next_on=next_on)
        )
    return new


def due(session: Session, day: date, limit: int, after: str = "") -> list[str]:
    """The ids of the next subscriptions, after ``after``, with a period that can be billed by a day."""
    row = tables.Subscription
    return list(
        session.scalars(
            select(row.id).where(row.next_on <= day, row.id > after).order_by(row.id).limit(limit)
        )
    )


def billed(session: Session, subscription_id: str) -> int:
    """How many of its periods were billed."""
    row = tables.SubscriptionPeriod
    return session.scalar(select(func.count()).where(row.subscription_id == subscription_id)) or 0


def billed_until(session: Session, subscription_id: str) -> date | None:
    """The last day that was billed; ``None`` if nothing was."""
    row = tables.SubscriptionPeriod
    return session.scalar(select(func.max(row.ends_on)).where(row.subscription_id == subscription_id))


def bill_period(session: Session, subscription_id: str, period: Period, bill_id: str, now: datetime) -> bool:
    """Record that a period was billed with this bill; returns whether it was not billed before."""
    values = {
        "subscription_id": subscription_id,
        "starts_on": period.starts_on,
        "ends_on": period.ends_on,
        "bill_id": bill_id,
        "billed_at": now,
    }
    return insert_once(session, tables.SubscriptionPeriod, values) is not None


def look_next(session: Session, subscription_id: str, next_on: date | None) -> None:
    """Set the day from which the next period can be billed; ``None`` if there is none."""
    row = tables.Subscription
    session.execute(update(row).where(row.id == subscription_id).values(next_on=next_on))


def keep_reading(session: Session, reading: MeterReading) -> bool:
    """Insert a meter reading of a subscription; returns whether it did not exist."""
    known = session.get(tables.MeterReading, reading.id)
    insert_missing(session, tables.MeterReading, [asdict(reading) | {"quantity": str(reading.quantity)}])
    return known is None


def readings(session: Session, subscription_id: str, since: date, until: date) -> list[MeterReading]:
    """The readings of a subscription between two days, both included."""
    row = tables.MeterReading
    found = session.scalars(
        select(row)
        .where(row.subscription_id == subscription_id, row.read_on >= since, row.read_on <= until)
        .order_by(row.read_on, row.id)
    )
    return [
        MeterReading(one.id, one.subscription_id, one.code, one.read_on, Decimal(one.quantity))
        for one in found
    ]
