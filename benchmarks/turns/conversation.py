"""A plan agreed by text: what each person writes, as Twilio posts it, and what they must read in answer."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bot.wiring import MESSAGES_PATH

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

ACCOUNT: Final = "AC" + "0" * 31 + "1"
TOKEN: Final = "token-of-the-benchmark"  # noqa: S105 - of our own Twilio
NUMBER: Final = "+14155550100"
PUBLIC: Final = "https://texts.example.org"
"""What Twilio believes to post to, and signs; we listen on loopback."""

TURNS: Final = (
    ("what do I owe?", "birth date"),
    ("1980-02-28", "left to pay"),
    ("can I pay in parts?", "How much can you pay"),
    ("3 months", "Which day of the month"),
    ("the 25th", "Does this work for you"),
    ("yes", "Your plan is set"),
    ("thanks!", "You're welcome"),
)
"""Each text, and words of its reply."""
BLIND: Final = 5
"""So many texts may follow each other unanswered; a *yes* counts only after its question was read."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who writes: their phone, and their texts as complete HTTP requests in order."""

    phone: str
    posts: tuple[bytes, ...]


def people(first: int, count: int) -> list[Person]:
    """People by number, with all requests made and signed."""
    validator = RequestValidator(TOKEN)
    return [_person(number, validator) for number in range(first, first + count)]


def write_files(folder: Path, count: int, today: date) -> list[str]:
    """Files for ``kvitt import``: so many people who each owe 600 dollars since a month; their names."""
    issued, due = today - timedelta(days=60), today - timedelta(days=30)
    everybody = range(1, count + 1)
    customers = [(n, f"Person {n}", "1980-02-28", _phone(n), "en", "US", "CA") for n in everybody]
    bills = [(f"B{n}", n, issued, due, "USD", "600.00") for n in everybody]
    files: dict[str, tuple[str, Sequence[tuple[object, ...]]]] = {
        "customers.csv": ("customer_id,name,birth_date,phone,language,country,region", customers),
        "bills.csv": ("bill_id,customer_id,issued_on,due_on,currency,amount", bills),
    }
    for name, (header, rows) in files.items():
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows((header.split(","), *rows))
    return list(files)


def faults(replies: list[str]) -> str:
    """What is wrong with the replies that a person got; empty if each text got its own, in order."""
    for number, (text, wanted) in enumerate(TURNS):
        if number >= len(replies):
            return f"no reply to {text!r}"
        if not re.search(wanted, replies[number]):
            return f"to {text!r} came {replies[number]!r}"
    return f"{len(replies) - len(TURNS)} replies too many" if len(replies) > len(TURNS) else ""


def _phone(number: int) -> str:
    return f"+1503{2_000_000 + number}"


def _person(number: int, validator: RequestValidator) -> Person:
    phone = _phone(number)
    return Person(phone, tuple(_post(phone, number, at, validator) for at in range(len(TURNS))))


def _post(phone: str, number: int, at: int, validator: RequestValidator) -> bytes:
    sid = f"SM{number:024x}{at:08x}"
    form = {
        "MessageSid": sid,
        "SmsMessageSid": sid,
        "AccountSid": ACCOUNT,
        "From": phone,
        "To": NUMBER,
        "Body": TURNS[at][0],
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsStatus": "received",
        "ApiVersion": "2010-04-01",
    }
    body = urlencode(form)
    head = (
        f"POST {MESSAGES_PATH} HTTP/1.1",
        "Host: texts.example.org",
        "User-Agent: TwilioProxy/1.1",
        "Content-Type: application/x-www-form-urlencoded; charset=UTF-8",
        f"X-Twilio-Signature: {validator.compute_signature(PUBLIC + MESSAGES_PATH, form)}",
        f"Content-Length: {len(body)}",
    )
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()
