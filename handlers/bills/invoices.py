"""A bill as its guarantor reads it, on paper and on its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from billing.accounts.concerns import hides_address
from billing.bills import invoice, prompt_pay
from billing.bills.invoice import Invoice, InvoiceLine
from billing.calendar import local_day
from billing.dunning.good_faith import exceeds
from billing.ledger.ledger import EntryKind
from billing.ledger.money import Money
from handlers.bills.disclosure import services_shown
from handlers.bills.postal_address import address_of
from handlers.import_results import UnknownBill
from messages.documents import bill_documents
from messages.documents.bill_documents import Printed
from messages.documents.documents import Addressee
from storage.bills import bills
from storage.ledger import accounts, ledger
from storage.payers import coverages
from storage.people import customers, reachability

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from typing import Any

    from sqlalchemy.orm import Session

    from billing.ledger.ledger import Entry
    from handlers.context import Context
    from handlers.installation import Installation
    from storage.bills.bills import Bill
    from storage.ledger.accounts import Account
    from storage.people.customers import Customer


@dataclass(frozen=True, slots=True)
class Read:
    """A bill with the people it concerns."""

    bill: Bill
    account: Account
    person: Customer
    """The guarantor."""
    served: Customer
    invoice: Invoice


def named(session: Session, name: str) -> Bill:
    """The bill with this id or number.

    Raises:
        UnknownBill: there is none.
    """
    found = bills.called(session, name)
    if found is None:
        raise UnknownBill(name, hint="name its id, its number or its payment reference")
    return found


def read(context: Context, bill_id: str) -> Read:
    """Everything that is printed on a bill, with balances of now.

    Raises:
        UnknownBill: there is none.
    """
    bill = named(context.session, bill_id)
    account = accounts.get(context.session, bill.account_id)
    assert account is not None
    people = customers.by_id(context.session, {account.customer_id, account.guarantor_id})
    person, served = people[account.guarantor_id], people[account.customer_id]
    return Read(bill, account, person, served, _invoice(context, bill, person, served))


def page(
    context: Context, bill_id: str, *, dated_on: date | None = None, link: str = "", letter: str = ""
) -> dict[str, Any]:
    """The data of a printed bill as plain JSON; the same data gives the same page again.

    Without ``dated_on`` it bears its own date, the day it was issued on. ``letter`` is the letter's
    reference, by which it is recognised when it is returned.

    Raises:
        UnknownBill: there is none.
    """
    found = read(context, bill_id)
    to = Addressee(found.person.name, address(context.session, found.person), found.person.id)
    rules = context.policy
    printed = Printed(
        invoice=found.invoice,
        language=found.person.language,
        dated_on=dated_on or found.bill.issued_on,
        today=dated_on or local_day(context.now, context.creditor.zone),
        link=link,
        letter=letter,
        ocr=rules.billing.reference == "ocr",
        aid=rules.aid is not None,
        plan=rules.plan.offered,
    )
    return bill_documents.page(context.creditor, to, printed)


def reference(installation: Installation, bill: Bill) -> str:
    """The payment reference of a bill, under the policy: its invoice number or its own reference."""
    if installation.policy.billing.reference == "invoice_number" and bill.invoice_number:
        return bill.invoice_number
    return bill.reference


def _invoice(context: Context, bill: Bill, person: Customer, served: Customer) -> Invoice:
    entries, currency = ledger.of_bill(context.session, bill.id), bill.currency
    estimate = Money(bill.estimate, currency) if bill.estimate is not None else None
    total = invoice.charged(entries, currency)
    faith = context.policy.good_faith
    payers = coverages.payer_names(context.session, {entry.payer_id for entry in entries if entry.payer_id})
    return Invoice(
        bill_id=bill.id,
        number=bill.invoice_number or bill.id,
        reference=reference(context.installation, bill),
        issued_on=bill.issued_on,
        due_on=bill.due_on,
        person=person.name,
        served=served.name if served.id != person.id else "",
        lines=(
            _lines(context.session, bill, entries, total)
            if services_shown(context, served.id, served.birth_date, person.id)
            else _sum_alone(bill, total)
        ),
        total=total,
        payers=tuple(invoice.payer_shares(entries, payers, currency)),
        movements=tuple(invoice.movements(entries)),
        owed=invoice.owed(entries, currency),
        estimate=estimate,
        prompt=bill.promised if bill.promised and not prompt_pay.active_discounts(entries) else None,
        over_estimate=faith is not None and exceeds(faith, bill.amount, bill.estimate, currency),
    )


def _lines(session: Session, bill: Bill, entries: Sequence[Entry], total: Money) -> tuple[InvoiceLine, ...]:
    """The lines of a bill; what they miss of its total, or all of it where there are none, is one more."""
    currency = bill.currency
    lines = [
        InvoiceLine(
            service_on=charge.service_on,
            code=charge.code,
            description=charge.description,
            quantity=charge.quantity,
            unit=Money(charge.unit_amount, currency),
            amount=Money(charge.amount, currency),
        )
        for charge in bills.charges_of(session, bill.id)
    ]
    missing = total.minor - sum(line.amount.minor for line in lines)
    if missing:
        day = next((one.booked_on for one in entries if one.kind is EntryKind.CHARGE), bill.issued_on)
        rest = Money(missing, currency)
        lines.append(InvoiceLine(day, "", "" if lines else bill.description, "", rest, rest))
    return tuple(lines)


def _sum_alone(bill: Bill, total: Money) -> tuple[InvoiceLine, ...]:
    """One line without a name, a code or a day of service, for a guarantor who may not see them."""
    return (InvoiceLine(bill.issued_on, "", "", "", total, total),)


def address(session: Session, person: Customer) -> str:
    """The postal address on a person's invoices and other letters; empty if it is protected."""
    if hides_address(customers.concerns_of(session, [person.id]).get(person.id, frozenset())):
        return ""
    for way in reachability.ways(session, [person.id]).get(person.id, []):
        if way.reach.channel.on_paper:
            return way.reach.address
    return address_of(person)
