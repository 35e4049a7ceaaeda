"""Campaigns, and the stop that outranks every setting."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PACKED = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "campaigns",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rules", PACKED, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        moment("created_at"),
        sa.Column("created_by", sa.Text(), nullable=False),
        moment("started_at", nullable=True),
        moment("next_batch_at", nullable=True),
        moment("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("name", name=op.f("uq_campaigns_name")),
    )
    running = sa.text("state = 'running'")
    op.create_index(
        "ix_campaigns_due", "campaigns", ["next_batch_at"], sqlite_where=running, postgresql_where=running
    )
    op.create_table(
        "campaign_batches",
        sa.Column("id", ID, nullable=False),
        sa.Column("campaign_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        moment("made_at"),
        sa.Column("messages", sa.Integer(), nullable=False),
        moment("approved_at", nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_batches_campaign_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_batches")),
        sa.UniqueConstraint("campaign_id", "number", name=op.f("uq_campaign_batches_campaign_id_number")),
    )
    _members()
    op.create_table(
        "campaign_halts",
        sa.Column("id", ID, nullable=False),
        sa.Column("campaign_id", ID, nullable=False),
        sa.Column("arm", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("harmed", sa.Integer(), nullable=False),
        moment("at"),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_halts_campaign_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_halts")),
        sa.UniqueConstraint("campaign_id", "arm", name=op.f("uq_campaign_halts_campaign_id_arm")),
    )
    op.create_table(
        "sending_stops",
        sa.Column("id", ID, nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        moment("stopped_at"),
        sa.Column("stopped_by", sa.Text(), nullable=False),
        moment("resumed_at", nullable=True),
        sa.Column("resumed_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sending_stops")),
    )
    standing = sa.text("resumed_at IS NULL")
    op.create_index(
        "uq_sending_stops_standing",
        "sending_stops",
        ["scope"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )


def _members() -> None:
    name = "campaign_members"
    op.create_table(
        name,
        sa.Column("id", ID, nullable=False),
        sa.Column("campaign_id", ID, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("arm", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        moment("look_at"),
        moment("turn_at", nullable=True),
        sa.Column("batch", sa.Integer(), nullable=True),
        sa.Column("outbox_id", ID, nullable=True),
        moment("delivered_at", nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_members_campaign_id")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_campaign_members_customer_id")
        ),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_campaign_members_outbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_members")),
        sa.UniqueConstraint(
            "campaign_id", "customer_id", name=op.f("uq_campaign_members_campaign_id_customer_id")
        ),
        sa.UniqueConstraint("outbox_id", name=op.f("uq_campaign_members_outbox_id")),
    )
    op.create_index(op.f("ix_campaign_members_customer_id"), name, ["customer_id"])
    op.create_index("ix_campaign_members_turn", name, ["campaign_id", "state", "look_at"])
