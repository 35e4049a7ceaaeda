"""A bot on a Telegram of our own."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, assert_never

from bot.channels.telegram import TelegramChannel
from tests.bot.channels.rig import Behaviour, Closing, Delivered
from tests.fakes.telegram_server import ServerBehaviour, TelegramServer

CHAT: Final = 31337


class TelegramRig(Closing[TelegramChannel]):
    """One bot, one private chat."""

    can_trace: Final = False
    address: Final = str(CHAT)

    def __init__(self, *, timeout: float = 5, token: str | None = None) -> None:
        self.server: Final = TelegramServer()
        self.adapter = TelegramChannel(
            token or self.server.token, self.server.url, timedelta(seconds=timeout)
        )

    def delivered(self) -> list[Delivered]:
        """What is on the customer's screen."""
        return [
            Delivered(str(sent.chat_id), sent.text, tuple(label for label, _ in sent.buttons))
            for sent in self.server.sent
        ]

    def behave(self, what: Behaviour) -> None:
        """Set how the server behaves."""
        match what:
            case Behaviour.OPTED_OUT:
                self.server.behave(ServerBehaviour.BLOCKED)
            case Behaviour.BAD_ADDRESS:
                self.server.behave(ServerBehaviour.NO_CHAT)
            case Behaviour.MISCONFIGURED:
                self.server.behave(ServerBehaviour.UNAUTHORISED)
            case Behaviour.BUSY:
                self.server.behave(ServerBehaviour.BUSY)
            case Behaviour.LOST_ANSWER:
                self.server.behave(ServerBehaviour.CUT)
            case Behaviour.DOWN:
                self.server.close()
            case _:
                assert_never(what)

    def stop(self) -> None:
        """Take the server down."""
        self.server.close()
