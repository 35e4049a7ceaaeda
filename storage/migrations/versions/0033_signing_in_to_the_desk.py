"""Signing in to the pages of the desk: passwords, sessions, wrong tries; keys and drafts of forms."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
PACKED = sa.JSON().with_variant(JSONB, "postgresql")


def upgrade() -> None:
    op.create_table(
        "desk_logins",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("password_made_by", sa.Text(), nullable=True),
        sa.Column("password_at", MOMENT, nullable=True),
        sa.Column("totp", sa.Text(), nullable=False),
        sa.Column("totp_next", sa.Text(), nullable=False),
        sa.Column("totp_step", ID, nullable=False),
        sa.Column("invitation", sa.Text(), nullable=True),
        sa.Column("invited_until", MOMENT, nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("keys_off", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_desk_logins_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_logins")),
        sa.UniqueConstraint("user_id", name=op.f("uq_desk_logins_user_id")),
        sa.UniqueConstraint("invitation", name=op.f("uq_desk_logins_invitation")),
    )
    op.create_table(
        "desk_sessions",
        sa.Column("id", ID, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_desk_sessions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_sessions")),
        sa.UniqueConstraint("digest", name=op.f("uq_desk_sessions_digest")),
    )
    op.create_index(op.f("ix_desk_sessions_user_id"), "desk_sessions", ["user_id"])
    op.create_index(op.f("ix_desk_sessions_seen_at"), "desk_sessions", ["seen_at"])
    op.create_table(
        "desk_tries",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("tries", ID, nullable=False),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.Column("locked_until", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_tries")),
        sa.UniqueConstraint("kind", "mark", name=op.f("uq_desk_tries_kind_mark")),
    )
    op.create_index(op.f("ix_desk_tries_last_at"), "desk_tries", ["last_at"])
    op.create_table(
        "desk_form_keys",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("leads_to", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_form_keys")),
        sa.UniqueConstraint("key", name=op.f("uq_desk_form_keys_key")),
    )
    op.create_index(op.f("ix_desk_form_keys_at"), "desk_form_keys", ["at"])
    op.create_table(
        "desk_drafts",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("fields", PACKED, nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_desk_drafts_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_drafts")),
        sa.UniqueConstraint("user_id", "form", name=op.f("uq_desk_drafts_user_id_form")),
    )
    op.create_index(op.f("ix_desk_drafts_saved_at"), "desk_drafts", ["saved_at"])
