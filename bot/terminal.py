"""A terminal as a customer's phone: it shows only the replies to it, and sends nothing else."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from billing.gate import SendingSwitch
from billing.refusals import Refusal
from bot.channels.phone import PhoneChannel
from bot.clock import system_clock
from bot.delivery import Delivery
from handlers.context import Context
from handlers.conversation import turn
from storage.delivery import outbox
from storage.people import contact_points, customers, reachability

if TYPE_CHECKING:
    from collections.abc import Sequence

    from billing.accounts.channels import Channel
    from bot.channels.phone import PhoneMessage
    from handlers.installation import Installation
    from storage.database.transaction import Database

PRETENDED = "terminal"
"""The prefix of a made-up address, for a customer who has none on the channel."""


class NobodyThere(Refusal):
    """The customer to text as in the terminal is not registered."""

    def __init__(self, customer_id: str) -> None:
        super().__init__(f"--as: no customer {customer_id!r} is registered; see kvitt accounts")


class Terminal:
    """One customer's handset. Replies appear here even while sending is stopped."""

    def __init__(
        self, database: Database, installation: Installation, channel: Channel, customer_id: str
    ) -> None:
        self._database = database
        self._installation = replace(installation, sending=SendingSwitch.LIVE, heeds_stop=False)
        self._phone = PhoneChannel(channel)
        self._delivery = Delivery(database, self._installation, {channel: self._phone}, system_clock)
        self._address, self._point = self._contact_point(channel, customer_id)

    def says(self, text: str) -> Sequence[PhoneMessage]:
        """Text the bot; returns its replies."""
        before = len(self._phone.handset(self._address))
        arrival = self._phone.says(self._address, text, system_clock())
        with self._database.write() as session:
            arrived = turn.receive(Context(session, self._installation, system_clock), arrival)
        if arrived is not None:
            turn.take(self._database, self._installation, arrived, system_clock)
        with self._database.read() as session:
            replies = outbox.replies_waiting(session, self._point)
        asyncio.run(self._delivery.send(self._point, replies))
        return self._phone.handset(self._address)[before:]

    def _contact_point(self, channel: Channel, customer_id: str) -> tuple[str, int]:
        with self._database.write() as session:
            if customers.find(session, customer_id) is None:
                raise NobodyThere(customer_id)
            ways = reachability.ways(session, [customer_id]).get(customer_id, [])
            for way in ways:
                if way.reach.channel is channel:
                    return way.reach.address, way.reach.contact_point_id
            language, now = self._installation.creditor.language, system_clock()
            address = f"{PRETENDED}:{customer_id}"
            point_id = contact_points.at(session, channel, address, (), language, now)
            contact_points.link(session, customer_id, point_id, now)
            return address, point_id
