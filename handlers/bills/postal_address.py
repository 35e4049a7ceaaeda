"""The contact point for letters, which exists while the postal address on file is complete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.accounts.channels import TO_ANY_LETTERBOX
from storage.people import contact_points, reachability

if TYPE_CHECKING:
    from handlers.context import Context
    from storage.people.customers import Customer

_TOWN_FIRST: Final = frozenset({"US", "CA", "AU", "GB", "IE"})
"""Countries that print the postal code after the town."""


def address_of(customer: Customer) -> str:
    """The postal address in one canonical text: street, town with its code, country code, a line each.

    Empty where anything of it is unknown: half an address is none.
    """
    street = [
        " ".join(part.split()) for part in customer.address.replace("\n", ",").split(",") if part.strip()
    ]
    code, town = " ".join(customer.postal_code.split()), " ".join(customer.city.split())
    if not (street and code and town and customer.country):
        return ""
    if customer.country in _TOWN_FIRST:
        place = f"{town}, {customer.region} {code}" if customer.region else f"{town} {code}"
    else:
        place = f"{code} {town}"
    return "\n".join([*street, place, customer.country])


def keep_address(context: Context, customer: Customer) -> None:
    """Reach a customer by letter at the address on file now, and no longer at the one before."""
    address = address_of(customer)
    wanted = None
    if address:
        wanted = contact_points.at(
            context.session, TO_ANY_LETTERBOX, address, (), customer.language, context.now
        )
    for way in reachability.ways(context.session, [customer.id]).get(customer.id, []):
        reach = way.reach
        if reach.channel.on_paper and reach.contact_point_id != wanted:
            contact_points.unlink(context.session, customer.id, reach.contact_point_id, context.now)
    if wanted is not None:
        contact_points.relink(context.session, customer.id, wanted, context.now)
