"""What an acceptance allows, what a consent speaks of, and what paying promptly takes off a bill."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PACKED = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    for name in ("version", "digest"):
        op.add_column("acceptances", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("acceptances", sa.Column("terms", PACKED, nullable=False, server_default="{}"))
    op.add_column("consents", sa.Column("topics", PACKED, nullable=True))
    op.add_column("bills", sa.Column("prompt_off", ID, nullable=True))
    op.add_column("bills", sa.Column("prompt_until", sa.Date(), nullable=True))
