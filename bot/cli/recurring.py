"""kvitt billing cycle: what is billed again and again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.days import day_of
from bot.cli.opened import opened
from bot.cli.output import print_json, tell, tell_error
from bot.importing.subscriptions_file import import_rows
from handlers.issuing import cycles

File = Annotated[Path, typer.Argument(help="A CSV file.")]


def add_to(billing: typer.Typer) -> None:
    """Add these commands to ``kvitt billing``."""
    billing.command("cycle")(cycle)
    billing.command("tariffs")(tariffs)
    billing.command("subscriptions")(subscriptions)
    billing.command("readings")(readings)


def cycle(
    as_of: Annotated[str, typer.Option(help="As if it were this day, like 2026-04-01; today.")] = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Make an open bill of every period that is over, once: missed ones too, however late it is run."""
    with opened() as house:
        day = day_of(as_of, "--as-of") if as_of else house.today
        done = cycles.cycle(house.database, day, house.now)
    if json:
        waiting = [{"subscription_id": one, "why": why} for one, why in done.waiting]
        print_json({"bills": list(done.bills), "waiting": waiting})
        return
    tell(f"{len(done.bills)} bills made; kvitt billing propose takes them")
    for subscription_id, why in done.waiting:
        tell_error(f"{subscription_id} waits: {why}")


def tariffs(file: File) -> None:
    """Register prices: tariff,code,description,kind,unit,price,currency,since."""
    _import("tariffs", file)


def subscriptions(file: File) -> None:
    """Register subscriptions: subscription_id,customer_id,tariff,every,starts_on,ends_on."""
    _import("subscriptions", file)


def readings(file: File) -> None:
    """Register meter readings: reading_id,subscription_id,code,read_on,quantity."""
    _import("readings", file)


def _import(kind: str, file: Path) -> None:
    with opened() as house:
        today = house.today
        found = import_rows(house.database, kind, file, today)
    tell(f"{kind}: new {found.new}, known {found.known}, rejected {len(found.rejects)}")
    for line in (*found.lines, *found.notes):
        tell_error(line)
