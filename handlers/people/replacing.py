"""A number or address that another one replaced is retired: nothing more goes there, it proves nothing.

A stop follows the customer to the new one; a consent does not, for it was given for the old one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.desk import staff
from storage.desk.staff import AuditEntry
from storage.people import contact_points, contacts, customers
from storage.people.contacts import Retirer

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from handlers.context import Context
    from storage.people.contacts import Contact


def retire(context: Context, customer_id: str, gone: Collection[Contact], by: Retirer) -> None:
    """Retire contacts of a customer; the caller reschedules.

    What is queued for them is withdrawn by the gate, which finds them closed.
    """
    if not gone:
        return
    ids = [contact.contact_point_id for contact in gone]
    contacts.retire(context.session, customer_id, ids, by, context.now)
    stopped = [contact.stopped_at for contact in gone if contact.stopped_at]
    if stopped:
        customers.keep_stopped(context.session, customer_id, min(stopped))
    entry = AuditEntry(
        context.now,
        "customer" if by is Retirer.CUSTOMER else "kvitt",
        "number_retired",
        f"customer:{customer_id}",
        {"contact_points": ids, "by": by.value},
    )
    staff.write_down(context.session, entry)


def by_register(
    context: Context, customer_id: str, known: Collection[Contact], phone: str, email: str
) -> bool:
    """Retire what the register's number and e-mail address replace; returns whether anything was.

    ``known`` are the contacts before this row; ``phone`` (E.164) and ``email`` are empty where it names none.
    """
    families = (
        (phone, [contact for contact in known if contact.channel.by_phone]),
        (email, [contact for contact in known if contact.channel.by_email]),
    )
    gone = [
        one
        for address, family in families
        if address
        for one in _replaced(context, customer_id, address, family)
    ]
    retire(context, customer_id, gone, Retirer.REGISTER)
    return bool(gone)


def others_by_phone(context: Context, customer_id: str, phone: str) -> list[Contact]:
    """The live contacts of a customer that another phone number than this (E.164) reaches."""
    known = contacts.of_customer(context.session, customer_id)
    return [one for one in known if one.live and one.channel.by_phone and one.address != phone]


def spent_consents(context: Context, customer_id: str) -> set[tuple[date, str]]:
    """Consents, by day and basis, that were given for what was retired: they allow nothing elsewhere."""
    known = contacts.of_customer(context.session, customer_id)
    retired = [one.contact_point_id for one in known if not one.live]
    return contacts.consents_at(context.session, customer_id, retired) if retired else set()


def _replaced(context: Context, customer_id: str, address: str, family: Collection[Contact]) -> list[Contact]:
    """The live contacts of one kind that this address replaces.

    One that the register retired is taken back when it names it again. One that the customer gave up stays
    given up, and replaces nothing: an old export must not undo what they said. A number that came after the
    register's (by chat) is newer than it.
    """
    here = [one for one in family if one.address == address]
    others = [one for one in family if one.live and one.address != address]
    live = [one.added_at for one in here if one.live]
    if live:
        return [one for one in others if one.added_at < min(live)]
    if any(one.removed_by != Retirer.REGISTER for one in here):
        return []
    for one in here:
        contact_points.relink(context.session, customer_id, one.contact_point_id, context.now)
    return others
