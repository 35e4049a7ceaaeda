"""Address search: a case for the desk when a letter or final notice could not be delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.snapshot import PlacementState
from storage.collection import placements
from storage.desk import escalations
from storage.desk.escalations import Case
from storage.people import customers, reachability

if TYPE_CHECKING:
    from collections.abc import Collection

    from handlers.context import Context


def open_search(context: Context, customer_id: str, why: str) -> None:
    """Put the search for an address before the desk, once, with the other ways there are."""
    customer = customers.find(context.session, customer_id)
    ways = reachability.ways(context.session, [customer_id]).get(customer_id, [])
    usable = sorted({reach.channel.value for way in ways if (reach := way.reach).usable})
    others = sorted({reach.channel.value for way in ways if not (reach := way.reach).usable})
    detail = {
        "what else there is": ", ".join(usable) or "nothing that may be used",
        "closed or failing": ", ".join(others) or "nothing",
        "payer or guarantor": customer.guarantor_id or "" if customer else "",
    }
    case = Case(
        key=f"address_search:{customer_id}",
        kind="address_search",
        reason=f"{why}: find the customer's address and change the register",
        deadline=context.answer_by(),
        severity=3,
        customer_id=customer_id,
        detail={name: value for name, value in detail.items() if value},
    )
    escalations.open_case(context.session, case, context.now)


def stop_placement(context: Context, bill_ids: Collection[str], why: str) -> list[str]:
    """Keep bills from the collector: their final notice did not reach its address after all.

    Gives back those that a collector has already: a person must call them back.
    """
    at_collector = []
    for bill_id, state in placements.of_bills(context.session, bill_ids).items():
        if state is PlacementState.PLACED:
            at_collector.append(bill_id)
        elif placements.unflag(context.session, bill_id, why, context.now):
            escalations.close_key(context.session, f"placement:{bill_id}", "kvitt", why, context.now)
    return at_collector
