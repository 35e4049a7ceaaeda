"""Where a text left it open whose bill is talked about: it is asked before the birth date."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contact_points", sa.Column("whose_unclear_at", sa.DateTime(timezone=True), nullable=True))
