"""Erases old texts in batches by the policy's retention; the audit trail stays."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from billing import retention
from storage.desk import forgetting

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from billing.retention import RetentionReason
    from handlers.installation import Installation
    from storage.database.transaction import Database
    from storage.desk.forgetting import Text

BATCH: Final = 500


def forget(database: Database, installation: Installation, now: datetime, batch: int = BATCH) -> int:
    """Erase texts past their retention at ``now`` (UTC); returns how many.

    A policy without ``[retention]`` keeps everything. Of several processes one at a time works on a table.
    """
    if installation.policy.retention is None:
        return 0
    days, count = installation.policy.retention.messages_days, 0
    for kind in forgetting.KINDS:
        while True:
            with database.write() as session:
                looked, gone = _batch(session, installation, kind, days, now, batch)
            count += gone
            if not looked:
                break
    return count


def _batch(
    session: Session, installation: Installation, kind: str, days: int, now: datetime, batch: int
) -> tuple[int, int]:
    """Check the next batch of one table; returns how many texts were checked, and how many erased."""
    up_to = forgetting.hold_turn(session, kind)
    if up_to is None:
        return 0, 0
    old = forgetting.next_old(session, kind, up_to, now - timedelta(days=days), batch)
    if old:
        forgetting.looked_at(session, kind, max(text.row_id for text in old))
    texts = old + forgetting.next_retained(session, kind, now, batch)
    found = forgetting.standings(session, texts, now)
    gone: list[Text] = []
    kept: list[tuple[Text, RetentionReason]] = []
    for text in {(text.kind, text.row_id): text for text in texts}.values():
        why = retention.retention_reason(found[text.kind, text.row_id], text.said_at, days, now)
        if why is None:
            gone.append(text)
        else:
            kept.append((text, why))
    forgetting.save_retained(session, kept)
    forgetting.forget(session, gone, installation.policy.version, now)
    return len(texts), len(gone)
