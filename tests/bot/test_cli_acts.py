"""kvitt act: each act at the terminal, with a preview that writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from storage import tables
from storage.database.transaction import Database
from tests.commands import Shell
from tests.keys import KEYS
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path


def _clinic(tmp_path: Path) -> Shell:
    """Ada owes 600.00 in the database of the folder; Robin is signed in."""
    shell = Shell(tmp_path)
    shell.sign_in()
    database = Database(f"sqlite:///{tmp_path / 'kvitt.db'}", KEYS)
    world = World(database)
    world.customer()
    world.bill()
    database.close()
    return shell


def _count(tmp_path: Path, table: type[tables.Table]) -> int:
    database = Database(f"sqlite:///{tmp_path / 'kvitt.db'}", KEYS)
    with database.read() as session:
        found = session.scalar(select(func.count()).select_from(table)) or 0
    database.close()
    return found


def test_a_preview_prints_and_writes_nothing(tmp_path: Path) -> None:
    """The note that would be kept is not; what is done without --preview is."""
    shell = _clinic(tmp_path)
    note = ("act", "note", "ada", "--text", "calls after six")
    seen = shell(*note, "--preview")
    assert seen.stdout.splitlines() == ["would be done: customer ada: noted", "nobody would be written to"]
    assert _count(tmp_path, tables.Note) == 0
    assert shell(*note).stdout.splitlines() == ["customer ada: noted"]
    assert _count(tmp_path, tables.Note) == 1


def test_acts_are_listed_with_what_they_ask_for(tmp_path: Path) -> None:
    """A program reads the same list that a page makes its forms of."""
    shell = _clinic(tmp_path)
    found = {one["act"]: one for one in shell.json("act", "list", "bill", "B1")}
    assert found["extend"]["fields"] == ["day", "reason"]
    assert found["write-off"]["limit"] == "up to 1"


def test_bad_input_is_one_line(tmp_path: Path) -> None:
    """The field is named, and nothing is half done."""
    shell = _clinic(tmp_path)
    for line, said in (
        (("act", "extend", "B1", "--day", "soon", "--reason", "x"), "day: 'soon' is no day"),
        (("act", "take", "one"), "case: 'one' is no number"),
        (("act", "plan", "nobody", "--months", "3"), "no payment plan for customer 'nobody'"),
    ):
        done = shell(*line)
        assert done.returncode == 1
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1
