"""kvitt invite: a link that binds a Telegram chat."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from bot.channels.telegram import deep_link
from bot.cli.opened import opened
from bot.cli.output import print_line
from bot.setting_errors import MissingSetting
from bot.wiring import telegram_channel
from handlers.people import inviting


def add_to(app: typer.Typer) -> None:
    """Add ``kvitt invite``: the link by which a customer agrees to Telegram."""
    app.command("invite")(invite)


def invite(customer: Annotated[str, typer.Argument(help="The customer the chat will belong to.")]) -> None:
    """Make a t.me link for a customer: the first chat that opens it is bound to the customer."""
    with opened() as installation:
        by = installation.sign_in()
        secret = installation.settings.secret_key
        if secret is None:
            raise MissingSetting("KVITT_SECRET_KEY", "links are signed with it")
        channel = telegram_channel(installation.settings)
        if channel is None:
            raise MissingSetting("KVITT_TELEGRAM_TOKEN", "the link opens a chat with your bot")
        with installation.database.write() as session:
            token = inviting.invite(installation.context(session), customer, secret.get_secret_value(), by)

        async def name() -> str:
            try:
                return await channel.username()
            finally:
                await channel.close()

        print_line(deep_link(asyncio.run(name()), token))
