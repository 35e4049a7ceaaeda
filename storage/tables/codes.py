"""Code systems, codes, what each payer wants them to be; files that went to payers, payments that came."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Table


class CodeSystem(Table):
    """A system of codes: how they are written, and the version loaded last."""

    __tablename__ = "code_systems"
    name: Mapped[str] = mapped_column(primary_key=True)
    form: Mapped[str]
    pattern: Mapped[str]
    version: Mapped[str]
    valid_from: Mapped[date]
    """From when the newest version holds."""
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
    unit: Mapped[str]
    unit_amount: Mapped[int | None]
    currency: Mapped[str]


class Crosswalk(Table):
    """What a payer wants instead of a code; an empty payer stands for any."""

    __tablename__ = "crosswalks"
    __table_args__ = (
        UniqueConstraint(
            "from_system", "from_code", "to_system", "payer_id", "valid_from", name="uq_crosswalks_each_once"
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    payer_id: Mapped[str]
    from_system: Mapped[str]
    from_code: Mapped[str]
    to_system: Mapped[str]
    to_code: Mapped[str]
    modifiers: Mapped[list[str]]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class ClaimFile(Table):
    """A file of claims, or of questions about coverage, that went to a payer; its number is in it.

    The text is kept, so that the same file can be written again to the letter.
    """

    __tablename__ = "claim_files"
    id: Mapped[int] = mapped_column(primary_key=True)
    payer_id: Mapped[str] = mapped_column(ForeignKey("payers.id"), index=True)
    form: Mapped[str]
    claims: Mapped[list[str]]
    """The keys of its claims, or the names of its questions."""
    text: Mapped[str]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledgement: Mapped[str]
    """What the receiver said of the file as a whole: ``accepted``, ``partly`` or ``rejected``."""


class PayerPayment(Table):
    """A payment of a payer as its remittance tells it, once; its claims are answers of their own."""

    __tablename__ = "payer_payments"
    __table_args__ = (UniqueConstraint("source", "payer_number", "trace", "paid_on", "total"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    payer_number: Mapped[str]
    payer_name: Mapped[str]
    trace: Mapped[str]
    """The number that stands on the money too."""
    paid_on: Mapped[date]
    currency: Mapped[str]
    total: Mapped[int]
    method: Mapped[str]
    claims: Mapped[int]
    """How many claims it is about."""
    provider_adjustments: Mapped[list[dict[str, Any]]]
    """What the payer kept back, or added, that belongs to no claim; positive lowers the payment."""
    recorded_at: Mapped[datetime]
