"""The register: customers, guarantors, coverages, bills and charges, enrolled one by one.

Everything here may be told twice: what is known already changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import phonenumbers
from phonenumbers import timezone as phone_zones

from billing.allocation import Debt, allocate
from billing.bills import BillState
from billing.calendar import is_minor
from billing.channels import Channel
from billing.ledger import Entry, EntryKind
from billing.money import Money
from billing.refusals import Refusal
from handlers.post import keep_address
from handlers.wake import answering_for
from storage import acceptances, accounts, bills, contact_points, coverages, customers, ledger
from storage.acceptances import REMINDER_FEE
from storage.bills import Bill
from storage.bills import Charge as Charge  # noqa: PLC0414 - who registers one builds it
from storage.coverages import Coverage as Coverage  # noqa: PLC0414, TC001
from storage.coverages import Payer as Payer  # noqa: PLC0414, TC001
from storage.customers import Customer
from storage.transaction import lock_contact_point, lock_customers

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from handlers.house import House

_NO_ZONE = "Etc/Unknown"


class Change(StrEnum):
    """What a row did to the register."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


class UnknownCustomer(Refusal):
    """Somebody is named who is not in the register."""

    def __init__(self, customer_id: str, field_name: str) -> None:
        super().__init__(f"{field_name}: no customer {customer_id!r} is registered; import them first")


class UnknownBill(Refusal):
    """A bill is named that is not in the register."""

    def __init__(self, bill_id: str) -> None:
        super().__init__(f"bill_id: no bill {bill_id!r} is registered; import it first")


class CannotAnswer(Refusal):
    """A guarantor cannot answer for anybody's bills."""

    def __init__(self, guarantor_id: str, why: str) -> None:
        super().__init__(f"guarantor_id: {guarantor_id!r} cannot answer for the bills: {why}")


class BadPhone(Refusal):
    """A text that should be a phone number is none."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"phone: {text!r} is no phone number; write it with its country code, like +15035550142"
        )


class OtherCurrency(Refusal):
    """A bill is in another currency than its account."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(f"currency: found {found}, but this account is kept in {expected}")


class BillDiffers(Refusal):
    """A bill that is registered comes again with other figures."""

    def __init__(self, bill_id: str) -> None:
        super().__init__(
            f"bill_id: {bill_id!r} is registered with other figures; a bill is never changed: issue a new one"
        )


class ChargeDiffers(Refusal):
    """A line of a bill that is registered comes again with other figures."""

    def __init__(self, charge_id: str) -> None:
        super().__init__(
            f"charge_id: {charge_id!r} is registered with other figures; give this one an id of its own"
        )


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent that the file states or the operator vouches for."""

    channel: Channel
    granted_on: date
    basis: str


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A person to register. ``phone`` in any spelling; without ``+`` it is taken for their country's."""

    id: str
    name: str
    birth_date: date | None = None
    phone: str = ""
    email: str = ""
    language: str = ""
    timezone: str | None = None
    country: str = ""
    region: str = ""
    address: str = ""
    postal_code: str = ""
    city: str = ""
    guarantor_id: str | None = None
    died_on: date | None = None
    note: str = ""
    consents: tuple[Consent, ...] = ()
    concerns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BillRow:
    """A bill to register.

    ``total`` is what the services cost, ``covered`` what each payer took over of it, both in minor
    units; the difference is what the bill asks for.
    """

    id: str
    customer_id: str
    issued_on: date
    due_on: date
    currency: str
    total: int
    covered: tuple[tuple[str, int], ...] = ()
    description: str = ""
    sent_on: date | None = None
    fee_agreed: bool = False
    estimate: int | None = None

    @property
    def amount(self) -> int:
        """What is left to the customer, in minor units."""
        return self.total - sum(amount for _, amount in self.covered)


def hold(session: Session, customer_ids: Collection[str]) -> None:
    """Hold these customers and whoever answers for them until the transaction ends, as far as they are known.

    Their contact points come first, as everywhere.
    """
    found = contact_points.of_customers(session, customer_ids).values()
    for point_id in sorted({point_id for points in found for point_id in points}):
        lock_contact_point(session, point_id)
    lock_customers(session, answering_for(session, customer_ids))


