"""``python -m benchmarks.turns``: texts acknowledged and answered, beside a floor that only stores them."""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from sqlalchemy import func, select

from benchmarks.server import postgres
from benchmarks.turns import driver, report
from benchmarks.turns.carrier import Carrier
from benchmarks.turns.conversation import TURNS, people, write_files
from benchmarks.turns.processes import Site
from storage import tables
from storage.database.transaction import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.turns.conversation import Person

WARMING: Final = 8
"""People who write before anything is measured: a first text compiles statements."""
_SHOWN: Final = 10


def main() -> int:
    """Measure; 1 when a mark is missed, or a text was lost or answered out of order."""
    wanted = _arguments()
    results = [asyncio.run(_measure(name, wanted)) for name in wanted.databases]
    if wanted.json:
        Console().print_json(json.dumps([result.as_json for result in results]))
    else:
        texts = f"{wanted.people * len(TURNS):,} texts of {wanted.people:,} people"
        title = f"{texts}, {wanted.connections} connections, one process"
        Console().print(title)
        for result in results:
            Console().print(report.table(result))
    for result in results:
        for fault in result.wrong[:_SHOWN]:
            Console(stderr=True).print(f"{result.database}: {fault}", markup=False)
        if len(result.wrong) > _SHOWN:
            Console(stderr=True).print(f"{result.database}: and {len(result.wrong) - _SHOWN} more")
    return 0 if all(result.kept for result in results) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.turns", description=__doc__)
    parser.add_argument("--people", type=int, default=160, help="Each writes seven texts.")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--databases", nargs="+", choices=tuple(_OPENED), default=list(_OPENED))
    parser.add_argument(
        "--profile", type=Path, help="A folder: where each process's time went is written there."
    )
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


@contextmanager
def _sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="kvitt-bench-") as folder:
        yield f"sqlite:///{folder}/kvitt.db"


_OPENED: Final = {"sqlite": _sqlite, "postgresql": postgres}


async def _measure(name: str, wanted: argparse.Namespace) -> report.Result:
    """The floor, ours, and the floor again, so that neither has the quieter machine."""
    warming, writing = people(1, WARMING), people(1 + WARMING, wanted.people)
    carrier = Carrier()
    with _OPENED[name]() as url, tempfile.TemporaryDirectory(prefix="kvitt-bench-") as folder:
        async with carrier.listening():
            site = Site(Path(folder), url, carrier.url)
            site.run("import", *write_files(site.folder, WARMING + wanted.people))
            Console(stderr=True).print(f"{name}: {wanted.people} people write ...")
            floor = await _floor(site, warming, writing, wanted.connections)
            async with site.serving(_profile(wanted, name)) as ours_running:
                warmed = await driver.talk(ours_running.port, warming, wanted.connections, carrier)
                ours_running.begin_profile()
                ours = await driver.talk(ours_running.port, writing, wanted.connections, carrier)
            floor = floor.add(await _floor(site, warming, writing, wanted.connections))
        wrong = (*floor.wrong, *warmed.wrong, *ours.wrong, *_wrong_in_books(url, WARMING + wanted.people))
    return report.Result(name, floor, ours, wrong)


async def _floor(
    site: Site, warming: list[Person], writing: list[Person], connections: int
) -> driver.Measured:
    async with site.floor() as running:
        await driver.store(running.port, warming, connections)
        return await driver.store(running.port, writing, connections)


def _profile(wanted: argparse.Namespace, name: str) -> Path | None:
    folder: Path | None = wanted.profile
    if folder is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / f"{name}.txt").resolve()


def _wrong_in_books(url: str, count: int) -> list[str]:
    """What the database does not have: a plan for everybody, and every text stored, done and replied to."""
    plan, inbox, outbox = tables.Plan, tables.Inbox, tables.Outbox
    texts = count * len(TURNS)
    questions = (
        ("plans", select(func.count()).select_from(plan).where(plan.state == "active"), count),
        ("texts answered", select(func.count()).select_from(inbox).where(inbox.state == "done"), texts),
        (
            "replies sent",
            select(func.count()).select_from(outbox).where(outbox.provider_id.is_not(None)),
            texts,
        ),
    )
    database = Database(url)
    with database.read() as session:
        found = [(what, session.scalar(question), wanted) for what, question, wanted in questions]
    database.close()
    return [f"{what}: {are} where {wanted} should be" for what, are, wanted in found if are != wanted]


if __name__ == "__main__":
    raise SystemExit(main())
