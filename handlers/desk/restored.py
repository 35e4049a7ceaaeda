"""A restored database: nothing leaves by itself, messages in doubt are decided, missing stops are given."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from billing.accounts.channels import TO_ANY_EMAIL, TO_ANY_PHONE, AddressKind, Channel
from billing.accounts.roles import Right
from billing.accounts.snapshot import StepState
from handlers import rights
from handlers.delivery import results
from handlers.delivery.dispatch import reschedule_recipient
from handlers.outgoing import kind_of
from handlers.people import consent, phones
from handlers.rights import DeskRefusal
from storage.database.transaction import lock_contact_point, lock_customers
from storage.delivery import doubts, outbox, sending
from storage.desk import staff
from storage.desk.staff import AuditEntry
from storage.people import contact_points, customers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from handlers.context import Context
    from storage.delivery.outbox import Message

HOW: Final = "restore"
"""Where a stop came from that was given after a restore."""
_SUBJECT: Final = "database"


class BadStop(DeskRefusal):
    """A row of stops names no address of a channel."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{place}: {why}; no stop was taken")


class NothingMissing(DeskRefusal):
    """No restore waits for stops."""

    def __init__(self) -> None:
        super().__init__("no stops are missing: the database was not restored, or they were given already")


class NoReasonForNone(DeskRefusal):
    """That nobody sent STOP after a backup needs a reason."""

    def __init__(self, option: str) -> None:
        super().__init__(
            f"{option} is empty: say how you know that nobody sent STOP since, for the audit trail"
        )


class NotInDoubt(DeskRefusal):
    """A message is not in doubt since a restore."""

    def __init__(self, outbox_ids: Iterable[int]) -> None:
        named = ", ".join(str(one) for one in sorted(outbox_ids))
        super().__init__(f"message {named} is not in doubt: see kvitt sending doubts; nothing was changed")


class Fate(StrEnum):
    """What a person decides about a message in doubt."""

    LEFT = "left"
    """It left after the backup was made: it counts as sent."""
    AGAIN = "again"
    """It did not: it is queued again, and checked before it leaves."""
    WITHDRAW = "withdraw"
    """It is not to leave any more."""


@dataclass(frozen=True, slots=True)
class GivenStop:
    """An address whose owner sent STOP; ``place`` is where it was read, for a refusal."""

    place: str
    address: str
    channel: str = ""


@dataclass(frozen=True, slots=True)
class StopsTaken:
    """How many addresses were stopped, and how many of them nobody is known at."""

    stopped: int
    unknown: int


def begin(context: Context, by: str, made_at: datetime, source: str) -> int:
    """Stop all sending of a restored database and doubt what had not left; returns how many messages.

    ``made_at`` is when the backup was made (UTC), ``source`` its file's name.
    """
    sending.hold(context.session)
    reason = f"restored from the backup of {made_at:%Y-%m-%d %H:%MZ}"
    sending.stop(context.session, by, reason, context.now)
    sending.miss_stops(context.session, by, made_at, reason)
    doubted = doubts.doubt_unsettled(context.session)
    detail = {"file": source, "made_at": made_at.isoformat(), "in_doubt": doubted}
    _write_down(context, by, "restored", detail)
    return doubted


def give_stops(context: Context, by: str, given: Iterable[GivenStop]) -> StopsTaken:
    """Take the stops that a restored database misses; a phone is stopped on every channel.

    An address that nobody is known at is kept as stopped, for whoever is imported with it later.

    Raises:
        rights.NotAllowed: the user may not approve.
        NothingMissing: no restore waits for stops.
        BadStop: an address is none.
    """
    by = rights.check(context.session, by, Right.APPROVE)
    if sending.stops_missing(context.session) is None:
        raise NothingMissing
    return take_stops(context, by, given)


