"""Compares two policies on the live accounts: messages, days, fees and interest under each."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from billing.calendar import local_day
from billing.dunning.blockers import zone_of
from billing.dunning.fees import Occasion, costs
from billing.dunning.forecast import forecast
from billing.dunning.notices import NoticeKind
from billing.ledger.ledger import Entry, EntryKind
from handlers import rendering, snapshot
from handlers.context import Context, fixed
from handlers.dunning import demands, noticing
from messages.writing import fit
from storage.bills import bills
from storage.ledger import accounts, ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import Session

    from billing.accounts.channels import Channel
    from billing.accounts.snapshot import PersonSnapshot, Reach
    from billing.dunning.forecast import Foreseen
    from billing.facts import Saying
    from billing.policy import Policy
    from handlers.installation import Installation
    from storage.bills.bills import Bill

BATCH = 500


@dataclass(slots=True)
class Side:
    """The totals of one policy."""

    messages: Counter[tuple[str, Channel]] = field(default_factory=Counter)
    """Messages by level (or notice) and channel."""
    segments: int = 0
    """What the texts among them take as SMS."""
    fees: Counter[str] = field(default_factory=Counter)
    """Fees that would be charged, in minor units by currency."""
    interest: Counter[str] = field(default_factory=Counter)
    flagged: int = 0
    """Bills that would be put before a person for a collector."""
    cases: Counter[str] = field(default_factory=Counter)
    """Everything else a person would be asked, by its reason."""


@dataclass(frozen=True, slots=True)
class PlannedMoment:
    """When (UTC) something would happen under a policy, and on which channel if it is a message."""

    at: datetime
    channel: Channel | None


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """One thing that would happen to a bill under one policy and not, or otherwise, under the other."""

    person_id: str
    bill_id: str
    what: str
    before: PlannedMoment | None
    after: PlannedMoment | None
    zone: ZoneInfo
    """Time zone that the person's days are counted in."""


@dataclass(slots=True)
class Difference:
    """Both policies on the same people from the same moment."""

    people: int = 0
    sides: tuple[Side, Side] = field(default_factory=lambda: (Side(), Side()))
    changes: list[PolicyChange] = field(default_factory=list)


def compare(
    context: Context,
    policies: tuple[Policy, Policy],
    start: datetime,
    until: datetime,
    show: Callable[[str, int, int], None] = lambda _kind, _done, _total: None,
) -> Difference:
    """Forecast every person with a balance under both policies from ``start`` to ``until`` (UTC).

    Nothing is written. It assumes that nobody pays or answers, so each side is an upper bound.
    """
    found, total = Difference(), accounts.how_many_people(context.session)
    count = tuple(
        _Count(replace(context.installation, policy=policy), side)
        for policy, side in zip(policies, found.sides, strict=True)
    )
    for ids in accounts.people(context.session, BATCH):
        seen = _snapshots(context, policies, ids, start)
        futures = [
            [forecast(person, policy, context.installation.available, start, until) for person in people]
            for policy, people in zip(policies, seen, strict=True)
        ]
        for one, people, events in zip(count, seen, futures, strict=True):
            one.add(context.session, people, events)
        for person, before, after in zip(seen[0], *futures, strict=True):
            found.changes += _changes(person, _by_bill(before), _by_bill(after))
        found.people += len(ids)
        show("people", found.people, total)
    return found


def _snapshots(
    context: Context, policies: tuple[Policy, Policy], ids: list[str], start: datetime
) -> tuple[list[PersonSnapshot], list[PersonSnapshot]]:
    """Every person under each policy; loaded once where both need the same data."""
    one, other = policies
    first = snapshot.load(
        Context(context.session, replace(context.installation, policy=one), fixed(start)), ids
    )
    if (one.zones, one.caps.days, one.caps.min_gap_hours) == (
        other.zones,
        other.caps.days,
        other.caps.min_gap_hours,
    ):
        return first, first
    return first, snapshot.load(
        Context(context.session, replace(context.installation, policy=other), fixed(start)), ids
    )


