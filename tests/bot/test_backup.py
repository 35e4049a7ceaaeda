"""kvitt backup and kvitt restore: a whole copy while everything runs, and back only where it is safe."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import make_url

from storage.database import schema
from storage.database.transaction import Database
from tests.backups import migrate_to, rows, tools_on_path
from tests.commands import ROOT, Shell
from tests.keys import KEY, KEYS, STOPS_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Databases
    from tests.world import World

SENDING = frozenset({"sending_stops", "audit", "outbox", "desk_changes"})
"""Tables that a restore writes to."""
LIMITED = (
    "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size})); "
    "from bot.cli import main; main()"
)


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> Path:
    """PostgreSQL's programs of the server's own release."""
    return tools_on_path(monkeypatch)


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, database_url: str) -> Iterator[str]:
    """A second database of the same kind, with the schema and nothing in it."""
    kind = "sqlite" if database_url.startswith("sqlite") else "postgres"
    maker: Databases = request.getfixturevalue(f"{kind}_databases")
    url = maker()
    yield url
    maker.drop(url)


@pytest.fixture
def book(tmp_path: Path) -> Shell:
    """A folder with a SQLite database that has a customer and a bill, and a backup of it."""
    shell = Shell(tmp_path)
    shell.sign_in()
    (tmp_path / "customers.csv").write_text("customer_id,name\nC-1,Ada Lind\n")
    (tmp_path / "bills.csv").write_text(
        "bill_id,customer_id,issued_on,due_on,currency,amount\nB-1,C-1,2026-01-01,2026-02-01,USD,180.00\n"
    )
    assert shell("import", "customers.csv", "bills.csv").returncode == 0
    assert shell("backup", "night.zip").returncode == 0
    return shell


def _refused(shell: Shell, *arguments: str, **settings: str) -> str:
    """The one clear line with which a command is refused."""
    done = shell(*arguments, **settings)
    assert done.returncode == 1, (done.stdout, done.stderr)
    (line,) = done.stderr.splitlines()
    assert line.startswith("kvitt: ")
    return line


@pytest.mark.both_databases
def test_a_book_restored_elsewhere_is_the_book_that_was_backed_up(
    world: World, database_url: str, elsewhere: str, tmp_path: Path
) -> None:
    """Every row is the same but for what is in doubt; balances and the audit trail are equal."""
    world.customer()
    world.bill(due=world.now.date() - timedelta(days=5))
    world.pays("B1", 1250)
    world.run()
    before = Shell(tmp_path)
    before.usual["database_url"] = database_url
    made = before("backup", "night.zip")
    assert made.returncode == 0, made.stderr
    assert "checked" in made.stdout
    assert "not in it, keep copies elsewhere: kvitt.toml" in made.stdout
    assert "kvitt.key, kvitt-stops.key" in made.stdout
    audit, balances = before.json("audit"), before.json("accounts")
    after = Shell(tmp_path)
    after.usual["database_url"] = elsewhere
    done = after("restore", "night.zip")
    assert done.returncode == 0, done.stderr
    assert "- 1 message(s) in doubt" in done.stdout
    assert "kvitt sending stops FILE" in done.stdout
    assert after.json("accounts") == balances
    assert after.json("audit")[:-1] == audit
    assert after.json("audit")[-1]["action"] == "restored"
    (status,) = after.json("sending", "status")
    assert (status["sending"], status["stopped_by"]) == ("stopped", "command line")
    assert [one["channel"] for one in after.json("sending", "doubts")] == ["sms"]
    old, new = rows(database_url), rows(elsewhere)
    assert {name for name in old if old[name] != new[name]} == SENDING


@pytest.mark.both_databases
def test_an_old_database_is_replaced_on_demand_only_and_kept_aside(
    world: World, database_url: str, tmp_path: Path
) -> None:
    """Without --replace nothing changes; with it what came after the backup is in the database set aside."""
    world.customer()
    shell = Shell(tmp_path)
    shell.usual["database_url"] = database_url
    assert shell("backup", "night.zip").returncode == 0
    world.customer("bo", phone="+15035550177")
    world.database.close()
    refused = _refused(shell, "restore", "night.zip")
    assert "not empty (2 in customers" in refused
    assert "--replace" in refused
    (done,) = shell.json("restore", "night.zip", "--replace", "--no-stops-since", "the carrier lists none")
    assert (done["in_doubt"], done["stops"]) == (0, None)
    assert len(rows(database_url)["customers"]) == 1
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        aside = f"sqlite:///{done['aside']}"
        assert stat.S_IMODE(Path(done["aside"]).stat().st_mode) == 0o600
    else:
        named = str(done["aside"]).removeprefix("schema ")
        aside = url.update_query_dict({"options": f"-csearch_path={named}"}).render_as_string(
            hide_password=False
        )
    assert len(rows(aside)["customers"]) == 2
    again = shell("backup", "after.zip")
    assert again.returncode == 0, again.stderr


@pytest.mark.both_databases
def test_nothing_is_replaced_while_a_process_uses_the_database(
    world: World, database_url: str, tmp_path: Path
) -> None:
    """A connection that does nothing is enough: a process may write with it the next moment."""
    world.customer()
    shell = Shell(tmp_path)
    shell.usual["database_url"] = database_url
    with world.database.engine.connect():
        assert shell("backup", "night.zip").returncode == 0
    before = rows(database_url)
    with world.database.engine.connect():
        refused = _refused(shell, "restore", "night.zip", "--replace")
    assert "end every process of Kvitt" in refused
    assert rows(database_url) == before
    world.database.close()
    assert shell("restore", "night.zip", "--replace").returncode == 0


def test_a_backup_is_its_owner_s_alone_and_replaces_nothing_by_itself(book: Shell) -> None:
    """Mode 0600 whatever the umask, no file of work is left, and an older backup is replaced on demand."""
    old = os.umask(0)
    try:
        done = _kvitt(book.folder, "backup", "open.zip")
    finally:
        os.umask(old)
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE((book.folder / "open.zip").stat().st_mode) == 0o600
    before = (book.folder / "night.zip").read_bytes()
    assert "is there already" in _refused(book, "backup", "night.zip")
    assert (book.folder / "night.zip").read_bytes() == before
    assert book("backup", "night.zip", "--replace").returncode == 0
    assert not list(book.folder.glob(".*"))
    with zipfile.ZipFile(book.folder / "open.zip") as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert (manifest["product"], manifest["database"], manifest["schema"]) == ("kvitt", "sqlite", schema.HEAD)
    (row,) = book.json("backup", "third.zip")
    assert {"made_at", "sha256", "version", "bytes"} <= set(row)


REFUSED = (
    ("backup nowhere/night.zip", "cannot be written"),
    ("backup .", "is there already"),
    ("backup . --replace", "is there already"),
    ("restore nowhere.zip", "there is no such file"),
    ("restore .", "cannot be read"),
    ("restore bills.csv", "is no backup of Kvitt"),
    ("restore night.zip --stops bills.csv", "column address is missing"),
    ("restore night.zip --replace --no-stops-since=", "--no-stops-since is empty"),
)


def test_what_cannot_be_done_is_one_clear_line(book: Shell) -> None:
    """Nothing is half done: the database is as it was, and no file of work is left."""
    before = rows(f"sqlite:///{book.folder / 'kvitt.db'}")
    for line, why in REFUSED:
        assert why in _refused(book, *line.split()), line
        assert not list(book.folder.glob(".*")), line
    assert rows(f"sqlite:///{book.folder / 'kvitt.db'}") == before


def test_where_there_is_no_database_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    """Neither a file that is not there nor an empty one is made into a backup, and none is created."""
    shell = Shell(tmp_path)
    assert "nothing" not in _refused(shell, "backup", "night.zip", database_url="sqlite://")
    assert "no database of Kvitt's" in _refused(shell, "backup", "night.zip")
    assert not list(tmp_path.iterdir())
    (tmp_path / "kvitt.db").touch()
    assert "no database of Kvitt's" in _refused(shell, "backup", "night.zip")
    (tmp_path / "kvitt.db").write_text("this is no database, but a text of some length" * 100)
    assert "is no database" in _refused(shell, "backup", "night.zip")
    assert [file.name for file in tmp_path.iterdir()] == ["kvitt.db"]


FOREIGN: tuple[tuple[dict[str, object], str], ...] = (
    ({"schema": "9999", "version": "7.1"}, "Kvitt 7.1 with schema 9999, which is newer"),
    ({"format": 2, "version": "7.1"}, "made by a newer Kvitt (7.1)"),
    ({"product": "another"}, "is no backup of Kvitt"),
    ({"database": "oracle"}, "manifest is damaged"),
    ({"database": "postgresql"}, "is of postgresql"),
    ({"made_at": "yesterday"}, "manifest is damaged"),
    ({"made_at": "2026-11-30T08:00:00"}, "manifest is damaged"),
    ({"sha256": "0" * 64}, "is damaged"),
    ({"schema": "0001"}, "not that of its manifest"),
    ({"size": None}, "manifest is damaged"),
    ({"made_at": "2026-11-30T08:00:00+00:00"}, "is not what was written"),
    ({"version": "0.0.1"}, "is not what was written"),
    ({"proof": "0" * 64}, "is not what was written"),
    ({"proof": ""}, "has no proof"),
    ({"proof": "é"}, "is not what was written"),
)


def test_a_foreign_or_newer_backup_is_refused(book: Shell) -> None:
    """Its manifest is believed in nothing that its database does not show."""
    before = rows(f"sqlite:///{book.folder / 'kvitt.db'}")
    with zipfile.ZipFile(book.folder / "night.zip") as whole:
        manifest, data = json.loads(whole.read("manifest.json")), whole.read("database.sqlite")
    for change, why in FOREIGN:
        with zipfile.ZipFile(book.folder / "other.zip", "w") as other:
            other.writestr("database.sqlite", data)
            other.writestr("manifest.json", json.dumps(manifest | change))
        assert why in _refused(book, "restore", "other.zip", "--replace"), change
    assert rows(f"sqlite:///{book.folder / 'kvitt.db'}") == before


def test_a_backup_without_a_proof_is_taken_when_somebody_answers_for_it(book: Shell) -> None:
    """One of an older release has none; made without its keys it says so; other keys prove nothing."""
    with zipfile.ZipFile(book.folder / "night.zip") as whole:
        manifest, data = json.loads(whole.read("manifest.json")), whole.read("database.sqlite")
    del manifest["proof"]
    with zipfile.ZipFile(book.folder / "older.zip", "w") as older:
        older.writestr("database.sqlite", data)
        older.writestr("manifest.json", json.dumps(manifest))
    assert "--unproven" in _refused(book, "restore", "older.zip", "--replace")
    assert book("restore", "older.zip", "--replace", "--unproven").returncode == 0
    keys, book.keys = book.keys, {}
    done = book("backup", "keyless.zip")
    assert (done.returncode, "--unproven" in done.stdout) == (0, True)
    assert "cannot be read" in _refused(book, "restore", "night.zip", "--replace")
    book.keys = keys | {"stops_key": keys["key"]}
    assert _refused(book, "restore", "night.zip", "--replace")


def test_a_backup_of_before_a_rotation_is_known_for_ours(book: Shell) -> None:
    """The proof is by the key that no rotation changes."""
    book.keys = {}
    (book.folder / "kvitt.key").write_text(f"{KEY}\n")
    (book.folder / "kvitt-stops.key").write_text(f"{STOPS_KEY}\n")
    for name in ("kvitt.key", "kvitt-stops.key"):
        (book.folder / name).chmod(0o600)
    assert book("keys", "rotate").returncode == 0
    newer = (book.folder / "kvitt.key").read_text()
    (book.folder / "kvitt.key").write_text(f"{newer}{KEY}\n")
    done = book("restore", "night.zip", "--replace")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_damaged_backup_is_refused_wherever_it_is_damaged(book: Shell) -> None:
    """Cut short anywhere, or with one byte changed anywhere in the copy, it replaces nothing."""
    file, before = book.folder / "night.zip", rows(f"sqlite:///{book.folder / 'kvitt.db'}")
    whole = file.read_bytes()
    damaged = [whole[:cut] for cut in (0, 1, len(whole) // 2, len(whole) - 1)]
    damaged += [whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :] for at in (100, len(whole) // 2)]
    for content in damaged:
        file.write_bytes(content)
        assert (
            "damaged" in (line := _refused(book, "restore", "night.zip", "--replace"))
            or "only a part" in line
        )
    assert rows(f"sqlite:///{book.folder / 'kvitt.db'}") == before


def test_a_damaged_database_is_not_backed_up_and_is_replaced_by_a_restore(book: Shell) -> None:
    """A backup of damaged pages would pass for a good one; the file that cannot be read is kept aside."""
    database = book.folder / "kvitt.db"
    content = bytearray(database.read_bytes())
    content[len(content) // 2 :] = os.urandom(len(content) - len(content) // 2)
    database.write_bytes(content)
    refused = _refused(book, "backup", "second.zip")
    assert "damaged" in refused or "malformed" in refused
    database.write_bytes(b"no database at all " * 1000)
    assert "cannot be read" in _refused(book, "restore", "night.zip")
    done = book("restore", "night.zip", "--replace")
    assert done.returncode == 0, done.stderr
    assert len(book.json("accounts")) == 1
    (aside,) = book.folder.glob("kvitt.db.before-*")
    assert aside.read_bytes().startswith(b"no database at all")


def test_a_table_of_another_program_is_never_replaced(book: Shell) -> None:
    """Not even on demand: the address of the database is wrong."""
    other = Database(f"sqlite:///{book.folder / 'other.db'}", KEYS)
    with other.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE invoices (id INTEGER)")
    other.close()
    refused = _refused(book, "restore", "night.zip", "--replace", database_url="sqlite:///other.db")
    assert "a table invoices, and none of Kvitt's" in refused


def test_a_backup_of_an_older_release_is_brought_to_this_one_s_schema(book: Shell) -> None:
    """Its moment and version are its own, the schema is today's."""
    old = f"sqlite:///{book.folder / 'old.db'}"
    migrate_to(old, "0020")
    assert book("backup", "old.zip", database_url=old).returncode == 0
    done = book("restore", "old.zip", database_url=f"sqlite:///{book.folder / 'new.db'}")
    assert done.returncode == 0, done.stderr
    new = Database(f"sqlite:///{book.folder / 'new.db'}", KEYS)
    assert schema.version(new.engine) == schema.HEAD
    new.close()


