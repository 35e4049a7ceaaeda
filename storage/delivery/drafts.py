"""Messages on their way into the outbox: each with a key of its own, so that nothing is queued twice."""

from __future__ import annotations

import secrets
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from billing.values import value
from storage import tables
from storage.database.bulk import insert_rows
from storage.database.insert_once import insert_once
from storage.delivery.outbox import OutboxState, pack

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from billing.accounts.channels import Channel
    from billing.facts import Saying
    from billing.gate import Purpose
    from billing.policy import ContentClass


@value(frozen=True, slots=True)
class Draft:
    """A message to be queued. ``key`` says what it answers or demands: the same is queued once."""

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
    """The message whose place it takes on the screen, where a channel can do that."""


def queue(session: Session, draft: Draft, now: datetime) -> int | None:
    """Queue a message; nothing when the same was queued before."""
    return insert_once(session, tables.Outbox, dict(zip(_QUEUED, _rows([draft], now)[0], strict=True)))


def queue_all(session: Session, drafts: Sequence[Draft], now: datetime) -> list[int]:
    """Queue many messages whose keys are surely new; their ids, in the same order."""
    return insert_rows(session, tables.Outbox, _QUEUED, _rows(drafts, now))


_QUEUED = (
    "key", "reference", "purpose", "channel", "contact_point_id", "customer_id", "run_id", "level", "edits",
    "sayings", "content", "language", "text", "choices", "state", "reason", "created_at", "not_before",
    "expires_at", "tries", "code",
)  # fmt: skip


def _rows(drafts: Sequence[Draft], now: datetime) -> list[tuple[Any, ...]]:
    """The rows of drafts; what several of them say, the very same, is packed once."""
    packed: dict[int, list[dict[str, Any]]] = {}
    rows = []
    for draft, reference in zip(drafts, _references(len(drafts)), strict=True):
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
    """So many references nobody can guess, from one draw."""
    drawn = secrets.token_urlsafe(_DRAWN * count)
    return [drawn[at : at + _LETTERS] for at in range(0, _LETTERS * count, _LETTERS)]


_DRAWN = 18


_LETTERS = 24
"""So many random bytes, a multiple of three, are so many letters of base 64 and no padding."""
