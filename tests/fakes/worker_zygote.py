"""Starts worker processes quickly: everything is imported once, each worker is a fork.

Reads one JSON order per line: ``database_url``, ``api_url`` and ``offset`` (seconds the clock is ahead).
Answers with the process id of the worker, which works until nothing is left and then ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from billing.accounts.channels import Channel
from bot.channels.twilio.adapter import TwilioChannel
from bot.clock import VirtualClock
from bot.clockwork import Clockwork
from bot.delivery import Delivery
from bot.inbound import Reception
from storage.conversation import inbox
from storage.database.transaction import Database
from storage.delivery import outbox
from tests.fakes.twilio_webhooks import ACCOUNT, NUMBER, TOKEN
from tests.keys import KEYS
from tests.world import NOON, an_installation

if TYPE_CHECKING:
    from bot.channel import ChannelAdapter
    from bot.clock import Clock


async def work(database: Database, api_url: str, clock: Clock) -> None:
    """What `kvitt worker` does on every tick, until nothing is left to do."""
    installation = an_installation()
    twilio = TwilioChannel(
        Channel.SMS, ACCOUNT, TOKEN, NUMBER, status_url=None, api_url=api_url, timeout=5, pause=0.01
    )
    channels: dict[Channel, ChannelAdapter] = {Channel.SMS: twilio}
    delivery = Delivery(database, installation, channels, clock)
    reception = Reception(database, installation, clock, delivery)
    clockwork = Clockwork(database, installation, clock, reception, delivery)
    while _left(database, clock):
        await asyncio.gather(
            clockwork.catch_up(), clockwork.run(), clockwork.expire(), delivery.deliver_due()
        )
    await clockwork.run()
    await twilio.close()


def _left(database: Database, clock: Clock) -> bool:
    with database.read() as session:
        now = clock()
        waiting = inbox.waiting(session, now, 1) or outbox.due(session, now, 1)
        return bool(waiting or outbox.lost(session, now, 1) or _accounts_due(session, now))


def _accounts_due(session: Any, now: Any) -> bool:
    from sqlalchemy import select  # noqa: PLC0415 - one use

    from storage import tables  # noqa: PLC0415

    account = tables.Account
    due = select(account.id).where(account.next_action_at.is_not(None), account.next_action_at <= now)
    return session.scalar(due.limit(1)) is not None


def _child(order: dict[str, Any]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    clock = VirtualClock(NOON + timedelta(seconds=order["offset"]), running=True)
    database = Database(order["database_url"], KEYS)
    asyncio.run(work(database, order["api_url"], clock))
    database.close()


def main() -> None:
    """Fork a worker for every order."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                _child(order)
                status = 0
            finally:
                sys.stderr.flush()
                os._exit(status)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
