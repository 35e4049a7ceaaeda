"""The stop of all sending."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Table, only_one_where
from storage.tables.written import Written


class SendingStop(Table):
    """A stop of all sending: while one is active, no message leaves."""

    __tablename__ = "sending_stops"
    __table_args__ = (only_one_where("uq_sending_stops_standing", "scope", "resumed_at IS NULL"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str]
    """What it stops: everything, a channel (``channel:sms``, ``channel:sms:+46``), or (``restore``) the end
    of a stop; of each at most one is active."""
    reason: Mapped[str] = mapped_column(Written)
    stopped_at: Mapped[datetime]
    stopped_by: Mapped[str]
    resumed_at: Mapped[datetime | None]
    resumed_by: Mapped[str | None]
    probe_at: Mapped[datetime | None]
    """When one message may try whether a stopped channel takes it again (UTC)."""
