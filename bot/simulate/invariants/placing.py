"""Invariants of placements: how a bill comes to a collector, and what is still owed to the customer then."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from bot.simulate.desk import REP, SECOND
from bot.simulate.invariants.calendars import DAY, SATURDAY, bank_days_later, local, years_later
from bot.simulate.invariants.checking import invariant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.simulate.evidence import Evidence, Row, Sent


LONG_WEEKEND: Final = 2
"""Holidays in a row, at most, where the check has no list of them."""


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
        zone = zone_of(seen, row["bill_id"])
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
        day = local(row["flagged_at"], zone_of(seen, row["bill_id"])).date()
        yield f"bill {row['bill_id']} was flagged on {day}, before {first}" if day < first else ""


@invariant(47, "nothing is demanded or placed once the claim is time-barred")
def time_barred_is_over(seen: Evidence) -> Iterator[str]:
    for bill_id in seen.bills:
        zone, last = zone_of(seen, bill_id), _last_day(seen, bill_id)
        if local(seen.end, zone).date() <= last:
            continue  # it may be demanded to the end
        wrong = [
            f"message {sent.outbox_id} demands bill {bill_id}, barred since {last}"
            for sent in seen.outs
            if bill_id in seen.bills_of(sent.outbox_id) and local(sent.at, zone).date() > last
        ] + [
            f"bill {bill_id} was flagged after it was barred"
            for row in seen.rows("placements")
            if row["bill_id"] == bill_id and local(row["flagged_at"], zone).date() > last
        ]
        yield from wrong or [""]


@invariant(48, "a bill is placed by a person, never by Kvitt itself")
def people_place(seen: Evidence) -> Iterator[str]:
    done = {action.subject for action in seen.desk_actions if action.what == "placed"}
    for row in seen.rows("placements"):
        if was_placed(row):
            alone = row["approved_by"] is not None and row["approved_by"] == row["decided_by"]
            by_hand = row["bill_id"] in done and row["decided_by"] in {REP, SECOND} and not alone
            yield "" if by_hand else f"bill {row['bill_id']} was placed by {row['decided_by']}"


@invariant(
    49,
    "after a placement nothing is written about the bill unsolicited, and a payment on it gives the desk a "
    "case, with a bank day to inform the collector",
)
def placed_is_silent(seen: Evidence) -> Iterator[str]:
    yield from _untold(seen)
    for row in seen.rows("placements"):
        if was_placed(row):
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
    """Payments on bills exported to a collector, without a case to inform the collector in time."""
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
                reported = any(
                    case["opened_at"] <= entry["recorded_at"] <= (case["closed_at"] or seen.end)
                    and local(case["deadline"], zone).date() <= last
                    for case in cases[row["bill_id"]]
                )
                yield (
                    "" if reported else f"no case reports entry {entry['id']} on placed bill {row['bill_id']}"
                )


def _handed_over(seen: Evidence) -> Iterator[Row]:
    """The lines of files that reported a bill to a collector."""
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


def was_placed(row: Row) -> bool:
    """Whether the bill was ever exported to a collector."""
    return row["state"] in {
        "placed",
        "acknowledged",
        "recalled",
        "closed_paid",
        "closed_returned",
        "written_off",
    }


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


def _last_day(seen: Evidence, bill_id: str) -> date:
    """The last day on which a bill may be demanded."""
    bill, rules = seen.bills[bill_id], seen.policy.limitation
    place = seen.people[owner_of(seen, bill_id)].place
    years = rules.regions.get(
        f"{place.country}-{place.region}", rules.regions.get(place.country, rules.years)
    )
    return years_later(bill["issued_on"] if rules.counts_from == "issued" else bill["due_on"], years)


def zone_of(seen: Evidence, bill_id: str) -> str:
    person = seen.people[seen.bills[bill_id]["person_id"]]
    return min(person.zones) if person.zones else "UTC"


def owner_of(seen: Evidence, bill_id: str) -> str:
    accounts = {row["id"]: row["customer_id"] for row in seen.rows("accounts")}
    return str(accounts[seen.bills[bill_id]["account_id"]])
