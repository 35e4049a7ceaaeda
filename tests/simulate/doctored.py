"""Evidence changed by hand, for faults that the real code could not be made to commit here."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from bot.simulate.invariants.calendars import local

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.simulate.evidence import Evidence, Row, Sent


def with_rows(seen: Evidence, **tables: list[Row]) -> Evidence:
    """The same evidence with other rows in some tables."""
    return replace(seen, tables={**seen.tables, **tables})


def with_sent(seen: Evidence, *more: Sent) -> Evidence:
    """The same evidence with more messages, in the order of time."""
    return replace(seen, sent=sorted([*seen.sent, *more], key=lambda one: one.at))


def changed(seen: Evidence, which: Callable[[Sent], bool], **other: Any) -> Evidence:
    """The same evidence with the first such message changed."""
    first = next(one for one in seen.sent if which(one))
    return replace(seen, sent=[replace(one, **other) if one is first else one for one in seen.sent])


def at_night(seen: Evidence) -> Evidence:
    """A message that was put off for the night left at night all the same."""
    out = seen.outs[0]
    night = local(out.at, seen.people[out.customer_id or ""].zones[0]).replace(hour=3).astimezone(UTC)
    put_off = {**_reason(seen, out), "verdict": "later", "reason": "quiet_hours", "at": night}
    later = with_rows(seen, decisions=[*seen.rows("decisions"), put_off])
    return changed(later, lambda one: one is out, at=night)


def queued_before_the_stop(seen: Evidence) -> Evidence:
    """A message that was queued before a stop left an hour after it."""
    came = next(one for one in seen.meant("stop") if one.person_id)
    out = next(one for one in seen.outs if one.customer_id == came.person_id)
    late = replace(out, at=came.at + timedelta(hours=1), outbox_id=9_999)
    row = {**seen.outbox[out.outbox_id], "id": 9_999, "created_at": came.at - timedelta(hours=1)}
    return with_sent(with_rows(seen, outbox=[*seen.rows("outbox"), row]), late)


def says(seen: Evidence, purpose: str, words: str) -> Evidence:
    """The messages of one purpose say something more."""
    found = next(one for one in seen.sent if one.purpose == purpose and one.left)
    return changed(seen, lambda one: one is found, text=f"{found.text} {words}")


def without(seen: Evidence, *tables: str) -> Evidence:
    """Some tables are empty."""
    return with_rows(seen, **{table: [] for table in tables})


def another_balance(seen: Evidence) -> Evidence:
    """A stated balance is one cent less than what is owed."""
    found = next(one for one in seen.replies if "answers.balance" in one.keys)
    sayings = copy.deepcopy(found.sayings)
    for key, facts in sayings:
        if key == "answers.balance":
            facts["balance"]["money"][0] -= 1
    return changed(seen, lambda one: one is found, sayings=sayings)


def a_small_instalment(seen: Evidence) -> Evidence:
    """A plan has a first instalment of one unit."""
    rows = [dict(row) for row in seen.rows("instalments")]
    first = next(row for row in rows if row["number"] == 1)
    last = next(row for row in reversed(rows) if row["plan_id"] == first["plan_id"])
    last["amount"] += first["amount"] - 100
    first["amount"] = 100
    return with_rows(seen, instalments=rows)


def a_plan_all_along(seen: Evidence) -> Evidence:
    """A plan was agreed before the first reminder about its bills, and ran to the end."""
    plans = [{**row, "agreed_at": seen.start, "ended_at": None} for row in seen.rows("plans")]
    return with_rows(seen, plans=plans)


def a_skipped_level(seen: Evidence) -> Evidence:
    """A second reminder was never sent, and the third came all the same."""
    firm = next(one for one in seen.outs if one.level == 3)
    bills = seen.bills_of(firm.outbox_id)
    gone = {id(one) for one in seen.outs if one.level == 2 and bills & seen.bills_of(one.outbox_id)}
    return replace(seen, sent=[one for one in seen.sent if id(one) not in gone])


def placed_before_a_message(seen: Evidence) -> Evidence:
    """A bill was placed before the last message about it left."""
    rows = [
        {**row, "decided_at": row["decided_at"] - timedelta(days=90)} if row["state"] == "placed" else row
        for row in seen.rows("placements")
    ]
    return with_rows(seen, placements=rows)


def a_false_reference(seen: Evidence) -> Evidence:
    """A payment reference has one wrong digit."""
    number, reference = seen.references[0]
    wrong = reference[:-1] + str((int(reference[-1]) + 1) % 10)
    return replace(seen, references=[(number, wrong), *seen.references[1:]])


def help_without_a_name(seen: Evidence) -> Evidence:
    """An answer to help says only how to stop."""
    reply = next(sent for came in seen.meant("help") for sent in seen.replies_to(came))
    return changed(seen, lambda one: one is reply, text="Text STOP.")


def _reason(seen: Evidence, sent: Sent) -> Row:
    return next(
        row
        for row in seen.rows("decisions")
        if row["outbox_id"] == sent.outbox_id and row["made_by"] == "gate"
    )


def a_letter_says_less(seen: Evidence) -> Evidence:
    """A letter asks for one öre less than is owed."""
    found = next(one for one in seen.outs if one.page and one.page["table"])
    page = copy.deepcopy(found.page)
    assert page is not None
    amounts = page["table"]["rows"][0]["amounts"]
    amounts[-1] = amounts[-1].replace(amounts[-1][0], str((int(amounts[-1][0]) % 9) + 1), 1)
    return changed(seen, lambda one: one is found, page=page)


def untold_money(seen: Evidence) -> Evidence:
    """A customer pays a bill that is in a collector's file, and no case is opened."""
    line = next(row for row in seen.rows("collector_lines") if row["entry_id"])
    placement = next(row for row in seen.rows("placements") if row["id"] == line["placement_id"])
    like = seen.entries_of[placement["bill_id"]][0]
    moment = placement["decided_at"] + timedelta(days=2)
    paid = {**like, "id": 99_000, "kind": "payment", "amount": -100, "payment_id": 1, "recorded_at": moment}
    return with_rows(seen, entries=[*seen.rows("entries"), paid])
