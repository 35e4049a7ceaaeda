"""Disputes, stop states, levels, the collector: invariants 36 to 50."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.simulate.desk import REP, SECOND
from bot.simulate.invariants.calendars import DAY, SATURDAY, age, bank_days_later, local, years_later
from bot.simulate.invariants.judging import invariant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.simulate.evidence import Came, Evidence, Row, Sent
    from bot.simulate.people import Person

ADULT: Final = 18
LONG_WEEKEND: Final = 2
"""Holidays in a row, at most, where the judge has no list of them."""
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
"""What somebody says, and the hold it leads to until a person has looked."""


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
    "who says it is paid is left alone for the policy's days, and not escalated before a person has looked",
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
        if person.died_on:
            told = _told_dead(seen, person)
            late = [sent for sent in seen.outs_to(person.id) if told and sent.at > told]
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
            told = [sent for sent in after if any(name in sent.text for name in names)]
            yield f"message {told[0].outbox_id} tells a wrong number a name" if told else ""
        point = points[came.channel, came.address]
        linked = [
            row
            for row in seen.rows("contacts")
            if row["contact_point_id"] == point and row["removed_at"] is None and row["added_at"] <= came.at
        ]
        yield f"{linked[0]['customer_id']} is still reached at a wrong number" if linked else ""


@invariant(40, "nobody under age is written to about a bill; whoever answers for them is")
def minors_are_not_addressed(seen: Evidence) -> Iterator[str]:
    for sent in seen.outs:
        person = seen.people.get(sent.customer_id or "")
        if person is not None:
            day = local(sent.at, person.zones[0] if person.zones else "UTC").date()
            young = age(person.born, day) < ADULT
            yield (
                f"message {sent.outbox_id} went to {person.id}, who is {age(person.born, day)}"
                if young
                else ""
            )


@invariant(41, "levels rise by one, none is skipped, and the final notice comes before any placement")
def levels_rise_by_one(seen: Evidence) -> Iterator[str]:
    for (bill_id, episode), heard in _heard(seen, taken_back=True).items():
        for level, sent in heard:
            before = _highest(heard, sent.at)
            if level == 0:
                yield f"bill {bill_id} was announced after level {before}" if before else ""
                continue
            wrong = f"bill {bill_id}, episode {episode}: {level} followed {before}"
            yield "" if level == before + 1 else wrong
    by_step = _heard(seen)
    last = len(seen.policy.levels)
    for row in seen.rows("placements"):
        finals = [
            sent
            for (bill_id, _), heard in by_step.items()
            if bill_id == row["bill_id"]
            for level, sent in heard
            if level == last and sent.at <= row["flagged_at"]
        ]
        yield "" if finals else f"bill {row['bill_id']} was flagged without a final notice"


@invariant(
    42,
    "no placement before the policy's days after the final notice, after the due date and after its deadline",
)
def placement_waits(seen: Evidence) -> Iterator[str]:
    rules = seen.policy.placement
    for row in seen.rows("placements"):
        final = _final(seen, row)
        if final is None:
            continue  # 41 and 50 speak of that
        zone = _zone(seen, row["bill_id"])
        day, sent_on = local(row["flagged_at"], zone).date(), local(final.at, zone).date()
        due_on = seen.bills[row["bill_id"]]["due_on"]
        earliest = max(sent_on + rules.after_final_days * DAY, due_on + rules.after_due_days * DAY)
        deadline = _deadline(final)
        if deadline is not None:
            earliest = max(earliest, _with_posting(seen, deadline))
        yield f"bill {row['bill_id']} was flagged on {day}, before {earliest}" if day < earliest else ""


@invariant(
    43, "a stated deadline leaves the policy's days from sending, and in Sweden four bank days after receipt"
)
def deadlines_are_long_enough(seen: Evidence) -> Iterator[str]:
    rules = seen.policy.placement
    for sent in seen.outs:
        deadline = _deadline(sent)
        person = seen.people.get(sent.customer_id or "")
        if deadline is None or person is None or not person.zones:
            continue
        sent_on = max(local(sent.at, zone).date() for zone in person.zones)
        created = min(local(seen.outbox[sent.outbox_id]["created_at"], zone).date() for zone in person.zones)
        least = max(created + rules.minimum_answer_days * DAY, sent_on + 8 * DAY)
        if seen.policy.name.startswith("se"):
            least = max(least, bank_days_later(bank_days_later(sent_on, rules.receipt_bank_days), 4))
        yield f"message {sent.outbox_id} leaves until {deadline}, not {least}" if deadline < least else ""


@invariant(44, "hospitals wait: no bill is flagged before the policy's days from the first bill")
def hospitals_wait(seen: Evidence) -> Iterator[str]:
    wait = seen.policy.placement.after_issued_days
    for row in seen.rows("placements") if wait else ():
        first = seen.bills[row["bill_id"]]["issued_on"] + wait * DAY
        day = local(row["flagged_at"], _zone(seen, row["bill_id"])).date()
        yield f"bill {row['bill_id']} was flagged on {day}, before {first}" if day < first else ""


@invariant(
    45,
    "a bill 400 or more above its good-faith estimate is not reminded of before its customer was told that "
    "it may be disputed",
)
def estimates_may_be_disputed(seen: Evidence) -> Iterator[str]:
    if seen.policy.good_faith is None:
        return
    told: set[str] = set()
    for one in sorted(seen.outs, key=lambda sent: (sent.at, sent.outbox_id)):
        bills = seen.bills_of(one.outbox_id) if one.left else frozenset()
        if "notice.estimate_exceeded" in one.keys:
            told |= bills
        elif one.level is not None:
            for bill_id in sorted(bills):
                if _far_above(seen, bill_id, one.at):
                    yield "" if bill_id in told else f"{bill_id} was reminded of, and nothing of its estimate"


def _far_above(seen: Evidence, bill_id: str, at: datetime) -> bool:
    """Whether a bill is so far above its estimate, and the days to dispute it are not over."""
    bill = seen.bills[bill_id]
    if bill["estimate"] is None or bill["amount"] - bill["estimate"] < FAR_ABOVE:
        return False
    days: int = (at.date() - bill["issued_on"]).days
    return days < DISPUTABLE


@invariant(47, "nothing is demanded or placed once the claim is time-barred")
def time_barred_is_over(seen: Evidence) -> Iterator[str]:
    for sent in seen.outs:
        for bill_id in seen.bills_of(sent.outbox_id):
            day = local(sent.at, _zone(seen, bill_id)).date()
            last = _last_day(seen, bill_id)
            yield (
                f"message {sent.outbox_id} demands bill {bill_id}, barred since {last}" if day > last else ""
            )
    for row in seen.rows("placements"):
        day = local(row["flagged_at"], _zone(seen, row["bill_id"])).date()
        late = day > _last_day(seen, row["bill_id"])
        yield f"bill {row['bill_id']} was flagged after it was barred" if late else ""


@invariant(48, "a bill is placed by a person, never by the machine")
def people_place(seen: Evidence) -> Iterator[str]:
    done = {deed.subject for deed in seen.deeds if deed.what == "placed"}
    for row in seen.rows("placements"):
        if _was_placed(row):
            alone = row["approved_by"] is not None and row["approved_by"] == row["decided_by"]
            by_hand = row["bill_id"] in done and row["decided_by"] in {REP, SECOND} and not alone
            yield "" if by_hand else f"bill {row['bill_id']} was placed by {row['decided_by']}"


@invariant(
    49,
    "after a placement nothing is written about the bill unasked, and money on it is before the desk, "
    "with a bank day to tell the collector",
)
def placed_is_silent(seen: Evidence) -> Iterator[str]:
    yield from _untold(seen)
    for row in seen.rows("placements"):
        if _was_placed(row):
            late = [
                sent
                for sent in seen.outs
                if row["decided_at"] < sent.at < (row["ended_at"] or seen.end)
                and row["bill_id"] in seen.bills_of(sent.outbox_id)
            ]
            yield f"message {late[0].outbox_id} is about placed bill {row['bill_id']}" if late else ""


@invariant(50, "a final notice that failed does not start the clock towards a placement")
def failed_notice_does_not_count(seen: Evidence) -> Iterator[str]:
    last = len(seen.policy.levels)
    for row in seen.rows("placements"):
        tried = [
            sent
            for sent in seen.sent
            if sent.level == last
            and sent.at <= row["flagged_at"]
            and row["bill_id"] in seen.bills_of(sent.outbox_id)
        ]
        arrived = [sent for sent in tried if sent.left and not _failed_by(sent, row["flagged_at"])]
        yield "" if arrived else f"bill {row['bill_id']} was flagged though its final notice failed"


def _untold(seen: Evidence) -> Iterator[str]:
    """Money on bills that stood in a collector's file, without a case that lets them know in time."""
    cases: dict[str, list[Row]] = defaultdict(list)
    for case in seen.rows("escalations"):
        if case["kind"] == "collector_report":
            cases[case["bill_id"]].append(case)
    handed = {row["placement_id"]: row["entry_id"] for row in _handed_over(seen)}
    zone = seen.creditor.zone.key
    for row in seen.rows("placements"):
        for entry in seen.entries_of[row["bill_id"]] if row["id"] in handed else ():
            away = entry["id"] > handed[row["id"]] and entry["recorded_at"] < (row["ended_at"] or seen.end)
            if away and entry["payment_id"]:
                last = _next_bank_day(seen, local(entry["recorded_at"], zone).date()) + DAY
                told = any(
                    case["opened_at"] <= entry["recorded_at"] <= (case["closed_at"] or seen.end)
                    and local(case["deadline"], zone).date() <= last
                    for case in cases[row["bill_id"]]
                )
                yield "" if told else f"nobody is told of entry {entry['id']} on placed bill {row['bill_id']}"


