"""Invoices to payers over their open claims, as PDF data and as CSV rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from billing.calendar import local_day
from billing.ledger.money import Money
from billing.refusals import Refusal
from handlers.import_results import UnknownPayer
from messages.documents import payer_documents
from messages.documents.documents import Addressee
from messages.documents.payer_documents import ClaimSheet
from storage.payers import open_claims

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from handlers.installation import Installation
    from storage.payers.open_claims import OpenClaim

COLUMNS = (
    "claim", "bill_id", "person", "member_id", "service_on", "code_system", "code", "description", "quantity",
    "amount", "currency",
)  # fmt: skip


class NothingAskedOfPayer(Refusal):
    """No claim on the payer is open."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}: no claim on this payer is open, so there is nothing to invoice")


@dataclass(frozen=True, slots=True)
class PayerInvoice:
    """A payer with its open claims."""

    payer_id: str
    name: str
    address: str
    claims: list[OpenClaim]


def read(session: Session, payer_id: str) -> PayerInvoice:
    """The invoice to a payer.

    Raises:
        UnknownPayer: it is not registered.
        NothingAskedOfPayer: no claim on it is open.
    """
    found = open_claims.payer(session, payer_id)
    if found is None:
        raise UnknownPayer(payer_id)
    _, name, terms = found
    asked = open_claims.of_payer(session, payer_id)
    if not asked:
        raise NothingAskedOfPayer(name)
    return PayerInvoice(payer_id, name, str(terms.get("address", "")), asked)


def page(installation: Installation, found: PayerInvoice, now: datetime) -> dict[str, Any]:
    """The printed page of an invoice to a payer as plain JSON; dated on the creditor's local day."""
    sheets = [
        ClaimSheet(
            one.key, one.person, one.member_id, one.currency, one.amount, tuple(one.lines), one.answer_by
        )
        for one in found.claims
    ]
    to = Addressee(found.name, found.address, found.payer_id)
    return payer_documents.page(installation.creditor, to, sheets, local_day(now, installation.creditor.zone))


def rows(found: PayerInvoice) -> list[dict[str, str]]:
    """One row for each line of a claim, amounts as plain decimals."""
    return [
        {
            "claim": one.key,
            "bill_id": one.bill_id,
            "person": one.person,
            "member_id": one.member_id,
            "service_on": str(line["service_on"]),
            "code_system": str(line["code"]["system"]),
            "code": str(line["code"]["code"]),
            "description": str(line["description"]),
            "quantity": str(line.get("quantity", "1")),
            "amount": Money(int(line["amount"]), one.currency).plain(),
            "currency": one.currency,
        }
        for one in found.claims
        for line in one.lines
    ]
