"""kvitt shadow: preview of messages while sending is off."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.opened import opened
from bot.cli.output import print_json, print_line, print_table
from handlers.desk import shadow as desk

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from handlers.desk.shadow import PlannedMessage

shadow = typer.Typer(help="Preview messages while sending is off.", no_args_is_help=True)


@shadow.callback()
def _group() -> None:
    """Preview messages while sending is off."""


def add_to(app: typer.Typer) -> None:
    """Add the commands of ``kvitt shadow``."""
    app.add_typer(shadow, name="shadow")


@shadow.command("tomorrow")
def tomorrow(
    json: Annotated[bool, typer.Option("--json", help="One JSON object a message.")] = False,
) -> None:
    """List every message that would leave tomorrow, hour by hour, and why; nothing is written."""
    with opened() as kvitt, kvitt.database.read() as session:
        found = desk.leaving(kvitt.context(session))
        zone = kvitt.installation.creditor.zone
    if json:
        for one in found:
            print_json(_row(one, zone))
        return
    rows = [
        (
            f"{one.at.astimezone(zone):%H:%M}",
            one.person_id,
            one.channel.value if one.channel else "-",
            one.level or "-",
            one.name.replace("_", " "),
            ", ".join(one.bill_ids),
            one.why,
        )
        for one in found
    ]
    columns = ("at", "customer", "channel", "level", "says", "bills", "why")
    print_table(columns, rows, "nothing would leave tomorrow")
    hours = Counter(f"{one.at.astimezone(zone):%H}" for one in found)
    for hour, count in sorted(hours.items()):
        print_line(f"{hour}:00 to {hour}:59  {count} message{'s' if count != 1 else ''}")


def _row(one: PlannedMessage, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "at": one.at,
        "hour": one.at.astimezone(zone).hour,
        "customer_id": one.person_id,
        "bill_ids": list(one.bill_ids),
        "what": one.what,
        "name": one.name,
        "level": one.level,
        "channel": one.channel.value if one.channel else None,
        "why": one.why,
    }
