"""The register.

Customers, guarantors and coverages, registered one by one; bills are in `handlers/bills/bills.py`.

Every function may be called twice: a row that is registered already changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from billing.accounts.channels import TO_ANY_EMAIL, TO_ANY_PHONE, Channel
from billing.accounts.holds import Hold, HoldKind
from billing.calendar import is_minor
from billing.refusals import Refusal
from handlers.bills.postal_address import keep_address
from handlers.dunning.reschedule import answering_for
from handlers.import_results import ImportChange
from handlers.people import replacing, stated
from handlers.people.phones import e164, zones_of_phone
from handlers.registered import refuse_erased, registered
from storage.bills.bills import Charge as Charge  # noqa: PLC0414 - who registers one builds it
from storage.database.transaction import lock_contact_point, lock_customers
from storage.desk import escalations
from storage.desk.escalations import Case
from storage.dunning import holds
from storage.ledger import accounts
from storage.payers import coverages, unclaimed_bills
from storage.payers.coverages import Coverage as Coverage  # noqa: PLC0414, TC001
from storage.payers.coverages import Payer as Payer  # noqa: PLC0414, TC001
from storage.people import contact_points, contacts, customers
from storage.people.customers import Customer

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date, time

    from sqlalchemy.orm import Session

    from handlers.context import Context


class CannotAnswer(Refusal):
    """A guarantor is registered who cannot answer for anybody's bills."""

    def __init__(self, guarantor_id: str, why: str) -> None:
        super().__init__(f"guarantor_id: {guarantor_id!r} cannot answer for the bills: {why}")


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent that the file states or the operator vouches for."""

    channel: Channel
    granted_on: date
    basis: str


@dataclass(frozen=True, slots=True)
class OptOut:
    """A person wants no messages, as another system knows it; ``since`` if it knows the day."""

    since: date | None = None


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
    opted_out: OptOut | None = None
    prefers: tuple[time, time] | None = None
    """The hours, local to them, in which they want messages."""


def hold(session: Session, customer_ids: Collection[str]) -> None:
    """Lock these customers and their guarantors, as far as registered, until the transaction ends.

    Contact points first, as everywhere, so that no two processes deadlock.
    """
    found = contact_points.of_customers(session, customer_ids).values()
    for point_id in sorted({point_id for points in found for point_id in points}):
        lock_contact_point(session, point_id)
    lock_customers(session, answering_for(session, customer_ids))


def add_customer(context: Context, row: CustomerRow) -> ImportChange:
    """Register a person or bring them up to date, with their phone, e-mail and consents.

    Raises:
        BadPhone: the phone number cannot be read.
        UnknownCustomer: the guarantor is not registered.
        CannotAnswer: the guarantor is a minor, dead, or has a guarantor of their own.
        WasErased: the person, or the guarantor, was erased.
        HoursNever: nobody may be written to in the hours they prefer.
    """
    country = row.country or context.creditor.country
    phone = e164(row.phone, country) if row.phone else None
    known = customers.find(context.session, row.id)
    refuse_erased(context.session, row.id, known, row.name, row.birth_date, (phone or "", row.email))
    answering = _guarantor(context, row, known)
    customer = Customer(
        id=row.id,
        name=row.name,
        # A row without it says nothing: nobody becomes of age, or cannot show who they are, by a column less.
        birth_date=row.birth_date or (known.birth_date if known else None),
        language=row.language or context.creditor.language,
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
    changed = customers.save(context.session, customer, context.now)
    if known and known.died_on and not row.died_on:
        _hold_until_looked_at(context, known)
    if changed and known:
        accounts.set_guarantor(context.session, row.id, answering or row.id)
    keep_address(context, customer)
    before = contacts.of_customer(context.session, row.id) if known else []
    replaced = replacing.by_register(context, row.id, before, phone or "", row.email.lower())
    points = _reach(context, row, customer, phone)
    spent = replacing.spent_consents(context, row.id) if before else set()
    changed = _consent(context, row, points, spent) or changed
    changed = customers.record_concerns(context.session, row.id, row.concerns, context.now) or changed
    changed = _wishes(context, row) or changed
    if known is None:
        return ImportChange.NEW
    if replaced:
        return ImportChange.REPLACED
    reached = {contact.address for contact in before}
    added = any(address and address not in reached for address in (phone, row.email.lower()))
    return ImportChange.CHANGED if changed or added else ImportChange.SAME


def _hold_until_looked_at(context: Context, known: Customer) -> None:
    """The register names no death any more: a person finds out which is true before anybody is written to.

    Perhaps it was an error; perhaps the newer file has no such column.
    """
    kind = HoldKind.DECEASED
    hold = Hold(kind, f"the register said that they died on {known.died_on}, and says it no more")
    holds.place(context.session, known.id, hold, "register", context.now)
    case = Case(
        key=f"{kind.value}:{known.id}",
        kind=kind.value,
        reason="the register says no more that the customer has died: lift the hold if they live",
        deadline=context.answer_by(),
        customer_id=known.id,
    )
    escalations.open_case(context.session, case, context.now)


def add_payer(session: Session, payer: Payer) -> ImportChange:
    """Register who may take over a part."""
    return ImportChange.NEW if coverages.keep_payer(session, payer) else ImportChange.SAME


def add_coverage(session: Session, coverage: Coverage) -> ImportChange:
    """Register a coverage; claims on bills not issued yet are opened.

    Raises:
        UnknownCustomer: no customer has this id.
        WasErased: the person was erased.
    """
    registered(session, coverage.customer_id, "customer_id")
    change = ImportChange(coverages.save(session, coverage))
    if change is not ImportChange.SAME:
        unclaimed_bills.add_of_customer(session, coverage.customer_id)
    return change


def bind_chat(context: Context, customer_id: str, contact_point_id: int, basis: str) -> None:
    """A contact point is this customer's, by their own word there, and they agree to be written to there."""
    contact_points.relink(context.session, customer_id, contact_point_id, context.now)
    contact_points.grant(context.session, customer_id, contact_point_id, context.now.date(), basis)


