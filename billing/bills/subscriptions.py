"""Recurring bills: periods, tariffs, meter readings, and the charge of each period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from billing.calendar import add_months
from billing.ledger.money import exponent
from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date


class PriceKind(StrEnum):
    """What a subscription's price is asked for."""

    FIXED = "fixed"
    """Once a month."""
    METERED = "metered"
    """For each unit that was read."""


@dataclass(frozen=True, slots=True)
class TariffPrice:
    """One price of a subscription's tariff from a day on, in whole units, as fine as it is agreed."""

    tariff: str
    code: str
    description: str
    kind: PriceKind
    unit: str
    price: Decimal
    currency: str
    since: date


@dataclass(frozen=True, slots=True)
class Subscription:
    """A customer's tariff, billed every ``months`` months; ``ends_on`` is its last day."""

    id: str
    customer_id: str
    tariff: str
    months: int
    starts_on: date
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class MeterReading:
    """Units used under a subscription up to a day, since the reading before."""

    id: str
    subscription_id: str
    code: str
    read_on: date
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Period:
    """What is billed at once; both days are counted in."""

    starts_on: date
    ends_on: date
    months: int


@dataclass(frozen=True, slots=True)
class PricedLine:
    """One line of a period's bill; ``unit_amount`` and ``amount`` in minor units."""

    code: str
    description: str
    quantity: str
    unit_amount: int
    amount: int


class NoTariffPrice(Refusal):
    """A subscription's tariff has no price on the day a period ends."""

    def __init__(self, tariff: str, day: date) -> None:
        super().__init__(f"tariff {tariff!r} has no price on {day}: import one with kvitt billing tariffs")


def periods(subscription: Subscription, after: int, until: date) -> Iterator[Period]:
    """A subscription's periods that are over by a day, from the ``after``-th on, in their order."""
    number = after
    while True:
        starts = add_months(subscription.starts_on, number * subscription.months)
        ends = add_months(subscription.starts_on, (number + 1) * subscription.months) - timedelta(days=1)
        if subscription.ends_on is not None and starts > subscription.ends_on:
            return
        last = min(ends, subscription.ends_on) if subscription.ends_on else ends
        if last >= until:
            return
        yield Period(starts, last, subscription.months)
        number += 1


def next_on(subscription: Subscription, after: int) -> date | None:
    """The first day on which the ``after``-th period can be billed; nothing once there is none."""
    starts = add_months(subscription.starts_on, after * subscription.months)
    if subscription.ends_on is not None and starts > subscription.ends_on:
        return None
    ends = add_months(subscription.starts_on, (after + 1) * subscription.months)
    if subscription.ends_on is not None:
        ends = min(ends, subscription.ends_on + timedelta(days=1))
    return ends


def prices_on(prices: Sequence[TariffPrice], tariff: str, day: date) -> list[TariffPrice]:
    """The prices of a subscription's tariff on a day: of each code the newest that began.

    Raises:
        NoPrice: none has begun.
    """
    found: dict[str, TariffPrice] = {}
    for price in sorted(prices, key=lambda one: one.since):
        if price.tariff == tariff and price.since <= day:
            found[price.code] = price
    if not found:
        raise NoTariffPrice(tariff, day)
    return [found[code] for code in sorted(found)]


def lines(
    period: Period, prices: Sequence[TariffPrice], readings: Sequence[MeterReading]
) -> list[PricedLine] | None:
    """The lines of a subscription's bill for a period, by the prices on its last day; none without a reading.

    A fixed price counts once a month, also in a month that was cut short (our choice).
    """
    found = []
    for price in prices:
        if price.kind is PriceKind.FIXED:
            found.append(_line(price, Decimal(period.months)))
            continue
        read = [
            one
            for one in readings
            if one.code == price.code and period.starts_on <= one.read_on <= period.ends_on
        ]
        if not read:
            return None
        found.append(_line(price, sum((one.quantity for one in read), Decimal(0))))
    return found


def _line(price: TariffPrice, quantity: Decimal) -> PricedLine:
    scale = Decimal(10) ** exponent(price.currency)
    amount = (quantity * price.price * scale).quantize(Decimal(1), ROUND_HALF_UP)
    unit = (price.price * scale).quantize(Decimal(1), ROUND_HALF_UP)
    # A price of parts of a cent is told beside the unit: the column of prices would round it.
    exact = f" à {price.price.normalize():f}" if price.price * scale != unit else ""
    of_unit = f" ({price.unit}{exact})" if price.unit else ""
    return PricedLine(
        price.code, price.description + of_unit, f"{quantity.normalize():f}", int(unit), int(amount)
    )
