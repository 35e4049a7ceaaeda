"""Issuers killed at any moment: no gap in the numbers, no bill issued or sent twice."""

from __future__ import annotations

import os
import random  # noqa: TID251 - when to kill is a matter of chance, with a seed that is told
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from billing.bills.billing_run import RunState
from handlers.issuing import billing_runs
from storage import tables
from storage.database.transaction import Database
from tests.issuing import a_billing_installation, at_home, proposed, served
from tests.keys import KEYS
from tests.letters import rows
from tests.world import World

if TYPE_CHECKING:
    from tests.conftest import Databases

pytestmark = pytest.mark.slow

BILLS = int(os.environ.get("KVITT_FAULT_ROUNDS", "6")) * 4
LONGEST = 0.8
"""Seconds an issuer lives at most, after it has begun."""
FIRST = 0.25
"""The first is killed sooner, so that it leaves something to do."""
ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_killed_issuer_leaves_no_gap_and_no_double(request: pytest.FixtureRequest, kind: str) -> None:
    """SIGKILL at random points, then one that lives: the numbers are those from one on, each once."""
    makers: Databases = request.getfixturevalue(f"{'sqlite' if kind == 'sqlite' else 'postgres'}_databases")
    url = makers()
    world = World(Database(url, KEYS), a_billing_installation())
    at_home(world)
    for number in range(BILLS):
        served(world, f"B{number:03}")
    run_id, _ = proposed(world)
    with world.database.write() as session:
        billing_runs.approve(world.context(session), run_id, "boss")
    seed = random.randrange(10**6)  # noqa: S311 - no secret
    chance, kills = random.Random(seed), 0  # noqa: S311
    while _state(world) is RunState.APPROVED and kills < BILLS:
        _killed(url, run_id, chance.uniform(0, LONGEST if kills else FIRST))
        _whole(world, f"seed {seed}")
        kills += 1
    billing_runs.issue(world.database, world.installation, run_id, world.clock)
    assert _state(world) is RunState.ISSUED
    assert _whole(world, f"seed {seed}") == BILLS
    world.database.close()


def _state(world: World) -> RunState:
    (run,) = rows(world, tables.BillingRun)
    return RunState(run.state)


def _killed(url: str, run_id: int, seconds: float) -> None:
    command = [sys.executable, "-m", "tests.fakes.issuer", url, str(run_id)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline() == b"begun\n"
    threading.Event().wait(seconds)
    process.kill()
    process.communicate()


def _whole(world: World, seed: str) -> int:
    """At any moment: numbers without gap or double, each issued bill queued once; how many there are."""
    with world.database.read() as session:
        numbers = sorted(filter(None, session.scalars(select(tables.Bill.invoice_number))))
        issued = set(session.scalars(select(tables.Bill.id).where(tables.Bill.state == "issued")))
        sent = Counter(session.scalars(select(tables.BillSending.bill_id)))
        assert session.scalar(select(func.count()).select_from(tables.Outbox)) == len(issued), seed
    assert numbers == [f"{number:06}" for number in range(1, len(numbers) + 1)], seed
    assert sent == dict.fromkeys(issued, 1), seed
    return len(numbers)
