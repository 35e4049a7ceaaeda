"""The collector's loop: a placement has a key, terms and an end; files and remittances are kept."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from storage.database.schema import protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PACKED = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
MOMENT = sa.DateTime(timezone=True)
OPEN = sa.text("state IN ('flagged', 'approved_once', 'placed', 'acknowledged')")


def upgrade() -> None:
    _placements()
    op.create_table(
        "collector_batches",
        sa.Column("id", ID, nullable=False),
        sa.Column("collector", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("written_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collector_batches")),
    )
    op.create_table(
        "collector_lines",
        sa.Column("id", ID, nullable=False),
        sa.Column("batch_id", ID, nullable=False),
        sa.Column("placement_id", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("entry_id", ID, nullable=True),
        sa.Column("row", PACKED, nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["collector_batches.id"], name=op.f("fk_collector_lines_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["placement_id"], ["placements.id"], name=op.f("fk_collector_lines_placement_id")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_collector_lines_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collector_lines")),
        sa.UniqueConstraint("key", name=op.f("uq_collector_lines_key")),
    )
    op.create_index(op.f("ix_collector_lines_batch_id"), "collector_lines", ["batch_id"], unique=False)
    op.create_index(
        op.f("ix_collector_lines_placement_id"), "collector_lines", ["placement_id"], unique=False
    )
    op.create_table(
        "remittances",
        sa.Column("id", ID, nullable=False),
        sa.Column("collector", sa.Text(), nullable=False),
        sa.Column("remittance_id", sa.Text(), nullable=False),
        sa.Column("placement_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("collected_on", sa.Date(), nullable=False),
        sa.Column("gross", ID, nullable=False),
        sa.Column("fee", ID, nullable=False),
        sa.Column("net", ID, nullable=False),
        sa.Column("expected_fee", ID, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("payment_id", ID, nullable=True),
        sa.Column("reverses", ID, nullable=True),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["placement_id"], ["placements.id"], name=op.f("fk_remittances_placement_id")
        ),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_remittances_payment_id")),
        sa.ForeignKeyConstraint(["reverses"], ["remittances.id"], name=op.f("fk_remittances_reverses")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remittances")),
        sa.UniqueConstraint(
            "collector", "remittance_id", name=op.f("uq_remittances_collector_remittance_id")
        ),
        sa.UniqueConstraint("reverses", name=op.f("uq_remittances_reverses")),
    )
    op.create_index(op.f("ix_remittances_placement_id"), "remittances", ["placement_id"], unique=False)
    op.create_index(op.f("ix_remittances_payment_id"), "remittances", ["payment_id"], unique=False)
    protect(op.get_bind(), ("collector_lines", "remittances"))


def _placements() -> None:
    for column in (
        sa.Column("number", ID, nullable=False, server_default="1"),
        sa.Column("key", sa.Text(), nullable=False, server_default=""),
        sa.Column("approved_at", MOMENT, nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("terms", PACKED, nullable=False, server_default="{}"),
        sa.Column("acknowledged_at", MOMENT, nullable=True),
        sa.Column("their_reference", sa.Text(), nullable=False, server_default=""),
        sa.Column("activity", sa.Text(), nullable=False, server_default="none"),
        sa.Column("activity_on", sa.Date(), nullable=True),
        sa.Column("recall_asked", sa.Text(), nullable=False, server_default=""),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
    ):
        op.add_column("placements", column)
    op.execute(
        "UPDATE placements SET number = (SELECT count(*) FROM placements AS earlier "
        "WHERE earlier.bill_id = placements.bill_id AND earlier.id <= placements.id)"
    )
    op.execute("UPDATE placements SET key = bill_id || '-P' || number")
    op.create_index("uq_placements_bill_id_number", "placements", ["bill_id", "number"], unique=True)
    op.create_index("uq_placements_key", "placements", ["key"], unique=True)
    op.drop_index("uq_placements_open", table_name="placements")
    op.create_index(
        "uq_placements_open",
        "placements",
        ["bill_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
