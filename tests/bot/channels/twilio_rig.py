"""SMS or WhatsApp through a Twilio of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from billing.accounts.channels import Channel
from bot.channels.twilio import TwilioChannel
from tests.bot.channels.line import NOW
from tests.bot.channels.rig import Behaviour, Closing, Delivered
from tests.fakes.twilio_http import Ending
from tests.fakes.twilio_server import TwilioServer

if TYPE_CHECKING:
    from collections.abc import Mapping

STATUS_URL: Final = "https://kvitt.example/hooks/twilio/status"
OFTEN: Final = 50


class TwilioRig(Closing[TwilioChannel]):
    """One sender, one customer; Twilio's clock stands at ``NOW``."""

    can_trace: Final = True
    address: Final = "+14155550123"

    def __init__(
        self,
        name: Channel = Channel.SMS,
        *,
        timeout: float = 5,
        status_url: str | None = STATUS_URL,
        templates: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self.server: Final = TwilioServer(clock=lambda: NOW)
        self.server.start()
        self.adapter = TwilioChannel(
            name,
            self.server.account_sid,
            self.server.auth_token,
            self.server.number,
            status_url=status_url,
            api_url=self.server.url,
            templates=templates,
            timeout=timeout,
            pause=0.01,
        )

    def delivered(self) -> list[Delivered]:
        """What Twilio accepted for this channel."""
        prefix = "whatsapp:" if self.adapter.name is Channel.WHATSAPP else ""
        assert all(message.to == prefix + self.address for message in self.server.messages)
        return [Delivered(self.address, message.body) for message in self.server.messages]

    def behave(self, what: Behaviour) -> None:
        """Script the next sends."""
        match what:
            case Behaviour.OPTED_OUT:
                self.server.answer_next(400, 21610, times=OFTEN)
            case Behaviour.BAD_ADDRESS:
                self.server.answer_next(400, 21211, times=OFTEN)
            case Behaviour.MISCONFIGURED:
                self.server.answer_next(401, 20003, times=OFTEN)
            case Behaviour.BUSY:
                self.server.answer_next(429, 20429, times=OFTEN)
            case Behaviour.LOST_ANSWER:
                self.server.answer_next(taken=True, ending=Ending.DROP, times=OFTEN)
            case Behaviour.DOWN:
                self.server.go_down()
            case _:
                assert_never(what)

    def stop(self) -> None:
        """Take the server down."""
        self.server.stop()
