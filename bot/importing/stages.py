"""Stages of an import: the rows of one kind after another, each with its place in a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from billing.accounts.channels import Channel
from billing.costs.prices import Price
from billing.refusals import Refusal
from bot.importing.tally import Reject, SourceRow
from handlers.bills.bills import BillRow
from handlers.payers.history import PastClaim
from handlers.payers.planning import ServiceRow
from handlers.payments.payments import PaymentRow
from handlers.people.register import Consent, Coverage, CustomerRow, Payer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

Kind: TypeAlias = Literal[
    "customers", "payers", "coverages", "bills", "charges", "claims", "services", "payments", "open_items"
]


_VOUCHED: Final = tuple(
    channel for channel in Channel if channel.capabilities.needs_consent and not channel.customer_begins
)


class CannotVouch(Refusal):
    """The operator cannot confirm consent on this channel for an import."""

    def __init__(self, channel: Channel) -> None:
        super().__init__(
            f"--consent {channel.value}: consent there comes from the customer alone; vouch for "
            f"{', '.join(_VOUCHED[:-1])} or {_VOUCHED[-1]}"
        )


class NoBasis(Refusal):
    """A consent to import without a basis proves nothing."""

    def __init__(self) -> None:
        super().__init__("--consent-basis is empty: say how the consent was given, like 'signed form 2024'")


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """A line of an imported bill; ``unit_amount`` is a plain decimal in the bill's currency."""

    id: str
    bill_id: str
    position: int
    service_on: date
    description: str
    unit_amount: str
    unit_column: str
    """The column of the amount."""
    quantity: str = "1"
    code_system: str = ""
    code: str = ""


Row: TypeAlias = (
    CustomerRow | Payer | Coverage | BillRow | ChargeLine | PastClaim | ServiceRow | PaymentRow | Price
)
Item: TypeAlias = tuple[SourceRow, Row] | Reject


@dataclass(frozen=True, slots=True)
class ImportStage:
    """Rows of one kind, and how many there are about."""

    kind: Kind
    total: int
    items: Iterable[Item]


def vouch(vouched: tuple[Channel, str] | None, today: date) -> tuple[Consent, ...]:
    """The consent that the operator vouches for in an import, dated today.

    Raises:
        CannotVouch: the channel is one where only the customer can begin.
        NoBasis: it is not said how the consent was given.
    """
    if vouched is None:
        return ()
    channel, basis = vouched
    if channel not in _VOUCHED:
        raise CannotVouch(channel)
    if not basis.strip():
        raise NoBasis
    return (Consent(channel, today, basis.strip()),)
