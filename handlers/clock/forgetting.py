"""Erases old texts in batches by the policy's retention; the audit trail stays."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from billing import retention
from handlers.context import Context
from storage.desk import forgetting

if TYPE_CHECKING:
    from billing.retention import RetentionReason
    from handlers.context import Clock
    from handlers.installation import Installation
    from storage.database.transaction import Database
    from storage.desk.forgetting import Text

BATCH: Final = 500


def forget(database: Database, installation: Installation, clock: Clock, batch: int = BATCH) -> int:
    """Erase texts past their retention; returns how many.

    A policy without ``[retention]`` keeps everything. Of several processes one at a time works on a table.
    """
    if installation.policy.retention is None:
        return 0
    days, count = installation.policy.retention.messages_days, 0
    for kind in forgetting.KINDS:
        while True:
            with database.write() as session:
                looked, gone = _batch(Context(session, installation, clock), kind, days, batch)
            count += gone
            if not looked:
                break
    return count


def _batch(context: Context, kind: str, days: int, batch: int) -> tuple[int, int]:
    """Check the next batch of one table; returns how many texts were checked, and how many erased."""
    up_to = forgetting.hold_turn(context.session, kind)
    if up_to is None:
        return 0, 0
    old = forgetting.next_old(context.session, kind, up_to, context.now - timedelta(days=days), batch)
    if old:
        forgetting.looked_at(context.session, kind, max(text.row_id for text in old))
    texts = old + forgetting.next_retained(context.session, kind, context.now, batch)
    found = forgetting.standings(context.session, texts, context.now)
    gone: list[Text] = []
    kept: list[tuple[Text, RetentionReason]] = []
    for text in {(text.kind, text.row_id): text for text in texts}.values():
        why = retention.retention_reason(found[text.kind, text.row_id], text.said_at, days, context.now)
        if why is None:
            gone.append(text)
        else:
            kept.append((text, why))
    forgetting.save_retained(context.session, kept)
    forgetting.forget(context.session, gone, context.policy.version, context.now)
    return len(texts), len(gone)
