"""The outbox: every outbound message with its state. Nothing is sent that is not a row here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, or_, select, update

from billing.accounts.channels import Channel
from billing.facts import Saying, from_json, to_json
from billing.gate import Purpose
from billing.policy import ContentClass
from storage import tables
from storage.database.constants import any_fixed, fixed
from storage.tables.base import UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.orm import Session
    from sqlalchemy.sql.dml import ReturningUpdate


REMINDER = "reminder"
"""The kind of a message that carries a level of reminders."""


_FIRST = tuple(purpose.value for purpose in Purpose if purpose.outranks_switch)
_ON_PAPER = tuple(channel.value for channel in Channel if channel.on_paper)


class OutboxState(StrEnum):
    """The state of a message."""

    QUEUED = "queued"
    SENDING = "sending"
    """Committed right before the network call, with a lease: after its end the sender counts as lost."""
    SENT = "sent"
    IN_DOUBT = "in_doubt"
    """It is unknown whether it left: the provider is asked."""
    PARKED = "parked"
    """The provider does not know either, and it was unsolicited: a person decides."""
    FAILED = "failed"
    DROPPED = "dropped"
    """The gate withdrew it: the bill was paid or held, sending was stopped, or it was too late."""
    WITHHELD = "withheld"
    """In shadow mode: it would have been sent."""


@dataclass(frozen=True, slots=True)
class Message:
    """A row of the outbox. Moments are UTC."""

    id: int
    reference: str
    purpose: Purpose
    channel: Channel
    contact_point_id: int
    customer_id: str | None
    run_id: int | None
    level: int | None
    sayings: tuple[Saying, ...]
    content: ContentClass
    language: str
    text: str
    choices: tuple[tuple[str, str], ...]
    state: OutboxState
    created_at: datetime
    not_before: datetime
    expires_at: datetime | None
    approved_by: str | None
    tries: int
    begun_at: datetime | None
    provider_id: str | None
    edits: int | None = None
    key: str = ""

    @property
    def kind(self) -> str:
        """What it is: its purpose; if nobody asked for it, a reminder or the first word of its key."""
        if self.purpose is not Purpose.OUT:
            return self.purpose.value
        return self.key.partition(":")[0] if self.level is None else REMINDER


def get(session: Session, outbox_id: int) -> Message:
    """One message, as it is stored now."""
    # Most writes here are bulk updates, which leave loaded objects as they were: read the row again.
    row = session.get(tables.Outbox, outbox_id, populate_existing=True)
    assert row is not None
    return message_of(row)


def due(session: Session, now: datetime, limit: int) -> list[int]:
    """The ids of queued messages whose time has come: danger, answers to people, then the rest by age.

    What a rep answers a customer, and what the staff chat answers a rep, goes before its news.
    Letters are left out: they are sent in batches.
    """
    row = tables.Outbox
    found = (
        select(row.id)
        .where(
            row.state == fixed(OutboxState.QUEUED),
            row.not_before <= now,
            row.channel.not_in(_ON_PAPER),
        )
        .order_by(row.purpose.not_in(_FIRST), ~_answers(), row.id)
        .limit(limit)
    )
    return list(session.scalars(found))


def _answers() -> ColumnElement[bool]:
    """What somebody waits for: a reply, and what the staff send that is no news in their chat."""
    row = tables.Outbox
    of_staff = (row.purpose == Purpose.STAFF.value) & row.key.not_like("staff:%")
    return (row.purpose == Purpose.REPLY.value) | of_staff


def letters_due(session: Session, now: datetime, limit: int) -> list[Message]:
    """The queued letters whose time has come, by age."""
    row = tables.Outbox
    found = (
        select(row)
        .where(
            row.state == fixed(OutboxState.QUEUED),
            row.not_before <= now,
            row.channel.in_(_ON_PAPER),
        )
        .order_by(row.id)
        .limit(limit)
    )
    return [message_of(one) for one in session.scalars(found)]


def of_no_run(kinds: Collection[str]) -> ColumnElement[bool]:
    """Messages of these kinds that no dunning run queued and that wait for the approval of any."""
    row = tables.Outbox
    waiting = (row.state == fixed(OutboxState.QUEUED)) & row.approved_by.is_(None)
    return row.run_id.is_(None) & of_kinds(kinds) & waiting


def letters_queued(session: Session) -> tuple[int, datetime | None]:
    """How many letters are queued, and when (UTC) the first of them is due."""
    row = tables.Outbox
    found = select(func.count(), func.min(row.not_before)).where(
        row.state == fixed(OutboxState.QUEUED), row.channel.in_(_ON_PAPER)
    )
    count, first = session.execute(found).one()
    return count, first


def replies_waiting(session: Session, contact_point_id: int) -> list[int]:
    """The ids of the queued replies to one contact point, in order."""
    row = tables.Outbox
    found = select(row.id).where(
        row.contact_point_id == contact_point_id,
        row.purpose != fixed(Purpose.OUT),
        row.state == fixed(OutboxState.QUEUED),
    )
    return list(session.scalars(found.order_by(row.id)))


def earlier_unsettled(session: Session, message: Message) -> bool:
    """Whether an older reply to the same contact point has not left yet: replies keep their order."""
    row = tables.Outbox
    found = select(row.id).where(
        row.contact_point_id == message.contact_point_id,
        row.id < message.id,
        row.purpose != fixed(Purpose.OUT),
        row.state.in_(any_fixed([OutboxState.QUEUED, OutboxState.SENDING])),
    )
    return session.scalar(found.limit(1)) is not None


def lost(session: Session, now: datetime, limit: int) -> list[int]:
    """The ids of messages whose lease has ended (their sender was lost), and of those in doubt."""
    row = tables.Outbox
    found = (
        select(row.id)
        .where(row.state.in_(any_fixed([OutboxState.SENDING, OutboxState.IN_DOUBT])), row.leased_until <= now)
        .order_by(row.id)
        .limit(limit)
    )
    return list(session.scalars(found))


def take(session: Session, outbox_id: int, now: datetime) -> Message | None:
    """Lock a queued message for this transaction; ``None`` if it is not due or another process has it.

    ``SKIP LOCKED``: a sender goes on to the next message instead of waiting for another sender.
    """
    row = tables.Outbox
    found = session.scalar(
        select(row)
        .where(row.id == outbox_id, row.state == fixed(OutboxState.QUEUED), row.not_before <= now)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return message_of(found) if found else None


def begin(
    session: Session,
    outbox_id: int,
    text: str,
    sayings: Sequence[Saying],
    now: datetime,
    until: datetime | None,
) -> None:
    """Save the final text with ``sending`` and a lease, to be committed right before the network call.

    If the process ends after the commit, the ended lease shows that it is unknown whether the message left. A
    letter has no lease: it is ``sending`` until a person reports that it was posted.
    """
    row = tables.Outbox
    _set(
        session,
        outbox_id,
        state=OutboxState.SENDING.value,
        text=text,
        sayings=pack(sayings),
        begun_at=now,
        leased_until=until,
        tries=row.tries + 1,
    )


def lease_doubtful(session: Session, outbox_id: int, now: datetime, until: datetime) -> Message | None:
    """Take a message whose sender was lost, to ask the provider; ``None`` if another process has it."""
    row = tables.Outbox
    found = session.execute(
        update(row)
        .where(
            row.id == outbox_id,
            row.state.in_(any_fixed([OutboxState.SENDING, OutboxState.IN_DOUBT])),
            row.leased_until <= now,
        )
        .values(state=OutboxState.IN_DOUBT.value, leased_until=until)
        .returning(row.id)
    ).scalar()
    return None if found is None else get(session, found)


def sent(
    session: Session, outbox_id: int, provider_id: str, now: datetime, ask_at: datetime | None = None
) -> Message | None:
    """Record that the provider accepted it; ``None`` if it is settled already, or waits for another try.

    It is asked at ``ask_at`` (UTC) what became of it, unless that is reported before.
    """
    wanted = {"message": outbox_id, "by_provider": provider_id, "at": now, "ask": ask_at}
    found = session.connection().execute(_sent(), wanted).first()
    return message_of(found) if found else None


@cache
def _sent() -> ReturningUpdate[Any]:
    row = tables.Outbox.__table__
    at = bindparam("at", type_=UtcDateTime())
    return (
        update(row)  # type: ignore[arg-type]
        .where(row.c.id == bindparam("message"))
        .where(row.c.state.in_(any_fixed([OutboxState.SENDING, OutboxState.IN_DOUBT])))
        .values(
            state=fixed(OutboxState.SENT),
            provider_id=bindparam("by_provider"),
            sent_at=at,
            settled_at=at,
            leased_until=None,
            ask_at=bindparam("ask", type_=UtcDateTime()),
        )
        .returning(*row.c)
    )


def of_kinds(kinds: Collection[str]) -> ColumnElement[bool]:
    """The rows whose :attr:`Message.kind` is one of these."""
    row = tables.Outbox
    out = row.purpose == Purpose.OUT.value
    named = or_(*(row.key.startswith(f"{kind}:", autoescape=True) for kind in kinds))
    alike = [
        out & row.level.is_(None) & named,
        row.purpose.in_([kind for kind in kinds if kind != Purpose.OUT]),
    ]
    if REMINDER in kinds:
        alike.append(out & row.level.is_not(None))
    return or_(*alike)


def failed(session: Session, outbox_id: int, reason: str, code: str, now: datetime) -> None:
    """Record that the provider certainly did not accept it, or could not deliver it."""
    _close(session, outbox_id, OutboxState.FAILED, reason, now, code=code)


def again(session: Session, outbox_id: int, at: datetime, reason: str) -> None:
    """Queue it again for a later moment (UTC): it certainly did not leave."""
    _set(
        session,
        outbox_id,
        state=OutboxState.QUEUED.value,
        not_before=at,
        reason=reason,
        leased_until=None,
        ask_at=None,
    )


def in_doubt(session: Session, outbox_id: int, code: str, ask_at: datetime) -> None:
    """Record that it is unknown whether an outbound message left, and when to ask the provider (UTC)."""
    _set(session, outbox_id, state=OutboxState.IN_DOUBT.value, code=code, leased_until=ask_at)


def park(session: Session, outbox_id: int, now: datetime) -> None:
    """Leave an outbound message for a person's decision: nobody can find out whether it left."""
    _close(session, outbox_id, OutboxState.PARKED, "cannot_tell", now)


