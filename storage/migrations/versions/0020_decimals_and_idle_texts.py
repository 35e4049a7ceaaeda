"""Count texts that tell nothing; refuse a book with amounts whose decimals were counted wrongly.

Earlier releases counted the currencies below in hundredths, ISO 4217 counts them otherwise: an amount that is
stored would become a hundred times more, or less. Entries are never changed, and a release that still runs
would read changed ones wrongly: such a book is not upgraded but left to the release that wrote it.
"""

import sqlalchemy as sa
from alembic import op
from alembic.util import CommandError

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

COUNTED_IN_HUNDREDTHS = ("BIF", "CLF", "DJF", "GNF", "KMF", "RWF", "UYI", "UYW", "VUV")
WITH_AMOUNTS = (
    "accounts", "aid_applications", "bank_lines", "billing_run_bills", "bills", "chargebacks", "checkouts",
    "claims", "codes", "entries", "estimates", "payer_payments", "payments", "placements", "plans", "prices",
    "refunds", "remittances",
)  # fmt: skip
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    connection = op.get_bind()
    for name in WITH_AMOUNTS:
        table = sa.table(name, sa.column("currency"))
        wrong = sa.select(table.c.currency).where(table.c.currency.in_(COUNTED_IN_HUNDREDTHS)).limit(1)
        found = connection.scalar(wrong)
        if found is not None:
            raise CommandError(
                f"the book holds amounts in {found} ({name}), which earlier releases counted in hundredths: "
                "nothing was changed. Print what is open with kvitt accounts --json of the release that ran "
                "before (its balances are hundredths), and import those bills into a new database"
            )
    op.add_column("contact_points", sa.Column("idle_texts", ID, nullable=False, server_default="0"))
    op.add_column("contact_points", sa.Column("idle_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("contact_points", sa.Column("idle_reply", sa.Text(), nullable=False, server_default=""))
