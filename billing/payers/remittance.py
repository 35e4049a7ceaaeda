"""A payer's remittance and the answers to our claims in it; minor units."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from billing.payers.claims import Adjustment, AnswerLine, ClaimVerdict, PayerAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from billing.payers.claims import Claim, ClaimLine


@dataclass(frozen=True, slots=True)
class ServicePaid:
    """One service of a claim as the payer names it; ``position`` is our line, where the payer repeats it.

    ``code`` is the code we sent, also where the payer changed it (``paid_as``).
    """

    asked: int
    paid: int
    code: str = ""
    paid_as: str = ""
    position: int | None = None
    service_on: date | None = None
    adjustments: tuple[Adjustment, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def off(self) -> int:
        """What paid and adjustments miss of what was asked."""
        return self.asked - self.paid - sum(one.amount for one in self.adjustments)


@dataclass(frozen=True, slots=True)
class ClaimPaid:
    """One claim in a remittance; ``where`` is its place in the file."""

    id: str
    claim_key: str
    where: str
    verdict: ClaimVerdict
    asked: int
    paid: int
    adjustments: tuple[Adjustment, ...] = ()
    services: tuple[ServicePaid, ...] = ()
    remarks: tuple[str, ...] = ()
    their_reference: str = ""
    forwarded: bool = False
    """The payer passed it on to the next payer by itself."""

    def faults(self) -> list[str]:
        """What in it does not add up, one line each."""
        found = [
            f"service {number}: asked {one.asked}, but paid and adjusted come to {one.asked - one.off}"
            for number, one in enumerate(self.services, 1)
            if one.off
        ]
        whole = sum(one.amount for one in self.adjustments)
        lines = sum(one.amount for service in self.services for one in service.adjustments)
        if self.asked - self.paid != whole + lines:
            found.append(
                f"asked {self.asked}, paid {self.paid}, but adjustments come to {whole + lines}, not to "
                f"{self.asked - self.paid}"
            )
        asked = sum(one.asked for one in self.services)
        if self.services and asked != self.asked:
            found.append(f"asked {self.asked}, but its services come to {asked}")
        return found


@dataclass(frozen=True, slots=True)
class ProviderAdjustment:
    """Money a payer keeps back, or adds, that belongs to no claim; positive lowers the payment."""

    where: str
    reason: str
    reference: str
    amount: int


@dataclass(slots=True)
class PayerRemittance:
    """One payment of a payer with what it is for. ``faults`` are totals that do not agree."""

    source: str
    payer_name: str
    payer_id: str
    currency: str
    paid_on: date
    trace: str
    total: int
    method: str = ""
    claims: list[ClaimPaid] = field(default_factory=list)
    provider_adjustments: list[ProviderAdjustment] = field(default_factory=list)
    aside: list[tuple[str, str]] = field(default_factory=list)
    """What could not be read: where it stands, and why."""
    unread: int = 0
    """What is paid on claims that were set aside, as far as that could be read."""
    faults: list[str] = field(default_factory=list)

    def check_total(self) -> None:
        """Note it as a fault if the payment is not what its parts come to."""
        parts = sum(one.paid for one in self.claims) + self.unread
        kept = sum(one.amount for one in self.provider_adjustments)
        if parts - kept != self.total:
            self.faults.append(
                f"payment {self.trace}: {self.total} was paid, but its claims come to {parts} and the "
                f"payer's own adjustments to {kept} (minor units)"
            )

    def answer(self, paid: ClaimPaid, claim: Claim | None) -> PayerAnswer:
        """The answer to one of our claims, each service laid on the line it is about."""
        return PayerAnswer(
            source=self.source,
            id=paid.id,
            claim_key=claim.key if claim else paid.claim_key,
            verdict=paid.verdict,
            currency=self.currency,
            answered_on=self.paid_on,
            lines=_lines(paid, claim),
            their_reference=paid.their_reference,
            payment_reference=self.trace,
        )


def _lines(paid: ClaimPaid, claim: Claim | None) -> tuple[AnswerLine, ...]:
    if not paid.services:
        if paid.verdict is ClaimVerdict.PENDED:
            return (AnswerLine(None, 0, 0, (), paid.remarks),) if paid.remarks else ()
        return (AnswerLine(None, paid.asked, paid.paid, paid.adjustments, paid.remarks),)
    places = _places(paid.services, claim.lines if claim else ())
    by_place: dict[int | None, AnswerLine] = {}
    for place, one in zip(places, paid.services, strict=True):
        line = AnswerLine(place, one.asked, one.paid, one.adjustments, one.remarks)
        by_place[place] = _joined(by_place[place], line) if place in by_place else line
    whole = sum(one.amount for one in paid.adjustments)
    if paid.adjustments or paid.remarks:
        line = AnswerLine(None, 0, -whole, paid.adjustments, paid.remarks)
        by_place[None] = _joined(by_place[None], line) if None in by_place else line
    return tuple(by_place.values())


def _joined(one: AnswerLine, other: AnswerLine) -> AnswerLine:
    """A payer may split a service in two: together they are what became of the line."""
    return AnswerLine(
        one.position,
        one.asked + other.asked,
        one.paid + other.paid,
        (*one.adjustments, *other.adjustments),
        (*one.remarks, *other.remarks),
    )


def _places(services: Iterable[ServicePaid], lines: Iterable[ClaimLine]) -> list[int | None]:
    """The line each service is about: the number the payer repeats, else the first that fits best.

    Code, amount and day together go before code and amount, those before the amount alone, before the code
    alone. A service that fits no line that is left is about the claim as a whole.
    """
    positions = list(services)
    left = {line.position: line for line in lines}
    places: list[int | None] = [None] * len(positions)
    for at, one in enumerate(positions):
        if one.position in left or (one.position and one.position in places):
            places[at] = one.position
            left.pop(one.position or 0, None)
    for fits in _FITS:
        for at, one in enumerate(positions):
            if places[at] is None:
                place = next((line.position for line in left.values() if fits(one, line)), None)
                if place is not None:
                    places[at] = place
                    del left[place]
    return places


def _amounts(one: ServicePaid, line: ClaimLine) -> bool:
    return abs(one.asked) in {line.amount, line.charged}


_FITS: tuple[Callable[[ServicePaid, ClaimLine], bool], ...] = (
    lambda one, line: (
        _amounts(one, line) and one.code == line.code.code and one.service_on == line.service_on
    ),
    lambda one, line: _amounts(one, line) and one.code == line.code.code,
    _amounts,
    lambda one, line: one.code == line.code.code,
)
