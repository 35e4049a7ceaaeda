"""A due run beside one SQL statement over the same rows, and beside one APScheduler job per reminder."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import text

from benchmarks.book import NOW
from handlers.dunning import dunning_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from handlers.installation import Installation
    from storage.database.transaction import Database

_CLONE = "CREATE TABLE bench_outbox (LIKE outbox INCLUDING ALL)"
_STATEMENT = """
INSERT INTO bench_outbox (key, reference, purpose, channel, contact_point_id, customer_id, level, sayings,
    content, language, text, choices, state, reason, created_at, not_before, tries, code)
SELECT 'run:1:' || a.guarantor_id, md5(a.id), 'out', p.channel, p.id, a.guarantor_id, 1,
    '[{"key": "reminder.friendly", "facts": {"count": 1}}]', 0, p.language,
    'You have a bill to pay. Reply BALANCE to see more or PAY for ways to pay. STOP to opt out.', '[]',
    'queued', '', :now, :now, 0, ''
FROM accounts a
JOIN contacts k ON k.customer_id = a.guarantor_id AND k.removed_at IS NULL
JOIN contact_points p ON p.id = k.contact_point_id AND p.stopped_at IS NULL AND p.unreachable_at IS NULL
WHERE a.next_action_at <= :now
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many things in so many seconds."""

    name: str
    count: int
    seconds: float

    @property
    def a_second(self) -> float:
        """Things a second."""
        return self.count / self.seconds


def statement(engine: Engine) -> Rate:
    """The floor: one hand-written statement that selects the due rows and inserts a message for each."""
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS bench_outbox")
        connection.exec_driver_sql(_CLONE)

    def insert() -> int:
        with engine.begin() as connection:
            return connection.execute(text(_STATEMENT), {"now": NOW}).rowcount

    return _timed("one SQL statement", insert)


def due_run(database: Database, installation: Installation) -> Rate:
    """Ours: every due account looked at, decided, rendered, queued and recorded, in one process."""
    return _timed(
        "kvitt run",
        lambda: len({v.account_id for v in dunning_run.run(database, installation, NOW).verdicts}),
    )


_FIRED: list[Any] = []
_ENOUGH = Event()


def _remind(number: int, of: int) -> None:
    _FIRED.append(number)
    if len(_FIRED) >= of:
        _ENOUGH.set()


def jobs(engine: Engine, count: int) -> Rate:
    """The peer: a job per reminder in a job store on the same server; only the firing is timed."""
    store = SQLAlchemyJobStore(engine=engine, tablename="bench_jobs")
    scheduler = BackgroundScheduler(
        jobstores={"default": store}, executors={"default": ThreadPoolExecutor(1)}, timezone="UTC"
    )
    scheduler.start(paused=True)
    for number in range(count):
        scheduler.add_job(
            _remind, "date", run_date=NOW - timedelta(days=1), args=(number, count), misfire_grace_time=None
        )

    def fire() -> int:
        scheduler.resume()
        _ENOUGH.wait(600)
        return len(_FIRED)

    rate = _timed("one APScheduler job each", fire)
    scheduler.shutdown()
    return rate


def _timed(name: str, work: Callable[[], int]) -> Rate:
    begun = time.perf_counter()
    count = work()
    return Rate(name, count, time.perf_counter() - begun)