@dataclass(slots=True)
class _Count:
    """Sums up one policy; equal texts are rendered once."""

    installation: Installation
    side: Side
    known: dict[tuple[object, ...], int] = field(default_factory=dict)

    def add(self, session: Session, people: list[PersonSnapshot], futures: list[list[Foreseen]]) -> None:
        """Count a batch of people."""
        charged: list[tuple[PersonSnapshot, Foreseen]] = []
        for person, events in zip(people, futures, strict=True):
            for event in events:
                if event.reach is None:
                    self.side.flagged += event.flags
                    self.side.cases[event.what] += not event.flags
                    continue
                self.side.messages[event.what, event.reach.channel] += 1
                self.side.segments += self.segments(person, event, event.reach)
                if event.level is not None:
                    charged.append((person, event))
        self.costs(session, charged)

    def segments(self, person: PersonSnapshot, event: Foreseen, reach: Reach) -> int:
        """What a text takes where it is billed by the segment; nothing on other channels."""
        if not reach.channel.capabilities.costs_per_segment:
            return 0
        said = self.saying(person, event, reach)
        same = (said.key, *said.facts.items(), person.language, reach.channel)
        if same not in self.known:
            self.known[same] = fit.segments(
                rendering.write(self.installation, [said], person.language, reach.channel)
            )
        return self.known[same]

    def saying(self, person: PersonSnapshot, event: Foreseen, reach: Reach) -> Saying:
        """What a message says."""
        if event.level is None:
            assert event.day
            return noticing.saying(NoticeKind(event.what), event.day, len(event.bill_ids))
        level = self.installation.policy.level(event.level)
        return demands.saying(self.installation, person, level, reach, len(event.bill_ids), event.at)

    def costs(self, session: Session, charged: Iterable[tuple[PersonSnapshot, Foreseen]]) -> None:
        """Add the fees and interest that come with reminders, in the order of sending."""
        priced = [
            (person, event)
            for person, event in charged
            if event.level is not None and _costs_something(self.installation.policy, event.level)
        ]
        ids = {bill_id for _, event in priced for bill_id in event.bill_ids}
        if not ids:
            return
        known, entries = bills.by_id(session, ids), ledger.of_bills(session, ids)
        for person, event in priced:
            done = False
            for bill_id in sorted(event.bill_ids, key=lambda one: (known[one].due_on, one)):
                done |= self.charge(person, event, known[bill_id], entries[bill_id], done=done)

    def charge(
        self, person: PersonSnapshot, event: Foreseen, bill: Bill, entries: list[Entry], *, done: bool
    ) -> bool:
        """Add what one message would cost on one bill, and book it for those that follow.

        Returns whether a fee is among it; with ``done`` the fee of the message is charged already.
        """
        assert event.reach
        assert event.level is not None
        day, channel = local_day(event.at, zone_of(person)), event.reach.channel
        written = channel.capabilities.written
        occasion = Occasion(channel, day, bill.currency, bill.fee_agreed, complete=written, charged=done)
        level = self.installation.policy.level(event.level)
        for cost in list(costs(self.installation.policy, level, occasion, entries, bill.due_on)):
            sums = self.side.fees if cost.kind is EntryKind.FEE else self.side.interest
            sums[cost.amount.currency] += cost.amount.minor
            source = f"forecast:{event.level}:{cost.kind.value}{cost.since}"
            entries.append(
                Entry(bill.account_id, cost.kind, cost.amount, day, source, bill_id=bill.id, rule=cost.rule)
            )
            done |= cost.kind is EntryKind.FEE
        return done


def _costs_something(policy: Policy, number: int) -> bool:
    level = policy.level(number)
    return bool(level.fee) or level.interest


def _by_bill(events: list[Foreseen]) -> dict[tuple[str, str], PlannedMoment]:
    """When what happens to each bill; what happens again is numbered."""
    found: dict[tuple[str, str], PlannedMoment] = {}
    times: Counter[tuple[str, str]] = Counter()
    for event in events:
        what = "flagged for a collector" if event.flags else event.what.replace("_", " ")
        for bill_id in event.bill_ids:
            times[bill_id, what] += 1
            again = times[bill_id, what]
            named = what if again == 1 else f"{what} ({again})"
            found[bill_id, named] = PlannedMoment(event.at, event.reach.channel if event.reach else None)
    return found


def _changes(
    person: PersonSnapshot,
    before: Mapping[tuple[str, str], PlannedMoment],
    after: Mapping[tuple[str, str], PlannedMoment],
) -> Iterator[PolicyChange]:
    """What differs about each bill, in the order it would happen."""
    zone = zone_of(person)
    first: dict[tuple[str, str], datetime] = defaultdict()
    for key in {**after, **before}:
        first[key] = min(one[key].at for one in (before, after) if key in one)
    for key in sorted(first, key=lambda key: (key[0], first[key], key[1])):
        if before.get(key) != after.get(key):
            bill_id, what = key
            yield PolicyChange(person.person_id, bill_id, what, before.get(key), after.get(key), zone)
