"""Whether somebody is covered: what was asked and answered, what was authorised, what is planned."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Table, only_one_where, where


class EligibilityCheck(Table):
    """One answer to whether a coverage holds; appended, never changed."""

    __tablename__ = "eligibility_checks"
    id: Mapped[int] = mapped_column(primary_key=True)
    coverage_id: Mapped[str] = mapped_column(ForeignKey("coverages.id"), index=True)
    service_on: Mapped[date]
    checked_at: Mapped[datetime]
    source: Mapped[str]
    """Who said so: ``register``, ``fhir``, ``x12``."""
    result: Mapped[str]
    reason: Mapped[str]
    detail: Mapped[dict[str, Any]]


class EligibilityQuestion(Table):
    """A question about a coverage that its payer answers later, by a file."""

    __tablename__ = "eligibility_questions"
    __table_args__ = (
        where("ix_eligibility_questions_waiting", "payer_id", "answered_at IS NULL"),
        only_one_where("uq_eligibility_questions_open", "key", "answered_at IS NULL"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    """Files call it by this, and so does the answer."""
    key: Mapped[str]
    """Coverage and day: of these one waits at a time."""
    coverage_id: Mapped[str] = mapped_column(ForeignKey("coverages.id"), index=True)
    payer_id: Mapped[str] = mapped_column(ForeignKey("payers.id"))
    service_on: Mapped[date]
    asked_at: Mapped[datetime]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("claim_files.id"))
    """The last file it stood in; empty until it goes out."""
    answered_at: Mapped[datetime | None]
    answers: Mapped[list[str]]
    """What the answers that were kept are called, so that each counts once."""


class Authorisation(Table):
    """A payer's consent to a service beforehand, asked for and decided."""

    __tablename__ = "authorisations"
    __table_args__ = (
        where("ix_authorisations_due", "answer_by", "state = 'requested'"),
        only_one_where("uq_authorisations_open", "key", "state = 'requested'"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    """Coverage and service: of these one is asked for at a time."""
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
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    number: Mapped[str]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    reason: Mapped[str]


class PlannedService(Table):
    """A service that somebody is going to get."""

    __tablename__ = "planned_services"
    __table_args__ = (where("ix_planned_services_due", "look_at", "look_at IS NOT NULL"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    service_on: Mapped[date]
    code_system: Mapped[str]
    code: Mapped[str]
    description: Mapped[str]
    quantity: Mapped[str]
    look_at: Mapped[datetime | None]
    """When it is looked at next (UTC); empty once nothing is left to do about it."""
    told_at: Mapped[datetime | None]
    estimate_id: Mapped[int | None] = mapped_column(ForeignKey("estimates.id"))
