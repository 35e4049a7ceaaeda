"""Drafts of messages for the outbox: each has a key of its own, so that no message is queued twice."""

from __future__ import annotations

import secrets
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from billing.values import value
from storage import tables
from storage.database.bulk import insert_rows
from storage.database.insert_once import insert_once
from storage.delivery.outbox import Message, OutboxState, pack

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from billing.accounts.channels import Channel
    from billing.facts import Saying
    from billing.gate import Purpose
    from billing.policy import ContentClass


_NEW: Final = "messages queued"


@value(frozen=True, slots=True)
class Draft:
    """A message to be queued; ``key`` names what it answers or demands.

    A key is queued once. Moments are UTC.
    """

    key: str
    purpose: Purpose
    channel: Channel
    contact_point_id: int
    customer_id: str | None
    sayings: Sequence[Saying]
    content: ContentClass
    language: str
    text: str
    choices: Sequence[tuple[str, str]]
    """Label and value of each button."""
    not_before: datetime
    expires_at: datetime | None = None
    run_id: int | None = None
    level: int | None = None
    edits: int | None = None
    """The message on the customer's screen that it replaces, on channels that can edit messages."""


def queue(session: Session, draft: Draft, now: datetime) -> int | None:
    """Queue a message; returns its id, or ``None`` when one with the same key exists."""
    made = insert_once(session, tables.Outbox, dict(zip(_QUEUED, _rows([draft], now)[0], strict=True)))
    if made is not None:
        session.info.setdefault(_NEW, []).append(made)
    return made


def queued_in(session: Session) -> list[int]:
    """The ids of the messages queued one by one in this session, in their order."""
    return list(session.info.get(_NEW, ()))


def forget_queued(session: Session, after: int) -> None:
    """Forget the messages queued in this session after so many: they were undone."""
    del session.info.setdefault(_NEW, [])[after:]


def unsaved(draft: Draft, now: datetime) -> Message:
    """The message that a draft would become now (UTC), for the gate: it has no id yet."""
    return Message(
        id=0,
        reference=_references(1)[0],
        purpose=draft.purpose,
        channel=draft.channel,
        contact_point_id=draft.contact_point_id,
        customer_id=draft.customer_id,
        run_id=draft.run_id,
        level=draft.level,
        sayings=tuple(draft.sayings),
        content=draft.content,
        language=draft.language,
        text=draft.text,
        choices=tuple(draft.choices),
        state=OutboxState.QUEUED,
        created_at=now,
        not_before=draft.not_before,
        expires_at=draft.expires_at,
        approved_by=None,
        tries=0,
        begun_at=None,
        provider_id=None,
        edits=draft.edits,
        key=draft.key,
    )


def begin(session: Session, message: Message, until: datetime) -> Message | None:
    """Save an unsaved message as *sending*, in the transaction that made it.

    The gate has let it through; ``until`` is the end of its lease (UTC), see ``storage/delivery/outbox.py:
    begin``. None when one with the same key exists.
    """
    begun = replace(message, state=OutboxState.SENDING, begun_at=message.created_at, tries=1)
    outbox_id = insert_once(
        session,
        tables.Outbox,
        {
            **{name: getattr(begun, name) for name in _AS_THEY_ARE},
            "purpose": begun.purpose.value,
            "channel": begun.channel.value,
            "sayings": pack(begun.sayings),
            "content": int(begun.content),
            "choices": _buttons(begun.choices),
            "state": begun.state.value,
            "leased_until": until,
            "reason": "",
            "code": "",
        },
    )
    return None if outbox_id is None else replace(begun, id=outbox_id)


_AS_THEY_ARE: Final = (
    "key", "reference", "contact_point_id", "customer_id", "run_id", "level", "edits", "language", "text",
    "created_at", "not_before", "expires_at", "begun_at", "tries",
)  # fmt: skip
"""Columns that are stored as the message has them."""


def queue_all(session: Session, drafts: Sequence[Draft], now: datetime) -> list[int]:
    """Queue many messages whose keys are certainly new; returns their ids, in the same order."""
    return insert_rows(session, tables.Outbox, _QUEUED, _rows(drafts, now))


_QUEUED = (
    "key", "reference", "purpose", "channel", "contact_point_id", "customer_id", "run_id", "level", "edits",
    "sayings", "content", "language", "text", "choices", "state", "reason", "created_at", "not_before",
    "expires_at", "tries", "code",
)  # fmt: skip


def _rows(drafts: Sequence[Draft], now: datetime) -> list[tuple[Any, ...]]:
    """The outbox rows of drafts; sayings shared by several drafts are converted once."""
    packed: dict[int, list[dict[str, Any]]] = {}
    rows = []
    for draft, reference in zip(drafts, _references(len(drafts)), strict=True):
        # By identity: a run gives messages with equal wording the same object, and comparing would cost more.
        sayings = packed.get(id(draft.sayings))
        if sayings is None:
            sayings = packed[id(draft.sayings)] = pack(draft.sayings)
        rows.append(
            (
                draft.key,
                reference,
                draft.purpose.value,
                draft.channel.value,
                draft.contact_point_id,
                draft.customer_id,
                draft.run_id,
                draft.level,
                draft.edits,
                sayings,
                int(draft.content),
                draft.language,
                draft.text,
                _buttons(tuple(draft.choices)),
                _WAITING,
                "",
                now,
                draft.not_before,
                draft.expires_at,
                0,
                "",
            )
        )
    return rows


_WAITING = OutboxState.QUEUED.value


@lru_cache
def _buttons(choices: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"label": label, "value": value} for label, value in choices]


def _references(count: int) -> list[str]:
    """So many references that cannot be guessed, from one draw: a draw for each would cost more."""
    drawn = secrets.token_urlsafe(_DRAWN * count)
    return [drawn[at : at + _LETTERS] for at in range(0, _LETTERS * count, _LETTERS)]


_DRAWN = 18
"""Random bytes per reference: a multiple of three, so that base 64 makes 24 letters without padding."""


_LETTERS = 24
"""Letters per reference."""