def _guarantor(context: Context, row: CustomerRow, known: Customer | None) -> str | None:
    """The guarantor for new bills; an existing one is kept, dead or alive, until a rep changes it."""
    if not row.guarantor_id or row.guarantor_id == row.id:
        return None
    if known and known.guarantor_id == row.guarantor_id:
        return known.guarantor_id
    found = registered(context.session, row.guarantor_id, "guarantor_id")
    if is_minor(found.birth_date, context.now.date()):
        raise CannotAnswer(found.id, "they are a minor")
    if found.died_on:
        raise CannotAnswer(found.id, "they have died")
    if found.guarantor_id:
        raise CannotAnswer(found.id, "somebody else answers for theirs")
    if customers.dependants(context.session, row.id):
        raise CannotAnswer(found.id, f"{row.id!r} answers for somebody too")
    return found.id


def _consent(
    context: Context, row: CustomerRow, points: Mapping[Channel, int], spent: Collection[tuple[date, str]]
) -> bool:
    """Save the consents of a row, but those that were given for a number which another one replaced.

    Returns whether any is new.
    """
    new = [
        contact_points.grant(
            context.session, row.id, points[consent.channel], consent.granted_on, consent.basis
        )
        for consent in row.consents
        if consent.channel in points and (consent.granted_on, consent.basis) not in spent
    ]
    return any(new)


def _wishes(context: Context, row: CustomerRow) -> bool:
    """Take an opt-out and preferred hours; returns whether either is new."""
    new = stated.hours(context, row.id, *row.prefers) if row.prefers else False
    return (stated.opt_out(context, row.id, row.opted_out.since) if row.opted_out else False) or new


def _reach(context: Context, row: CustomerRow, customer: Customer, phone: str | None) -> dict[Channel, int]:
    found: dict[Channel, int] = {}
    if phone:
        zones = zones_of_phone(phone)
        agreed = (consent.channel for consent in row.consents if consent.channel.by_phone)
        for channel in dict.fromkeys((TO_ANY_PHONE, *agreed)):
            found[channel] = contact_points.at(
                context.session, channel, phone, zones, customer.language, context.now
            )
    if row.email:
        found[TO_ANY_EMAIL] = contact_points.at(
            context.session, TO_ANY_EMAIL, row.email.lower(), (), customer.language, context.now
        )
    for point_id in found.values():
        contact_points.link(context.session, row.id, point_id, context.now)
    return found
