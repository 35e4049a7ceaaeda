"""Consent and stop: invariants 1 to 10."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.simulate.invariants.checking import invariant
from bot.simulate.people import Behaviour

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.simulate.evidence import Came, Evidence, Row, Sent
    from bot.simulate.people import SimulatedPerson

WITHIN: Final = timedelta(minutes=5)
AT_ONCE: Final = timedelta(minutes=2)
_OFFERS: Final = re.compile(
    r"https?:|\w\.(?:com|example|se|org)\b|%|offer|rabatt|descuento|[$€£]|\bkr\b", re.IGNORECASE
)
OPT_OUT: Final = {"en": ("STOP",), "sv": ("STOPP",), "es": ("STOP", "BAJA", "ALTO")}


@invariant(
    1,
    "nothing unsolicited without a consent older than the message and not taken back; letters need none",
)
def consent_before_message(seen: Evidence) -> Iterator[str]:
    for sent in seen.outs:
        if not sent.electronic:
            continue
        signed = [person.consents.get(sent.channel) for person in seen.person_at(sent.channel, sent.address)]
        days = [day for day in signed if day and day <= sent.at.date()]
        yield "" if days else f"message {sent.outbox_id} went to {sent.channel} without a consent"


@invariant(
    2,
    "after a stop nothing unsolicited comes on any channel, but one confirmation where they said so "
    "and letters that the law asks for",
)
def silence_after_stop(seen: Evidence) -> Iterator[str]:
    for came, until in _stops(seen):
        for person in seen.person_at(came.channel, came.address):
            for channel, address in person.addresses.items():
                late = [
                    s for s in seen.sent_to(channel, address) if came.at < s.at < until and s.purpose == "out"
                ]
                yield f"message {late[0].outbox_id} left after the stop of {came.at}" if late else ""
            posted = [
                s for s in seen.outs_to(person.id) if came.at < s.at < until and not _may_be_written(seen, s)
            ]
            yield f"letter {posted[0].outbox_id} was posted after the stop of {came.at}" if posted else ""
        after = [s for s in seen.sent_to(came.channel, came.address) if came.at <= s.at < until]
        confirmations = [s for s in after if s.purpose == "stop_confirmation"]
        yield f"{len(confirmations)} confirmations of the stop of {came.at}" if len(confirmations) > 1 else ""


@invariant(
    3, "the confirmation of a stop comes within five minutes, and holds no amount, link, reminder or offer"
)
def short_confirmation(seen: Evidence) -> Iterator[str]:
    for sent in seen.replies:
        if sent.purpose != "stop_confirmation":
            continue
        stops = [
            c.at for c in seen.came_from(sent.channel, sent.address) if c.meant == "stop" and c.at <= sent.at
        ]
        late = not stops or sent.at - max(stops) > WITHIN
        said = _OFFERS.search(sent.text.replace(seen.creditor.name, ""))
        if late:
            yield f"confirmation {sent.outbox_id} came too late"
        else:
            yield f"confirmation {sent.outbox_id} says {said[0]!r}" if said else ""


@invariant(4, "a second stop gets no further message")
def second_stop_is_silent(seen: Evidence) -> Iterator[str]:
    for came, until in _stops(seen, again=True):
        answers = [
            sent
            for sent in seen.sent_to(came.channel, came.address)
            if sent.purpose == "stop_confirmation" and came.at <= sent.at < min(until, came.at + WITHIN)
        ]
        yield (
            f"the second stop of {came.at} was answered by message {answers[0].outbox_id}" if answers else ""
        )


@invariant(5, "every listed stop word, in any case, with punctuation or a please, ends suppressed")
def every_stop_word(seen: Evidence) -> Iterator[str]:
    entries = _audit(seen, "stopped")
    for came in seen.meant("stop"):
        noticed = [at for at in entries.get(_point_id(seen, came), ()) if came.at <= at <= came.at + AT_ONCE]
        yield "" if noticed else f"{came.text!r} was not taken for a stop"


@invariant(6, "what was queued before a stop is withdrawn, not delivered later")
def queue_is_emptied(seen: Evidence) -> Iterator[str]:
    for came, until in _stops(seen):
        for person in seen.person_at(came.channel, came.address):
            late = [
                sent
                for sent in seen.outs_to(person.id)
                if seen.outbox[sent.outbox_id]["created_at"] <= came.at < sent.at < until
                and (sent.electronic or not _may_be_written(seen, sent))
            ]
            if late:
                yield f"message {late[0].outbox_id}, queued before, left after the stop of {came.at}"
            elif any(_was_queued(row, person, came.at) for row in seen.rows("outbox")):
                yield ""


@invariant(7, "only a start lifts a stop; any other text gets one direct reply at most")
def only_start_lifts(seen: Evidence) -> Iterator[str]:
    starts = {(seen_point, came.at) for came in seen.meant("start") if (seen_point := _point_id(seen, came))}
    for point, moments in _audit(seen, "started").items():
        for at in moments:
            asked = [when for where, when in starts if where == point and when <= at <= when + AT_ONCE]
            yield "" if asked else f"contact point {point} was opened at {at} without a start"
    for came, until in _stops(seen):
        between = [c for c in seen.came_from(came.channel, came.address) if came.at < c.at < until]
        written = [c for c in between if c.inbox_id is not None]
        answers = [
            sent
            for sent in seen.sent_to(came.channel, came.address)
            if came.at < sent.at < until and sent.purpose == "reply" and sent.keys != ("talk.expired",)
        ]
        many = len(answers) > len(written)
        yield f"{len(answers)} replies to {len(written)} messages after the stop of {came.at}" if many else ""


@invariant(8, "an opt-out that the provider knows of closes the channel, and no other way round it is used")
def provider_opt_out(seen: Evidence) -> Iterator[str]:
    for refused in seen.sent:
        if refused.answer != "refused:opted_out" or refused.purpose != "out":
            continue
        until = _reopened(seen, refused.channel, refused.address, refused.at)
        tried = [
            sent
            for sent in seen.sent
            if refused.at < sent.at < until
            and sent.purpose == "out"
            and (sent.address == refused.address or _same_message(seen, sent, refused))
        ]
        yield f"message {tried[0].outbox_id} was tried after the opt-out at {refused.at}" if tried else ""


@invariant(9, "help is always answered with the creditor's name, a way to reach them, and the way to opt out")
def help_always_helps(seen: Evidence) -> Iterator[str]:
    for came in seen.meant("help"):
        answers = seen.replies_to(came)
        texts = " ".join(sent.text for sent in answers)
        words = OPT_OUT[answers[0].language] if answers else ()
        complete = (
            seen.creditor.name in texts and seen.creditor.phone in texts and any(w in texts for w in words)
        )
        if answers or _answerable(seen, came):
            yield "" if complete else f"help at {came.at} was answered with {texts!r}"


@invariant(10, "a stop survives another import, another bill, another policy and a restart")
def stops_last(seen: Evidence) -> Iterator[str]:
    points = {(row["channel"], row["address"]): row for row in seen.rows("contact_points")}
    for came, until in _stops(seen):
        if until >= seen.end:
            point = points[came.channel, came.address]
            yield "" if point["stopped_at"] else f"the stop of {came.at} was forgotten"
    stopped = {row["id"]: row["stopped_at"] for row in seen.rows("customers")}
    for came, until in _stops(seen):
        for person in seen.person_at(came.channel, came.address):
            if until >= seen.end and person.kind is not Behaviour.WRONG_NUMBER:
                yield "" if stopped.get(person.id) else f"the stop of {person.id} was forgotten"


def _stops(seen: Evidence, *, again: bool = False) -> Iterator[tuple[Came, datetime]]:
    """Each first stop (or each further one), and until when it lasts: the next start, or the end."""
    for came in seen.meant("stop"):
        before = [
            one.meant
            for one in seen.came_from(came.channel, came.address)
            if one.at < came.at and one.meant in {"stop", "start"} and one.inbox_id is not None
        ]
        if (bool(before) and before[-1] == "stop") is again:
            yield came, _reopened(seen, came.channel, came.address, came.at)


def _may_be_written(seen: Evidence, sent: Sent) -> bool:
    """Whether a stop says nothing of it: a letter of a level that the law asks for."""
    if sent.electronic:
        return True  # recognised by its address
    level = seen.policy.levels[sent.level - 1] if sent.level else None
    return bool(level and level.required_by_law and seen.policy.stop.letters)


def _reopened(seen: Evidence, channel: str, address: str, after: datetime) -> datetime:
    """When they, or anybody with the same people, wrote a start; else never."""
    people = {person.id for person in seen.person_at(channel, address)}
    starts = [
        one.at
        for one in seen.meant("start")
        if one.at > after and ((one.channel, one.address) == (channel, address) or one.person_id in people)
    ]
    return min(starts, default=datetime.max.replace(tzinfo=UTC))


def _was_queued(row: Row, person: SimulatedPerson, at: datetime) -> bool:
    """Whether a message to a person was queued at a moment: created, and neither sending nor withdrawn."""
    mine = row["purpose"] == "out" and row["customer_id"] == person.id
    return bool(mine and row["created_at"] <= at <= (row["begun_at"] or row["settled_at"] or at))


def _same_message(seen: Evidence, sent: Sent, refused: Sent) -> bool:
    """Whether another message says the same level of the same bill to the same person."""
    same = sent.customer_id == refused.customer_id and sent.level == refused.level
    return same and bool(seen.bills_of(sent.outbox_id) & seen.bills_of(refused.outbox_id))


def _audit(seen: Evidence, action: str) -> dict[int, list[datetime]]:
    """When a contact point was stopped or started, by the audit trail."""
    found: dict[int, list[datetime]] = {}
    for row in seen.rows("audit"):
        if row["action"] == action and row["subject"].startswith("contact_point:"):
            found.setdefault(int(row["subject"].removeprefix("contact_point:")), []).append(row["at"])
    return found


def _point_id(seen: Evidence, came: Came) -> int:
    assert came.inbox_id is not None
    return int(seen.inbox[came.inbox_id]["contact_point_id"])


def _answerable(seen: Evidence, came: Came) -> bool:
    """Whether the carrier takes messages for them at all, and time was left to answer."""
    refused = [s for s in seen.sent if s.address == came.address and s.answer.startswith("refused")]
    lost = [s for s in seen.sent if s.address == came.address and s.at >= came.at and s.answer == "in_doubt"]
    return not refused and not lost and came.at < seen.end - timedelta(hours=3)
