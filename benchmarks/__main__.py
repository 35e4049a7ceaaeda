"""``python -m benchmarks``: makes a book on a PostgreSQL of its own and prints rates and ratios."""

from __future__ import annotations

import argparse
import cProfile
import pstats
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from benchmarks import book, due_run
from benchmarks.keys import KEYS
from benchmarks.server import postgres
from billing import policy
from billing.accounts.channels import Channel
from billing.accounts.creditor import Creditor
from billing.gate import SendingSwitch
from bot import garbage_collection
from bot.wiring import outgoing_kinds
from handlers.conversation.flow_registry import FLOW_REGISTRY
from handlers.installation import Installation
from handlers.talk.conversation import Flows
from messages.understanding.reading import TextReader
from messages.writing.render import Words
from storage.database import schema
from storage.database.transaction import Database

if TYPE_CHECKING:
    from benchmarks.due_run import Rate

OF_STATEMENT, OF_JOBS = 0.15, 6.0
"""The marks: what share of the statement's rate a run keeps, and how many times the jobs' it makes."""


def main() -> int:
    """Measure; 1 when a mark is missed."""
    wanted = _arguments()
    installation = _installation()
    with postgres() as url:
        database = Database(url, KEYS)
        schema.ensure(database.engine)
        Console(stderr=True).print(f"a book of {wanted.accounts:,} accounts, {wanted.due:,} due ...")
        book.make(database.engine, wanted.accounts, wanted.due, installation.policy.version)
        floor = due_run.statement(database.engine)
        peer = due_run.jobs(database.engine, wanted.jobs)
        garbage_collection.freeze_startup_objects()
        profile = cProfile.Profile() if wanted.profile else None
        if profile:
            profile.enable()
        ours = due_run.due_run(database, installation)
        if profile:
            profile.disable()
            pstats.Stats(profile).sort_stats("tottime").print_stats(40)
        database.close()
    return _report(floor, peer, ours)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--due", type=int, default=100_000)
    parser.add_argument("--jobs", type=int, default=5_000, help="How many jobs the peer fires.")
    parser.add_argument("--profile", action="store_true", help="Say where our time goes.")
    return parser.parse_args()


def _installation() -> Installation:
    creditor, reading = Creditor("Elm Street Clinic"), TextReader()
    return Installation(
        policy.load("us"),
        creditor,
        Words(creditor),
        reading,
        Flows(FLOW_REGISTRY, reading),
        SendingSwitch.LIVE,
        frozenset({Channel.SMS, Channel.TELEGRAM}),
        outgoing_kinds,
    )


def _report(floor: Rate, peer: Rate, ours: Rate) -> int:
    table = Table(title="A due run, policy us, one process, PostgreSQL")
    for column in ("what", "rows", "seconds", "a second", "kvitt is", "mark"):
        table.add_column(column, justify="left" if column == "what" else "right")
    marks = {floor.name: OF_STATEMENT, peer.name: OF_JOBS}
    for rate in (floor, peer, ours):
        mark = marks.get(rate.name)
        ratio = f"{ours.a_second / rate.a_second:.2f} x" if mark else ""
        table.add_row(
            rate.name,
            f"{rate.count:,}",
            f"{rate.seconds:.2f}",
            f"{rate.a_second:,.0f}",
            ratio,
            f"{mark} x" if mark else "",
        )
    Console().print(table)
    kept = ours.a_second >= OF_STATEMENT * floor.a_second and ours.a_second >= OF_JOBS * peer.a_second
    return 0 if kept else 1


if __name__ == "__main__":
    raise SystemExit(main())
