"""Eligibility checks and questions, prior authorisations, and planned services."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.sealing.types import Sealed, SealedJson
from storage.tables.base import Table, only_one_where, where


class EligibilityCheck(Table):
    """One answer to whether a coverage is valid on a day; appended, never changed."""

    __tablename__ = "eligibility_checks"
    id: Mapped[int] = mapped_column(primary_key=True)
    coverage_id: Mapped[str] = mapped_column(ForeignKey("coverages.id"), index=True)
    service_on: Mapped[date]
    """The day that was asked about."""
    checked_at: Mapped[datetime]
    source: Mapped[str]
    """Where the answer is from: ``register``, ``fhir`` or ``x12``."""
    result: Mapped[str]
    reason: Mapped[str] = mapped_column(Sealed())
    detail: Mapped[dict[str, Any]] = mapped_column(SealedJson())


class EligibilityQuestion(Table):
    """A question about a coverage that its payer answers later, in a file."""

    __tablename__ = "eligibility_questions"
    __table_args__ = (
        where("ix_eligibility_questions_waiting", "payer_id", "answered_at IS NULL"),
        only_one_where("uq_eligibility_questions_open", "key", "answered_at IS NULL"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    """The number by which files, and the payer's answer, refer to it."""
    key: Mapped[str]
    """Coverage and day: one question per key is open at a time."""
    coverage_id: Mapped[str] = mapped_column(ForeignKey("coverages.id"), index=True)
    payer_id: Mapped[str] = mapped_column(ForeignKey("payers.id"))
    service_on: Mapped[date]
    asked_at: Mapped[datetime]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("claim_files.id"))
    """The last file that contained it; empty until it is sent."""
    answered_at: Mapped[datetime | None]
    answers: Mapped[list[str]]
    """The ids of the answers that were stored, so that each counts once."""


class Authorisation(Table):
    """A payer's prior authorisation of a service: requested and decided."""

    __tablename__ = "authorisations"
    __table_args__ = (
        where("ix_authorisations_due", "answer_by", "state = 'requested'"),
        only_one_where("uq_authorisations_open", "key", "state = 'requested'"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    """Coverage and service: one request per key is open at a time."""
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    coverage_id: Mapped[str] = mapped_column(ForeignKey("coverages.id"))
    code_system: Mapped[str]
    code: Mapped[str]
    description: Mapped[str]
    urgent: Mapped[bool]
    state: Mapped[str]
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    answer_by: Mapped[datetime]
    """When the payer must have decided (UTC)."""
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    number: Mapped[str] = mapped_column(Sealed())
    """The payer's number for it, which the claim must carry."""
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    reason: Mapped[str] = mapped_column(Sealed())


class PlannedService(Table):
    """A service that a customer is going to get."""

    __tablename__ = "planned_services"
    __table_args__ = (where("ix_planned_services_due", "look_at", "look_at IS NOT NULL"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    service_on: Mapped[date]
    code_system: Mapped[str]
    code: Mapped[str]
    description: Mapped[str]
    quantity: Mapped[str]
    """A decimal number, as text."""
    look_at: Mapped[datetime | None]
    """When it is checked next (UTC); empty once nothing is left to do."""
    told_at: Mapped[datetime | None]
    """When the customer got a message about it (UTC)."""
    estimate_id: Mapped[int | None] = mapped_column(ForeignKey("estimates.id"))
