"""A clinic with a staff chat on a Telegram of our own, over real HTTP."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from billing.accounts.channels import Channel
from billing.accounts.roles import Role
from bot.channels.telegram import TelegramChannel
from bot.clockwork import Clockwork
from bot.delivery import Delivery
from bot.inbound import Reception
from bot.staff_chats import StaffChats
from handlers.desk import users
from tests.bot.channels.line import open_loop
from tests.fakes.telegram_server import TelegramServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.channel import ChannelAdapter
    from storage.desk.escalations import Escalation
    from tests.bot.channels.line import Run
    from tests.fakes.telegram_server import Sent
    from tests.world import World

GROUP: Final = -1001234
KIM, LEE, VERA, ANNA, STRANGER = 11, 12, 13, 14, 99
ANNAS_OWN: Final = ANNA
"""Anna reads the news in a private chat of her own."""


@dataclass
class StaffRig:
    """The chat, the people in it, and everything between them and the database."""

    world: World
    server: TelegramServer
    channel: TelegramChannel
    delivery: Delivery
    reception: Reception
    clockwork: Clockwork
    run: Run

    def run_until_quiet(self) -> None:
        """Until everything that was written or pressed is answered, and everything new is told."""
        self.run(self._run_until_quiet())

    async def _run_until_quiet(self) -> None:
        async with asyncio.timeout(20):
            while self.server.unconfirmed:  # noqa: ASYNC110 - the server's thread brings it about
                await asyncio.sleep(0.005)
            await self.reception.finish()
            await self.clockwork.tell_staff()
            while await self.delivery.deliver_due():
                pass

    def hears(self, user: int, text: str, chat: int = GROUP) -> str:
        """Somebody writes in a staff chat; what is said there after it, as one text."""
        before = len(self.server.sent)
        self.server.colleague_writes(chat, user, text)
        self.run_until_quiet()
        return "\n".join(sent.text for sent in self.server.sent[before:] if sent.chat_id == chat)

    def presses(self, *presses: tuple[int, str], chat: int = GROUP) -> str:
        """Colleagues press buttons at the same time; what is said in the chat after it."""
        before = len(self.server.sent)
        for user, data in presses:
            notice = self.notice(data, chat)
            self.server.colleague_presses(chat, user, notice.message_id, data)
        self.run_until_quiet()
        return "\n".join(sent.text for sent in self.server.sent[before:] if sent.chat_id == chat)

    def notice(self, data: str, chat: int = GROUP) -> Sent:
        """The message in a chat that has, or had, something to do with a case or a run."""
        number = data.rpartition(" ")[2]
        word = "Run" if "run" in data else "Case"
        return next(
            sent
            for sent in self.server.sent
            if sent.chat_id == chat and sent.text.startswith(f"{word} {number}")
        )

    def cases(self) -> list[Escalation]:
        """Everything open."""
        return self.world.queue()


@contextmanager
def staffed(world: World, *staff_chats: int) -> Iterator[StaffRig]:
    """Kim and Lee are reps, Vera only looks, Anna approves; a group, and a chat of Anna's own.

    Telegram takes 20 messages a minute in a group: a test with many names only Anna's chat.
    """
    chats = tuple(str(chat) for chat in staff_chats or (GROUP, ANNAS_OWN))
    world.installation = replace(world.installation, staff_chats=chats, digest_hour=8)
    with world.database.write() as session:
        for name, role, telegram in (
            ("Kim", Role.REP, KIM),
            ("Lee", Role.REP, LEE),
            ("Vera", Role.VIEWER, VERA),
            ("Anna", Role.APPROVER, ANNA),
        ):
            users.add(world.context(session), name, role, str(telegram), "root")
    with TelegramServer() as server, open_loop() as run:
        channel = TelegramChannel(server.token, server.url, staff_chats=StaffChats(chats, world.database))
        channels: dict[Channel, ChannelAdapter] = {
            Channel.SMS: world.phones[Channel.SMS],
            Channel.TELEGRAM: channel,
        }
        delivery = Delivery(world.database, world.installation, channels, world.clock)
        reception = Reception(world.database, world.installation, world.clock, delivery)
        clockwork = Clockwork(world.database, world.installation, world.clock, reception, delivery)
        run(channel.listen(reception.receive, world.clock))
        try:
            yield StaffRig(world, server, channel, delivery, reception, clockwork, run)
        finally:
            run(channel.close())
