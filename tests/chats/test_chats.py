"""Whole conversations: each file is held on its channels and on both databases, and must read the same.

The quick tier holds each on the first of its channels, on SQLite; the slow tier everything else.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from messages.languages import languages
from tests.chats.transcript import played, read, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from billing.accounts.channels import Channel
    from storage.database.transaction import Database

HERE = Path(__file__).parent
CHATS = sorted(HERE.glob("*/*.txt"))
WANTED = 80


def _held() -> Iterator[object]:
    """Each chat on every one of its channels on SQLite, and on the first of them on PostgreSQL."""
    for path in CHATS:
        channels = read(path).channels
        for kind, held_on in (("sqlite", channels), ("postgresql", channels[:1])):
            for channel in held_on:
                name = f"{path.parent.name}/{path.stem}-{channel.value}-{kind}"
                marks = [pytest.mark.slow] if channel is not channels[0] else []
                yield pytest.param(path, channel, kind, id=name, marks=marks)


@pytest.mark.parametrize(("path", "channel", "database_url"), list(_held()), indirect=["database_url"])
def test_the_chat_goes_as_it_is_written(path: Path, channel: Channel, database: Database) -> None:
    """What the customer reads, and how things stand afterwards, is what the file says."""
    transcript = read(path)
    assert written(transcript) == written(played(transcript, database, channel))


def test_there_are_chats_enough_in_every_language() -> None:
    """Eighty whole conversations, and some in each language that comes with Kvitt."""
    assert len(CHATS) >= WANTED
    assert {path.parent.name for path in CHATS} == set(languages())
