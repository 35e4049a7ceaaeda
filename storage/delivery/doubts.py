"""Messages of a restored database: whether they left after the backup was made is for a person to say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import or_, select, update

from billing.accounts.channels import Channel
from storage import tables
from storage.database.constants import any_fixed, fixed
from storage.delivery.outbox import OutboxState, message_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from storage.delivery.outbox import Message

_RESTORED: Final = "restored"
_ON_PAPER: Final = tuple(channel.value for channel in Channel if channel.on_paper)


def doubt_unsettled(session: Session) -> int:
    """Put every message in doubt that had not certainly left, to be asked about by nobody; returns how many.

    A letter that is in a batch stays: a person reports whether the batch was posted.
    """
    row = tables.Outbox
    unsettled = or_(
        row.state.in_(any_fixed([OutboxState.QUEUED, OutboxState.IN_DOUBT])),
        (row.state == fixed(OutboxState.SENDING)) & row.channel.not_in(_ON_PAPER),
    )
    # Without the end of a lease no process asks the provider, and none repeats the message.
    doubted = {"state": OutboxState.IN_DOUBT.value, "reason": _RESTORED, "leased_until": None}
    return len(session.execute(update(row).where(unsettled).values(doubted).returning(row.id)).all())


def doubted(session: Session, outbox_ids: Collection[int] = ()) -> list[Message]:
    """The messages in doubt since a restore, or those of them with these ids, in order."""
    row = tables.Outbox
    query = select(row).where(*_doubted())
    if outbox_ids:
        query = query.where(row.id.in_(outbox_ids))
    return [message_of(one) for one in session.scalars(query.order_by(row.id))]


def _doubted() -> tuple[ColumnElement[bool], ...]:
    row = tables.Outbox
    return (
        row.state == fixed(OutboxState.IN_DOUBT),
        row.reason == fixed(_RESTORED),
        row.leased_until.is_(None),
    )
