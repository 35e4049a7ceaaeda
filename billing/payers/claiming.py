"""Makes claims from services: which payer is asked for which, and for how much; minor units."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from billing.payers.claims import ClaimLine
from billing.payers.coverage import in_order

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date

    from billing.payers.claims import Code
    from billing.payers.coverage import Covered


@dataclass(frozen=True, slots=True)
class Service:
    """One charge to claim: ``charged`` is what it costs, ``left`` what nobody has taken over yet."""

    charge_id: str
    service_on: date
    code: Code
    description: str
    charged: int
    left: int
    quantity: str = "1"
    modifiers: tuple[str, ...] = ()
    authorisation: str = ""


@dataclass(frozen=True, slots=True)
class PayerRequest:
    """The services and amounts to claim on one coverage."""

    covered: Covered
    lines: tuple[ClaimLine, ...]


def ask(
    services: Iterable[Service], coverages: Iterable[Covered], already: Collection[str] = ()
) -> list[PayerRequest]:
    """The next claims: each service on the first coverage valid on its day.

    ``already`` are the ids of coverages that were asked before; the same membership is never asked twice.
    A service that nobody covers, or of which nothing is left, is in no claim.
    """
    known = list(coverages)
    members = {(one.payer_id, one.member_id) for one in known if one.coverage_id in already}
    fresh = [
        one
        for one in known
        if one.coverage_id not in already and (one.payer_id, one.member_id) not in members
    ]
    found: dict[str, tuple[Covered, list[Service]]] = {}
    for service in settled(services):
        order = in_order(fresh, service.service_on)
        if order and service.left > 0:
            found.setdefault(order[0].coverage_id, (order[0], []))[1].append(service)
    return [PayerRequest(covered, _lines(those)) for covered, those in found.values()]


def claim_lines(services: Iterable[Service]) -> tuple[ClaimLine, ...]:
    """Whatever is left of services, as the lines of one claim."""
    return _lines([one for one in settled(services) if one.left > 0])


def settled(services: Iterable[Service]) -> list[Service]:
    """The services to claim without those below zero: a discount comes off those before it, nearest first.

    No payer takes a line below zero. What comes to nothing is left out; the sums stay, unless the discounts
    are more than the services.
    """
    found: list[Service] = []
    after: list[Service] = []
    for service in services:
        (found if service.charged >= 0 else after).append(service)
    charged = -sum(one.charged for one in after)
    left = -sum(min(one.left, 0) for one in (*after, *found))
    for at in reversed(range(len(found))):
        one = found[at]
        less = min(charged, one.charged)
        less_left = min(left, max(one.left, 0))
        found[at] = replace(one, charged=one.charged - less, left=max(one.left, 0) - less_left)
        charged, left = charged - less, left - less_left
    return [one for one in found if one.charged > 0]


def _lines(services: Sequence[Service]) -> tuple[ClaimLine, ...]:
    return tuple(
        ClaimLine(
            position=position,
            charge_id=one.charge_id,
            service_on=one.service_on,
            code=one.code,
            description=one.description,
            amount=one.left,
            charged=one.charged,
            quantity=one.quantity,
            modifiers=one.modifiers,
            authorisation=one.authorisation,
        )
        for position, one in enumerate(services, 1)
    )
