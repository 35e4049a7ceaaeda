"""Links a bill with the estimate that was given for its services."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from storage.bills import bills
from storage.costs import estimates
from storage.ledger import accounts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session


def bound(session: Session, bill_ids: Iterable[str]) -> None:
    """Link each bill with the newest estimate all of whose services it charges.

    An estimate holds for the services of the year after it was given (45 CFR 149.610(c)).
    """
    for bill_id in sorted(set(bill_ids)):
        charges, bill = bills.charges_of(session, bill_id), bills.find(session, bill_id)
        account = accounts.get(session, bill.account_id) if bill else None
        if not charges or account is None:
            continue
        codes = {(one.code_system, one.code) for one in charges}
        first, last = min(one.service_on for one in charges), max(one.service_on for one in charges)
        year = timedelta(days=365)
        for one in estimates.unbilled(session, account.customer_id, first - year, last + year):
            services = {(line["code"]["system"], line["code"]["code"]) for line in one.lines}
            if one.given_on <= last and first - one.given_on <= year and services <= codes:
                estimates.bind(session, one, bill_id)
                break
