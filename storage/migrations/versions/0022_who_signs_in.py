"""Tokens that the staff sign in with, and groups of the staff that became supergroups."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("users", sa.Column("token_digest", sa.Text(), nullable=True))
    op.add_column("users", sa.Column("token_made_by", sa.Text(), nullable=True))
    op.create_index(
        "uq_users_token",
        "users",
        ["token_digest"],
        unique=True,
        sqlite_where=sa.text("token_digest IS NOT NULL"),
        postgresql_where=sa.text("token_digest IS NOT NULL"),
    )
    op.create_table(
        "staff_chat_moves",
        sa.Column("id", ID, nullable=False),
        sa.Column("old_chat", sa.Text(), nullable=False),
        sa.Column("new_chat", sa.Text(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_chat_moves")),
        sa.UniqueConstraint("old_chat", name=op.f("uq_staff_chat_moves_old_chat")),
    )
