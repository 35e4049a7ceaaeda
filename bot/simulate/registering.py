"""People and bills as a file would state them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.channels import Channel
from handlers.bills.bills import BillRow
from handlers.people.register import Consent, CustomerRow

if TYPE_CHECKING:
    from bot.simulate.people import Owes, SimulatedPerson


def customer_row(person: SimulatedPerson) -> CustomerRow:
    """A row of the register, with a consent if the person signed the form."""
    consents = tuple(
        Consent(Channel.SMS, given, "signed form") for name, given in person.consents.items() if name == "sms"
    )
    return CustomerRow(
        id=person.id,
        name=person.name,
        birth_date=person.born,
        phone=person.addresses.get("sms", ""),
        language=person.language,
        timezone=person.place.stated or None,
        country=person.place.country or "XX",
        region=person.place.region,
        address=person.street,
        postal_code=person.postal_code,
        city="Town",
        guarantor_id=person.guarantor_id,
        died_on=person.died_on,
        consents=consents,
        concerns=person.concerns,
    )


def bill_row(person: SimulatedPerson, bill: Owes, currency: str) -> BillRow:
    """A simulated bill as it is imported into the register."""
    return BillRow(
        bill.bill_id,
        person.id,
        bill.issued_on,
        bill.due_on,
        currency,
        bill.total,
        covered=(("insurer", bill.covered),) if bill.covered else (),
        description=bill.description,
        fee_agreed=bill.fee_agreed,
        estimate=bill.estimate,
        sent_on=bill.issued_on,
    )
