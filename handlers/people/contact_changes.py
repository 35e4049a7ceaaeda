"""Contact details that a customer gave on a call, and a rep writes down.

The rules are those of a number that a customer replaces by text: what it replaces is retired, a stop follows
them, a consent does not (docs/ways/identity.md). Whoever had the number before hears of it there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from billing.accounts.channels import TO_ANY_EMAIL, TO_ANY_PHONE
from billing.accounts.concerns import Concern
from billing.accounts.roles import Right
from billing.calendar import local_day
from billing.facts import Saying
from billing.gate import Purpose
from billing.refusals import Refusal
from handlers import rendering, rights
from handlers.bills.postal_address import keep_address
from handlers.people import register, replacing, unreachable
from handlers.people.phones import e164, zones_of_phone
from handlers.registered import registered
from storage.delivery import drafts
from storage.desk import escalations, staff
from storage.desk.staff import AuditEntry
from storage.people import contact_points, contacts, customers
from storage.people.contacts import Retirer

if TYPE_CHECKING:
    from collections.abc import Collection

    from billing.accounts.channels import Channel
    from handlers.context import Context
    from storage.people.contacts import Contact
    from storage.people.customers import Customer

_GOOD_FOR: Final = timedelta(days=1)


class NothingToChange(Refusal):
    """A rep writes down no contact detail, or only what is on file."""

    def __init__(self, customer_id: str) -> None:
        super().__init__(
            f"nothing is new for customer {customer_id!r}: give a phone, e-mail, address or name"
        )


class NumberInDoubt(Refusal):
    """Who is reached at the new number said not to be the customer: a person looks at that case first."""

    def __init__(self, customer_id: str) -> None:
        super().__init__(
            f"customer {customer_id!r} cannot be reached there yet: somebody says not to be the customer; "
            "close that case first, see kvitt escalations list"
        )


class NoAddress(Refusal):
    """What is given as an e-mail address is none."""

    def __init__(self) -> None:
        super().__init__("email: is no e-mail address: write it as ada@example.org")


@dataclass(frozen=True, slots=True)
class ContactChange:
    """What a customer said; empty fields stay as they are. ``phone`` in any spelling.

    ``agrees`` says that they want messages at what is new; it is kept as their consent, with who noted it.
    """

    phone: str = ""
    email: str = ""
    name: str = ""
    address: str = ""
    postal_code: str = ""
    city: str = ""
    agrees: bool = False


def change(context: Context, customer_id: str, wanted: ContactChange, by: str) -> tuple[str, ...]:
    """Write down contact details that a customer gave; returns what changed, by name.

    Raises:
        rights.NotAllowed: the user may only look.
        UnknownCustomer, WasErased: nobody of this id can be changed.
        handlers.people.register.BadPhone: the text is no phone number.
        NoAddress: the text is no e-mail address.
        NumberInDoubt: who is reached there said not to be the customer.
        NothingToChange: all of it is on file.
    """
    session = context.session
    by = rights.check(session, by, Right.WORK)
    customer = registered(session, customer_id, "customer")
    register.hold(session, [customer_id])
    changed = _registered(context, customer, wanted)
    if wanted.phone:
        changed += _reached(context, customer, TO_ANY_PHONE, e164(wanted.phone, customer.country), wanted, by)
    if wanted.email:
        if "@" not in wanted.email.strip("@"):
            raise NoAddress
        changed += _reached(context, customer, TO_ANY_EMAIL, wanted.email.strip().lower(), wanted, by)
    if not changed:
        raise NothingToChange(customer_id)
    entry = AuditEntry(context.now, by, "contact_changed", f"customer:{customer_id}", {"what": list(changed)})
    staff.write_down(session, entry)
    unreachable.reachable_again(context, [customer_id])
    return tuple(dict.fromkeys(changed))


def _registered(context: Context, customer: Customer, wanted: ContactChange) -> list[str]:
    """Save name and postal address; a letter goes to the new address from now on."""
    known = ("name", "address", "postal_code", "city")
    new: dict[str, Any] = {
        name: given for name in known if (given := " ".join(getattr(wanted, name).split()))
    }
    new = {name: given for name, given in new.items() if getattr(customer, name) != given}
    if not new:
        return []
    changed = replace(customer, **new)
    customers.save(context.session, changed, context.now)
    keep_address(context, changed)
    return ["name"] * ("name" in new) + ["address"] * bool(set(new) - {"name"})


def _reached(
    context: Context, customer: Customer, channel: Channel, address: str, wanted: ContactChange, by: str
) -> list[str]:
    """Reach a customer at a number or an e-mail address from now on, and no longer at those it replaces."""
    session, what = context.session, "phone" if channel.by_phone else "email"
    zones = zones_of_phone(address) if channel.by_phone else ()
    point_id = contact_points.at(session, channel, address, zones, customer.language, context.now)
    if contact_points.get(session, point_id).not_the_customer_at:
        raise NumberInDoubt(customer.id)
    known = contacts.of_customer(session, customer.id)
    family = [
        one
        for one in known
        if one.live and (one.channel.by_phone if channel.by_phone else one.channel.by_email)
    ]
    here = any(one.address == address for one in family)
    gone = [one for one in family if one.address != address]
    contact_points.relink(session, customer.id, point_id, context.now)
    contact_points.confirm(session, point_id, context.now)
    if channel.by_phone:
        escalations.close_key(
            session, f"number_unconfirmed:{customer.id}", by, "number_confirmed", context.now
        )
    consented = wanted.agrees and contact_points.grant(
        session, customer.id, point_id, local_day(context.now, context.creditor.zone), _basis(context, by)
    )
    _notify(context, customer, gone, point_id)
    replacing.retire(context, customer.id, gone, Retirer.CUSTOMER)
    return [what] * (not here or bool(gone)) + ["consent"] * bool(consented)


def _basis(context: Context, by: str) -> str:
    return f"said to our staff on {local_day(context.now, context.creditor.zone)}, noted by {by}"


def _notify(context: Context, customer: Customer, gone: Collection[Contact], point_id: int) -> None:
    """Say at the number that was replaced that it was: an impostor may have asked for it.

    Not where the number is unsafe: who reads there must not learn of the customer.
    """
    unsafe = Concern.UNSAFE_NUMBER in customers.concerns_of(context.session, [customer.id]).get(
        customer.id, ()
    )
    old = next((one for one in gone if one.channel.by_phone and one.channel is TO_ANY_PHONE), None)
    if old is None or unsafe:
        return
    draft = rendering.draft(
        context.installation,
        contact_points.get(context.session, old.contact_point_id),
        f"replaced:{customer.id}:{old.contact_point_id}:{point_id}",
        Purpose.VERIFICATION,
        (Saying("contact_details.added_elsewhere"),),
        context.now,
        _GOOD_FOR,
    )
    drafts.queue(context.session, draft, context.now)
