"""Disputes, stop states, levels, the collector: invariants 36 to 50."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.simulate.desk import REP, SECOND
from bot.simulate.invariants.calendars import DAY, age, local
from bot.simulate.invariants.checking import invariant
from bot.simulate.invariants.placing import was_placed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.simulate.evidence import Came, Evidence
    from bot.simulate.people import SimulatedPerson

ADULT: Final = 18
FAR_ABOVE: Final = 40_000
DISPUTABLE: Final = 120
"""In cents, and in days from the bill: 45 CFR 149.620."""
STATES: Final = {
    "legal": "legal",
    "deceased": "deceased",
    "minor": "minor",
    "crisis": "crisis",
    "hardship": "hardship",
    "aid": "hardship",
}
"""Statements of customers, and the hold each leads to until a person has checked."""


@invariant(
    36,
    "from a dispute until a person has closed it nothing is demanded, charged or placed on the bills",
)
def disputes_rest(seen: Evidence) -> Iterator[str]:
    for came in seen.meant("dispute"):
        for person in _concerned(seen, came):
            until = _until_lifted(seen, person, "dispute", came.at)
            yield _touched(seen, person, came.at, until, "a dispute")
    yield from _noted(seen, {"dispute"})


@invariant(
    37,
    "a customer who says it is paid is left alone for the policy's days, and not escalated before a person "
    "has checked",
)
def already_paid_rests(seen: Evidence) -> Iterator[str]:
    rests = timedelta(days=seen.policy.holds.already_paid_days)
    for came in seen.meant("already_paid"):
        for person in _concerned(seen, came):
            lifted = _until_lifted(seen, person, "already_paid", came.at)
            yield _touched(seen, person, came.at, min(came.at + rests, lifted), "words of a payment")
    yield from _noted(seen, {"already_paid"})


@invariant(
    38, "lawyers, bankruptcies, deaths, minors, crises and hardship stop everything until a person decides"
)
def stop_states_hold(seen: Evidence) -> Iterator[str]:
    for came in seen.meant(*STATES):
        for person in _concerned(seen, came):
            until = _until_lifted(seen, person, STATES[came.meant], came.at)
            yield _touched(seen, person, came.at, until, f"the words of {came.meant}")
    yield from _noted(seen, {"legal", "hardship"})
    for person in seen.people.values():
        known_from = _death_known_at(seen, person) if person.died_on else None
        if known_from:
            late = [sent for sent in seen.outs_to(person.id) if sent.at > known_from]
            yield f"message {late[0].outbox_id} went to {person.id}, who had died" if late else ""


@invariant(
    39,
    "a wrong number gets an apology without anybody's data, nothing after, and is nobody's number any more",
)
def wrong_number_is_let_go(seen: Evidence) -> Iterator[str]:
    points = {(row["channel"], row["address"]): row["id"] for row in seen.rows("contact_points")}
    for came in seen.meant("wrong_number"):
        after = [sent for sent in seen.sent_to(came.channel, came.address) if sent.at > came.at]
        first = seen.came_from(came.channel, came.address)
        wrote = [one for one in first if one.at >= came.at and one.inbox_id is not None]
        outs = [sent for sent in after if sent.purpose == "out"]
        names = {person.name for person in seen.people.values()}
        if outs:
            yield f"message {outs[0].outbox_id} went to a wrong number"
        elif len(after) > len(wrote):
            yield f"{len(after)} messages went to a wrong number that wrote {len(wrote)}"
        else:
            naming = [sent for sent in after if any(name in sent.text for name in names)]
            yield f"message {naming[0].outbox_id} gives a name to a wrong number" if naming else ""
        point = points[came.channel, came.address]
        linked = [
            row
            for row in seen.rows("contacts")
            if row["contact_point_id"] == point and row["removed_at"] is None and row["added_at"] <= came.at
        ]
        yield f"{linked[0]['customer_id']} is still reached at a wrong number" if linked else ""


@invariant(40, "no minor is written to about a bill; their guarantor is")
def minors_are_not_addressed(seen: Evidence) -> Iterator[str]:
    owners = {row["id"]: row["customer_id"] for row in seen.rows("accounts")}
    billed = {owners[row["account_id"]] for row in seen.rows("bills")}
    for person in seen.people.values():
        zone = person.zones[0] if person.zones else "UTC"
        written = [(sent, age(person.born, local(sent.at, zone).date())) for sent in seen.outs_to(person.id)]
        young = [(sent, years) for sent, years in written if years < ADULT]
        for sent, years in young:
            yield f"message {sent.outbox_id} went to {person.id}, who is {years}"
        if person.id in billed and not young and age(person.born, seen.end.date()) < ADULT:
            yield ""


@invariant(
    45,
    "a bill 400 or more above its good-faith estimate is not reminded of before its customer was informed "
    "that it may be disputed",
)
def estimates_may_be_disputed(seen: Evidence) -> Iterator[str]:
    if seen.policy.good_faith is None:
        return
    noticed: set[str] = set()
    for one in sorted(seen.outs, key=lambda sent: (sent.at, sent.outbox_id)):
        bills = seen.bills_of(one.outbox_id) if one.left else frozenset()
        if "notice.estimate_exceeded" in one.keys:
            noticed |= bills
        elif one.level is not None:
            for bill_id in sorted(bills):
                if _far_above(seen, bill_id, one.at):
                    yield (
                        ""
                        if bill_id in noticed
                        else f"{bill_id} was reminded of, and nothing of its estimate"
                    )


def _far_above(seen: Evidence, bill_id: str, at: datetime) -> bool:
    """Whether a bill is so far above its estimate, and the days to dispute it are not over."""
    bill = seen.bills[bill_id]
    if bill["estimate"] is None or bill["amount"] - bill["estimate"] < FAR_ABOVE:
        return False
    days: int = (at.date() - bill["issued_on"]).days
    return days < DISPUTABLE


def _concerned(seen: Evidence, came: Came) -> list[SimulatedPerson]:
    """The person who wrote: their words concern at least themselves."""
    return [seen.people[came.person_id]] if came.person_id else []


def _noted(seen: Evidence, kinds: set[str]) -> Iterator[str]:
    """The same, for words said on the phone and recorded by a rep."""
    for action in seen.desk_actions:
        kind = action.what.removeprefix("noted_")
        if action.what.startswith("noted_") and kind in kinds:
            person = seen.people[action.subject]
            until = _until_lifted(seen, person, kind, action.at)
            yield _touched(seen, person, action.at, until, f"the phone call about {kind}")


def _until_lifted(seen: Evidence, person: SimulatedPerson, kind: str, said_at: datetime) -> datetime:
    """When a person at the desk lifted the hold, or it ran out; the end if neither."""
    lifted = [
        row["lifted_at"] or row["until"]
        for row in seen.rows("holds")
        if row["customer_id"] == person.id
        and row["kind"] == kind
        and row["placed_at"] <= said_at + timedelta(minutes=2)
        and (row["lifted_at"] or row["until"] or seen.end) >= said_at
        and (row["lifted_by"] in {REP, SECOND} or (row["until"] and not row["lifted_at"]))
    ]
    return min((at for at in lifted if at), default=seen.end)


def _touched(seen: Evidence, person: SimulatedPerson, since: datetime, until: datetime, what: str) -> str:
    """Demands, fees and placements on a person's bills in a period without any."""
    for sent in seen.outs_to(person.id):
        if since < sent.at < until and sent.level is not None:
            return f"message {sent.outbox_id} left after {what} of {since}"
    mine = {bill_id for bill_id, row in seen.bills.items() if row["person_id"] == person.id}
    for row in seen.rows("entries"):
        if row["kind"] == "fee" and row["bill_id"] in mine and since < row["recorded_at"] < until:
            return f"fee {row['id']} was charged after {what} of {since}"
    for row in seen.rows("placements"):
        at_collector = was_placed(row) and since < row["decided_at"] < until
        if row["bill_id"] in mine and (at_collector or since < row["flagged_at"] < until):
            return f"bill {row['bill_id']} was flagged or placed after {what} of {since}"
    return ""


def _death_known_at(seen: Evidence, person: SimulatedPerson) -> datetime | None:
    """When the register knew: the first import that had the fact."""
    known = next((row for row in seen.rows("customers") if row["id"] == person.id), None)
    known_from = person.died_on if known and known["died_on"] else None
    # The family reports it within five days (see World._dies); before that Kvitt cannot know.
    return (
        datetime.combine(known_from + 6 * DAY, datetime.min.time(), seen.start.tzinfo) if known_from else None
    )
