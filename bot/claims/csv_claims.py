"""Claims as CSV, a row for each line: for payers, agencies and employers that take nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.ledger.money import Money
from bot import csv_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from billing.payers.claims import ClaimLine
    from billing.payers.filing import Filing

COLUMNS: Final = (
    "claim_key", "kind", "replaces", "payer_id", "payer_name", "member_id", "plan", "patient_id",
    "patient_name", "birth_date", "line", "service_on", "code_system", "code", "modifiers", "description",
    "quantity", "amount", "charged", "currency", "diagnoses", "authorisation",
)  # fmt: skip
_AMOUNTS: Final = frozenset({"quantity", "amount", "charged"})
_KINDS: Final = {"1": "new", "7": "replaces", "8": "withdrawn"}


def write(filings: Sequence[Filing]) -> str:
    """The claims as CSV (UTF-8, LF); amounts are plain decimals of their currency."""
    rows = (_row(filing, line) for filing in filings for line in filing.claim.lines)
    return csv_text.text_of(COLUMNS, rows, plain=_AMOUNTS)


def _row(filing: Filing, line: ClaimLine) -> Iterable[object]:
    claim, patient = filing.claim, filing.patient
    return (
        claim.key,
        _KINDS[filing.frequency],
        claim.replaces,
        filing.payer.number,
        filing.payer.name,
        filing.payer.member_id,
        filing.payer.plan,
        patient.id,
        patient.name,
        patient.birth_date or "",
        line.position,
        line.service_on,
        line.code.system,
        line.code.code,
        " ".join(line.modifiers),
        line.description,
        line.quantity,
        Money(line.amount, claim.currency).plain(),
        Money(line.charged, claim.currency).plain(),
        claim.currency,
        " ".join(code.code for code in claim.diagnoses),
        line.authorisation,
    )
