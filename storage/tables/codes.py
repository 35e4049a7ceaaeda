"""Code systems, codes, crosswalks by payer; files sent to payers, and payments that payers announced."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealing.types import Sealed
from storage.tables.base import Table


class CodeSystem(Table):
    """A system of codes: how its codes are written, and the version that was loaded last."""

    __tablename__ = "code_systems"
    name: Mapped[str] = mapped_column(primary_key=True)
    form: Mapped[str]
    pattern: Mapped[str]
    """A regular expression that every code of it matches."""
    version: Mapped[str]
    valid_from: Mapped[date]
    """The first day of the newest version."""
    imported_at: Mapped[datetime]


class Code(Table):
    """A code as its system lists it, from a day on."""

    __tablename__ = "codes"
    __table_args__ = (UniqueConstraint("system", "code", "valid_from"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    system: Mapped[str] = mapped_column(ForeignKey("code_systems.name"))
    code: Mapped[str]
    description: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    version: Mapped[str]
    billable: Mapped[bool]
    """Whether a charge may carry it; headings of a system are not billable."""
    unit: Mapped[str]
    unit_amount: Mapped[int | None]
    """The official fee for one unit, in minor units; empty where the system has no prices."""
    currency: Mapped[str]


class Crosswalk(Table):
    """Which code a payer wants instead of another; an empty ``payer_id`` means every payer."""

    __tablename__ = "crosswalks"
    __table_args__ = (
        UniqueConstraint(
            # Named by hand: the name of the convention would be longer than PostgreSQL keeps.
            "from_system",
            "from_code",
            "to_system",
            "payer_id",
            "valid_from",
            name="uq_crosswalks_each_once",
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    payer_id: Mapped[str]
    from_system: Mapped[str]
    from_code: Mapped[str]
    to_system: Mapped[str]
    to_code: Mapped[str]
    modifiers: Mapped[list[str]]
    """Modifiers that go with ``to_code`` on the claim."""
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class ClaimFile(Table):
    """A file of claims, or of eligibility questions, that was sent to a payer; its id is the control number.

    The text is stored, so that the same file can be written again byte for byte.
    """

    __tablename__ = "claim_files"
    id: Mapped[int] = mapped_column(primary_key=True)
    payer_id: Mapped[str] = mapped_column(ForeignKey("payers.id"), index=True)
    form: Mapped[str]
    claims: Mapped[list[str]]
    """The keys of its claims, or the names of its questions."""
    text: Mapped[str] = mapped_column(Sealed())
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledgement: Mapped[str]
    """The receiver's result for the file as a whole: ``accepted``, ``partly`` or ``rejected``."""


class PayerPayment(Table):
    """A payment of a payer as its remittance file states it, stored once; answers to its claims are apart."""

    __tablename__ = "payer_payments"
    __table_args__ = (UniqueConstraint("source", "payer_number", "trace", "paid_on", "total"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    payer_number: Mapped[str]
    payer_name: Mapped[str]
    trace: Mapped[str]
    """The number that the bank payment carries too."""
    paid_on: Mapped[date]
    currency: Mapped[str]
    total: Mapped[int]
    """The whole payment, in minor units."""
    method: Mapped[str]
    claims: Mapped[int]
    """How many claims it pays or explains."""
    provider_adjustments: Mapped[list[dict[str, Any]]]
    """Amounts withheld or added that belong to no claim (minor units); positive lowers the payment."""
    recorded_at: Mapped[datetime]
