"""A burst of texts while a due run goes on in the same process; the floor has the same run beside it."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final

from rich.console import Console
from sqlalchemy import func, select

from benchmarks import book
from benchmarks.keys import KEYS
from benchmarks.server import postgres
from benchmarks.turns import databases, driver
from benchmarks.turns.carrier import Carrier
from benchmarks.turns.conversation import people, write_files
from benchmarks.turns.processes import Site
from benchmarks.turns.report import Result
from benchmarks.turns.sampling import file_in
from billing import policy
from storage import tables
from storage.database import schema
from storage.database.transaction import Database

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator, Iterator

    from benchmarks.turns.conversation import Person
    from benchmarks.turns.driver import Measured

WARMING: Final = 8
"""People who write before anything is measured: a first text compiles statements."""
BEGINS_WITHIN: Final = 120.0
"""Seconds within which the clock of ``kvitt serve`` must have begun its run."""
ENDS_WITHIN: Final = 900.0
_LOOK: Final = 0.02


class NoRun(RuntimeError):
    """The due run did not begin, or did not end."""


@dataclass(slots=True)
class _Watched:
    """A due run as seen from outside."""

    seconds: float = 0.0
    bills: int = 0


async def measure(name: str, wanted: argparse.Namespace) -> Result:
    """Ours and the floor, each on a copy of one book."""
    warming, writing = people(1, WARMING), people(1 + WARMING, wanted.people)
    carrier = Carrier()
    with tempfile.TemporaryDirectory(prefix="kvitt-bench-") as folder:
        async with carrier.listening():
            settings = f'sending = "{wanted.sending}"\n'
            with _books(name, Path(folder), wanted, carrier.url, settings) as (ours_url, floor_url):
                site = Site(Path(folder), floor_url, carrier.url, settings)
                Console(stderr=True).print(
                    f"{name}: {wanted.people} people write while {wanted.due:,} are due ..."
                )
                floor, floor_run = await _floor(site, warming, writing, wanted.connections)
                site = Site(Path(folder), ours_url, carrier.url, settings)
                ours, run = await _ours(site, f"burst-{name}", warming, writing, wanted, carrier)
                wrong = [*floor.wrong, *ours.wrong, *databases.missing(ours_url, WARMING + wanted.people)]
    wrong += [
        f"a due run decided about {one.bills:,} bills" for one in (floor_run, run) if one.bills < wanted.due
    ]
    return Result(name, floor, ours, tuple(wrong), (floor_run.seconds, run.seconds))


@contextmanager
def _books(
    name: str, folder: Path, wanted: argparse.Namespace, api_url: str, settings: str
) -> Iterator[tuple[str, str]]:
    """Two databases with the same book: accounts that are due, and people who are not and will write."""
    with postgres() as url:
        database = Database(url, KEYS)
        schema.ensure(database.engine)
        book.make(database.engine, wanted.due, wanted.due, policy.load("us").version)
        database.close()
        site = Site(folder, url, api_url, settings)
        site.run("import", *write_files(folder, WARMING + wanted.people, book.NOW.date()))
        if name == "postgresql":
            yield databases.copy(url, "ours"), databases.copy(url, "floor")
        else:
            with databases.sqlite() as file:
                databases.fill(file, url)
                yield file, databases.copy(file, "floor")


async def _floor(
    site: Site, warming: list[Person], writing: list[Person], connections: int
) -> tuple[Measured, _Watched]:
    async with site.floor(book.NOW) as running:
        await driver.store(running.port, warming, connections)
        running.begin_run()
        async with _watching(site.url) as run:
            return await driver.store(running.port, writing, connections), run


async def _ours(
    site: Site,
    name: str,
    warming: list[Person],
    writing: list[Person],
    wanted: argparse.Namespace,
    carrier: Carrier,
) -> tuple[Measured, _Watched]:
    async with site.serving(file_in(wanted.profile, name), book.NOW) as running:
        warmed = await driver.talk(running.port, warming, wanted.connections, carrier)
        async with _watching(site.url) as run:
            running.begin_profile()
            measured = await driver.talk(running.port, writing, wanted.connections, carrier)
    measured.wrong += warmed.wrong
    return measured, run


@asynccontextmanager
async def _watching(url: str) -> AsyncIterator[_Watched]:
    """Enter when a due run has begun, leave when it has ended."""
    database, run = Database(url, KEYS), _Watched()
    await _until(database, "started_at", BEGINS_WITHIN)
    begun = perf_counter()
    if _has(database, "finished_at"):
        raise NoRun("the due run had ended before the texts came")

    async def watch() -> None:
        await _until(database, "finished_at", ENDS_WITHIN)
        run.seconds = perf_counter() - begun

    watching = asyncio.create_task(watch())
    yield run
    await watching
    with database.read() as session:
        counts = session.scalars(select(tables.DunningRun.counts)).all()
    run.bills = sum(sum(one.values()) for one in counts)
    database.close()


async def _until(database: Database, column: str, seconds: float) -> None:
    """Wait for a run that has this moment."""
    begun = perf_counter()
    while not await asyncio.to_thread(_has, database, column):
        if perf_counter() - begun > seconds:
            raise NoRun(f"no due run has {column} after {seconds:.0f} seconds")
        await asyncio.sleep(_LOOK)


def _has(database: Database, column: str) -> bool:
    with database.read() as session:
        return bool(session.scalar(select(func.count(getattr(tables.DunningRun, column)))))
