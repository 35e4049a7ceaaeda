"""What an operator meets at night: one clear sentence, the right status, and nothing half-written."""

from __future__ import annotations

import resource
import shutil
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from sqlalchemy import text

from storage.database import schema
from storage.database.transaction import Database
from tests.bot.test_serve import _alive, _running
from tests.commands import ROOT, Shell
from tests.fakes.serving import free_port, wait
from tests.keys import KEY, KEYS, STOPS_KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Databases

CUSTOMER = "customer_id,name,birth_date,phone,country,region\n{},Ada Lind,1980-02-28,+15035550142,US,CA\n"


@pytest.fixture
def kvitt(tmp_path: Path) -> Shell:
    """Commands in a folder with a database."""
    shell = Shell(tmp_path)
    assert shell("db", "upgrade").returncode == 0
    return shell


_BARE = {
    "PYTHONPATH": str(ROOT),
    "PATH": "/usr/bin:/bin",
    "KVITT_KEY": KEY,
    "KVITT_STOPS_KEY": STOPS_KEY,
}
"""The environment of a process that is started without the shell of the tests."""


def _no_database(path: Path) -> str:
    path.write_bytes(b"Dear Sir or Madam, " * 400)
    return f"sqlite:///{path}"


def _folder(path: Path) -> str:
    path.mkdir()
    return f"sqlite:///{path}"


def _damaged(path: Path) -> str:
    shutil.copy(path.parent / "kvitt.db", path)
    pages = bytearray(path.read_bytes())
    for place in range(4096, len(pages), 4096):
        pages[place : place + 600] = b"\xa5" * 600
    path.write_bytes(pages)
    return f"sqlite:///{path}"


def _changed(path: Path, statement: str) -> str:
    shutil.copy(path.parent / "kvitt.db", path)
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript(statement)
    return f"sqlite:///{path}"


def _of_another_program(path: Path) -> str:
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("CREATE TABLE tunes (name)")
    return f"sqlite:///{path}"


NIGHTS: dict[str, tuple[Callable[[Path], str], str]] = {
    "no database": (_no_database, "is no database"),
    "folder": (_folder, "is a folder"),
    "damaged": (_damaged, "is damaged"),
    "newer": (
        lambda path: _changed(path, "UPDATE alembic_version SET version_num = '0999'"),
        "later release",
    ),
    "no schema to its tables": (
        lambda path: _changed(path, "DELETE FROM alembic_version"),
        "no schema in alembic_version",
    ),
    "another program's": (_of_another_program, "another program"),
    "folder that is not there": (lambda path: f"sqlite:///{path}/nowhere/x.db", "cannot be opened"),
    "server that is not there": (lambda _: "postgresql://u:sesame@127.0.0.1:1/x", "does not answer"),
    "port that is no number": (
        lambda _: "postgresql://u:sesame@h:x/y",
        "is not a database Kvitt can use",
    ),
    "malformed": (lambda _: "postgresql:/u:sesame@h/x:y", "is not a database Kvitt can use"),
}
COMMANDS = (("db", "upgrade"), ("accounts",), ("import", "customers.csv"), ("run",), ("worker",), ("serve",))


@pytest.mark.parametrize("night", NIGHTS)
def test_a_database_that_cannot_be_used_is_one_sentence(kvitt: Shell, night: str) -> None:
    """Every command and process says what is wrong with it and ends with 1; no password is shown."""
    make, sentence = NIGHTS[night]
    url = make(kvitt.folder / "night.db")
    (kvitt.folder / "customers.csv").write_text(CUSTOMER.format(1))
    for command in COMMANDS:
        done = kvitt(*command, database_url=url)
        assert done.returncode == 1, (command, done.stderr)
        assert len(done.stderr.splitlines()) == 1, (command, done.stderr)
        assert sentence in done.stderr, (command, done.stderr)
        assert "sesame" not in done.stderr
        assert done.stdout == ""
    copied = kvitt("backup", "night.zip", database_url=url)
    assert "sesame" not in copied.stderr
    # Only of a newer schema a copy can be wanted: by its own release it can be restored.
    assert (copied.returncode, len(copied.stderr.splitlines())) == ((0, 0) if night == "newer" else (1, 1))
    looked = kvitt("doctor", database_url=url)
    assert looked.returncode == 1
    (line,) = [line for line in looked.stdout.splitlines() if line.startswith("fix database")]
    assert sentence in line or "cannot be made" in line
    assert looked.stderr == ""


def test_a_table_that_is_gone_is_said_by_name(kvitt: Shell) -> None:
    """Doctor and upgrade name a table that somebody dropped, and every command says what brings it back."""
    url = _changed(kvitt.folder / "night.db", "DROP TABLE accounts")
    for command, said in ((("accounts",), "lacks tables"), (("db", "upgrade"), "no table accounts")):
        done = kvitt(*command, database_url=url)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
        assert said in done.stderr
        assert "bring back the latest backup" in done.stderr
    assert "fix database: the database has schema" in kvitt("doctor", database_url=url).stdout


def test_the_doctor_makes_no_database_by_looking(tmp_path: Path) -> None:
    """Where no database is there yet, the doctor says so and leaves none behind."""
    looked = Shell(tmp_path)("doctor")
    assert "ok  database: not there yet" in looked.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_doctor_writes_and_leaves_nothing(kvitt: Shell) -> None:
    """The probe is a real write, which a read-only database refuses; after it all rows are the same."""
    before = _all_rows(kvitt.folder / "kvitt.db")
    assert "ok  database: schema" in kvitt("doctor").stdout
    assert _all_rows(kvitt.folder / "kvitt.db") == before
    read_only = f"sqlite:///file:{kvitt.folder / 'kvitt.db'}?mode=ro&uri=true"
    looked = kvitt("doctor", database_url=read_only)
    assert "fix database" in looked.stdout
    assert "read-only" in looked.stdout
    done = kvitt("users", "add", "Kim", "--role", "operator", database_url=read_only)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "read-only" in done.stderr


