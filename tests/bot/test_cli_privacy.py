"""kvitt privacy: real processes, files of letters, and imports that bring the person back."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from bot.channels import letter
from handlers.delivery import letters as handled
from handlers.privacy import erasing
from handlers.privacy.open_matters import NotSettled
from storage.database.transaction import Database
from tests.commands import Shell
from tests.keys import KEYS
from tests.letters import a_writing_world, owes, room
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FRIDAY = datetime(2026, 3, 6, 18, 0, tzinfo=UTC)
NAME = "Ada Quillfeather"
PHONE = "+15035550142"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """An empty installation in a folder of its own, and an operator."""
    made = Shell(tmp_path)
    assert made("db", "upgrade").returncode == 0
    made.sign_in()
    return made


@pytest.fixture
def there(shell: Shell) -> Iterator[World]:
    """Real handlers on the database of that installation."""
    database = Database(f"sqlite:///{shell.folder / 'kvitt.db'}", KEYS)
    made = World(database, now=FRIDAY)
    made.customer(name=NAME, address="7 Zebrine Road", city="Portland", postal_code="97201")
    yield made
    database.close()


def test_erase_then_export_and_search_the_files(shell: Shell, there: World) -> None:
    """The file of the database, its log and the letters have nothing of the person; balances are equal."""
    there.bill()
    there.says(f"balance please, {NAME}")
    there.says("1980-02-28")
    there.pays("B1", 60000)
    aging, trail = shell("aging", "--json").stdout, shell.json("audit")
    refused = shell("privacy", "erase", "nobody")
    assert (refused.returncode, refused.stdout) == (1, "")
    out = shell.folder / "ada.zip"
    assert shell("privacy", "export", "ada", str(out)).returncode == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert NAME in ZipFile(out).read("summary.html").decode()
    out.unlink()
    done = shell("privacy", "erase", "ada")
    assert done.returncode == 0, done.stderr
    assert "without an end" in done.stdout
    again = shell("privacy", "erase", "ada")
    assert again.returncode == 0
    assert "already: nothing was changed" in again.stdout
    there.database.close()
    content = b"".join(file.read_bytes().lower() for file in shell.folder.rglob("*") if file.is_file())
    for sign in (b"quillfeather", b"5550142", b"1980-02-28", b"zebrine", b"portland"):
        assert sign not in content
    assert shell("aging", "--json").stdout == aging
    after = shell.json("audit")
    assert [one["action"] for one in after][: len(trail)] == [one["action"] for one in trail]
    assert shell("privacy", "export", "ada", str(out)).returncode == 0
    assert b"uillfeather" not in ZipFile(out).read("data.json")
    listed = shell.json("privacy", "erasures")
    assert [one["customer_id"] for one in listed] == ["ada"]


@pytest.mark.parametrize("form", ["csv", "fhir"])
def test_a_file_does_not_bring_the_person_back(shell: Shell, there: World, form: str) -> None:
    """The row is set aside with one clear line, and the others are imported."""
    there.database.close()
    assert shell("privacy", "erase", "ada").returncode == 0
    if form == "csv":
        folder = shell.folder / "in"
        folder.mkdir()
        (folder / "customers.csv").write_text(
            "customer_id,name,birth_date,phone\n"
            f"ada,{NAME},1980-02-28,{PHONE}\n"
            f"p-9,{NAME},1980-02-28,\n"
            "bo,Bo Ek,1990-01-01,+15035550177\n"
        )
        done = shell("import", str(folder))
        people = 1
    else:
        file = shell.folder / "bundle.json"
        patient = {
            "resourceType": "Patient",
            "id": "p-9",
            "name": [{"family": "Quillfeather", "given": ["Ada"]}],
            "birthDate": "1980-02-28",
        }
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient}]}
        file.write_text(json.dumps(bundle))
        done = shell("import", str(file), "--format", "fhir")
        people = 0
    said = done.stdout + done.stderr
    assert "was erased" in said
    assert "kvitt privacy readmit ada" in said
    assert f"{people} new" in said
    assert "Traceback" not in said


def test_printed_letters_go_from_the_disk(database: Database, tmp_path: Path) -> None:
    """The PDF of a posted letter and its row of the list are removed; other people's stay."""
    world = a_writing_world(database)
    owes(world, "ada", name=NAME)
    owes(world, "bo", name="Bo Ek", phone="+15035550177")
    [(batch, folder)] = room(world, tmp_path).print_batches(world.now.date(), "desk")
    with pytest.raises(NotSettled, match="kvitt letters posted"):
        erasing.erase(world.database, world.installation, world.clock, "ada", "desk", "a court")
    with world.database.write() as session:
        handled.posted(world.context(session), batch, None, "desk")
    done = erasing.erase(world.database, world.installation, world.clock, "ada", "desk", "a court")
    [mine] = done.letters[batch]
    assert (folder / f"{mine}.pdf").exists()
    letter.erase(tmp_path, done.letters)
    letter.erase(tmp_path, done.letters)
    assert len(list(folder.glob("*.pdf"))) == 1
    assert not (folder / f"{mine}.pdf").exists()
    listed = (folder / "addresses.csv").read_text(encoding="utf-8")
    assert "Quillfeather" not in listed
    assert "Bo Ek" in listed
