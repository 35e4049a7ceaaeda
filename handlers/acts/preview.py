"""What an act would do and what the customer would read, before anything is written.

The act itself is done and undone again: a preview of its own could say something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from handlers.acts import registry
from storage.delivery import drafts, outbox

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from billing.accounts.channels import Channel
    from handlers.acts.shape import ActResult
    from handlers.context import Context


@dataclass(frozen=True, slots=True)
class PreviewedText:
    """A text as the customer will read it; ``leaves_at`` is the earliest moment (UTC)."""

    channel: Channel
    language: str
    text: str
    leaves_at: datetime
    customer_id: str | None


@dataclass(frozen=True, slots=True)
class ActPreview:
    """What an act would do, and every text that it would queue; none where nobody would be told."""

    result: ActResult
    texts: tuple[PreviewedText, ...]


def preview(
    context: Context, name: str, subject: str, values: Mapping[str, str], by: str, case_id: int | None = None
) -> ActPreview:
    """What an act would do; nothing of it is left. The caller's transaction has to be one that may write.

    Raises:
        billing.refusals.Refusal: as :func:`handlers.acts.registry.do`.
    """
    session = context.session
    before = len(drafts.queued_in(session))
    nested = session.begin_nested()
    try:
        result = registry.do(context, name, subject, values, by, case_id)
        session.flush()
        made = drafts.queued_in(session)[before:]
        texts = tuple(_text(outbox.get(session, one)) for one in made)
    finally:
        nested.rollback()
        drafts.forget_queued(session, before)
        session.expire_all()
    return ActPreview(result, texts)


def _text(message: outbox.Message) -> PreviewedText:
    return PreviewedText(
        message.channel, message.language, message.text, message.not_before, message.customer_id
    )
