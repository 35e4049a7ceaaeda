"""``python -m benchmarks.turns``: texts acknowledged and answered, beside a floor that only stores them."""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console

from benchmarks.turns import burst, driver, report
from benchmarks.turns.carrier import Carrier
from benchmarks.turns.conversation import TURNS, people, write_files
from benchmarks.turns.databases import EMPTY, missing
from benchmarks.turns.processes import Site
from benchmarks.turns.sampling import file_in
from bot.clock import system_clock

if TYPE_CHECKING:
    from benchmarks.turns.conversation import Person

WARMING: Final = 8
"""People who write before anything is measured: a first text compiles statements."""
_SHOWN: Final = 10


def main() -> int:
    """Measure; 1 when a mark is missed, or a text was lost or answered out of order."""
    wanted = _arguments()
    measure = burst.measure if wanted.due else _measure
    results = [asyncio.run(measure(name, wanted)) for name in wanted.databases]
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
    parser.add_argument("--due", type=int, default=0, help="Accounts of a due run that goes on meanwhile.")
    parser.add_argument("--sending", choices=("approve", "live"), default="approve", help="Of its reminders.")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--databases", nargs="+", choices=tuple(EMPTY), default=list(EMPTY))
    parser.add_argument(
        "--profile", type=Path, help="A folder: where each process's time went is written there."
    )
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


async def _measure(name: str, wanted: argparse.Namespace) -> report.Result:
    """The floor, ours, and the floor again, so that neither has the quieter machine."""
    warming, writing = people(1, WARMING), people(1 + WARMING, wanted.people)
    carrier = Carrier()
    with EMPTY[name]() as url, tempfile.TemporaryDirectory(prefix="kvitt-bench-") as folder:
        async with carrier.listening():
            site = Site(Path(folder), url, carrier.url)
            site.run("import", *write_files(site.folder, WARMING + wanted.people, system_clock().date()))
            Console(stderr=True).print(f"{name}: {wanted.people} people write ...")
            floor = await _floor(site, warming, writing, wanted.connections)
            async with site.serving(file_in(wanted.profile, name)) as ours_running:
                warmed = await driver.talk(ours_running.port, warming, wanted.connections, carrier)
                ours_running.begin_profile()
                ours = await driver.talk(ours_running.port, writing, wanted.connections, carrier)
            floor = floor.add(await _floor(site, warming, writing, wanted.connections))
        wrong = (*floor.wrong, *warmed.wrong, *ours.wrong, *missing(url, WARMING + wanted.people))
    return report.Result(name, floor, ours, wrong)


async def _floor(
    site: Site, warming: list[Person], writing: list[Person], connections: int
) -> driver.Measured:
    async with site.floor() as running:
        await driver.store(running.port, warming, connections)
        return await driver.store(running.port, writing, connections)


if __name__ == "__main__":
    raise SystemExit(main())
