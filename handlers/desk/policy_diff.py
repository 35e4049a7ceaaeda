"""Two policies on the live book: who would get what, when, and what it would cost, before one is used."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from billing.forecast import forecast
from billing.money import Money, exponent
from handlers import demands, picture, writing
from handlers.clock import lapses
from messages import fit
from storage import accounts, bills

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from billing.channels import Channel
    from billing.forecast import Foreseen
    from billing.picture import PersonPicture
    from billing.policy import Policy
    from handlers.house import House

BATCH = 500


@dataclass(slots=True)
class Side:
    """What one policy comes to."""

    messages: Counter[str] = field(default_factory=Counter)
    """Messages by level and channel."""
    segments: int = 0
    fees: Counter[str] = field(default_factory=Counter)
    """Fees that could be charged, in minor units by currency."""
    flagged: int = 0
    cases: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that would happen to a bill under one policy and not, or otherwise, under the other."""

    person_id: str
    bill_id: str
    what: str
    before: datetime | None
    after: datetime | None


@dataclass(slots=True)
class Difference:
    """Both policies on the same people from the same moment."""

    people: int = 0
    sides: tuple[Side, Side] = field(default_factory=lambda: (Side(), Side()))
    changes: list[Change] = field(default_factory=list)


def compare(
    session: Session, house: House, policies: tuple[Policy, Policy], start: datetime, until: datetime
) -> Difference:
    """Replay everybody who owes something under both policies from ``start`` to ``until`` (UTC).

    Nothing is written. Nobody is taken to pay or to answer, so each side is the most that policy would do.
    """
    found = Difference()
    for people in accounts.people(session, BATCH):
        seen = [picture.load(session, policy, people, start) for policy in policies]
        for left, right in zip(*seen, strict=True):
            found.people += 1
            happened = []
            for side, policy, person in zip(found.sides, policies, (left, right), strict=True):
                settled = lapses.as_of(person, policy, start, lapses.Lapses())
                events = forecast(settled, policy, house.available, start, until)
                _count(session, replace(house, policy=policy), side, settled, events)
                happened.append(_by_bill(events))
            found.changes += _changes(left.person_id, *happened)
    return found


def _count(session: Session, house: House, side: Side, person: PersonPicture, events: list[Foreseen]) -> None:
    for event in events:
        if event.what != "message":
            side.cases[event.what] += 1
            side.flagged += event.flags
            continue
        assert event.channel is not None
        side.messages[f"{event.name} by {event.channel.value}"] += 1
        side.segments += _segments(house, person, event, event.channel)
        _fees(session, house.policy, side, event, event.channel)


def _segments(house: House, person: PersonPicture, event: Foreseen, channel: Channel) -> int:
    assert event.level is not None
    reach = next(reach for reach in person.reaches if reach.channel is channel)
    level = house.policy.level(event.level)
    said = demands.saying(house, person, level, reach, len(event.bill_ids), event.at)
    return fit.segments(writing.write(house, [said], person.language, channel))


def _fees(session: Session, policy: Policy, side: Side, event: Foreseen, channel: Channel) -> None:
    fee = policy.fee(event.fee) if event.fee else None
    if fee is None or (fee.channels and channel not in fee.channels):
        return
    for bill in bills.by_id(session, event.bill_ids).values():
        agreed = bill.fee_agreed or "fee_agreed_at_origin" not in fee.needs
        if agreed and bill.currency == fee.currency and "business" not in fee.needs:
            side.fees[fee.currency] += int(fee.amount * 10 ** exponent(fee.currency))


def _by_bill(events: list[Foreseen]) -> dict[tuple[str, str], datetime]:
    """When what first happens to each bill; a message is told apart by its level and channel."""
    found: dict[tuple[str, str], datetime] = {}
    for event in events:
        what = f"{event.name} by {event.channel.value}" if event.channel else event.what.replace("_", " ")
        for bill_id in event.bill_ids:
            found.setdefault((bill_id, what), event.at)
    return found


def _changes(
    person_id: str, before: Mapping[tuple[str, str], datetime], after: Mapping[tuple[str, str], datetime]
) -> Iterator[Change]:
    for key in sorted({*before, *after}, key=lambda key: (key[0], before.get(key) or after[key], key[1])):
        if before.get(key) != after.get(key):
            bill_id, what = key
            yield Change(person_id, bill_id, what, before.get(key), after.get(key))


def fees_of(side: Side) -> str:
    """The fees of one side as plain amounts."""
    return ", ".join(f"{Money(minor, currency).plain()} {currency}" for currency, minor in side.fees.items())
