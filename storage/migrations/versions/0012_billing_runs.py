"""Billing runs, numbers without gaps, proof of sending, links to bill pages, subscriptions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PACKED = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def word(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def day(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Date(), nullable=nullable)


def refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    _runs()
    _sendings()
    _links()
    _subscriptions()


def _runs() -> None:
    op.create_table(
        "billing_runs",
        sa.Column("id", ID, nullable=False),
        word("state"),
        moment("created_at"),
        word("created_by"),
        moment("approved_at", nullable=True),
        word("approved_by", nullable=True),
        day("issued_on", nullable=True),
        moment("settled_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_runs")),
    )
    name = "billing_run_bills"
    op.create_table(
        name,
        sa.Column("id", ID, nullable=False),
        sa.Column("run_id", ID, nullable=False),
        word("bill_id"),
        word("verdict"),
        word("reason"),
        word("detail"),
        sa.Column("amount", ID, nullable=False),
        word("currency"),
        word("way", nullable=True),
        moment("done_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        refers(name, "run_id", "billing_runs.id"),
        refers(name, "bill_id", "bills.id"),
        sa.UniqueConstraint("run_id", "bill_id", name=op.f(f"uq_{name}_run_id_bill_id")),
    )
    op.create_index(op.f(f"ix_{name}_bill_id"), name, ["bill_id"])
    waiting = sa.text("done_at IS NULL")
    op.create_index(f"ix_{name}_waiting", name, ["run_id"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_table(
        "number_series",
        word("name"),
        sa.Column("last", ID, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_number_series")),
    )


def _sendings() -> None:
    name = "bill_sendings"
    op.create_table(
        name,
        sa.Column("id", ID, nullable=False),
        word("bill_id"),
        sa.Column("number", ID, nullable=False),
        word("way"),
        word("state"),
        moment("queued_at"),
        sa.Column("outbox_id", ID, nullable=False),
        moment("sent_at", nullable=True),
        moment("settled_at", nullable=True),
        word("reference"),
        word("reason"),
        sa.Column("page", PACKED, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        refers(name, "bill_id", "bills.id"),
        refers(name, "outbox_id", "outbox.id"),
        sa.UniqueConstraint("bill_id", "number", name=op.f(f"uq_{name}_bill_id_number")),
        sa.UniqueConstraint("outbox_id", name=op.f(f"uq_{name}_outbox_id")),
    )
    queued = sa.text("state = 'queued'")
    op.create_index(f"ix_{name}_open", name, ["queued_at"], sqlite_where=queued, postgresql_where=queued)


def _links() -> None:
    name = "bill_links"
    op.create_table(
        name,
        sa.Column("id", ID, nullable=False),
        word("digest"),
        word("bill_id"),
        word("person_id"),
        sa.Column("contact_point_id", ID, nullable=False),
        moment("made_at"),
        moment("expires_at"),
        moment("revoked_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        refers(name, "bill_id", "bills.id"),
        refers(name, "person_id", "customers.id"),
        refers(name, "contact_point_id", "contact_points.id"),
        sa.UniqueConstraint("digest", name=op.f(f"uq_{name}_digest")),
    )
    op.create_index(op.f(f"ix_{name}_bill_id"), name, ["bill_id"])
    op.create_table(
        "bill_ways",
        word("customer_id"),
        word("way"),
        moment("chosen_at"),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_bill_ways")),
        refers("bill_ways", "customer_id", "customers.id"),
    )


def _subscriptions() -> None:
    op.create_table(
        "tariff_prices",
        sa.Column("id", ID, nullable=False),
        *(word(name) for name in ("tariff", "code", "description", "kind", "unit", "price", "currency")),
        day("since"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariff_prices")),
        sa.UniqueConstraint("tariff", "code", "since", name=op.f("uq_tariff_prices_tariff_code_since")),
    )
    op.create_table(
        "subscriptions",
        word("id"),
        word("customer_id"),
        word("tariff"),
        sa.Column("months", ID, nullable=False),
        day("starts_on"),
        day("ends_on", nullable=True),
        day("next_on", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
        refers("subscriptions", "customer_id", "customers.id"),
    )
    op.create_index(op.f("ix_subscriptions_customer_id"), "subscriptions", ["customer_id"])
    due = sa.text("next_on IS NOT NULL")
    op.create_index(
        "ix_subscriptions_due", "subscriptions", ["next_on"], sqlite_where=due, postgresql_where=due
    )
    op.create_table(
        "readings",
        word("id"),
        word("subscription_id"),
        word("code"),
        day("read_on"),
        word("quantity"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readings")),
        refers("readings", "subscription_id", "subscriptions.id"),
    )
    op.create_index(op.f("ix_readings_subscription_id"), "readings", ["subscription_id"])
    name = "subscription_periods"
    op.create_table(
        name,
        sa.Column("id", ID, nullable=False),
        word("subscription_id"),
        day("starts_on"),
        day("ends_on"),
        word("bill_id"),
        moment("billed_at"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        refers(name, "subscription_id", "subscriptions.id"),
        refers(name, "bill_id", "bills.id"),
        sa.UniqueConstraint(
            "subscription_id", "starts_on", name=op.f(f"uq_{name}_subscription_id_starts_on")
        ),
        sa.UniqueConstraint("bill_id", name=op.f(f"uq_{name}_bill_id")),
    )
