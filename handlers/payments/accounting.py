"""Reports for the accountant: the journal of a period, and the aging of what is owed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from billing.bills.bills import BillState
from billing.ledger import journal
from billing.ledger.aging import AgingRow, OwedAmount, aged
from storage.bills import bills
from storage.ledger import accounts, ledger
from storage.payers import coverages
from storage.payments import payments
from storage.people import customers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from sqlalchemy.orm import Session

    from billing.ledger.journal import Chart, Voucher
    from billing.ledger.ledger import Entry


@dataclass(frozen=True, slots=True)
class Journal:
    """The accounting journal: the vouchers of a period; no ``currency`` where nothing was booked."""

    first: date
    last: date
    currency: str
    vouchers: tuple[Voucher, ...]


@dataclass(frozen=True, slots=True)
class Aging:
    """Receivables by age, of customers and of payers; ``credits`` are unused payments, by currency.

    All amounts in minor units.
    """

    as_of: date
    customers: list[AgingRow]
    payers: list[AgingRow]
    credits: dict[str, int]


def of_period(session: Session, first: date, last: date, chart: Chart, currency: str = "") -> Journal:
    """The accounting journal of a period: entries from ``first`` to ``last``, both counted, as vouchers.

    The same whenever it is called for a closed period, since entries are only ever appended.

    Raises:
        OtherCurrencies: the period holds several currencies, and none is chosen.
    """
    entries, chosen = journal.of_one_currency(ledger.of_days(session, first, last), currency)
    return Journal(first, last, chosen, tuple(made(session, entries, chart)))


def made(session: Session, entries: list[Entry], chart: Chart) -> Iterator[Voucher]:
    """Ledger entries as vouchers of the accounting journal."""
    origins = ledger.kinds_of(session, [entry.reverses for entry in entries if entry.reverses])
    known = payments.with_ids(session, {entry.payment_id for entry in entries if entry.payment_id})
    sources = {payment_id: payment.source for payment_id, payment in known.items()}
    return journal.vouchers(entries, origins, sources, chart)


def aging(session: Session, as_of: date) -> Aging:
    """Aging of what was owed at the end of a day, by days past due; bills not issued count for nobody yet."""
    debts: list[OwedAmount] = []
    unused: dict[str, int] = {}
    rows = ledger.owed_on(session, as_of)
    kept = bills.by_id(session, {bill_id for _, bill_id, _, _ in rows if bill_id})
    whose = {one.id: one for one in accounts.all_of_them(session)}
    people = customers.by_id(session, {one.customer_id for one in whose.values()})
    for account_id, bill_id, currency, amount in rows:
        if bill_id is None or amount < 0:
            unused[currency] = unused.get(currency, 0) - amount
            continue
        bill, customer_id = kept[bill_id], whose[account_id].customer_id
        if bill.state is BillState.ISSUED:
            debts.append(OwedAmount(customer_id, people[customer_id].name, currency, bill.due_on, amount))
    asked = ledger.asked_on(session, as_of)
    names = coverages.payer_names(session, {payer_id for payer_id, *_ in asked})
    claims = [
        OwedAmount(payer_id, names[payer_id], currency, since, amount)
        for payer_id, _, currency, amount, since in asked
    ]
    return Aging(as_of, aged(debts, as_of), aged(claims, as_of), unused)