def take_stops(context: Context, by: str, given: Iterable[GivenStop]) -> StopsTaken:
    """The same for who restores a database, which may have no users yet."""
    found: dict[int, bool] = {}
    for stop in given:
        for point in _points(context, stop):
            found[point] = bool(customers.at_contact_point(context.session, point))
    for point in sorted(found):
        lock_contact_point(context.session, point)
        consent.stop(context, point, HOW)
    taken = StopsTaken(len(found), sum(not known for known in found.values()))
    sending.stops_given(context.session, by, context.now)
    _write_down(context, by, "stops_given", {"stopped": taken.stopped, "unknown": taken.unknown})
    return taken


def none_missing(context: Context, by: str, reason: str) -> None:
    """Record that nobody sent STOP after the backup was made, and how that is known.

    Raises:
        rights.NotAllowed: the user may not approve.
        NothingMissing: no restore waits for stops.
        NoReasonForNone: the reason is empty.
    """
    by = rights.check(context.session, by, Right.APPROVE)
    if sending.stops_missing(context.session) is None:
        raise NothingMissing
    take_none(context, by, reason, "--no-stops-since")


def take_none(context: Context, by: str, reason: str, option: str) -> None:
    """The same for who restores a database; ``option`` is where the reason was given."""
    if not reason.strip():
        raise NoReasonForNone(option)
    sending.stops_given(context.session, by, context.now)
    _write_down(context, by, "no_stops_missing", {"reason": reason.strip()})


def doubted(session: Session) -> list[Message]:
    """The messages in doubt since a restore."""
    return doubts.doubted(session)


def decide(context: Context, by: str, fate: Fate, outbox_ids: Collection[int]) -> int:
    """Decide what became of these messages, or of all in doubt since a restore; returns how many.

    Raises:
        rights.NotAllowed: the user may not approve.
        NotInDoubt: one of them is not in doubt since a restore.
    """
    by = rights.check(context.session, by, Right.APPROVE)
    found = doubts.doubted(context.session, outbox_ids)
    if missing := set(outbox_ids) - {message.id for message in found}:
        raise NotInDoubt(missing)
    for message in found:
        lock_contact_point(context.session, message.contact_point_id)
        lock_customers(context.session, kind_of(context.installation, message).concerned(context, message))
        _decide(context, fate, message)
    _write_down(context, by, f"doubt_{fate}", {"messages": [message.id for message in found]})
    return len(found)


def _decide(context: Context, fate: Fate, message: Message) -> None:
    match fate:
        case Fate.LEFT:
            results.accepted(context, message.id, message.provider_id or "")
        case Fate.AGAIN:
            outbox.again(context.session, message.id, context.now, "decided")
        case Fate.WITHDRAW:
            outbox.drop(context.session, message.id, "decided", context.now)
            kind_of(context.installation, message).ended(context, message, StepState.CANCELLED, "decided")
            reschedule_recipient(context, message)


def _points(context: Context, stop: GivenStop) -> list[int]:
    """The contact points of an address; one is made where there is none."""
    address, named = stop.address.strip(), stop.channel.strip().lower()
    if not address:
        raise BadStop(stop.place, "the address is empty")
    if named and named not in {channel.value for channel in Channel if channel.electronic}:
        raise BadStop(stop.place, f"{named!r} is no channel that messages leave by")
    if named and Channel(named).capabilities.address is AddressKind.CHAT:
        return [_at(context, Channel(named), address)]
    if named == TO_ANY_EMAIL or "@" in address:
        return [_at(context, TO_ANY_EMAIL, address.lower())]
    try:
        number = phones.e164(address.removeprefix("whatsapp:"), context.creditor.country)
    except phones.BadPhone:
        raise BadStop(stop.place, f"{address!r} is neither a phone number nor an e-mail address") from None
    return contact_points.of_phone(context.session, number) or [_at(context, TO_ANY_PHONE, number)]


def _at(context: Context, channel: Channel, address: str) -> int:
    zones = phones.zones_of_phone(address) if channel.by_phone else ()
    language = context.creditor.language
    return contact_points.at(context.session, channel, address, zones, language, context.now)


def _write_down(context: Context, by: str, action: str, detail: dict[str, object]) -> None:
    staff.write_down(context.session, AuditEntry(context.now, by, action, _SUBJECT, detail))
