"""The desk: its users, what became of each case, and messages that take another's place."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from storage.database.schema import protect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_PACKED = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("telegram_id", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
    )
    op.create_index(
        "uq_users_telegram",
        "users",
        ["telegram_id"],
        unique=True,
        sqlite_where=sa.text("active"),
        postgresql_where=sa.text("active"),
    )
    op.create_table(
        "case_events",
        sa.Column("id", _ID, nullable=False),
        sa.Column("escalation_id", _ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("detail", _PACKED, nullable=False),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalations.id"], name=op.f("fk_case_events_escalation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_events")),
        sa.UniqueConstraint("key", name=op.f("uq_case_events_key")),
    )
    op.create_index(op.f("ix_case_events_escalation_id"), "case_events", ["escalation_id"], unique=False)
    _extend_escalations()
    op.add_column("inbox", sa.Column("sender", sa.Text(), nullable=False, server_default=""))
    # SQLite takes a reference with a new column, but not a constraint added afterwards.
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(
        f"ALTER TABLE outbox ADD COLUMN edits {number} CONSTRAINT fk_outbox_edits REFERENCES outbox (id)"
    )
    protect(op.get_bind(), ("case_events",))


def _extend_escalations() -> None:
    op.add_column("escalations", sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("escalations", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("escalations", sa.Column("stale", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_index(
        "ix_escalations_stale",
        "escalations",
        ["id"],
        unique=False,
        sqlite_where=sa.text("stale"),
        postgresql_where=sa.text("stale"),
    )
    # What is known of the cases of earlier releases becomes their history.
    op.execute(
        "INSERT INTO case_events (escalation_id, at, actor, what, detail) "
        "SELECT id, opened_at, 'kvitt', 'opened', '{}' FROM escalations ORDER BY id"
    )
    op.execute(
        "INSERT INTO case_events (escalation_id, at, actor, what, detail) "
        "SELECT id, closed_at, coalesce(closed_by, 'kvitt'), 'closed', '{}' "
        "FROM escalations WHERE closed_at IS NOT NULL ORDER BY id"
    )