def _handed_over(seen: Evidence) -> Iterator[Row]:
    """The lines of files that told a collector of a bill."""
    files = {row["id"] for row in seen.rows("collector_batches") if row["kind"] == "placements"}
    return (row for row in seen.rows("collector_lines") if row["batch_id"] in files)


def _next_bank_day(seen: Evidence, day: date) -> date:
    """The bank day after a day; where the holidays are not known here, so many weekdays later at most."""
    if seen.creditor.country == "SE":
        return bank_days_later(day, 1)
    for _ in range(1 + LONG_WEEKEND):
        day += DAY
        while day.weekday() >= SATURDAY:
            day += DAY
    return day


def _was_placed(row: Row) -> bool:
    """Whether a collector was given the bill, whatever became of it there."""
    return row["state"] in {
        "placed",
        "acknowledged",
        "recalled",
        "closed_paid",
        "closed_returned",
        "written_off",
    }


def _concerned(seen: Evidence, came: Came) -> list[Person]:
    """Whoever held the phone: they at least are concerned by what they said."""
    return [seen.people[came.person_id]] if came.person_id else []


def _noted(seen: Evidence, kinds: set[str]) -> Iterator[str]:
    """The same, for what somebody said on the phone and a rep wrote down."""
    for deed in seen.deeds:
        kind = deed.what.removeprefix("noted_")
        if deed.what.startswith("noted_") and kind in kinds:
            person = seen.people[deed.subject]
            until = _until_lifted(seen, person, kind, deed.at)
            yield _touched(seen, person, deed.at, until, f"the phone call about {kind}")


