"""``python -m benchmarks.desk``: p50, p95, statements and rows of everything that the desk reads."""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table
from sqlalchemy import event

from benchmarks.desk import book
from benchmarks.keys import KEYS
from benchmarks.server import postgres
from billing.accounts.cases import Urgency
from storage.database import schema
from storage.database.transaction import Database
from storage.desk import case_queue, changes, person, search, timeline, why
from storage.desk.case_queue import QueueFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.orm import Session

P95_MS: Final = 200
STATEMENTS: Final = 12
PEOPLE: Final = 10_000


def main() -> int:
    """Measure on the databases asked for; 1 when a mark is missed."""
    parser = argparse.ArgumentParser()
    scale = float(os.environ.get("KVITT_DESK_SCALE", "1"))
    parser.add_argument("--scale", type=float, default=scale, help="1 is 10,000 people, 10 is the whole book")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    wanted = parser.parse_args()
    people = max(200, int(PEOPLE * wanted.scale))
    missed = 0
    if wanted.only != "postgresql":
        with tempfile.TemporaryDirectory() as folder:
            missed += measure(f"sqlite:///{Path(folder) / 'desk.db'}", people, wanted.rounds)
    if wanted.only != "sqlite":
        with postgres() as url:
            missed += measure(url, people, wanted.rounds)
    return 1 if missed else 0


def reads(session: Session) -> dict[str, Callable[[], Sequence[object]]]:
    """Everything that is measured, by name."""

    def page(chosen: QueueFilter, pages: int = 1) -> Callable[[], Sequence[object]]:
        def read() -> Sequence[object]:
            after, found = "", case_queue.QueuePage([], "")
            for _ in range(pages):
                found = case_queue.page(session, chosen, book.NOW, after)
                after = found.after
            return found.cases

        return read

    def found(text: str) -> Callable[[], Sequence[object]]:
        def read() -> Sequence[object]:
            result = search.search(session, text)
            return [*result.people, *result.bills, *result.texts]

        return read

    def older() -> Sequence[object]:
        first = timeline.timeline(session, book.BUSY)
        return timeline.timeline(session, book.BUSY, first.before).entries

    return {
        "queue": page(QueueFilter()),
        "queue, second page": page(QueueFilter(), 2),
        "queue, late": page(QueueFilter(late=True)),
        "queue, one rep's": page(QueueFilter(owner="rep3")),
        "queue, grave": page(QueueFilter(urgency=Urgency.GRAVE)),
        "queue, nothing such": page(QueueFilter(kind="none", owner="rep3")),
        "queue, counts": lambda: [case_queue.counts(session, book.NOW, "rep3")],
        "timeline, 5,000 events": lambda: timeline.timeline(session, book.BUSY).entries,
        "timeline, two pages": older,
        "person": lambda: [person.person(session, book.BUSY, book.NOW)],
        "why": lambda: why.about_bill(session, "B1-0").decisions,
        "changes": lambda: [changes.changes(session, changes.now_at(session))],
        "search strom": found("strom"),
        "search two letters": found("st"),
        "search anna strom": found("anna strom"),
        "search last four": found("0042"),
        "search a rare word": found("röntgen"),
        "search common words": found("betala fakturan tack"),
        "search a word's beginning": found("fakturor"),
        "search nobody wrote": found("xylofonist"),
        "search two nobody wrote": found("xylofon betala"),
        "search a bill": found("B42-1"),
    }


def measure(url: str, people: int, rounds: int) -> int:
    """Make a book and measure; returns how many marks were missed."""
    database, name = Database(url, KEYS), url.partition(":")[0].partition("+")[0]
    schema.ensure(database.engine)
    began = time.perf_counter()
    book.make(database, people)
    out = Console()
    out.print(
        f"{name}: {people:,} people, {people * 3:,} bills, {people * 10:,} messages, {people // 2:,} open cases"
    )
    out.print(f"made in {time.perf_counter() - began:.0f} s")
    table = Table("read", "p50 ms", "p95 ms", "statements", "rows")
    missed, count = 0, [0]

    def executed(*_: object) -> None:
        count[0] += 1

    event.listen(database.engine, "before_cursor_execute", executed)
    with database.read() as session:
        session.connection()
        for what, read in reads(session).items():
            times, rows = [], 0
            for _ in range(rounds):
                count[0], start = 0, time.perf_counter()
                rows = len(read())
                times.append((time.perf_counter() - start) * 1000)
            times.sort()
            p95 = times[min(len(times) - 1, int(len(times) * 0.95))]
            late = p95 > P95_MS or count[0] > STATEMENTS
            missed += late
            mark = " !" if late else ""
            table.add_row(what, f"{times[len(times) // 2]:.1f}", f"{p95:.1f}{mark}", str(count[0]), str(rows))
    out.print(table)
    database.close()
    return missed


if __name__ == "__main__":
    raise SystemExit(main())
