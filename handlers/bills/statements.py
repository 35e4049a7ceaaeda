"""Account statements, on paper and as CSV."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from billing.bills import statement
from billing.bills.bills import BillState
from billing.bills.statement import Owing
from billing.calendar import local_day
from billing.dunning.limitation import last_day_to_demand
from billing.ledger.money import Money
from billing.refusals import Refusal
from handlers.bills import invoices
from messages.documents import statement_documents
from messages.documents.documents import Addressee
from messages.documents.statement_documents import StatementSheet
from storage.bills import bills
from storage.ledger import accounts, ledger
from storage.payers import coverages
from storage.people import customers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from billing.bills.statement import Statement
    from handlers.context import Context
    from storage.bills.bills import Bill
    from storage.people.customers import Customer

COLUMNS = (
    "date",
    "kind",
    "reversal",
    "bill_id",
    "bill_number",
    "amount",
    "balance",
    "currency",
    "payer",
    "time_barred",
)


class NoAccount(Refusal):
    """The customer asked for has no account to make a statement of."""

    def __init__(self, customer_id: str) -> None:
        super().__init__(f"customer {customer_id!r} has no account: nothing was ever registered for them")


@dataclass(frozen=True, slots=True)
class AccountStatement:
    """A statement with its customer and guarantor."""

    statement: Statement
    customer: Customer
    person: Customer
    """The guarantor, to whom it is addressed."""
    currency: str
    numbers: dict[str, str]
    payers: dict[str, str]


def read(context: Context, customer_id: str, since: date | None, until: date | None) -> AccountStatement:
    """The statement of a customer's account; without days, from its first entry until today.

    Raises:
        NoAccount: there is no account.
        billing.bills.statement.BadPeriod: it would end before it begins.
    """
    account = accounts.of_customer(context.session, customer_id)
    if account is None:
        raise NoAccount(customer_id)
    owed = ledger.owed_by_bill(context.session, [account.id])[account.id]
    asked = [one for one in bills.of_account(context.session, account.id) if _is_stated(one, owed)]
    until = until or local_day(context.now, context.creditor.zone)
    people = customers.by_id(context.session, {account.customer_id, account.guarantor_id})
    lives = people[account.customer_id]
    owing = [
        Owing(
            one.id,
            None if one.unsent else one.due_on,
            last_day_to_demand(context.policy.limitation, one, lives),
        )
        for one in asked
    ]
    found = statement.state(ledger.of_account(context.session, account.id), owing, since, until)
    return AccountStatement(
        found,
        people[account.customer_id],
        people[account.guarantor_id],
        account.currency,
        {one.id: one.invoice_number or one.id for one in asked},
        coverages.payer_names(context.session, {row.payer_id for row in found.rows if row.payer_id}),
    )


def _is_stated(bill: Bill, owed: Mapping[str | None, int]) -> bool:
    """Whether a bill is in it: one that was closed with nothing left is, until something comes back on it."""
    return bill.state is BillState.ISSUED or (bill.state is BillState.CLOSED and bill.id not in owed)


def page(context: Context, stated: AccountStatement) -> dict[str, Any]:
    """All that is printed on a statement, as plain JSON."""
    to = Addressee(stated.person.name, invoices.address(context.session, stated.person), stated.customer.id)
    sheet = StatementSheet(
        stated.statement, stated.currency, stated.person.language, stated.numbers, stated.payers
    )
    return statement_documents.page(context.creditor, to, sheet)


def rows(stated: AccountStatement) -> list[dict[str, str]]:
    """CSV rows of a statement, one an entry, in plain decimals; first and last are the balances."""
    found, currency = stated.statement, stated.currency

    def row(day: date, kind: str, balance: int, **more: str) -> dict[str, str]:
        values = {"date": day.isoformat(), "kind": kind, "balance": Money(balance, currency).plain()}
        return dict.fromkeys(COLUMNS, "") | values | {"currency": currency} | more

    lines = [
        row(
            one.on,
            one.kind.value,
            one.balance,
            reversal="yes" if one.back else "",
            bill_id=one.bill_id or "",
            bill_number=stated.numbers.get(one.bill_id or "", ""),
            payer=stated.payers.get(one.payer_id or "", ""),
            time_barred="yes" if one.bill_id in found.barred else "",
            amount=Money(one.amount, currency).plain(),
        )
        for one in found.rows
    ]
    return [row(found.since, "opening", found.opening), *lines, row(found.until, "closing", found.closing)]
