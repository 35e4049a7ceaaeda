"""Prices, estimates, eligibility checks, authorisations, planned services, applications for aid."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from storage.database.schema import protect

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PACKED = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def day(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Date(), nullable=nullable)


def belongs(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def where(name: str, table: str, column: str, condition: str, *, unique: bool = False) -> None:
    only = sa.text(condition)
    op.create_index(name, table, [column], unique=unique, sqlite_where=only, postgresql_where=only)


def upgrade() -> None:
    _prices()
    _estimates()
    _eligibility()
    _authorisations()
    _planned()
    _aid()
    protect(op.get_bind(), ["eligibility_checks"])


def _prices() -> None:
    op.create_table(
        "prices",
        sa.Column("id", ID, nullable=False),
        *words("code_system", "code", "network"),
        day("valid_from"),
        day("valid_to", nullable=True),
        *words("currency"),
        sa.Column("amount", ID, nullable=False),
        sa.Column("amount_to", ID, nullable=True),
        *words("description"),
        sa.Column("named", PACKED, nullable=False),
        *words("words", "alike"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prices")),
        sa.UniqueConstraint(
            "code_system",
            "code",
            "network",
            "valid_from",
            name=op.f("uq_prices_code_system_code_network_valid_from"),
        ),
    )
    op.create_index(op.f("ix_prices_alike"), "prices", ["alike"])


def _estimates() -> None:
    op.create_table(
        "estimates",
        sa.Column("id", ID, nullable=False),
        *words("customer_id"),
        sa.Column("contact_point_id", ID, nullable=True),
        day("service_on"),
        day("given_on"),
        day("give_by", nullable=True),
        moment("given_at"),
        *words("currency"),
        sa.Column("expected", ID, nullable=False),
        sa.Column("low", ID, nullable=False),
        sa.Column("high", ID, nullable=False),
        sa.Column("lines", PACKED, nullable=False),
        *words("text", "language"),
        sa.Column("good_faith", sa.Boolean(), nullable=False),
        sa.Column("bill_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_estimates")),
        belongs("estimates", "customer_id", "customers"),
        belongs("estimates", "contact_point_id", "contact_points"),
        belongs("estimates", "bill_id", "bills"),
    )
    op.create_index(op.f("ix_estimates_customer_id"), "estimates", ["customer_id"])
    op.create_index("ix_estimates_bill_id", "estimates", ["bill_id"])
    where("ix_estimates_unbilled", "estimates", "customer_id", "bill_id IS NULL")


def _eligibility() -> None:
    op.create_table(
        "eligibility_checks",
        sa.Column("id", ID, nullable=False),
        *words("coverage_id"),
        day("service_on"),
        moment("checked_at"),
        *words("source", "result", "reason"),
        sa.Column("detail", PACKED, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_checks")),
        belongs("eligibility_checks", "coverage_id", "coverages"),
    )
    op.create_index(op.f("ix_eligibility_checks_coverage_id"), "eligibility_checks", ["coverage_id"])


def _authorisations() -> None:
    op.create_table(
        "authorisations",
        sa.Column("id", ID, nullable=False),
        *words("key", "customer_id", "coverage_id", "code_system", "code", "description"),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        *words("state"),
        moment("asked_at"),
        *words("asked_by"),
        moment("answer_by"),
        moment("decided_at", nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        *words("number"),
        day("valid_from", nullable=True),
        day("valid_to", nullable=True),
        *words("reason"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorisations")),
        belongs("authorisations", "customer_id", "customers"),
        belongs("authorisations", "coverage_id", "coverages"),
    )
    op.create_index(op.f("ix_authorisations_customer_id"), "authorisations", ["customer_id"])
    where("ix_authorisations_due", "authorisations", "answer_by", "state = 'requested'")
    where("uq_authorisations_open", "authorisations", "key", "state = 'requested'", unique=True)


def _planned() -> None:
    op.create_table(
        "planned_services",
        *words("id", "customer_id"),
        day("service_on"),
        *words("code_system", "code", "description", "quantity"),
        moment("look_at", nullable=True),
        moment("told_at", nullable=True),
        sa.Column("estimate_id", ID, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_services")),
        belongs("planned_services", "customer_id", "customers"),
        belongs("planned_services", "estimate_id", "estimates"),
    )
    op.create_index(op.f("ix_planned_services_customer_id"), "planned_services", ["customer_id"])
    where("ix_planned_services_due", "planned_services", "look_at", "look_at IS NOT NULL")


def _aid() -> None:
    op.create_table(
        "aid_applications",
        sa.Column("id", ID, nullable=False),
        *words("customer_id", "state"),
        moment("asked_at"),
        day("closes_on", nullable=True),
        sa.Column("household", ID, nullable=True),
        sa.Column("income", ID, nullable=True),
        *words("currency"),
        sa.Column("documents", PACKED, nullable=False),
        *words("programme"),
        sa.Column("percent", ID, nullable=True),
        moment("decided_at", nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        *words("reason"),
        day("renew_on", nullable=True),
        day("look_on", nullable=True),
        sa.Column("round", ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_aid_applications")),
        belongs("aid_applications", "customer_id", "customers"),
    )
    op.create_index(op.f("ix_aid_applications_customer_id"), "aid_applications", ["customer_id"])
    asked = "state IN ('asked', 'complete')"
    where("uq_aid_applications_open", "aid_applications", "customer_id", asked, unique=True)
    where("ix_aid_applications_due", "aid_applications", "look_on", "look_on IS NOT NULL")
