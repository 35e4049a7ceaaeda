"""QR codes: a payment for a bank's app, or the address of a bill's page."""

from __future__ import annotations

import json
import re
from io import BytesIO
from typing import TYPE_CHECKING, Final

import segno

if TYPE_CHECKING:
    from billing.accounts.creditor import Creditor
    from billing.bills.invoice import Invoice

_GIRO: Final = {
    "BG": re.compile(r"\d{3,4}-\d{4}"),
    "PG": re.compile(r"\d{1,7}-\d"),
}
_NAMED: Final = {"bankgiro": "BG", "plusgiro": "PG"}


def payment(creditor: Creditor, invoice: Invoice) -> str:
    """The text of a Swedish payment QR code (UsingQR, version 1); empty where it cannot state the payment.

    ``tp`` 1 is an invoice, ``iref`` the payment reference, ``ddt`` the due date, ``due`` the amount to pay.
    """
    giro = _giro(creditor)
    if creditor.country != "SE" or invoice.total.currency != "SEK" or not giro or invoice.owed.minor <= 0:
        return ""
    kind, account = giro
    fields = {
        "uqr": 1,
        "tp": 1,
        "nme": creditor.name,
        "cid": creditor.company_number,
        "iref": invoice.reference,
        "idt": f"{invoice.issued_on:%Y%m%d}",
        "ddt": f"{invoice.due_on:%Y%m%d}",
        "due": float(invoice.owed.plain()),
        "cur": "SEK",
        "pt": kind,
        "acc": account,
    }
    return json.dumps({name: value for name, value in fields.items() if value != ""}, ensure_ascii=False)


def svg(text: str) -> str:
    """A QR code as SVG; the same text gives the same drawing."""
    made = BytesIO()
    segno.make(text, error="m", micro=False).save(made, kind="svg", border=0, xmldecl=False, nl=False)
    return made.getvalue().decode()


def _giro(creditor: Creditor) -> tuple[str, str] | None:
    """The creditor's first way to be paid that is a Swedish giro number."""
    for way in creditor.ways_to_pay:
        kind = _NAMED.get(way.name.strip().lower())
        found = _GIRO[kind].fullmatch(way.details.strip()) if kind else None
        if kind and found:
            return kind, found.group()
    return None
