"""Wrong identifying answers by person, and contact points where somebody else than the customer writes."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "wrong_answers",
        sa.Column("id", ID, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("contact_point_id", ID, nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("entrance", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("looked_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wrong_answers")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_wrong_answers_customer_id")),
        sa.ForeignKeyConstraint(
            ["contact_point_id"], ["contact_points.id"], name=op.f("fk_wrong_answers_contact_point_id")
        ),
    )
    for column in ("customer_id", "contact_point_id"):
        op.create_index(op.f(f"ix_wrong_answers_{column}"), "wrong_answers", [column])
    op.add_column("contacts", sa.Column("identified_at", MOMENT, nullable=True))
    op.add_column("contact_points", sa.Column("not_the_customer_at", MOMENT, nullable=True))
    _who_identified()
    _locks()


def _who_identified() -> None:
    """Whoever identified at a contact point last has done so there before."""
    op.execute(
        "UPDATE contacts SET identified_at = "
        "(SELECT p.identified_until FROM contact_points p WHERE p.id = contacts.contact_point_id) "
        "WHERE EXISTS (SELECT 1 FROM contact_points p WHERE p.id = contacts.contact_point_id "
        "AND p.identified_id = contacts.customer_id)"
    )


def _locks() -> None:
    """A lock goes on as one of whoever is reached there: five wrong answers at its beginning."""
    contact = sa.table("contacts", *map(sa.column, ("customer_id", "contact_point_id", "removed_at")))
    point = sa.table("contact_points", sa.column("id"), sa.column("locked_until", MOMENT))
    found = (
        sa.select(point.c.id, contact.c.customer_id, point.c.locked_until)
        .select_from(point.outerjoin(contact, contact.c.contact_point_id == point.c.id))
        .where(point.c.locked_until.is_not(None), contact.c.removed_at.is_(None))
    )
    answer = sa.table(
        "wrong_answers",
        sa.column("customer_id"),
        sa.column("contact_point_id"),
        sa.column("verified", sa.Boolean()),
        sa.column("entrance"),
        sa.column("at", MOMENT),
    )
    rows = [
        {
            "customer_id": customer_id,
            "contact_point_id": point_id,
            "verified": False,
            "entrance": "chat",
            "at": _utc(until) - timedelta(hours=24),
        }
        for point_id, customer_id, until in op.get_bind().execute(found)
        for _ in range(5)
    ]
    if rows:
        op.bulk_insert(answer, rows)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
