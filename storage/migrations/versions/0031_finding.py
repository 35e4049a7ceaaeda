"""The order of the queue and versions of cases; words to find by, what changed, and the book of each day."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from storage.database import change_feed

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
PACKED = sa.JSON().with_variant(JSONB, "postgresql")
PLAIN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
GRAVE = {
    "deceased": 0, "legal": 1, "bankruptcy": 1, "moratorium": 1, "minor": 2, "minor_without_guarantor": 2,
    "hardship": 3, "dispute": 4, "gfe_dispute": 4,
}  # fmt: skip
"""As billing/accounts/cases.py had it when this was written."""

WATCHED = (
    "escalations", "inbox", "outbox", "entries", "plans", "promises", "holds", "contacts", "customers",
    "bills",
)  # fmt: skip


def upgrade() -> None:
    op.add_column("escalations", sa.Column("grave", ID, nullable=True))
    op.add_column("escalations", sa.Column("place", ID, nullable=False, server_default="300"))
    long_ago = "1970-01-01 00:00:00.000000"
    op.add_column("escalations", sa.Column("place_at", MOMENT, nullable=False, server_default=long_ago))
    op.add_column("escalations", sa.Column("version", ID, nullable=False, server_default="1"))
    _place_cases()
    is_open = sa.text("closed_at IS NULL")
    op.create_index(
        "ix_escalations_place",
        "escalations",
        ["place", "place_at", "deadline", "id"],
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    for name, column, condition in (
        ("ix_escalations_owner", "owner", is_open),
        ("ix_escalations_kind", "kind", is_open),
        (
            "ix_escalations_put_off",
            "snoozed_until",
            sa.text("closed_at IS NULL AND snoozed_until IS NOT NULL"),
        ),
    ):
        op.create_index(name, "escalations", [column], sqlite_where=condition, postgresql_where=condition)
    op.create_index(op.f("ix_holds_customer_id"), "holds", ["customer_id"])
    _tables()
    change_feed.create(op.get_bind(), WATCHED)
    _index_what_is_there()


def _place_cases() -> None:
    for kind, rank in GRAVE.items():
        op.execute(
            f"UPDATE escalations SET grave = {rank} WHERE kind = '{kind}' "  # noqa: S608
            f"OR (kind = 'hold_review' AND key LIKE 'hold%{kind}')"
        )
    op.execute(
        "UPDATE escalations SET place = CASE WHEN severity <= 1 THEN 0 "
        "WHEN unanswered_since IS NOT NULL THEN 100 WHEN grave IS NOT NULL THEN 200 + grave ELSE 300 END, "
        "place_at = CASE WHEN severity > 1 AND unanswered_since IS NOT NULL THEN unanswered_since "
        "ELSE deadline END"
    )


def _tables() -> None:
    op.create_table(
        "search_terms",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("term", PLAIN, nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("newness", ID, nullable=False),
        sa.PrimaryKeyConstraint("kind", "term", "ref", name=op.f("pk_search_terms")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_search_terms_ref", "search_terms", ["ref"])
    op.create_index(op.f("ix_search_terms_customer_id"), "search_terms", ["customer_id"])
    op.create_table(
        "message_words",
        sa.Column("word", ID, nullable=False, autoincrement=False),
        sa.Column("inbox_id", ID, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("word", "inbox_id", name=op.f("pk_message_words")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_message_words_inbox_id"), "message_words", ["inbox_id"])
    op.create_table(
        "desk_changes",
        sa.Column("id", ID, nullable=False),
        sa.Column("transaction_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_changes")),
    )
    op.create_index("ix_desk_changes_order", "desk_changes", ["transaction_id", "id"])
    op.create_table(
        "desk_marks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("transaction_id", ID, nullable=False),
        sa.Column("change_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_desk_marks")),
    )
    op.create_table(
        "book_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("figures", PACKED, nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_book_days")),
    )


def _index_what_is_there() -> None:
    """Note everything that is there as changed: the worker indexes it in batches, after the upgrade."""
    for kind, ref, owner, table in (
        ("person", "id", "id", "customers"),
        ("bill", "id", "account_id", "bills"),
        ("came_in", "id", "contact_point_id", "inbox"),
    ):
        op.execute(
            "INSERT INTO desk_changes (transaction_id, kind, ref, owner) "  # noqa: S608
            f"SELECT 0, '{kind}', CAST({ref} AS TEXT), CAST({owner} AS TEXT) FROM {table}"
        )
