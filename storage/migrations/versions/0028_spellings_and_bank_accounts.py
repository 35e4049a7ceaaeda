"""Bills are found by letters and digits alone, bank accounts by several names, payments by their day.

A bill that the release before adds meanwhile has no key: it is found as it is spelled, as before.
"""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

AT_ONCE = 5000


def upgrade() -> None:
    op.add_column("bills", sa.Column("id_key", sa.Text(), nullable=True))
    op.add_column("bills", sa.Column("invoice_key", sa.Text(), nullable=True))
    _fill(op.get_bind())
    op.create_index("ix_bills_id_key", "bills", ["id_key"])
    op.create_index("ix_bills_invoice_key", "bills", ["invoice_key"])
    op.create_index("ix_payments_paid_on", "payments", ["paid_on"])
    op.create_table(
        "bank_account_names",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("named_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_bank_account_names")),
    )


def _fill(connection: sa.Connection) -> None:
    bills = sa.table(
        "bills", *(sa.column(name) for name in ("id", "invoice_number", "id_key", "invoice_key"))
    )
    after = ""
    while True:
        page = sa.select(bills.c.id, bills.c.invoice_number).where(bills.c.id > after)
        rows = connection.execute(page.order_by(bills.c.id).limit(AT_ONCE)).all()
        if not rows:
            return
        connection.execute(
            sa.update(bills)
            .where(bills.c.id == sa.bindparam("bill"))
            .values(id_key=sa.bindparam("name"), invoice_key=sa.bindparam("number")),
            [{"bill": bill, "name": _key(bill), "number": _key(number)} for bill, number in rows],
        )
        after = rows[-1].id


def _key(name: str | None) -> str | None:
    if not name:
        return None
    return "".join(sign for sign in unicodedata.normalize("NFKC", name).casefold() if sign.isalnum())
