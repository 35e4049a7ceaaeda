"""Every column was decided about: it is sealed, or it is written down why it is not."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Date, Text
from sqlalchemy.types import TypeDecorator

from storage import sealing
from storage.sealing.types import Sealed, SealedDate, SealedJson
from storage.tables import Table

SEALED = (Sealed, SealedDate, SealedJson)
PLAIN = Path(sealing.__file__).with_name("plain.toml")


def _plain(kind: Any) -> bool:
    """Whether a type keeps a text, a day or a JSON value as it is given, masked or not."""
    kept = kind.impl_instance if isinstance(kind, TypeDecorator) else kind
    return isinstance(kept, Text | Date | JSON) and not isinstance(kind, SEALED)


def test_every_column_is_sealed_or_named_with_the_reason_why_not() -> None:
    """A new column with a text, a day or a JSON value fails here until somebody decides about it."""
    found = {
        f"{table.name}.{column.key}"
        for table in Table.metadata.sorted_tables
        for column in table.c
        if _plain(column.type)
    }
    named = Counter(
        f"{table}.{column}"
        for reason in tomllib.loads(PLAIN.read_text(encoding="utf-8")).values()
        for table, columns in reason.items()
        if table != "why"
        for column in columns
    )
    assert found ^ set(named) == set()
    assert [column for column, times in named.items() if times > 1] == []


def test_what_identifies_a_person_is_sealed() -> None:
    """The day of birth, the member number, and what people may write such numbers in."""
    sealed = {
        f"{table.name}.{column.key}"
        for table in Table.metadata.sorted_tables
        for column in table.c
        if isinstance(column.type, Sealed | SealedDate | SealedJson)
    }
    assert sealed >= {
        "customers.birth_date", "coverages.member_id", "inbox.text", "conversations.answers",
        "conversations.offer", "decisions.inputs", "claim_files.text", "audit.detail", "case_events.detail",
        "escalations.detail", "outbox.text", "outbox.sayings", "letters.page", "bill_sendings.page",
        "collector_lines.row", "eligibility_checks.detail", "payments.text",
    }  # fmt: skip
