"""A large book for the desk, written in bulk: people, bills, texts, open cases, one busy account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, text

from storage import tables
from storage.database.bulk import insert_rows
from storage.desk import places, search_index

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from storage.database.transaction import Database

NOW: Final = datetime(2026, 3, 4, 18, 0, tzinfo=UTC)
BUSY: Final = "C1"
"""The customer with five thousand events."""
EVENTS: Final = 5000
BATCH: Final = 20_000
FIRST: Final = (
    "Anna",
    "Åsa",
    "Björn",
    "Carla",
    "Dörte",
    "Eva",
    "Frank",
    "Göran",
    "Ida",
    "José",
    "Karin",
    "Łukasz",
)
LAST: Final = (
    "Ström",
    "Strand",
    "Lind",
    "Berg",
    "Müller",
    "García",
    "Novák",
    "Holm",
    "Dahl",
    "Vega",
    "Öberg",
)
SAID: Final = (
    "jag",
    "kan",
    "betala",
    "fakturan",
    "nästa",
    "vecka",
    "tack",
    "räkning",
    "hej",
    "varför",
    "avgift",
)
KINDS: Final = ("person", "dispute", "hardship", "copy", "unreadable", "refund", "placement", "deceased")


def make(database: Database, people: int) -> None:
    """Fill an empty database: three bills, ten messages and half a case for each of so many people."""
    sqlite = database.engine.dialect.name == "sqlite"
    with database.write() as session:
        session.execute(
            text("PRAGMA foreign_keys = OFF" if sqlite else "SET session_replication_role = replica")
        )
        # Triggers note each change for the index, which is written here in bulk instead.
        triggers = _without_triggers(session) if sqlite else []
        for table, names, rows in _tables(people):
            batch: list[tuple[Any, ...]] = []
            for row in rows:
                batch.append(row)
                if len(batch) == BATCH:
                    _insert(session, table, names, batch)
                    batch = []
            _insert(session, table, names, batch)
        for statement in triggers:
            session.execute(text(statement))
    _index(database, people)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _insert(session: Session, table: Any, names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    if names[0] != "id":
        insert_rows(session, table, names, rows)
    elif rows:
        # Ids that are texts are drawn from no sequence.
        session.execute(insert(table.__table__), [dict(zip(names, row, strict=True)) for row in rows])


def _without_triggers(session: Session) -> list[str]:
    rows = session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    for name, _ in rows:
        session.execute(text(f"DROP TRIGGER {name}"))
    return [statement for _, statement in rows]


def _index(database: Database, people: int) -> None:
    step = 5000
    texts = people * 5
    for first in range(1, people + 1, step):
        with database.write() as session:
            ids = range(first, min(first + step, people + 1))
            search_index.index_people(session, [f"C{one}" for one in ids])
            search_index.index_bills(session, [f"B{one}-{k}" for one in ids for k in range(3)])
    for first in range(1, texts + 1, step):
        with database.write() as session:
            search_index.index_texts(session, list(range(first, min(first + step, texts + 1))))


def said(number: int) -> str:
    """What a customer wrote, by the number of the text; one in a thousand has a rare word."""
    words = [SAID[(number * 7 + place * (1 + number % 5)) % len(SAID)] for place in range(7)]
    return " ".join([*words, "röntgen"] if number % 1000 == 1 else words)


TableRows = tuple[Any, tuple[str, ...], Iterator[tuple[Any, ...]]]
"""A table, its columns, and the rows to write."""


def _tables(people: int) -> Iterator[TableRows]:
    yield from _customers(people)
    yield from _money(people)
    yield from _texts(people)
    yield tables.Escalation, _CASE, (_case(n) for n in range(1, people // 2 + 1))


def _customers(people: int) -> Iterator[TableRows]:
    every = range(1, people + 1)
    yield (
        tables.Customer,
        (
            "id", "name", "language", "country", "region", "address", "postal_code", "city", "note",
            "created_at",
        ),
        (
            (
                f"C{i}", f"{FIRST[i % len(FIRST)]} {LAST[i // 7 % len(LAST)]}{i % 97}", "sv", "SE", "", "",
                "", "", "", NOW - timedelta(minutes=i),
            )
            for i in every
        ),
    )  # fmt: skip
    yield (
        tables.Account,
        ("id", "customer_id", "guarantor_id", "currency", "policy_version"),
        ((f"A-C{i}", f"C{i}", f"C{i}", "SEK", "v") for i in every),
    )
    yield (
        tables.ContactPoint,
        (
            "channel",
            "address",
            "language",
            "zones",
            "created_at",
            "wrong_tries",
            "idle_texts",
            "idle_reply",
        ),
        (("sms", f"+4670{1_000_000 + i}", "sv", ["Europe/Stockholm"], NOW, 0, 0, "") for i in every),
    )
    yield tables.Contact, ("customer_id", "contact_point_id", "added_at"), ((f"C{i}", i, NOW) for i in every)


def _money(people: int) -> Iterator[TableRows]:
    every, day = range(1, people + 1), NOW.date()
    bills = ("id", "number", "account_id", "issued_on", "due_on", "currency", "amount", "description",
             "fee_agreed", "state", "episode")  # fmt: skip
    yield (
        tables.Bill,
        bills,
        (
            (
                f"B{i}-{k}", i * 3 + k, f"A-C{i}", day - timedelta(days=20 + i % 200),
                day - timedelta(days=i % 150 - 20),
                "SEK", 5000 + i % 9000, "", False, "issued", 1,
            )
            for i in every
            for k in range(3)
        ),
    )  # fmt: skip
    entry = ("account_id", "bill_id", "kind", "amount", "currency", "booked_on", "recorded_at", "source")
    yield (
        tables.Entry,
        entry,
        (
            (
                f"A-C{i}",
                f"B{i}-{k}",
                kind,
                amount,
                "SEK",
                day - timedelta(days=i % 150),
                NOW,
                f"{kind}:{i}:{k}",
            )
            for i in every
            for k in range(3)
            for kind, amount in (("charge", 5000 + i % 9000), ("payment", -5000))
            if kind == "charge" or (i + k) % 2
        ),
    )
    yield (
        tables.Entry,
        entry,
        (
            ("A-C1", "B1-0", "fee", 100, "SEK", day, NOW - timedelta(minutes=n), f"busy:{n}")
            for n in range(EVENTS)
        ),
    )


def _texts(people: int) -> Iterator[TableRows]:
    inbox = ("channel", "provider_id", "contact_point_id", "kind", "text", "asked_at", "sender",
             "received_at", "state", "tries", "next_try_at")  # fmt: skip
    yield (
        tables.Inbox,
        inbox,
        (
            (
                "sms", f"in{n}", 1 + n % people, "text", said(n), "", "",
                NOW - timedelta(seconds=people * 5 - n), "done", 1, NOW,
            )
            for n in range(1, people * 5 + 1)
        ),
    )  # fmt: skip
    outbox = ("key", "reference", "purpose", "channel", "contact_point_id", "customer_id", "sayings",
              "content", "language", "text", "choices", "state", "reason", "created_at", "not_before",
              "tries", "code")  # fmt: skip
    yield (
        tables.Outbox,
        outbox,
        (
            (
                f"k{n}", f"r{n}", "out", "sms", 1 + n % people, f"C{1 + n % people}", [], 0, "sv",
                "En påminnelse", [], "sent", "", NOW - timedelta(seconds=people * 5 - n), NOW, 1, "",
            )
            for n in range(1, people * 5 + 1)
        ),
    )  # fmt: skip


_CASE: Final = ("key", "kind", "severity", "reason", "detail", "customer_id", "opened_at", "deadline",
                "owner", "unanswered_since", "stale", "outcome", "version", "grave",
                "place", "place_at")  # fmt: skip


def _case(n: int) -> tuple[Any, ...]:
    kind = KINDS[n % len(KINDS)]
    deadline = NOW + timedelta(minutes=n % 9000 - 3000)
    waits = NOW - timedelta(minutes=n % 700) if n % 5 == 0 else None
    severity = 1 if n % 2000 == 0 else 2
    place = places.at_opening(kind, severity, waits, deadline)
    owner = f"rep{n % 40}" if n % 3 == 0 else None
    return (
        f"case:{n}", kind, severity, "why it was opened", {}, f"C{n}", NOW, deadline, owner, waits, False, "",
        1, *place,
    )  # fmt: skip
