"""Answers to whether a coverage is valid: appended, never changed; the last one counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from billing.payers.eligibility import EligibilityResult, Found
from storage import tables
from storage.database.id_lists import one_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date, datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Check:
    """One eligibility answer; ``checked_at`` is UTC, ``service_on`` the day that was asked about."""

    coverage_id: str
    service_on: date
    checked_at: datetime
    source: str
    result: EligibilityResult
    reason: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


def save_check(session: Session, coverage_id: str, service_on: date, found: Found, now: datetime) -> None:
    """Append an eligibility answer with its source and time (UTC)."""
    session.add(
        tables.EligibilityCheck(
            coverage_id=coverage_id,
            service_on=service_on,
            checked_at=now,
            source=found.source,
            result=found.result.value,
            reason=found.reason,
            detail=dict(found.detail),
        )
    )
    session.flush()


def latest(session: Session, coverage_ids: Collection[str]) -> dict[str, Check]:
    """The last answer about each coverage that has one."""
    row = tables.EligibilityCheck
    newest = select(func.max(row.id)).where(one_of(row.coverage_id, coverage_ids)).group_by(row.coverage_id)
    return {one.coverage_id: _check(one) for one in session.scalars(select(row).where(row.id.in_(newest)))}


def _check(row: tables.EligibilityCheck) -> Check:
    return Check(
        row.coverage_id,
        row.service_on,
        row.checked_at,
        row.source,
        EligibilityResult(row.result),
        row.reason,
        row.detail,
    )
