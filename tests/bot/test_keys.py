"""The key of an installation: made once, told when it is lost, and changed while processes run."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from bot import key_files, rotation, settings
from storage import tables
from storage.database import schema
from storage.database.changes import add
from storage.database.transaction import Database
from storage.sealing.keys import Keys, new_text
from tests.commands import ROOT, Shell
from tests.world import NOON

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.key_files import KeyFiles

CUSTOMERS = "customer_id,name,birth_date,phone,country\n1,Ada Lind,1980-02-28,+15035550142,US\n"


@pytest.fixture
def clinic(tmp_path: Path) -> Shell:
    """An installation with the key that kvitt init made, and one customer."""
    shell = Shell(tmp_path)
    shell.keys = {}
    assert shell("init").returncode == 0
    (tmp_path / "customers.csv").write_text(CUSTOMERS)
    assert shell("import", "customers.csv").returncode == 0
    return shell


def _key(shell: Shell) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shell("keys", "show", "--json").stdout)
    return found


def test_init_makes_the_keys_beside_the_database_for_their_owner_alone(clinic: Shell) -> None:
    """Both files can be read by nobody else, and no command prints what is in them."""
    for name in (key_files.FILE, key_files.STOPS_FILE):
        file = clinic.folder / name
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        for command in (("keys", "show"), ("doctor",), ("keys", "rotate")):
            done = clinic(*command)
            assert file.read_text().strip() not in done.stdout + done.stderr
    assert clinic("keys", "show").stdout.startswith(f"kvitt.key: key {_key(clinic)['keys'][0]}\n")


def _pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file, 0o600)


@pytest.mark.parametrize("name", [key_files.FILE, key_files.STOPS_FILE])
@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda file: file.unlink(), id="lost"),
        pytest.param(lambda file: file.write_text(f"{new_text()}\n"), id="wrong"),
        pytest.param(lambda file: file.write_text("rubbish\n"), id="damaged"),
        pytest.param(lambda file: file.write_bytes(b"\xff\xfe\x00"), id="binary"),
        pytest.param(lambda file: file.write_text(""), id="empty"),
        pytest.param(lambda file: (file.unlink(), file.mkdir()), id="folder"),
        pytest.param(_pipe, id="pipe"),
        pytest.param(lambda file: file.chmod(0o644), id="open"),
    ],
)
def test_a_key_that_cannot_be_used_is_one_sentence_and_never_another_key(
    clinic: Shell, name: str, spoil: Callable[[Path], object]
) -> None:
    """Every command that opens the database says which file, and none makes a second key."""
    file = clinic.folder / name
    spoil(file)
    before = sorted((one.name, one.stat().st_mtime_ns) for one in clinic.folder.glob("*.key"))
    for command in ("accounts", "worker", "db upgrade", "keys rotate"):
        done = clinic(*command.split())
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1
        assert "kvitt.key" in done.stderr or name in done.stderr
        assert "Traceback" not in done.stderr
    assert "fix key: " in clinic("doctor").stdout
    assert sorted((one.name, one.stat().st_mtime_ns) for one in clinic.folder.glob("*.key")) == before


def test_rotating_leaves_the_key_of_stops_and_opens_everything(clinic: Shell) -> None:
    """The customer is there as before, under a new key; the copy of the old key is refused by its id."""
    before, old = _key(clinic), (clinic.folder / key_files.FILE).read_text()
    done = clinic("keys", "rotate")
    assert done.returncode == 0, done.stderr
    after = _key(clinic)
    assert after["stops"] == before["stops"]
    assert len(after["keys"]) == 1
    assert after["keys"] != before["keys"]
    assert "1980-02-28" not in (clinic.folder / "kvitt.db").read_bytes().decode("latin-1")
    assert clinic("import", "customers.csv").returncode == 0
    (clinic.folder / key_files.FILE).write_text(old)
    assert after["keys"][0] in clinic("accounts").stderr


def test_keys_of_the_environment_are_rotated_by_the_one_before(clinic: Shell) -> None:
    """With one key it is told how; with a new one before it every row gets the new one."""
    old = (clinic.folder / key_files.FILE).read_text().strip()
    stops = (clinic.folder / key_files.STOPS_FILE).read_text().strip()
    new = new_text()
    clinic.keys = {"key": old, "stops_key": stops}
    assert "write a new one before it" in clinic("keys", "rotate").stderr
    assert "take the older key out" in clinic("keys", "rotate", key=f"{new},{old}").stdout
    assert clinic("accounts", key=new).returncode == 0
    assert clinic("accounts").returncode == 1
    assert "KVITT_STOPS_KEY is not set" in Shell.__call__(_bare(clinic), "accounts", key=new).stderr


def _bare(clinic: Shell) -> Shell:
    found = Shell(clinic.folder)
    found.keys = {}
    return found


def test_processes_go_on_while_rows_get_a_new_key(tmp_path: Path) -> None:
    """A process that began before reads what is sealed anew, and seals by the new key from then on."""
    files = key_files.beside(tmp_path / "kvitt.db")
    files.make()
    loaded = settings.Settings(database_url=f"sqlite:///{tmp_path / 'kvitt.db'}")
    rotating, running = (_opened(tmp_path, files) for _ in range(2))
    schema.ensure(running.engine)
    _say(running, "before")
    with running.read() as session:
        assert _said(session) == ["before"]
        rotation.rotate(rotating, loaded, lambda _: None)
        assert _said(session) == ["before"]  # the transaction goes on, with the rows as they were
    with running.read() as session:
        assert _said(session) == ["before"]
    _say(running, "after")
    alone = _opened(tmp_path, files)
    with alone.read() as session:
        assert _said(session) == ["before", "after"]
    assert len(alone.keys.rows) == 1
    for database in (rotating, running, alone):
        database.close()


def test_two_rotations_at_once_are_one(clinic: Shell) -> None:
    """The second is refused while the first is at work: each would write a key the other knows nothing of."""
    files = key_files.beside(clinic.folder / "kvitt.db")
    before = files.rows.read_text()
    with files.held():
        done = clinic("keys", "rotate")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "another kvitt keys rotate is at work" in done.stderr
    assert files.rows.read_text() == before
    assert clinic("keys", "rotate").returncode == 0


def _opened(folder: Path, files: KeyFiles) -> Database:
    return Database(f"sqlite:///{folder / 'kvitt.db'}", Keys(files))


def _say(database: Database, words: str) -> None:
    with database.write() as session:
        add(session, tables.Audit, at=NOON, actor="a", action="b", subject="c", detail={"words": words})


def _said(session: Any) -> list[str]:
    return [one["words"] for one in session.scalars(select(tables.Audit.detail).order_by(tables.Audit.id))]


@pytest.mark.slow
def test_a_rotation_that_is_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    """SIGKILL after every step that it gets on: nothing is lost, and in the end there is one key."""
    files = key_files.beside(tmp_path / "kvitt.db")
    files.make()
    database = _opened(tmp_path, files)
    schema.ensure(database.engine)
    said = [f"{number}" for number in range(4000)]
    rows = [
        {"at": NOON, "actor": "a", "action": "b", "subject": "c", "detail": {"words": one}} for one in said
    ]
    with database.write() as session:
        session.execute(tables.Audit.__table__.insert(), rows)  # type: ignore[attr-defined]
    database.close()
    first = files.rows.read_text().strip()
    for _ in range(KILLS):
        _killed(tmp_path, files)
        after = _opened(tmp_path, files)
        with after.read() as session:
            assert _said(session) == said
        after.close()
    assert first in files.rows.read_text().split()
    process = _rotating(tmp_path)
    out = process.communicate()
    assert process.returncode == 0, out
    assert first not in files.rows.read_text()
    assert len(files.rows.read_text().split()) == 1
    after = _opened(tmp_path, files)
    schema.ensure(after.engine)
    with after.read() as session:
        assert _said(session) == said
    after.close()


KILLS = 5


def _killed(folder: Path, files: KeyFiles) -> None:
    """Begin a rotation, and kill it once it has got further than the one before."""
    before, pause = _sealed_anew(folder, files), threading.Event()
    process = _rotating(folder)
    while process.poll() is None and _sealed_anew(folder, files) == before:
        pause.wait(0.002)
    assert process.poll() is None, process.communicate()
    process.kill()
    process.communicate()


def _rotating(folder: Path) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KVITT_")}
    return subprocess.Popen(
        [sys.executable, "-c", "from bot.cli import main; main()", "keys", "rotate"],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _sealed_anew(folder: Path, files: KeyFiles) -> int:
    """How far a rotation is: 0 before the file has two keys, then one more than rows have the new one."""
    if len(files.rows.read_text().split()) == 1:
        return 0
    looking = _opened(folder, files)
    with looking.engine.connect() as connection:
        anew = f'"{looking.keys.newest.prefix}%'
        count = connection.exec_driver_sql("SELECT count(*) FROM audit WHERE detail LIKE ?", (anew,)).scalar()
    looking.close()
    return 1 + (count or 0)
