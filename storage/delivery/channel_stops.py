"""The stop of one channel: what its provider refuses for all stops until it is put right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from billing.accounts.channels import Channel
from storage import tables
from storage.database.constants import fixed
from storage.database.insert_once import insert_once
from storage.delivery.outbox import OutboxState

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

_SCOPE = "channel:"
WAITS = "channel_stopped"
"""Why a message waits while its channel is stopped."""


@dataclass(frozen=True, slots=True)
class ChannelStop:
    """An active stop of a channel, or of its way to one country; the code is the provider's."""

    channel: Channel
    region: str
    """The calling code with its plus, or empty for the whole channel."""
    code: str
    since: datetime
    probe_at: datetime | None
    """When one message may try whether it passes again (UTC); None: a person says so."""

    def bears_on(self, channel: Channel, region: str) -> bool:
        """Whether a message by this channel to this country is stopped."""
        return channel is self.channel and self.region in {"", region}


def active(session: Session) -> list[ChannelStop]:
    """Every active stop of a channel."""
    row = tables.SendingStop
    found = session.execute(
        select(row.scope, row.reason, row.stopped_at, row.probe_at)
        .where(row.scope.startswith(_SCOPE), row.resumed_at.is_(None))
        .order_by(row.id)
    )
    return [of_row(*one) for one in found]


def of_row(scope: str, code: str, since: datetime, probe_at: datetime | None) -> ChannelStop:
    """The stop of a channel that a row holds."""
    _, channel, region = f"{scope}:".split(":", 2)
    return ChannelStop(Channel(channel), region.rstrip(":"), code, since, probe_at)


def is_of_channel(scope: str) -> bool:
    """Whether a stop's scope is a channel."""
    return scope.startswith(_SCOPE)


def stop(
    session: Session, channel: Channel, region: str, code: str, now: datetime, probe_at: datetime | None
) -> bool:
    """Stop a channel, or its way to one country; returns whether it was not stopped already."""
    row = {
        "scope": _scope(channel, region),
        "reason": code,
        "stopped_at": now,
        "stopped_by": "kvitt",
        "probe_at": probe_at,
    }
    return insert_once(session, tables.SendingStop, row) is not None


def take_probe(session: Session, stops: Collection[ChannelStop], now: datetime, again: datetime) -> bool:
    """Whether this transaction may try one message: one does until ``again`` (UTC), in all processes."""
    row = tables.SendingStop
    for one in stops:
        # Without waiting for a lock: another process that holds it is trying.
        free = session.scalar(
            select(row.id)
            .where(
                row.scope == _scope(one.channel, one.region),
                row.resumed_at.is_(None),
                row.probe_at <= now,
            )
            .with_for_update(skip_locked=True)
        )
        if free is None:
            return False
        session.execute(update(row).where(row.id == free).values(probe_at=again))
    return True


def end(session: Session, channel: Channel, region: str | None, by: str, now: datetime) -> bool:
    """End the stops of a channel that bear on a country, or with None all; returns whether there were any.

    What they had put off is due now.
    """
    row = tables.SendingStop
    whole = _scope(channel, "")
    scopes = (
        (row.scope == whole) | row.scope.startswith(f"{whole}:")
        if region is None
        else row.scope.in_([whole, _scope(channel, region)])
    )
    ended = session.execute(
        update(row)
        .where(scopes, row.resumed_at.is_(None))
        .values(resumed_at=now, resumed_by=by)
        .returning(row.id)
    ).all()
    if ended:
        release(session, channel, now)
    return bool(ended)


def release(session: Session, channel: Channel, now: datetime) -> None:
    """Make the messages that a stop of a channel put off due now."""
    row = tables.Outbox
    session.execute(
        update(row)
        .where(
            row.state == fixed(OutboxState.QUEUED),
            row.channel == channel.value,
            row.reason == WAITS,
            row.not_before > now,
        )
        .values(not_before=now)
    )


def _scope(channel: Channel, region: str) -> str:
    return f"{_SCOPE}{channel.value}" + (f":{region}" if region else "")