def add_customer(session: Session, house: House, row: CustomerRow, now: datetime) -> Change:
    """Register a person or bring them up to date, with their phone, e-mail and consents.

    Raises:
        BadPhone: the phone number cannot be read.
        UnknownCustomer: the guarantor is not registered.
        CannotAnswer: the guarantor is a minor, dead, or has a guarantor of their own.
    """
    country = row.country or house.creditor.country
    phone = e164(row.phone, country) if row.phone else None
    answering = _guarantor(session, row, now)
    known = customers.find(session, row.id)
    customer = Customer(
        id=row.id,
        name=row.name,
        birth_date=row.birth_date,
        language=row.language or house.creditor.language,
        timezone=row.timezone,
        country=country,
        region=row.region,
        address=row.address,
        postal_code=row.postal_code,
        city=row.city,
        guarantor_id=answering,
        died_on=row.died_on,
        note=row.note,
    )
    changed = customers.save(session, customer, now)
    if changed and known:
        accounts.set_guarantor(session, row.id, answering or row.id)
    keep_address(session, customer, now)
    points = _reach(session, row, customer, phone, now)
    for consent in row.consents:
        if consent.channel in points:
            point_id = points[consent.channel]
            contact_points.grant(session, row.id, point_id, consent.granted_on, consent.basis)
    customers.record_concerns(session, row.id, row.concerns, now)
    if known is None:
        return Change.NEW
    return Change.CHANGED if changed else Change.SAME


def add_bill(session: Session, row: BillRow, now: datetime) -> Change:
    """Register a bill and book it: the charge, and what payers took over.

    Raises:
        UnknownCustomer: nobody with that id is registered.
        OtherCurrency: the customer's account is kept in another currency.
        BillDiffers: the bill is registered with other figures.
    """
    customer = customers.find(session, row.customer_id)
    if customer is None:
        raise UnknownCustomer(row.customer_id, "customer_id")
    known = bills.find(session, row.id)
    if known:
        mine = accounts.of_customer(session, customer.id)
        _same_or_refuse(known, row, mine.id if mine else "")
        return Change.SAME
    account = accounts.open_account(session, customer.id, customer.guarantor_id or customer.id, row.currency)
    if account.currency != row.currency:
        raise OtherCurrency(row.currency, account.currency)
    bill = Bill(
        id=row.id,
        account_id=account.id,
        issued_on=row.issued_on,
        due_on=row.due_on,
        currency=row.currency,
        amount=row.amount,
        description=row.description,
        sent_on=row.sent_on,
        fee_agreed=row.fee_agreed
        or acceptances.older_than(session, customer.id, REMINDER_FEE, row.issued_on),
        estimate=row.estimate,
    )
    bills.add(session, bill)
    ledger.append(session, _entries(row, account.id), now)
    use_credit(session, account.id, account.currency, row.issued_on, now)
    return Change.NEW


def currencies(session: Session, bill_ids: Collection[str]) -> dict[str, str]:
    """The currency of each of these bills that is registered."""
    return {bill.id: bill.currency for bill in bills.by_id(session, bill_ids).values()}


def add_charges(session: Session, charges: Sequence[Charge]) -> list[Change | Refusal]:
    """Register lines of bills; for each what it did, or why it was refused."""
    billed = bills.by_id(session, {charge.bill_id for charge in charges})
    known = bills.charges_by_id(session, {charge.id for charge in charges})
    done: list[Change | Refusal] = []
    for charge in charges:
        before = known.setdefault(charge.id, charge)
        if charge.bill_id not in billed:
            done.append(UnknownBill(charge.bill_id))
        elif before is charge:
            done.append(Change.NEW)
        else:
            done.append(
                Change.SAME
                if before == replace(charge, position=before.position)
                else ChargeDiffers(charge.id)
            )
    new = [charge for charge, did in zip(charges, done, strict=True) if did is Change.NEW]
    bills.add_charges(session, new)
    _unagreed(session, new)
    return done


def _unagreed(session: Session, charges: Sequence[Charge]) -> None:
    """A service that is older than what the customer accepted: no fee was agreed when the debt arose."""
    for bill in bills.by_id(session, {charge.bill_id for charge in charges}).values():
        days = [charge.service_on for charge in charges if charge.bill_id == bill.id]
        owner = accounts.get(session, bill.account_id) if bill.fee_agreed else None
        accepted = acceptances.first(session, owner.customer_id, REMINDER_FEE) if owner else None
        if accepted and accepted.date() >= min(days):
            bills.agree_to_no_fee(session, bill.id)


def add_payer(session: Session, payer: Payer) -> Change:
    """Register who may take over a part."""
    return Change.NEW if coverages.keep_payer(session, payer) else Change.SAME