def _until_lifted(seen: Evidence, person: Person, kind: str, said_at: datetime) -> datetime:
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


def _touched(seen: Evidence, person: Person, since: datetime, until: datetime, what: str) -> str:
    """A demand, fee or placement on somebody's bills in a time in which there should be none."""
    for sent in seen.outs_to(person.id):
        if since < sent.at < until and sent.level is not None:
            return f"message {sent.outbox_id} left after {what} of {since}"
    mine = {bill_id for bill_id, row in seen.bills.items() if row["person_id"] == person.id}
    for row in seen.rows("entries"):
        if row["kind"] == "fee" and row["bill_id"] in mine and since < row["recorded_at"] < until:
            return f"fee {row['id']} was charged after {what} of {since}"
    for row in seen.rows("placements"):
        placed = _was_placed(row) and since < row["decided_at"] < until
        if row["bill_id"] in mine and (placed or since < row["flagged_at"] < until):
            return f"bill {row['bill_id']} was flagged or placed after {what} of {since}"
    return ""


def _told_dead(seen: Evidence, person: Person) -> datetime | None:
    """When the register was told: the first import after which it knows."""
    known = next((row for row in seen.rows("customers") if row["id"] == person.id), None)
    told = person.died_on if known and known["died_on"] else None
    # They tell it within five days (see World._dies); before that nobody can know.
    return datetime.combine(told + 6 * DAY, datetime.min.time(), seen.start.tzinfo) if told else None


