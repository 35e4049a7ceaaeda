"""The simulated handset, with its carrier in our hands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from bot.channel import RefusalReason
from bot.channels.phone import PhoneChannel
from tests.bot.channels.rig import Behaviour, Closing, Delivered

if TYPE_CHECKING:
    from billing.accounts.channels import Channel


class PhoneRig(Closing[PhoneChannel]):
    """One handset on a channel."""

    can_trace: Final = True
    address: Final = "+14155550123"

    def __init__(self, name: Channel) -> None:
        self.adapter = PhoneChannel(name)

    def delivered(self) -> list[Delivered]:
        """What is on the screen."""
        return [
            Delivered(self.address, message.text, tuple(choice.label for choice in message.choices))
            for message in self.adapter.handset(self.address)
        ]

    def behave(self, what: Behaviour) -> None:
        """Give the carrier its orders."""
        carrier = self.adapter.carrier
        match what:
            case Behaviour.OPTED_OUT:
                carrier.refuse(self.address, RefusalReason.OPTED_OUT, "stopped")
            case Behaviour.BAD_ADDRESS:
                carrier.refuse(self.address, RefusalReason.ADDRESS, "no_such_number")
            case Behaviour.MISCONFIGURED:
                carrier.refuse(self.address, RefusalReason.CONFIGURATION, "who_are_you")
            case Behaviour.BUSY:
                carrier.busy(self.address)
            case Behaviour.LOST_ANSWER:
                carrier.lose_answer(self.address)
            case Behaviour.DOWN:
                self.adapter.switch_off()
            case _:
                assert_never(what)
