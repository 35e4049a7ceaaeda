"""kvitt placements: a person decides about a collector; kvitt invite: a link that binds a Telegram chat."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated

import typer

from bot.channels.telegram import deep_link
from bot.cli.opened import opened, who
from bot.cli.output import amount, print_json, print_table, tell
from bot.settings import MissingSetting
from bot.wiring import telegram_channel
from handlers import inviting
from handlers.desk import collector

placements = typer.Typer(help="Bills on their way to a collector.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(placements, name="placements")
    app.command("invite")(invite)


@placements.command("list")
def placements_list(
    json: Annotated[bool, typer.Option("--json", help="One JSON object a bill.")] = False,
) -> None:
    """Flagged bills that wait for a decision, the oldest first."""
    with opened() as house, house.database.read() as session:
        found = collector.waiting(session)
    if json:
        for one in found:
            print_json(asdict(one))
        return
    rows = [(one.bill_id, amount(one.amount, one.currency), one.flagged_at, one.state.value) for one in found]
    print_table(("bill", "amount", "flagged", "state"), rows, "nothing waits for a decision")


@placements.command("approve")
def placements_approve(
    bill: Annotated[str, typer.Argument(help="The bill to place.")],
    collector_name: Annotated[str, typer.Option("--collector", help="Who gets it.")] = "",
) -> None:
    """Hand a flagged bill to a collector: nothing is written about it any more."""
    with opened() as house, house.database.write() as session:
        collector.approve(session, house.house, bill, who(), collector_name, house.now)
    tell(f"bill {bill} is placed; Kvitt writes about it no more")


@placements.command("return")
def placements_return(
    bill: Annotated[str, typer.Argument(help="The bill to return.")],
    reason: Annotated[str, typer.Option(help="Why.")] = "returned by the desk",
    days: Annotated[int, typer.Option(min=1, max=365, help="How long nothing is demanded.")] = 30,
) -> None:
    """Return a flagged bill: quiet for a while, then the reminders begin again, mildly."""
    with opened() as house, house.database.write() as session:
        collector.give_back(session, house.house, bill, who(), reason, days, house.now)
    tell(f"bill {bill} is returned; nothing is demanded for {days} days")


def invite(customer: Annotated[str, typer.Argument(help="The customer the chat will belong to.")]) -> None:
    """Make a t.me link for a customer: whoever opens it first binds their chat."""
    with opened() as house:
        secret = house.settings.secret_key
        if secret is None:
            raise MissingSetting("KVITT_SECRET_KEY", "links are signed with it")
        channel = telegram_channel(house.settings)
        if channel is None:
            raise MissingSetting("KVITT_TELEGRAM_TOKEN", "the link opens a chat with your bot")
        with house.database.write() as session:
            token = inviting.invite(session, customer, secret.get_secret_value(), house.now)

        async def name() -> str:
            try:
                return await channel.username()
            finally:
                await channel.close()

        tell(deep_link(asyncio.run(name()), token))
