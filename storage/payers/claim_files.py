"""Files of claims and of questions for payers, and the payments that payers announced."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import update

from storage import tables
from storage.database.insert_once import insert_once

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from billing.payers.remittance import PayerRemittance


QUESTIONS: Final = "270"
"""The form of a file that asks whether people are covered; the others are files of claims."""


@dataclass(frozen=True, slots=True)
class ClaimFile:
    """A file of claims, or questions; its id is the control number in it. ``text`` is the file's content."""

    id: int
    payer_id: str
    form: str
    claims: tuple[str, ...]
    text: str
    made_by: str
    made_at: datetime
    acknowledgement: str = ""


def begin(session: Session, payer_id: str, form: str, by: str, now: datetime) -> int:
    """Insert an empty file; returns its id. It is filled in the same transaction."""
    row = tables.ClaimFile(
        payer_id=payer_id, form=form, claims=[], text="", made_by=by, made_at=now, acknowledged_at=None,
        acknowledgement="",
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


def fill(session: Session, file_id: int, claims: Sequence[str], text: str) -> None:
    """Save the content of a file."""
    row = tables.ClaimFile
    session.execute(update(row).where(row.id == file_id).values(claims=list(claims), text=text))


def find(session: Session, file_id: int) -> ClaimFile | None:
    """One file; ``None`` if it does not exist."""
    row = session.get(tables.ClaimFile, file_id)
    if row is None:
        return None
    return ClaimFile(
        row.id,
        row.payer_id,
        row.form,
        tuple(row.claims),
        row.text,
        row.made_by,
        row.made_at,
        row.acknowledgement,
    )


def acknowledge(session: Session, file_id: int, verdict: str, now: datetime) -> bool:
    """Save a receiver's result for a file; returns whether the file exists."""
    row = tables.ClaimFile
    changed = update(row).where(row.id == file_id).values(acknowledgement=verdict, acknowledged_at=now)
    return session.scalar(changed.returning(row.id)) is not None


def keep_payment(session: Session, remittance: PayerRemittance, now: datetime) -> bool:
    """Save a payment that a payer announced; returns whether it was new."""
    values = {
        "source": remittance.source,
        "payer_number": remittance.payer_id,
        "payer_name": remittance.payer_name,
        "trace": remittance.trace,
        "paid_on": remittance.paid_on,
        "currency": remittance.currency,
        "total": remittance.total,
        "method": remittance.method,
        "claims": len(remittance.claims) + len(remittance.aside),
        "provider_adjustments": [asdict(one) for one in remittance.provider_adjustments],
        "recorded_at": now,
    }
    return insert_once(session, tables.PayerPayment, values) is not None
