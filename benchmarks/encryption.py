"""What sealing costs a due run: beside the same run on the same book with keys that seal nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table

from benchmarks import book, due_run
from benchmarks.keys import KEYS, PlainKeys
from benchmarks.server import postgres
from storage.database import schema
from storage.database.transaction import Database

if TYPE_CHECKING:
    from benchmarks.due_run import Rate
    from handlers.installation import Installation
    from storage.sealing.keys import Keys

ROUNDS: Final = 3
"""How often each is measured, in turns; the quickest counts: the other ones were disturbed."""


def compare(installation: Installation, accounts: int, due: int) -> None:
    """Print both rates and their ratio."""
    plain = PlainKeys()
    rates: dict[bool, list[Rate]] = {False: [], True: []}
    for _ in range(ROUNDS):
        for sealed, keys in ((False, plain), (True, KEYS)):
            rates[sealed].append(_run(installation, keys, accounts, due))
    without, with_keys = (max(rates[sealed], key=lambda rate: rate.a_second) for sealed in (False, True))
    table = Table(title=f"A due run of {due:,} on {accounts:,} accounts, PostgreSQL, quickest of {ROUNDS}")
    for column in ("columns", "seconds", "a second", "takes"):
        table.add_column(column, justify="left" if column == "columns" else "right")
    for name, rate in (("plain", without), ("sealed", with_keys)):
        ratio = f"{rate.seconds / without.seconds:.2f} x"
        table.add_row(name, f"{rate.seconds:.2f}", f"{rate.a_second:,.0f}", ratio)
    Console().print(table)


def _run(installation: Installation, keys: Keys, accounts: int, due: int) -> Rate:
    with postgres() as url:
        database = Database(url, keys)
        schema.ensure(database.engine)
        book.make(database.engine, accounts, due, installation.policy.version)
        schema.seal(database.engine)
        found = due_run.due_run(database, installation)
        database.close()
    return found
