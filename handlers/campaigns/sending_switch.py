"""Whether messages may leave: a stop placed by a rep outranks the operator's setting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.gate import SendingSwitch
from storage.delivery import sending

if TYPE_CHECKING:
    from handlers.context import Context
    from handlers.installation import Installation
    from storage.delivery.channel_stops import ChannelStop


def effective(context: Context) -> SendingSwitch:
    """The effective switch: a stop outranks ``KVITT_SENDING``."""
    return (
        SendingSwitch.STOPPED
        if context.installation.heeds_stop and sending.current_stop(context.session)
        else context.installation.sending
    )


def at_dispatch(context: Context) -> tuple[SendingSwitch, list[ChannelStop]]:
    """The sending switch for a message about to leave, and the stops of channels.

    No stop of all sending gets between this check and its commit.

    Call it before any other lock: a stop waits for all dispatches, which must not wait for its locks.
    """
    hold(context)
    if not context.installation.heeds_stop:
        return context.installation.sending, []
    rows = sending.active(context.session)
    stopped = any(sending.stops_all(row) for row in rows)
    return when_held(context.installation, stopped=stopped), sending.channel_stops_in(rows)


def hold(context: Context) -> None:
    """Let no stop come until this transaction ends; before any other lock, as :func:`at_dispatch`."""
    if context.installation.heeds_stop:
        sending.hold_shared(context.session)


def when_held(installation: Installation, *, stopped: bool) -> SendingSwitch:
    """The switch for a transaction that holds it and has read whether sending is ``stopped``."""
    return SendingSwitch.STOPPED if installation.heeds_stop and stopped else installation.sending
