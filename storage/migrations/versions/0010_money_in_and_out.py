"""Money in and out: bank files, refunds, chargebacks, links to pay by, closed periods."""

import sqlalchemy as sa
from alembic import op

from storage.database.schema import close_periods, protect

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def text(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def number(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, ID, nullable=nullable)


def key(table: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))


def refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def once(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def upgrade() -> None:
    for name in ("payer", "text"):
        op.add_column("payments", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    _marks()
    _bank()
    _refunds()
    _chargebacks()
    _links()
    op.create_table(
        "closed_periods",
        number("id"),
        sa.Column("through", sa.Date(), nullable=False),
        moment("closed_at"),
        text("closed_by"),
        key("closed_periods"),
        once("closed_periods", "through"),
    )
    protect(op.get_bind(), ("bank_lines", "closed_periods"))
    close_periods(op.get_bind())


def _marks() -> None:
    name = "payment_marks"
    op.create_table(
        name,
        number("id"),
        text("mark"),
        number("payment_id"),
        key(name),
        once(name, "mark"),
        refers(name, "payment_id", "payments.id"),
    )
    op.create_index(op.f("ix_payment_marks_payment_id"), name, ["payment_id"])


def _bank() -> None:
    name = "bank_files"
    op.create_table(
        name,
        number("id"),
        text("digest"),
        text("name"),
        text("kind"),
        moment("read_at"),
        text("read_by"),
        key(name),
    )
    op.create_index(op.f("ix_bank_files_digest"), name, ["digest"])
    name = "bank_lines"
    op.create_table(
        name,
        number("id"),
        number("file_id"),
        text("position"),
        sa.Column("booked_on", sa.Date(), nullable=False),
        number("amount"),
        text("currency"),
        text("fate"),
        text("reason"),
        number("payment_id", nullable=True),
        key(name),
        refers(name, "file_id", "bank_files.id"),
        refers(name, "payment_id", "payments.id"),
    )
    for column in ("file_id", "booked_on", "payment_id"):
        op.create_index(op.f(f"ix_bank_lines_{column}"), name, [column])


def _refunds() -> None:
    name = "refunds"
    op.create_table(
        name,
        number("id"),
        number("payment_id"),
        text("source"),
        text("source_id"),
        number("amount"),
        text("currency"),
        text("state"),
        text("reason"),
        moment("requested_at"),
        text("requested_by"),
        moment("approved_at", nullable=True),
        text("approved_by", nullable=True),
        moment("decided_at", nullable=True),
        text("decided_by", nullable=True),
        moment("settled_at", nullable=True),
        text("settled_by", nullable=True),
        text("their_reference"),
        key(name),
        once(name, "source", "source_id"),
        refers(name, "payment_id", "payments.id"),
    )
    op.create_index(op.f("ix_refunds_payment_id"), name, ["payment_id"])
    waiting = sa.text("state IN ('requested', 'approved_once', 'approved')")
    op.create_index("ix_refunds_open", name, ["id"], sqlite_where=waiting, postgresql_where=waiting)


def _chargebacks() -> None:
    name = "chargebacks"
    op.create_table(
        name,
        number("id"),
        number("payment_id"),
        text("source"),
        text("source_id"),
        number("amount"),
        text("currency"),
        text("reason"),
        text("state"),
        moment("opened_at"),
        moment("closed_at", nullable=True),
        key(name),
        once(name, "source", "source_id"),
        refers(name, "payment_id", "payments.id"),
    )
    op.create_index(op.f("ix_chargebacks_payment_id"), name, ["payment_id"])


def _links() -> None:
    name = "checkouts"
    op.create_table(
        name,
        number("id"),
        text("session_id"),
        text("account_id"),
        text("bill_id", nullable=True),
        number("amount"),
        text("currency"),
        text("url"),
        moment("made_at"),
        moment("expires_at"),
        key(name),
        once(name, "session_id"),
        refers(name, "account_id", "accounts.id"),
        refers(name, "bill_id", "bills.id"),
    )
    op.create_index(op.f("ix_checkouts_account_id"), name, ["account_id"])
    name = "provider_events"
    op.create_table(
        name,
        number("id"),
        text("source"),
        text("event_id"),
        text("kind"),
        moment("received_at"),
        key(name),
        once(name, "source", "event_id"),
    )
