"""Whole conversations: each file is held on its channels, on both databases, and must read the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from billing.channels import Channel
from tests.chats.transcript import played, read, written

if TYPE_CHECKING:
    from storage.transaction import Database

HERE = Path(__file__).parent
CHATS = sorted(HERE.glob("*/*.txt"))
WANTED = 80


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.TELEGRAM], ids=lambda channel: channel.value)
@pytest.mark.parametrize("path", CHATS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_chat_goes_as_it_is_written(path: Path, channel: Channel, database: Database) -> None:
    """What the customer reads, and how things stand afterwards, is what the file says."""
    transcript = read(path)
    if channel not in transcript.channels:
        pytest.skip(f"this chat is held on {transcript.channels[0].value} only")
    assert written(transcript) == written(played(transcript, database, channel))


def test_there_are_chats_enough_in_every_language() -> None:
    """Eighty whole conversations, in the three languages."""
    assert len(CHATS) >= WANTED
    assert {path.parent.name for path in CHATS} == {"en", "sv", "es"}