def _highest(heard: list[tuple[int, Sent]], at: datetime) -> int:
    """The highest level that was taken for heard at a moment: gone by then, and not taken back yet."""
    return max(
        (lv for lv, one in heard if one.at < at and (one.failed_at is None or one.failed_at > at)), default=0
    )


def _heard(seen: Evidence, *, taken_back: bool = False) -> dict[tuple[str, int], list[tuple[int, Sent]]]:
    """By bill and episode: the levels that arrived, or that the carrier took and never took back.

    ``taken_back`` counts those too of which it was only known later that they had not arrived.
    """
    steps = {row["id"]: row for row in seen.rows("steps")}
    by_message: dict[int, list[Row]] = defaultdict(list)
    for row in seen.rows("attempts"):
        by_message[row["outbox_id"]].append(steps[row["step_id"]])
    found: dict[tuple[str, int], list[tuple[int, Sent]]] = defaultdict(list)
    for sent in seen.outs:
        if sent.failed_at is None or taken_back:
            for step in by_message[sent.outbox_id]:
                if step["bill_id"] in seen.bills_of(sent.outbox_id):
                    found[step["bill_id"], step["episode"]].append((step["level"], sent))
    return found


def _final(seen: Evidence, placement: Row) -> Sent | None:
    """The final notice that a flag rests on: the last that arrived before it."""
    last = len(seen.policy.levels)
    found = [
        sent
        for sent in seen.outs
        if sent.level == last
        and sent.at <= placement["flagged_at"]
        and placement["bill_id"] in seen.bills_of(sent.outbox_id)
        and not _failed_by(sent, placement["flagged_at"])
    ]
    return found[-1] if found else None


def _failed_by(sent: Sent, moment: datetime) -> bool:
    return sent.failed_at is not None and sent.failed_at <= moment


def _deadline(sent: Sent) -> date | None:
    """The day that a message gives to answer by."""
    for _, facts in sent.sayings:
        if isinstance(facts.get("answer_by"), dict):
            return date.fromisoformat(facts["answer_by"]["day"])
    return None


def _with_posting(seen: Evidence, deadline: date) -> date:
    """The day after the deadline, and after what a payment made on it may take."""
    after = deadline + DAY
    posting = seen.policy.placement.posting_bank_days
    return (
        max(after, bank_days_later(deadline, posting))
        if posting and seen.policy.name.startswith("se")
        else after
    )


def _zone(seen: Evidence, bill_id: str) -> str:
    person = seen.people[seen.bills[bill_id]["person_id"]]
    return min(person.zones) if person.zones else "UTC"


def _last_day(seen: Evidence, bill_id: str) -> date:
    """The last day on which a bill may be demanded."""
    bill, rules = seen.bills[bill_id], seen.policy.limitation
    place = seen.people[_owner(seen, bill_id)].place
    years = rules.regions.get(
        f"{place.country}-{place.region}", rules.regions.get(place.country, rules.years)
    )
    return years_later(bill["issued_on"] if rules.counts_from == "issued" else bill["due_on"], years)


def _owner(seen: Evidence, bill_id: str) -> str:
    accounts = {row["id"]: row["customer_id"] for row in seen.rows("accounts")}
    return str(accounts[seen.bills[bill_id]["account_id"]])
