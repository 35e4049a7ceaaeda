"""Time and frequency: invariants 11 to 18."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from bot.simulate.invariants.calendars import SUNDAY, is_open, local, swedish_closed
from bot.simulate.invariants.checking import invariant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from bot.simulate.evidence import Evidence, Sent


_NUMBERS: Final = frozenset({"sms", "whatsapp"})


@invariant(
    11,
    "unsolicited messages leave within the hours of every zone known for the person, half hours included",
)
def within_hours(seen: Evidence) -> Iterator[str]:
    for sent, zone in _zones(seen):
        if not sent.electronic:
            continue  # a letterbox has no hours
        there = local(sent.at, zone)
        yield (
            ""
            if is_open(seen.policy, sent.at, zone)
            else f"message {sent.outbox_id} left at {there} in {zone}"
        )


@invariant(12, "nobody whose time zone is unknown is written to unsolicited")
def no_zone_no_message(seen: Evidence) -> Iterator[str]:
    for person in seen.people.values():
        if not person.zones and person.addresses:
            outs = [sent for sent in seen.outs_to(person.id) if sent.electronic]
            yield f"message {outs[0].outbox_id} went to {person.id}, whose zone is unknown" if outs else ""


@invariant(
    13,
    "nothing unsolicited on Sundays and holidays where the policy closes them, Swedish eves included",
)
def closed_days(seen: Evidence) -> Iterator[str]:
    window = seen.policy.window
    if window.sun is not None and window.holidays != "SE":
        return  # the policy closes no day
    for sent, zone in _zones(seen):
        day = local(sent.at, zone).date()
        closed = (window.sun is None and day.weekday() == SUNDAY) or (
            window.holidays == "SE" and swedish_closed(day)
        )
        yield f"message {sent.outbox_id} left on {day}, a closed day" if closed else ""


@invariant(14, "in every sliding span of the policy's days a bill and a person get no more than their caps")
def caps(seen: Evidence) -> Iterator[str]:
    rules, span = seen.policy.caps, timedelta(days=seen.policy.caps.days)
    by_bill: dict[str, list[datetime]] = defaultdict(list)
    for person in seen.people.values():
        for sent in _heard_by(seen, person.id):
            for bill_id in seen.bills_of(sent.outbox_id):
                by_bill[bill_id].append(sent.at)
    yield from _over(by_bill.items(), rules.per_bill, span, "bill")
    people = ((one.id, [sent.at for sent in _heard_by(seen, one.id)]) for one in seen.people.values())
    yield from _over(people, rules.per_person, span, "person")


@invariant(15, "two unsolicited messages to one person are the least gap apart")
def least_gap(seen: Evidence) -> Iterator[str]:
    gap = timedelta(hours=seen.policy.caps.min_gap_hours)
    for person in seen.people.values():
        for before, after in pairwise(_heard_by(seen, person.id)):
            near = after.at - before.at < gap
            yield f"messages {before.outbox_id} and {after.outbox_id} are too near" if near else ""


@invariant(
    16, "a repeated hand-over or a replayed webhook never makes a second copy, and never a second answer"
)
def one_copy(seen: Evidence) -> Iterator[str]:
    doubtful = {sent.reference for sent in seen.sent if sent.answer == "in_doubt" and sent.purpose != "out"}
    copies = Counter[str]()
    for sent in seen.sent:
        if sent.reference not in doubtful:  # a reply that nobody can trace is repeated, on purpose
            copies[sent.reference] += sent.copies
    answered = Counter(row["key"] for row in seen.rows("outbox") if row["key"].startswith("reply:"))
    stored = Counter((came.channel, came.provider_id) for came in seen.came if came.inbox_id is not None)
    for what, counted in (
        ("copies of message {} arrived", copies),
        ("copies of level {} arrived", _arrivals(seen)),
        ("answers are {}", answered),
        ("rows keep {}", stored),
    ):
        for one, count in counted.items():
            yield f"{count} {what.format(one)}" if count > 1 else ""


def _arrivals(seen: Evidence) -> Counter[tuple[str, int, int]]:
    """How often each level of each bill and episode reached a handset."""
    steps, episodes = Counter[tuple[str, int, int]](), _episodes(seen)
    for sent in seen.outs:
        for step in episodes.get(sent.outbox_id, ()):
            if step[0] in seen.bills_of(sent.outbox_id):
                steps[step] += sent.copies
    return steps


@invariant(17, "the hours a customer chose, and a number they called unsafe, are respected")
def wishes_kept(seen: Evidence) -> Iterator[str]:
    chosen = _chosen(seen)
    for person in seen.people.values():
        if "unsafe_number" in person.concerns and not _NUMBERS.isdisjoint(person.addresses):
            there = [sent for sent in seen.outs_to(person.id) if sent.channel in _NUMBERS]
            yield f"message {there[0].outbox_id} went to an unsafe number" if there else ""
        for sent in seen.outs_to(person.id):
            if sent.electronic and person.hours and sent.at > chosen[person.id] and person.zones:
                first, last = person.hours
                fits = all(first <= local(sent.at, zone).hour < last for zone in person.zones)
                yield "" if fits else f"message {sent.outbox_id} left outside the hours {person.id} chose"


@invariant(18, "what is put off because the hours are over leaves when they begin again, not in between")
def put_off_to_next_opening(seen: Evidence) -> Iterator[str]:
    put_off: dict[int, datetime] = {}
    for row in seen.rows("decisions"):
        if row["made_by"] == "gate" and row["verdict"] == "later" and row["reason"] == "quiet_hours":
            put_off[row["outbox_id"]] = row["at"]
    for sent in seen.outs:
        if sent.outbox_id in put_off:
            zones = _zones_of(seen, sent)
            early = not all(is_open(seen.policy, sent.at, zone) for zone in zones)
            yield f"message {sent.outbox_id} left before the hours began again" if early else ""


def _heard_by(seen: Evidence, person_id: str) -> list[Sent]:
    """Messages that left and did not bounce: a bounced one disturbed nobody, and counts for no cap."""
    return [sent for sent in seen.outs_to(person_id) if sent.failed_at is None]


def _zones(seen: Evidence) -> Iterator[tuple[Sent, str]]:
    for sent in seen.outs:
        for zone in _zones_of(seen, sent):
            yield sent, zone


def _zones_of(seen: Evidence, sent: Sent) -> tuple[str, ...]:
    person = seen.people.get(sent.customer_id or "")
    return person.zones if person else ()


def _over(
    times: Iterable[tuple[str, list[datetime]]], most: int, span: timedelta, what: str
) -> Iterator[str]:
    for name, moments in times:
        ordered = sorted(moments)
        for first, beyond in zip(ordered, ordered[most:], strict=False):
            over = beyond - first < span
            yield f"{what} {name}: more than {most} messages from {first} to {beyond}" if over else ""


def _episodes(seen: Evidence) -> dict[int, list[tuple[str, int, int]]]:
    """The steps that each message tried to say: bill, episode, level."""
    steps = {row["id"]: (row["bill_id"], row["episode"], row["level"]) for row in seen.rows("steps")}
    found: dict[int, list[tuple[str, int, int]]] = defaultdict(list)
    for row in seen.rows("attempts"):
        found[row["outbox_id"]].append(steps[row["step_id"]])
    return found


def _chosen(seen: Evidence) -> dict[str, datetime]:
    """When each person got the confirmation of the hours they chose."""
    found: dict[str, datetime] = {}
    for sent in seen.replies:
        if "contact_details.hours_set" in sent.keys:
            for person in seen.person_at(sent.channel, sent.address)[:1]:
                found[person.id] = sent.at
    return found
