"""kvitt keys: where the key of the database lies, and a new one for every row."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from bot import key_files, rotation, settings, wiring
from bot.cli.output import print_error, print_json, print_line, progress
from storage.sealing import keys as sealing

keys = typer.Typer(help="The key by which the database is sealed.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands of ``kvitt keys``."""
    app.add_typer(keys, name="keys")


@keys.command("show")
def show(json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Show where the key lies, and the id by which the database knows it; never the key."""
    loaded = settings.load()
    found = sealing.Keys(key_files.source(loaded))
    ids = [key.id for key in found.rows]
    if json:
        print_json({"where": found.where, "keys": ids, "stops": found.stops.id})
        return
    print_line(f"{found.where}: key {ids[0]}" + "".join(f", and the older key {one}" for one in ids[1:]))
    print_line(f"stops: key {found.stops.id}, which kvitt keys rotate leaves as it is")


@keys.command("rotate")
def rotate() -> None:
    """Seal every row by a new key, while processes run; after a kill it goes on where it was."""
    loaded = settings.load()
    database = wiring.open_database(loaded)
    try:
        with progress() as bar:
            new = rotation.rotate(database, loaded, _wait, bar)
    finally:
        database.close()
    print_line(
        f"every row is sealed by the key {new}: keep a copy of {database.keys.where} apart from backups"
    )
    if loaded.key is not None:
        print_line("take the older key out of KVITT_KEY, and start the processes again")


def _wait(transactions: int) -> None:
    print_error(f"waiting for {transactions} transactions that began before the new key")
    time.sleep(1)  # noqa: TID251 - transactions of other processes tell nobody when they end
