"""Workers killed at any moment: nothing that came in is lost, and no demand is made twice."""

from __future__ import annotations

import json
import os
import random  # noqa: TID251 - when to kill is a matter of chance, with a seed that is told
import signal
import subprocess
import sys
import threading
from collections import Counter
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from billing.accounts.channels import Channel
from bot.clock import VirtualClock, system_clock
from handlers.arrivals import Arrival
from handlers.conversation import turn
from storage import tables
from storage.database.transaction import Database
from tests.fakes.twilio_server import TwilioServer
from tests.keys import KEYS
from tests.world import NOON, World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Databases

pytestmark = pytest.mark.slow

ROUNDS = int(os.environ.get("KVITT_FAULT_ROUNDS", "20"))
TEXTS = ("hello", "how can I pay?", "thank you")
ROOT = Path(__file__).resolve().parents[1]
ROUND_SECONDS = 120
"""How far the clock moves on between rounds: further than any lease."""


class Zygote:
    """The process that forks workers."""

    def __init__(self, database_url: str, api_url: str) -> None:
        self._order = {"database_url": database_url, "api_url": api_url}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fakes.worker_zygote"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def worker(self, offset: float) -> int:
        """Start a worker whose clock is ahead of the first by so many seconds; its process id."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({**self._order, "offset": offset}) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def end(self) -> None:
        """Fork no more."""
        self._process.communicate()


@contextmanager
def _workers(database_url: str, api_url: str) -> Iterator[Zygote]:
    zygote = Zygote(database_url, api_url)
    try:
        yield zygote
    finally:
        zygote.end()


def _wait_for(pid: int, seconds: float = 60) -> None:
    """Until a worker has ended by itself."""
    pause = threading.Event()
    for _ in range(int(seconds * 100)):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        pause.wait(0.01)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("a worker did not end")


def _kill_after(pid: int, seconds: float) -> None:
    threading.Event().wait(seconds)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    _wait_for(pid)


def _kill_once_taken(pid: int, twilio: TwilioServer, count: int) -> None:
    """Kill between the moment the provider has so many messages and the moment it says so."""
    pause = threading.Event()
    for _ in range(400):
        if len(twilio.messages) >= count:
            break
        pause.wait(0.005)
    _kill_after(pid, 0)


def _phone(number: int, kind: int) -> str:
    return f"+1503555{kind}{number:03}"


def _prepare(world: World, number: int) -> None:
    """Some customers who text, and one who owes a bill that is due for its first reminder."""
    owing = f"owes{number}"
    world.customer(owing, phone=_phone(number, 1))
    world.bill(f"B{number}", owing, due=world.now.date() - timedelta(days=5))
    with world.database.write() as session:
        for index, text in enumerate(TEXTS):
            address, named = _phone(number, 2 + index), f"in-{number}-{index}"
            arrival = Arrival(Channel.SMS, named, address, text, world.now)
            turn.receive(world.context(session), arrival)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_killed_worker_loses_nothing_and_repeats_no_demand(
    request: pytest.FixtureRequest, kind: str
) -> None:
    """SIGKILL at random points, then another worker: every message answered, every demand made once."""
    makers: Databases = request.getfixturevalue(f"{'sqlite' if kind == 'sqlite' else 'postgres'}_databases")
    url = makers()
    seed = random.randrange(10**6)  # noqa: S311 - no secret
    chance, killed = random.Random(seed), 0  # noqa: S311
    clock = VirtualClock(NOON, running=True)
    world = World(Database(url, KEYS))
    with TwilioServer(clock=clock) as twilio, _workers(url, twilio.url) as zygote:
        twilio.latency, longest = 0.15, 0.5
        for number in range(ROUNDS):
            _move(world, clock, number)
            _prepare(world, number)
            pid = zygote.worker(_offset(clock))
            if number % 2:
                _kill_after(pid, chance.uniform(0.0, longest))
            else:
                _kill_once_taken(pid, twilio, len(twilio.messages) + chance.randint(1, len(TEXTS) + 1))
            killed += 1
        twilio.latency = 0.0
        _move(world, clock, ROUNDS)
        _wait_for(zygote.worker(_offset(clock)))
        _move(world, clock, ROUNDS + 1)
        _wait_for(zygote.worker(_offset(clock)))
        sent = Counter(message.to for message in twilio.messages)
    assert killed == ROUNDS
    _nothing_is_lost(world, sent, f"seed {seed}")
    world.database.close()


def _nothing_is_lost(world: World, sent: Counter[str], seed: str) -> None:
    with world.database.read() as session:
        left = session.execute(
            select(tables.Inbox.id, tables.Inbox.state).where(tables.Inbox.state != "done")
        ).all()
        unsent: list[Any] = list(
            session.execute(
                select(tables.Outbox.id, tables.Outbox.state).where(tables.Outbox.state != "sent")
            )
        )
        heard = Counter(session.scalars(select(tables.Step.state)))
    assert left == [], seed
    assert unsent == [], seed
    assert heard == {"heard": ROUNDS}, seed
    for number in range(ROUNDS):
        assert sent[_phone(number, 1)] == 1, f"{seed}: demand {number}"
        for index in range(len(TEXTS)):
            assert sent[_phone(number, 2 + index)] == 1, f"{seed}: reply {number}-{index}"


def _move(world: World, clock: VirtualClock, number: int) -> None:
    """Move every clock on, past any lease, within the hours in which reminders may leave."""
    clock.set(NOON + timedelta(seconds=ROUND_SECONDS * number))
    world.now = clock()


def _offset(clock: VirtualClock) -> float:
    return (clock() - NOON).total_seconds()


def test_the_clock_of_a_worker_runs() -> None:
    """A running virtual clock goes on with the machine's."""
    clock, before = VirtualClock(NOON, running=True), system_clock()
    first = clock()
    while system_clock() == before:
        pass
    assert clock() >= first
