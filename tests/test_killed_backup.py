"""Backups while processes write, and backups and restores that are killed at any moment."""

from __future__ import annotations

import json
import os
import random  # noqa: TID251 - when to kill is a matter of chance, with a seed that is told
import signal
import subprocess
import sys
import threading
from collections import Counter, defaultdict
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from billing.accounts.channels import Channel
from handlers.arrivals import Arrival
from handlers.conversation import turn
from storage.database.transaction import Database
from tests.backups import rows, tools_on_path
from tests.commands import ROOT, Shell
from tests.fakes.twilio_server import TwilioServer
from tests.keys import KEY, KEYS, STOPS_KEY
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.conftest import Databases

pytestmark = [pytest.mark.slow, pytest.mark.both_databases]

PEOPLE = 60
ROUNDS = int(os.environ.get("KVITT_FAULT_ROUNDS", "8"))
KVITT = "from bot.cli import main; main()"
SEALED_BY = {"KVITT_KEY": KEY, "KVITT_STOPS_KEY": STOPS_KEY}
GROWING = ("entries", "audit", "decisions", "inbox")
"""Tables whose rows, once there, are neither deleted nor given another id."""


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's programs of the server's own release."""
    tools_on_path(monkeypatch)


@pytest.fixture
def made(request: pytest.FixtureRequest, database_url: str) -> Iterator[list[str]]:
    """Empty databases of the same kind, deleted after the test."""
    kind = "sqlite" if database_url.startswith("sqlite") else "postgres"
    maker: Databases = request.getfixturevalue(f"{kind}_databases")
    urls = [maker() for _ in range(3)]
    yield urls
    for url in urls:
        maker.drop(url)


def _phone(number: int) -> str:
    return f"+1503555{number:04}"


def _filled(world: World) -> None:
    """People with due bills, each of whom has written a text that nobody has answered."""
    for number in range(PEOPLE):
        world.customer(f"C{number}", phone=_phone(number))
        world.bill(f"B{number}", f"C{number}", due=world.now.date() - timedelta(days=5))
        with world.database.write() as session:
            text = Arrival(Channel.SMS, f"in-{number}", _phone(number), "how can I pay?", world.now)
            turn.receive(world.context(session), text)


def _worker(url: str, api: str) -> subprocess.Popen[str]:
    """A process that answers, runs and delivers until nothing is left to do."""
    zygote = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.worker_zygote"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert zygote.stdin
    zygote.stdin.write(json.dumps({"database_url": url, "api_url": api, "offset": 0}) + "\n")
    zygote.stdin.flush()
    return zygote


def _pay(world: World, stop: threading.Event, count: list[int]) -> None:
    """Payments, one after the other, each of two rows that belong together."""
    while not stop.is_set():
        number = count[0] % PEOPLE
        world.pays(f"B{number}", 100 + count[0], f"P-{count[0]}")
        count[0] += 1


def test_a_backup_under_load_is_the_book_at_one_moment(
    database_url: str, made: list[str], tmp_path: Path
) -> None:
    """Texts are answered, a run goes on, payments come in: a backup has what was before it, and no half."""
    world = World(Database(database_url, KEYS))
    _filled(world)
    stop, paid = threading.Event(), [0]
    shell = Shell(tmp_path)
    with TwilioServer(clock=world.clock) as twilio:
        twilio.latency = 0.02
        worker = _worker(database_url, twilio.url)
        paying = threading.Thread(target=_pay, args=(world, stop, paid))
        paying.start()
        spans = []
        try:
            for number in range(len(made)):
                before = paid[0]
                done = shell("backup", f"{number}.zip", database_url=database_url)
                assert done.returncode == 0, done.stderr
                spans.append((before, paid[0] + 1))
        finally:
            stop.set()
            paying.join()
        assert worker.stdout
        with suppress(ProcessLookupError):
            os.kill(int(worker.stdout.readline()), signal.SIGKILL)
        worker.communicate()
    # A run holds its customers, so that a short backup may meet no payment; not each of them does.
    assert any(last - first > 1 for first, last in spans), "nothing was written during a backup"
    world.database.close()
    live = rows(database_url)
    for number, url in enumerate(made):
        done = shell("restore", f"{number}.zip", database_url=url)
        assert done.returncode == 0, done.stderr
        first, last = spans[number]
        copy = rows(url)
        assert first <= len(copy["payments"]) <= last
        _is_a_moment_of(copy, live)
        balances = {one["customer_id"]: one["balance"] for one in shell.json("accounts", database_url=url)}
        assert len(balances) == PEOPLE


def _is_a_moment_of(copy: Mapping[str, list[Any]], live: Mapping[str, list[Any]]) -> None:
    """What is only appended to is the beginning of what the live book has now, and money adds up."""
    for name in GROWING:
        now = {row[0]: row for row in live[name]}
        then = [row for row in copy[name] if "restored" not in row]
        if name == "inbox":
            assert {row[0] for row in then} <= set(now), name
        else:
            assert all(now[row[0]] == row for row in then), name
    booked: dict[int, int] = defaultdict(int)
    columns = _columns("entries")
    for row in copy["entries"]:
        if row[columns["payment_id"]] is not None:
            booked[row[columns["payment_id"]]] -= row[columns["amount"]]
    amounts = {
        row[_columns("payments")["id"]]: row[_columns("payments")["amount"]] for row in copy["payments"]
    }
    assert booked == amounts
    answered = Counter(row[_columns("inbox")["state"]] for row in copy["inbox"])
    replies = [row for row in copy["outbox"] if str(row[_columns("outbox")["key"]]).startswith("reply:")]
    assert answered["done"] == len(replies), "a text was answered and its reply is not there, or the reverse"


def _columns(table: str) -> Mapping[str, int]:
    from storage.tables import Table  # noqa: PLC0415 - loads every table

    return {column.name: place for place, column in enumerate(Table.metadata.tables[table].columns)}


def _killed(folder: Path, seconds: float, url: str, *arguments: str) -> bool:
    """Run a command and kill it after so many seconds; whether it had ended before."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("KVITT_")}
    process = subprocess.Popen(
        [sys.executable, "-c", KVITT, *arguments],
        cwd=folder,
        env=own | {"PYTHONPATH": str(ROOT), "KVITT_DATABASE_URL": url, **SEALED_BY},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait(seconds) == 0
    except subprocess.TimeoutExpired:
        # The programs that it started are killed with it, as by a machine that goes down.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return False


def _took(folder: Path, url: str, *arguments: str) -> float:
    """How many seconds the command takes when nobody kills it."""
    begun = os.times().elapsed
    assert _killed(folder, 120, url, *arguments)
    return os.times().elapsed - begun


def test_a_killed_backup_leaves_no_half_of_one(database_url: str, tmp_path: Path) -> None:
    """The older backup stays whole until the new one is; the next backup clears what was left."""
    world = World(Database(database_url, KEYS))
    _filled(world)
    world.database.close()
    longest = _took(tmp_path, database_url, "backup", "night.zip")
    whole = (tmp_path / "night.zip").read_bytes()
    seed = random.randrange(10**6)  # noqa: S311 - no secret
    chance = random.Random(seed)  # noqa: S311
    for _ in range(ROUNDS):
        ended = _killed(
            tmp_path, chance.uniform(0.3, 1) * longest, database_url, "backup", "night.zip", "--replace"
        )
        found = (tmp_path / "night.zip").read_bytes()
        assert ended or found == whole or _restorable(tmp_path), f"seed {seed}"
        whole = found
        assert {file.name for file in tmp_path.iterdir()} <= {"night.zip", ".night.zip.part"}
    assert _killed(tmp_path, 120, database_url, "backup", "night.zip", "--replace")
    assert [file.name for file in tmp_path.iterdir()] == ["night.zip"]


def _restorable(folder: Path) -> bool:
    from bot.backup import archive  # noqa: PLC0415 - one use

    with archive.opened(folder / "night.zip") as backup:
        backup.check()
    return True


def test_a_killed_restore_leaves_the_old_database_or_the_new_one(database_url: str, tmp_path: Path) -> None:
    """Never a part of either; the new one never without its stop; the next restore clears what was left."""
    world = World(Database(database_url, KEYS))
    _filled(world)
    world.database.close()
    assert _killed(tmp_path, 120, database_url, "backup", "night.zip")
    world = World(Database(database_url, KEYS))
    for number in range(PEOPLE):
        world.pays(f"B{number}", 100, f"P-{number}")
    world.database.close()
    longest = _took(tmp_path, database_url, "restore", "night.zip", "--replace")
    assert _payments(database_url) == (0, 1)
    seed = random.randrange(10**6)  # noqa: S311 - no secret
    chance = random.Random(seed)  # noqa: S311
    for number in range(ROUNDS):
        world = World(Database(database_url, KEYS))
        world.pays(f"B{number}", 100, f"Q-{number}")
        world.database.close()
        old = rows(database_url)
        ended = _killed(
            tmp_path, chance.uniform(0.3, 1.0) * longest, database_url, "restore", "night.zip", "--replace"
        )
        found = _payments(database_url)
        assert found == (0, 1) or (not ended and rows(database_url) == old), f"seed {seed}"
    assert _killed(tmp_path, 120, database_url, "restore", "night.zip", "--replace")
    assert _payments(database_url) == (0, 1)
    assert not list(tmp_path.glob(".*"))


def _payments(url: str) -> tuple[int, int]:
    """How many payments there are, and how many stops of all sending."""
    found = rows(url)
    everything = [row for row in found["sending_stops"] if row[1] == "everything"]
    return len(found["payments"]), len(everything)