def drop(session: Session, outbox_id: int, reason: str, now: datetime) -> None:
    """Withdraw an outbound message for good."""
    _close(session, outbox_id, OutboxState.DROPPED, reason, now)


def withhold(session: Session, outbox_id: int, now: datetime) -> None:
    """Record that an outbound message would have been sent, but all sending is in shadow mode."""
    _close(session, outbox_id, OutboxState.WITHHELD, "shadow", now)


def wait_for_person(session: Session, outbox_id: int, reason: str, at: datetime) -> None:
    """Keep it queued until a person approves it or changes the switch; check it again at a moment (UTC)."""
    _set(session, outbox_id, reason=reason, not_before=at)


def pack(sayings: Sequence[Saying]) -> list[dict[str, Any]]:
    """The sayings of an outbound message as plain JSON."""
    return [{"key": saying.key, "facts": to_json(saying.facts)} for saying in sayings]


def _close(
    session: Session, outbox_id: int, state: OutboxState, reason: str, now: datetime, **values: object
) -> None:
    closed = {"state": state.value, "reason": reason, "settled_at": now, "leased_until": None, "ask_at": None}
    _set(session, outbox_id, **closed, **values)


def _set(session: Session, outbox_id: int, **values: object) -> None:
    session.execute(update(tables.Outbox).where(tables.Outbox.id == outbox_id).values(**values))


def message_of(row: tables.Outbox | Row[Any]) -> Message:
    """The message that a row holds."""
    return Message(
        id=row.id,
        reference=row.reference,
        purpose=Purpose(row.purpose),
        channel=Channel(row.channel),
        contact_point_id=row.contact_point_id,
        customer_id=row.customer_id,
        run_id=row.run_id,
        level=row.level,
        sayings=tuple(Saying(one["key"], from_json(one["facts"])) for one in row.sayings),
        content=ContentClass(row.content),
        language=row.language,
        text=row.text,
        choices=tuple((one["label"], one["value"]) for one in row.choices),
        state=OutboxState(row.state),
        created_at=row.created_at,
        not_before=row.not_before,
        expires_at=row.expires_at,
        approved_by=row.approved_by,
        tries=row.tries,
        begun_at=row.begun_at,
        provider_id=row.provider_id,
        edits=row.edits,
        key=row.key,
    )