def test_a_busy_database_is_one_sentence(kvitt: Shell) -> None:
    """A writer that holds the database longer than Kvitt waits: who writes says so, who reads goes on."""
    url = f"sqlite:///{kvitt.folder / 'kvitt.db'}?timeout=0.2"
    with closing(sqlite3.connect(kvitt.folder / "kvitt.db", isolation_level=None)) as raw:
        raw.execute("BEGIN IMMEDIATE")
        for command in (("db", "upgrade"), ("users", "add", "Kim", "--role", "operator")):
            done = kvitt(*command, database_url=url)
            assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
            assert "is busy" in done.stderr
        assert kvitt("accounts", database_url=url).returncode == 0
        raw.execute("ROLLBACK")
    assert kvitt("users", "add", "Kim", "--role", "operator", database_url=url).returncode == 0


def test_a_full_disk_is_one_sentence_and_nothing_is_half_written(kvitt: Shell) -> None:
    """A file that may not grow, as on a full disk: the import says so and leaves nothing of itself."""
    many = "customer_id,name,birth_date,phone,country,region\n" + "".join(
        f"{number},Ada Lind,1980-02-28,+1503{number:07},US,CA\n" for number in range(5550000, 5553000)
    )
    (kvitt.folder / "customers.csv").write_text(many)
    limit = (kvitt.folder / "kvitt.db").stat().st_size + 100_000
    done = subprocess.run(
        [sys.executable, "-c", "from bot.cli import main; main()", "import", "customers.csv"],
        check=False,
        cwd=kvitt.folder,
        env=_BARE,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert done.returncode == 1, done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "disk" in done.stderr
    with closing(sqlite3.connect(kvitt.folder / "kvitt.db")) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    again = kvitt("import", "customers.csv")
    assert again.returncode == 0, again.stderr


def test_output_that_cannot_be_written_is_one_sentence(kvitt: Shell) -> None:
    """A report into a file on a full disk: the command says so and does not end well."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", "from bot.cli import main; main()", "accounts", "--json"],
            check=False,
            cwd=kvitt.folder,
            env=_BARE,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
        plain = subprocess.run(
            [sys.executable, "-c", "from bot.cli import main; main()", "doctor"],
            check=False,
            cwd=kvitt.folder,
            env=_BARE,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 0  # there was nothing to write
    assert plain.returncode == 1
    assert len(plain.stderr.splitlines()) == 1, plain.stderr
    assert "disk is full" in plain.stderr


@pytest.mark.both_databases
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_upgrades_at_once_both_end_well(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    """One makes the schema, the other waits and finds it there."""
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path / 'new.db'}"
    else:
        makers: Databases = request.getfixturevalue("postgres_databases")
        url = makers()
        emptied = Database(url, KEYS)
        with emptied.write() as session:
            session.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
        emptied.close()
    both = [
        subprocess.Popen(
            [sys.executable, "-c", "from bot.cli import main; main()", "db", "upgrade"],
            cwd=tmp_path,
            env=_BARE | {"KVITT_DATABASE_URL": url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [one.communicate(timeout=120) for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    assert sorted(out.split()[1] for out, _ in said) == [schema.HEAD, "none"]
    assert all(err == "" for _, err in said)


@pytest.mark.parametrize("command", ["serve", "web", "demo"])
def test_a_taken_port_is_one_sentence(kvitt: Shell, command: str) -> None:
    """Whatever serves says that the port is taken before it begins anything else."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        done = kvitt(command, "--port", str(other.getsockname()[1]))
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if "port" in line]
    assert "is taken: choose another with --port" in line
    assert "Kvitt is" not in done.stdout
    assert "Traceback" not in done.stderr


def test_an_address_of_another_machine_is_one_sentence(kvitt: Shell) -> None:
    """An address that is not this machine's cannot be listened on, and nor can a name that is none."""
    for host in ("203.0.113.7", "no such host"):
        done = kvitt("web", "--host", host)
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1].startswith(f"kvitt: cannot listen on {host}")


@pytest.mark.slow
def test_readyz_tells_the_truth(kvitt: Shell) -> None:
    """Ready, then busy, ready again, then without its file: with the reason, while the process lives on."""
    port = free_port()
    public = f"http://127.0.0.1:{port}"
    url = f"sqlite:///{kvitt.folder / 'kvitt.db'}"

    def ready() -> tuple[int, object]:
        answer = httpx.get(f"{public}/readyz", timeout=20)
        return answer.status_code, answer.json().get("reason")

    with _running(kvitt.folder, "web", "--port", str(port), database_url=url):
        wait(lambda: _alive(public))
        assert ready() == (200, None)
        with closing(sqlite3.connect(kvitt.folder / "kvitt.db", isolation_level=None)) as raw:
            raw.execute("BEGIN IMMEDIATE")
            wait(lambda: ready() == (503, "busy"))
            raw.execute("ROLLBACK")
        wait(lambda: ready() == (200, None))
        (kvitt.folder / "kvitt.db").rename(kvitt.folder / "away.db")
        wait(lambda: ready() == (503, "missing"))
        assert not (kvitt.folder / "kvitt.db").exists()
        assert _alive(public)


def _all_rows(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as raw:
        return list(raw.iterdump())
