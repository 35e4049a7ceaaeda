"""The fuzz in small: nothing raises, nothing that was marked is printed, and planted faults are found."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from billing.refusals import Refusal
from bot.simulate.chance import Chance
from tests.fuzz import forms, readers, turns
from tests.fuzz.counts import Counts, watched
from tests.fuzz.hostile import MARK, Hostile
from tests.fuzz.readers import READERS, Reader

if TYPE_CHECKING:
    from pathlib import Path

    from storage.database.transaction import Database

SEED = 7


@pytest.mark.slow
def test_hostile_texts_files_and_messages_are_read_or_refused(tmp_path: Path) -> None:
    """Ten thousand inputs: each is read, or refused in a sentence of ours."""
    counts = Counts()
    with watched(counts):
        readers.play(counts, Chance(SEED), 10_000, tmp_path)
    assert counts.sound, (counts.raised, counts.leaks)
    assert set(counts.inputs) == set(READERS)


@pytest.mark.slow
def test_turns_with_hostile_texts_are_answered(database: Database) -> None:
    """Five hundred turns in the middle of conversations: none fails, nothing written is logged."""
    counts = Counts()
    with watched(counts):
        turns.play(database, counts, Chance(SEED), 500)
    assert counts.sound, (counts.raised, counts.leaks)


@pytest.mark.slow
def test_hostile_requests_have_a_status_of_their_own(database: Database) -> None:
    """A thousand requests, signed and not, at every route: none is an error of the server."""
    counts = Counts()
    with watched(counts):
        forms.play(database, counts, Chance(SEED), 1000)
    assert counts.sound, (counts.raised, counts.leaks)


def test_the_same_seed_gives_the_same_inputs() -> None:
    """What was found can be found again."""
    one, other = (Hostile(Chance(SEED)) for _ in range(2))
    assert [one.text() for _ in range(200)] == [other.text() for _ in range(200)]


def test_sound_samples_are_read(tmp_path: Path) -> None:
    """What is damaged is sound before: else the fuzz would try nothing but first lines."""
    refused = {}
    for name, reader in READERS.items():
        try:
            reader.read(reader.made(_Sound(Chance(SEED))), tmp_path)
        except Refusal as refusal:
            refused[name] = str(refusal)
    assert not refused


def test_a_reader_that_raises_or_prints_is_found(tmp_path: Path) -> None:
    """Neither a fault nor a leak, in a log of any level, goes unnoticed."""

    def prints(text: str, _: object) -> None:
        logging.getLogger("some.library").debug("read %s", text)

    def raises(text: str, _: object) -> None:
        int(text)

    counts = Counts()
    with watched(counts):
        twins = {"prints": Reader(Hostile.text, prints), "raises": Reader(Hostile.text, raises)}
        readers.play(counts, Chance(SEED), 50, tmp_path, twins)
    assert any(MARK in line for line in counts.leaks)
    assert any(what.startswith("raises: ValueError") for what in counts.raised)


class _Sound(Hostile):
    """Gives the samples as they are."""

    def damaged_bytes(self, sample: bytes) -> bytes:
        """The sample."""
        return sample

    def damaged_json(self, sample: object) -> object:
        """The sample."""
        return sample

    def damaged_form(self, sample: dict[str, str]) -> dict[str, str]:
        """The sample."""
        return sample
