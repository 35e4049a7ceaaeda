"""kvitt billing cycle: bills for subscriptions and meters."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.days import day_of
from bot.cli.opened import opened
from bot.cli.output import print_error, print_json, print_line
from bot.importing.subscriptions_file import import_rows
from handlers.issuing import cycles

File = Annotated[Path, typer.Argument(help="A CSV file.")]


def add_to(billing: typer.Typer) -> None:
    """Add the commands about recurring bills to ``kvitt billing``."""
    billing.command("cycle")(cycle)
    billing.command("tariffs")(tariffs)
    billing.command("subscriptions")(subscriptions)
    billing.command("readings")(readings)


def cycle(
    as_of: Annotated[str, typer.Option(help="Run as of this day, like 2026-04-01; today unless given.")] = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Make one open recurring bill for every period that has ended, missed periods included."""
    with opened() as installation:
        day = day_of(as_of, "--as-of") if as_of else installation.today
        done = cycles.cycle(installation.database, installation.installation, day, installation.clock)
    if json:
        waiting = [{"subscription_id": one, "why": why} for one, why in done.waiting]
        print_json({"bills": list(done.bills), "waiting": waiting})
        return
    print_line(f"{len(done.bills)} bills made; kvitt billing propose takes them")
    for subscription_id, why in done.waiting:
        print_error(f"{subscription_id} waits: {why}")


def tariffs(file: File) -> None:
    """Register prices of recurring bills: tariff,code,description,kind,unit,price,currency,since."""
    _import("tariffs", file)


def subscriptions(file: File) -> None:
    """Register subscriptions: subscription_id,customer_id,tariff,every,starts_on,ends_on."""
    _import("subscriptions", file)


def readings(file: File) -> None:
    """Register meter readings: reading_id,subscription_id,code,read_on,quantity."""
    _import("readings", file)


def _import(kind: str, file: Path) -> None:
    with opened() as installation:
        today = installation.today
        found = import_rows(installation.database, kind, file, today)
    print_line(f"{kind}: new {found.new}, known {found.known}, rejected {len(found.rejects)}")
    for line in (*found.lines, *found.notes):
        print_error(line)
