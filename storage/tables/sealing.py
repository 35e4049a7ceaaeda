"""Which keys the rows of this database are sealed by: a probe of each, never a key."""

from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Table


class SealingKey(Table):
    """One key that rows are sealed by; the probe is opened at every start."""

    __tablename__ = "sealing_keys"
    key_id: Mapped[str] = mapped_column(primary_key=True)
    """Names the key without telling anything of it."""
    purpose: Mapped[str]
    """``rows``, or ``stops`` for the key that never changes."""
    probe: Mapped[str]
    """A text that the key has sealed."""
    state: Mapped[str]
    """``sealing`` while rows of another key, or plain ones, are being sealed by it; then ``sealed``."""
