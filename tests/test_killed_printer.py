"""Printers killed at any moment: no letter is lost, and none is printed twice."""

from __future__ import annotations

import csv
import os
import random  # noqa: TID251 - when to kill is a matter of chance, with a seed that is told
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.channels.letter import ADDRESSES
from handlers.delivery import letters
from storage import tables
from storage.database.transaction import Database
from tests.keys import KEYS
from tests.letters import a_writing_installation, owes, room, rows, text_of
from tests.world import World

if TYPE_CHECKING:
    from tests.conftest import Databases

pytestmark = pytest.mark.slow

ROUNDS = int(os.environ.get("KVITT_FAULT_ROUNDS", "6"))
A_ROUND = 3
"""Letters that wait when a printer begins."""
LONGEST = 0.35
"""Seconds a printer lives at most, after it has begun."""
ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_killed_printer_loses_nothing_and_prints_nothing_twice(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    """SIGKILL at random points, then a printer that lives: every letter is in one folder, once."""
    makers: Databases = request.getfixturevalue(f"{'sqlite' if kind == 'sqlite' else 'postgres'}_databases")
    url = makers()
    world, folder = World(Database(url, KEYS), a_writing_installation()), tmp_path / "letters"
    seed = random.randrange(10**6)  # noqa: S311 - no secret
    chance = random.Random(seed)  # noqa: S311
    names = []
    for number in range(ROUNDS):
        for index in range(A_ROUND):
            names.append(f"c{number}-{index}")
            owes(world, names[-1], phone=f"+1503555{number:02}{index:02}", address=f"{number} Road {index}")
        _killed(url, folder, None if number % 2 else chance.uniform(0, LONGEST))
    room(world, folder).print_batches(world.now.date(), "desk")
    _each_once(world, folder, names, f"seed {seed}")
    with world.database.write() as session:
        for row in rows(world, tables.LetterBatch):
            letters.posted(world.context(session), row.id, None, "desk")
    assert Counter(step.state for step in rows(world, tables.Step)) == {"heard": len(names)}
    world.database.close()


def _killed(url: str, folder: Path, seconds: float | None) -> None:
    """Start a printer and kill it: after so many seconds, or as soon as it has written another PDF."""
    before = _pdfs(folder)
    command = [sys.executable, "-m", "tests.fakes.printer", url, str(folder)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline() == b"begun\n"
    pause = threading.Event()
    if seconds is not None:
        pause.wait(seconds)
    while seconds is None and process.poll() is None and _pdfs(folder) == before:
        pause.wait(0.001)
    process.kill()
    process.communicate()


def _pdfs(folder: Path) -> int:
    return len(list(folder.glob("**/*.pdf"))) if folder.is_dir() else 0


def _each_once(world: World, folder: Path, names: list[str], seed: str) -> None:
    """Every bill stands on one PDF, every PDF in its folder's list, and nothing half done is left to post."""
    printed = Counter[str]()
    for batch in sorted(folder.glob("batch-*")):
        with (batch / ADDRESSES).open(encoding="utf-8") as file:
            listed = [row["file"] for row in csv.DictReader(file)]
        assert sorted(listed) == sorted(pdf.name for pdf in batch.glob("*.pdf")), seed
        for pdf in batch.glob("*.pdf"):
            read = text_of(pdf.read_bytes())
            printed.update(name for name in names if f"B-{name} " in read)
    assert printed == dict.fromkeys(names, 1), seed
    assert list(folder.glob(".*")) == [], seed
    assert {row.state for row in rows(world, tables.LetterBatch)} == {"printed"}, seed
    assert {row.state for row in rows(world, tables.Outbox)} == {"sending"}, seed
