"""Who is on call, who waits for an answer, and a severity that does not rise with time."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("phone", sa.Text(), nullable=True))
    op.add_column("users", sa.Column("on_call", sa.BigInteger().with_variant(sa.Integer(), "sqlite")))
    op.add_column("escalations", sa.Column("late_noted", sa.DateTime(timezone=True), nullable=True))
    op.add_column("escalations", sa.Column("unanswered_since", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_escalations_point",
        "escalations",
        ["contact_point_id"],
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    _put_severities_back()


def _put_severities_back() -> None:
    """Open cases that were raised for being late get back what was at stake when they were opened."""
    events = sa.table(
        "case_events",
        sa.column("id", sa.BigInteger()),
        sa.column("escalation_id", sa.BigInteger()),
        sa.column("what", sa.Text()),
        sa.column("detail", sa.JSON()),
    )
    cases = sa.table(
        "escalations",
        sa.column("id", sa.BigInteger()),
        sa.column("severity", sa.BigInteger()),
        sa.column("closed_at", sa.DateTime(timezone=True)),
    )
    raised = op.get_bind().execute(
        sa.select(events.c.escalation_id, events.c.detail)
        .join(cases, cases.c.id == events.c.escalation_id)
        .where(events.c.what == "climbed", cases.c.closed_at.is_(None))
        .order_by(events.c.id.desc())
    )
    # The newest first, so that the first time it was raised is what remains.
    first = {case_id: detail["from"] for case_id, detail in raised if "from" in detail}
    for case_id, severity in first.items():
        op.get_bind().execute(sa.update(cases).where(cases.c.id == case_id).values(severity=severity))
