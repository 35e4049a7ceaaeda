"""Content: invariants 19 to 26."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from bot.simulate.desk import AGENCY
from bot.simulate.invariants import printed
from bot.simulate.invariants.checking import invariant
from bot.simulate.invariants.stops import OPT_OUT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.simulate.evidence import Evidence

_AMOUNT: Final = re.compile(
    r"(?:[$€£]|\b(?:SEK|EUR|USD|kr)\b)\s?\d|\d[\d .,]*\s?(?:kr\b|€|\$|SEK|EUR|USD)", re.IGNORECASE
)
_DIGITS: Final = re.compile(r"\d(?:[ .\-]?\d){12,18}")
_CODE: Final = re.compile(r"\b(?:cvc|cvv2?|kontrollkod)\W{0,3}\d{3,4}\b", re.IGNORECASE)
_THREATS: Final = {
    "court": r"\bcourts?\b|domstol|tingsrätt|tribunal|lawsuit|demanda judicial",
    "enforcement": r"kronofogden|betalningsföreläggande|utmätning|garnish\w*|wage|embargo|arrest",
    "credit_record": r"credit (?:record|report|score)|betalningsanmärkning|historial crediticio",
    "collector": r"\bcollect(?:or|ion)s?\b|inkasso\w*|agencia de cobr\w+|collections? agency",
    "supply": r"cut off|shut off|avstängning|cortar el suministro",
}
_LANGUAGE: Final = {
    "en": re.compile(r"\b(?:the|you|your|to|reply|this)\b", re.IGNORECASE),
    "sv": re.compile(r"\b(?:och|att|du|för|svara|vi|är|din)\b", re.IGNORECASE),
    "es": re.compile(r"\b(?:usted|su|una?|para|responda|que|de|por)\b", re.IGNORECASE),
}
_CLAIMS: Final = {
    "payment_plan.opened": "plans",
    "payment_plan.proposed": "plans",
    "promise.made": "promises",
    "payment.thanks": "payments",
    "payment.thanks_settled": "payments",
    "already_paid.found": "payments",
    "consent.stopped": "audit",
    "dispute.noted": "escalations",
    "hardship.aid": "escalations",
}
"""What says that something was done, and the table that must show it."""
_REFERRAL: Final = "answers.referred"
"""Only the answer to a question about a placed bill names its collector."""
_TERMS: Final = "enrolment.terms"
"""The terms accepted at enrolment mention collectors; they demand nothing."""


@invariant(19, "what is unsolicited holds the creditor's name and the way to opt out, in its own language")
def name_and_opt_out(seen: Evidence) -> Iterator[str]:
    for sent in seen.outs:
        opt_out = any(word in sent.text for word in OPT_OUT[sent.language])
        complete = seen.creditor.name in sent.text and (opt_out or sent.channel in {"letter", "email"})
        yield "" if complete else f"message {sent.outbox_id} lacks the name or the opt-out: {sent.text!r}"


@invariant(20, "before the identity check no amount, service, payer or full name is said")
def nothing_before_identity(seen: Evidence) -> Iterator[str]:
    lasts = timedelta(hours=seen.policy.identity.lasts_hours)
    secrets = _secrets(seen)
    for sent in seen.sent:
        if not sent.left or sent.channel not in {"sms", "telegram", "whatsapp"}:
            continue
        shown = [
            came.at
            for came in seen.came_from(sent.channel, sent.address)
            if came.meant == "birth_date" and timedelta() <= sent.at - came.at <= lasts
        ]
        if shown:
            continue
        said = _AMOUNT.search(sent.text) or secrets[sent.channel, sent.address].search(sent.text)
        yield f"message {sent.outbox_id} says {said[0]!r} before the identity check" if said else ""


@invariant(21, "no card number and no card code is stored anywhere")
def no_card_numbers(seen: Evidence) -> Iterator[str]:
    for table, columns in _KEPT.items():
        for row in seen.rows(table):
            for column in columns:
                found = next(_cards(row.get(column)), "")
                yield f"{table} {row['id']}, {column}: {found[:6]}..." if found else ""


@invariant(
    22,
    "courts, enforcement, credit records, collectors are not mentioned but where the policy's level says so",
)
def no_threats(seen: Evidence) -> Iterator[str]:
    patterns = {name: re.compile(text, re.IGNORECASE) for name, text in _THREATS.items()}
    for sent in seen.sent:
        if not sent.left or _TERMS in sent.keys or _REFERRAL in sent.keys:
            continue
        level = seen.policy.levels[sent.level - 1] if sent.level else None
        may = set(level.mentions) if level else set()
        said = [name for name, pattern in patterns.items() if name not in may and pattern.search(sent.text)]
        yield f"message {sent.outbox_id} mentions {said[0]}: {sent.text!r}" if said else ""


@invariant(23, "no message says that something was done which the tables do not show")
def only_true_claims(seen: Evidence) -> Iterator[str]:
    moments = {table: _moments(seen, table) for table in set(_CLAIMS.values())}
    for sent in seen.sent:
        for key in sent.keys:
            if sent.left and key in _CLAIMS:
                created = seen.outbox[sent.outbox_id]["created_at"]
                shown = any(at <= created for at in moments[_CLAIMS[key]])
                yield "" if shown else f"message {sent.outbox_id} claims {key}, and nothing shows it"


@invariant(24, "an amount that a message says is owed is the ledger's balance when the message left")
def amounts_are_true(seen: Evidence) -> Iterator[str]:
    for sent in seen.replies:
        said = {key: facts["balance"]["money"][0] for key, facts in sent.sayings if key in _OWED}
        if not said or not sent.customer_id:
            continue
        owed, named = _payable(seen, sent.customer_id, sent.at), sum(said.values())
        digits = re.sub(r"[^\d]", "", sent.text)
        if "answers.balance" in said and named != owed:
            yield f"message {sent.outbox_id} says {named}, and {owed} is owed"
        else:
            hidden = [amount for amount in said.values() if _plain(amount) not in digits]
            yield f"message {sent.outbox_id} does not show {hidden}: {sent.text!r}" if hidden else ""
    for sent in seen.outs:
        for row in printed.rows(sent):
            owed = seen.owed_at(row.bill_id, sent.decided_at)
            wrong = row.total != owed
            yield f"letter {sent.outbox_id} says {row.total}, and {owed} is owed" if wrong else ""


_OWED: Final = ("answers.balance", "answers.on_plan", "answers.on_plan_late")
"""What is left on a plan, and what is left beside it: together they are all that is owed."""


@invariant(25, "every customer is written to in their own language")
def own_language(seen: Evidence) -> Iterator[str]:
    for sent in seen.outs:
        person = seen.people.get(sent.customer_id or "")
        if person is None:
            continue
        counts = {name: len(pattern.findall(sent.text)) for name, pattern in _LANGUAGE.items()}
        spoken = max(counts, key=lambda name: counts[name])
        right = person.language == sent.language and spoken == person.language
        yield (
            ""
            if right
            else f"message {sent.outbox_id} speaks {spoken} to a customer who speaks {person.language}"
        )


@invariant(26, "messages are signed by the creditor, never by a collector")
def own_name(seen: Evidence) -> Iterator[str]:
    for sent in seen.sent:
        if sent.left:
            named = AGENCY.lower() in sent.text.lower() and _REFERRAL not in sent.keys
            unsigned = sent.purpose == "out" and seen.creditor.name not in sent.text
            yield (
                f"message {sent.outbox_id} is signed by another name: {sent.text!r}"
                if named or unsigned
                else ""
            )


_KEPT: Final = {
    "inbox": ("text",),
    "outbox": ("text", "sayings"),
    "escalations": ("reason", "detail", "outcome"),
    "conversations": ("offer", "answers", "agenda"),
    "decisions": ("inputs", "reason"),
    "audit": ("detail",),
    "holds": ("reason",),
}


def _cards(value: Any) -> Iterator[str]:
    """Card numbers and codes anywhere in a value, however it is packed."""
    match value:
        case str():
            for found in _DIGITS.findall(value):
                digits = [int(sign) for sign in found if sign.isdigit()]
                if _luhn(digits):
                    yield found
            yield from _CODE.findall(value)
        case dict():
            for one in value.values():
                yield from _cards(one)
        case list():
            for one in value:
                yield from _cards(one)


def _luhn(digits: list[int]) -> bool:
    doubled = [digit if place % 2 == 0 else digit * 2 for place, digit in enumerate(reversed(digits))]
    return sum(digit if digit < 10 else digit - 9 for digit in doubled) % 10 == 0  # noqa: PLR2004


class _Secrets(dict[tuple[str, str], re.Pattern[str]]):
    """What an address must not get before the identity check: full names and services of its users."""

    def __init__(self, seen: Evidence) -> None:
        super().__init__()
        self._seen = seen

    def __missing__(self, where: tuple[str, str]) -> re.Pattern[str]:
        people = self._seen.person_at(*where)
        words = {person.name for person in people}
        words |= {bill.description for person in people for bill in person.bills} | {"insurer"}
        self[where] = re.compile("|".join(re.escape(word) for word in sorted(words)), re.IGNORECASE)
        return self[where]


def _secrets(seen: Evidence) -> _Secrets:
    return _Secrets(seen)


def _moments(seen: Evidence, table: str) -> list[datetime]:
    column = {"plans": "agreed_at", "promises": "made_at", "payments": "received_at", "audit": "at"}
    return [row[column.get(table, "opened_at")] for row in seen.rows(table)]


def _payable(seen: Evidence, person_id: str, moment: datetime) -> int:
    """What a person could pay here at a moment: their open bills that are not with a collector."""
    at_collector = {
        row["bill_id"]
        for row in seen.rows("placements")
        if row["state"] in {"placed", "acknowledged"} and row["decided_at"] <= moment
    }
    mine = [bill_id for bill_id, row in seen.bills.items() if row["person_id"] == person_id]
    return sum(max(seen.owed_at(one, moment), 0) for one in mine if one not in at_collector)


def _plain(minor: int) -> str:
    return str(abs(minor))