def add_coverage(session: Session, coverage: Coverage) -> Change:
    """Register who covers a customer.

    Raises:
        UnknownCustomer: nobody with that id is registered.
    """
    if customers.find(session, coverage.customer_id) is None:
        raise UnknownCustomer(coverage.customer_id, "customer_id")
    return Change(coverages.save(session, coverage))


def bind_chat(session: Session, customer_id: str, contact_point_id: int, basis: str, now: datetime) -> None:
    """A contact point is this customer's, and they agree to be written to there."""
    contact_points.link(session, customer_id, contact_point_id, now)
    contact_points.grant(session, customer_id, contact_point_id, now.date(), basis)


def use_credit(session: Session, account_id: str, currency: str, day: date, now: datetime) -> None:
    """Settle open bills with credit that no bill has used yet, the oldest due first."""
    owed = ledger.owed_by_bill(session, [account_id])[account_id]
    credit = -owed.get(None, 0)
    if credit <= 0:
        return
    rows = bills.by_id(session, [bill_id for bill_id in owed if bill_id])
    issued = [bill for bill in rows.values() if bill.state is BillState.ISSUED]
    debts = [Debt(bill.id, bill.due_on, owed[bill.id]) for bill in issued]
    booked = len(ledger.of_account(session, account_id))
    entries = []
    for number, share in enumerate(allocate(credit, debts)):
        if share.bill_id is not None:
            source = f"credit:{account_id}:{booked}:{number}"
            part = Money(share.amount, currency)
            taken = Entry(account_id, EntryKind.PAYMENT, part, day, f"{source}:from")
            entries += [taken, replace(taken, amount=-part, source=f"{source}:to", bill_id=share.bill_id)]
    ledger.append(session, entries, now)


def e164(text: str, country: str) -> str:
    """A phone number in E.164; without a ``+`` it is taken for one of ``country`` (ISO 3166).

    Raises:
        BadPhone: it cannot be a phone number.
    """
    try:
        parsed = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        raise BadPhone(text) from None
    if not phonenumbers.is_possible_number(parsed):
        raise BadPhone(text)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def zones_of_phone(number: str) -> list[str]:
    """The time zones an area code lies in; none when it does not tell."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return []
    return [zone for zone in phone_zones.time_zones_for_number(parsed) if zone != _NO_ZONE]


def _guarantor(session: Session, row: CustomerRow, now: datetime) -> str | None:
    if not row.guarantor_id or row.guarantor_id == row.id:
        return None
    found = customers.find(session, row.guarantor_id)
    if found is None:
        raise UnknownCustomer(row.guarantor_id, "guarantor_id")
    if is_minor(found.birth_date, now.date()):
        raise CannotAnswer(found.id, "they are a minor")
    if found.died_on:
        raise CannotAnswer(found.id, "they have died")
    if found.guarantor_id:
        raise CannotAnswer(found.id, "somebody else answers for theirs")
    if customers.dependants(session, row.id):
        raise CannotAnswer(found.id, f"{row.id!r} answers for somebody too")
    return found.id


def _reach(
    session: Session, row: CustomerRow, customer: Customer, phone: str | None, now: datetime
) -> dict[Channel, int]:
    found: dict[Channel, int] = {}
    if phone:
        zones = zones_of_phone(phone)
        for channel in (Channel.SMS, *(c.channel for c in row.consents if c.channel is Channel.WHATSAPP)):
            found[channel] = contact_points.at(session, channel, phone, zones, customer.language, now)
    if row.email:
        found[Channel.EMAIL] = contact_points.at(
            session, Channel.EMAIL, row.email.lower(), (), customer.language, now
        )
    for point_id in found.values():
        contact_points.link(session, row.id, point_id, now)
    return found


def _same_or_refuse(known: Bill, row: BillRow, account_id: str) -> None:
    told = (account_id, row.issued_on, row.due_on, row.currency, row.amount)
    if told != (known.account_id, known.issued_on, known.due_on, known.currency, known.amount):
        raise BillDiffers(row.id)


def _entries(row: BillRow, account_id: str) -> list[Entry]:
    charged = Entry(
        account_id=account_id,
        kind=EntryKind.CHARGE,
        amount=Money(row.total, row.currency),
        booked_on=row.issued_on,
        source=f"bill:{row.id}",
        bill_id=row.id,
    )
    covered = [
        replace(
            charged,
            kind=EntryKind.PAYER,
            amount=Money(-amount, row.currency),
            source=f"bill:{row.id}:payer:{payer_id}",
        )
        for payer_id, amount in row.covered
        if amount
    ]
    return [charged, *covered]
