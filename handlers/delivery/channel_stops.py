"""Stops a channel whose provider refuses our sender or our settings: messages wait, nobody is blamed.

One case says what to put right. A refusal costs nothing, so that one message tries again after a while; after
a failure reported later (an unregistered sender: carriers block what it sends) a person says when to go on,
by closing the case. A stop may be of one country, where the sender does not reach it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from billing.accounts.channels import Channel
from billing.gate import Purpose
from handlers import snapshot
from storage.delivery import channel_stops, sending
from storage.desk import escalations
from storage.desk.escalations import Case

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handlers.context import Context
    from storage.delivery.channel_stops import ChannelStop
    from storage.delivery.outbox import Message
    from storage.people.contact_points import ContactPoint

PAUSE: Final = timedelta(minutes=15)
"""Wait before one message tries a stopped channel again."""
WAITS: Final = channel_stops.WAITS
CASE: Final = "channel_down"
"""The kind of the case about a stopped channel; closing it ends the stop."""


def region_of(channel: Channel, address: str) -> str:
    """The calling code of an address with its plus; empty for a channel without countries."""
    if not channel.by_phone:
        return ""
    from handlers.people.phones import calling_code  # noqa: PLC0415 - slow to load

    return calling_code(address)


def place(context: Context, channel: Channel, region: str, code: str, said: str, *, reported: bool) -> None:
    """Stop a channel, or with a region its way there, with one case; ``said`` is what the code says."""
    probe_at = None if reported else context.now + PAUSE
    channel_stops.stop(context.session, channel, region, code, context.now, probe_at)
    by_itself = "; one message tries again every 15 minutes" if probe_at else ""
    do = f": nothing leaves by it until that is put right; then close this case{by_itself}"
    raise_case(context, channel, region, said, do)


def raise_case(context: Context, channel: Channel, region: str, said: str, do: str) -> None:
    """Open the one case about a channel that is refused, or not there; ``do`` ends its sentence."""
    case = Case(
        key=_key(channel, region),
        kind=CASE,
        reason=f"{channel.value}{f' to {region}' if region else ''} refuses us ({said}){do}",
        deadline=context.answer_by(),
    )
    escalations.open_case(context.session, case, context.now)


def bearing_on(stops: Sequence[ChannelStop], channel: Channel, address: str) -> list[ChannelStop]:
    """Those of the active stops that a message by this channel to this address meets."""
    mine = [one for one in stops if one.channel is channel]
    if not mine:
        return []
    region = region_of(channel, address)
    return [one for one in mine if one.bears_on(channel, region)]


def may_try(context: Context, stops: Sequence[ChannelStop]) -> bool:
    """Whether a message is the one that tries a stopped channel again."""
    return channel_stops.take_probe(context.session, stops, context.now, context.now + PAUSE)


def has_other_way(context: Context, message: Message) -> bool:
    """Whether its customer is reached by another channel that is set up and not stopped, too."""
    if message.purpose is not Purpose.OUT or not message.customer_id:
        return False
    stopped = {one.channel for one in channel_stops.active(context.session)}
    ways = context.installation.available - stopped - {message.channel}
    (person,) = snapshot.load(context, [message.customer_id])
    return any(reach.usable and reach.channel in ways for reach in person.reaches)


def passed(context: Context, message: Message, point: ContactPoint) -> None:
    """A message that tried a stopped channel was accepted: the stop ends."""
    go_on(context, message.channel, region_of(message.channel, point.address), "kvitt", "it passes again")


def case_closed(context: Context, key: str, by: str) -> None:
    """A person closed the case about a stopped channel: what waited is due now."""
    _, channel, region = f"{key}::".split(":", 2)
    # A dispatch that has seen the stop puts its message off before this ends, so that it is due again.
    sending.hold(context.session)
    channel_stops.end(context.session, Channel(channel), region.strip(":") or "", by, context.now)


def go_on(context: Context, channel: Channel, region: str, by: str, outcome: str) -> None:
    """End the stops that bear on a channel's way to a country, and close their cases."""
    sending.hold(context.session)
    if channel_stops.end(context.session, channel, region, by, context.now):
        for key in {_key(channel, ""), _key(channel, region)}:
            escalations.close_key(context.session, key, by, outcome, context.now)


def _key(channel: Channel, region: str) -> str:
    return f"{CASE}:{channel.value}" + (f":{region}" if region else "")