@pytest.mark.slow
@pytest.mark.parametrize("size", [40_000, 100_000, 1_000_000])
def test_a_full_disk_leaves_everything_as_it_was(book: Shell, size: int) -> None:
    """One clear line; the older backup, the database and the folder are untouched."""
    database, names = book.folder / "kvitt.db", sorted(file.name for file in book.folder.iterdir())
    backup, before = (book.folder / "night.zip").read_bytes(), rows(f"sqlite:///{database}")
    for arguments in (("backup", "night.zip", "--replace"), ("restore", "night.zip", "--replace")):
        done = _kvitt(book.folder, *arguments, program=LIMITED.format(size=size))
        assert done.returncode == 1, (done.stdout, done.stderr)
        (line,) = done.stderr.splitlines()
        assert line.startswith("kvitt: ")
        assert "nothing" in line
        assert (book.folder / "night.zip").read_bytes() == backup
        assert rows(f"sqlite:///{database}") == before
        assert sorted(file.name for file in book.folder.iterdir()) == names


@pytest.mark.both_databases
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_no_password_is_on_a_command_line(
    database_url: str, tmp_path: Path, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL's programs are called by their own name, and whoever lists processes sees no secret."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("pg_dump", "pg_restore", "psql"):
        wrapper = folder / name
        wrapper.write_text(f'#!/bin/sh\necho {name} "$@" >> {tmp_path}/called\nexec {programs}/{name} "$@"\n')
        wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    shell = Shell(tmp_path)
    secret = make_url(database_url).set(password="s3cret-word").render_as_string(hide_password=False)
    assert shell("backup", "night.zip", database_url=secret).returncode == 0
    done = shell("restore", "night.zip", database_url=secret)
    assert done.returncode == 0, done.stderr
    called = (tmp_path / "called").read_text()
    assert {line.split()[0] for line in called.splitlines()} == {"pg_dump", "pg_restore", "psql"}
    assert "s3cret" not in called + done.stdout


@pytest.mark.both_databases
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_missing_programs_are_named(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line says what to install, and nothing is left."""
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    shell = Shell(tmp_path)
    assert "pg_dump is not on the PATH" in _refused(shell, "backup", "night.zip", database_url=database_url)
    away = make_url(database_url).set(database="nobody_s").render_as_string(hide_password=False)
    assert "does not answer" in _refused(shell, "backup", "night.zip", database_url=away)
    assert not list(tmp_path.iterdir())


def _kvitt(folder: Path, *arguments: str, program: str = "from bot.cli import main; main()") -> Any:
    """A process of its own, for what a fork of the tests' shell would share with the others."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("KVITT_")}
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        env=own | {"PYTHONPATH": str(ROOT), "KVITT_KEY": KEY, "KVITT_STOPS_KEY": STOPS_KEY},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
