"""What else somebody wants in a talk is kept with its open conversation."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

PACKED = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("conversations", sa.Column("agenda", PACKED, nullable=False, server_default="{}"))
