"""Reasons, people before machines, numbers: invariants 51 to 55."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.simulate.invariants.checking import invariant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.simulate.evidence import Came, Evidence, Row

ONE_STEP: Final = timedelta(minutes=5)
_AUTOMATED: Final = re.compile(r"automat|robot|maskin|computer program|datorprogram|programa", re.IGNORECASE)
_SAYS_WHAT_IT_IS: Final = frozenset({"answers.bot_question", "answers.no_person"})
_DENIES: Final = re.compile(
    r"(?:not an?|no) (?:bot|robot|machine)|inte en robot|no soy un robot", re.IGNORECASE
)


@invariant(
    51, "every message that left has a row that says why: the verdict, the policy's version, and the facts"
)
def every_message_has_a_reason(seen: Evidence) -> Iterator[str]:
    reasons: dict[int, list[Row]] = defaultdict(list)
    for row in seen.rows("decisions"):
        if row["made_by"] == "gate" and row["verdict"] == "send" and row["policy_version"] and row["inputs"]:
            reasons[row["outbox_id"]].append(row)
    for sent in seen.sent:
        explained = any(row["at"] == sent.decided_at for row in reasons[sent.outbox_id])
        yield "" if explained else f"message {sent.outbox_id} left without a reason"


@invariant(
    52,
    "a wish for a person gives the desk a case at once, and nothing unsolicited is sent until it is closed",
)
def people_are_reached(seen: Evidence) -> Iterator[str]:
    for came in seen.meant("person"):
        opened = [at for at in _cases(seen, came, {"person"}) if at <= came.at + ONE_STEP]
        yield "" if opened else f"nobody was asked for at {came.at}"
        closed = _closed(seen, came, {"person"})
        said = [
            sent
            for sent in seen.sent_to(came.channel, came.address)
            if came.at + ONE_STEP < sent.at < closed and sent.purpose == "out"
        ]
        yield f"message {said[0].outbox_id} spoke while a person was asked for" if said else ""


@invariant(53, "words of a crisis reach a person at once, and the bot is silent until the case is taken up")
def crises_reach_a_person(seen: Evidence) -> Iterator[str]:
    for came in seen.meant("crisis"):
        opened = [at for at in _cases(seen, came, {"crisis"}) if at <= came.at + ONE_STEP]
        yield "" if opened else f"the crisis of {came.at} reached nobody"
        closed = _closed(seen, came, {"crisis"})
        said = [
            s
            for s in seen.sent_to(came.channel, came.address)
            if came.at < s.at < closed and s.purpose == "out"
        ]
        yield f"message {said[0].outbox_id} left in a crisis" if said else ""


@invariant(54, "a customer who asks whether this is a machine or a person hears what it is")
def honest_about_itself(seen: Evidence) -> Iterator[str]:
    for came in seen.meant("bot_question"):
        for sent in seen.replies_to(came):
            asked = not _SAYS_WHAT_IT_IS.isdisjoint(sent.keys)
            denies = _DENIES.search(sent.text) or (asked and not _AUTOMATED.search(sent.text))
            if asked or denies:  # anything else answers no such question: a person has taken over, for one
                yield f"message {sent.outbox_id} does not say what it is: {sent.text!r}" if denies else ""


@invariant(55, "every payment reference checks; one wrong digit, or two neighbours swapped, never does")
def references_check(seen: Evidence) -> Iterator[str]:
    for number, reference in seen.references:
        if not _checks(reference) or str(number) not in reference:
            yield f"reference {reference} of bill {number} does not check"
            continue
        wrong = [one for one in _misread(reference) if _checks(one)]
        yield f"reference {reference} cannot be distinguished from {wrong[0]}" if wrong else ""


def _cases(seen: Evidence, came: Came, kinds: set[str]) -> list[datetime]:
    """When cases of these kinds at this contact point were opened that the message did not find closed."""
    point = seen.inbox[came.inbox_id or 0]["contact_point_id"]
    return [
        row["opened_at"]
        for row in seen.rows("escalations")
        if row["contact_point_id"] == point
        and row["kind"] in kinds
        and (row["closed_at"] is None or row["closed_at"] >= came.at)
    ]


def _closed(seen: Evidence, came: Came, kinds: set[str]) -> datetime:
    point = seen.inbox[came.inbox_id or 0]["contact_point_id"]
    closed = [
        row["closed_at"] or seen.end
        for row in seen.rows("escalations")
        if row["contact_point_id"] == point
        and row["kind"] in kinds
        and (row["closed_at"] or seen.end) >= came.at
    ]
    return min(closed, default=seen.end)


def _checks(reference: str) -> bool:
    digits = [int(sign) for sign in reference]
    doubled = [digit if place % 2 == 0 else digit * 2 for place, digit in enumerate(reversed(digits))]
    return sum(d if d < 10 else d - 9 for d in doubled) % 10 == 0 and digits[-2] == len(digits) % 10  # noqa: PLR2004


def _misread(reference: str) -> Iterator[str]:
    for place, sign in enumerate(reference):
        for other in "0123456789":
            if other != sign:
                yield reference[:place] + other + reference[place + 1 :]
    for place in range(len(reference) - 1):
        first, second = reference[place], reference[place + 1]
        if first != second and {first, second} != {"0", "9"}:
            yield reference[:place] + second + first + reference[place + 2 :]
