"""What a person agreed to, gave up, and prefers, from columns of ``customers.csv``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.accounts.channels import Channel
from bot.importing.tally import BadField
from handlers.people.register import Consent, OptOut

if TYPE_CHECKING:
    from datetime import time

    from bot.importing.fields import Fields

CHANNELS: Final = tuple(
    channel for channel in Channel if channel.capabilities.needs_consent and not channel.customer_begins
)
"""Those that have columns for a consent, like ``sms_consent_on`` and ``sms_consent_basis``."""


def consents(fields: Fields) -> tuple[Consent, ...]:
    """The consents that a row states."""
    return tuple(found for channel in CHANNELS if (found := _consent(fields, channel)))


def _consent(fields: Fields, channel: Channel) -> Consent | None:
    given_on = fields.past_day(f"{channel.value}_consent_on")
    if given_on is None:
        return None
    basis = f"{channel.value}_consent_basis"
    if not fields.text(basis):
        raise BadField(basis, "is empty; a consent needs its basis, like 'signed form'")
    return Consent(channel, given_on, fields.text(basis))


def opted_out(fields: Fields) -> OptOut | None:
    """Whether a row says that the person wants no messages, and since when, if it says that."""
    on = fields.past_day("opted_out_on")
    if fields.text("opted_out") and not fields.yes("opted_out"):
        if on:
            raise BadField("opted_out", f"is no, but opted_out_on is {on}; empty one of them")
        return None
    return OptOut(on) if on or fields.yes("opted_out") else None


def hours(fields: Fields) -> tuple[time, time] | None:
    """The hours, local to the person, in which a row says that they want messages."""
    begins, ends = fields.hour("prefers_from"), fields.hour("prefers_until")
    if begins is None and ends is None:
        return None
    if begins is None or ends is None:
        missing = "prefers_from" if begins is None else "prefers_until"
        raise BadField(missing, "is empty; give both ends of the hours, like 09:00 and 17:30")
    if begins >= ends:
        raise BadField("prefers_until", f"{ends:%H:%M} is not after prefers_from {begins:%H:%M}")
    return begins, ends
