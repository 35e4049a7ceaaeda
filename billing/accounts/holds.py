"""Holds: kinds, ends, and what each covers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


class HoldKind(StrEnum):
    """The reason of a hold. A stop state is a hold without end that only a person lifts."""

    DISPUTE = "dispute"
    PROMISE = "promise"
    PLAN = "plan"
    HARDSHIP = "hardship"
    ALREADY_PAID = "already_paid"
    CLAIM_OPEN = "claim_open"
    """A payer has not answered yet: nothing is left to the customer for certain."""
    MANUAL = "manual"
    LEGAL = "legal"
    """A representative acts for the customer, who is not written to meanwhile."""
    BANKRUPTCY = "bankruptcy"
    MORATORIUM = "moratorium"
    """A breathing space, a court or an authority forbids to demand."""
    DECEASED = "deceased"
    MINOR = "minor"
    VULNERABLE = "vulnerable"
    CRISIS = "crisis"
    CEASED = "ceased"
    """The customer asked that all contact about the debt end."""
    WRONG_NUMBER = "wrong_number"
    """The recipient is not the customer."""
    GFE_DISPUTE = "gfe_dispute"
    """The bill is above its estimate and the customer disputes it (45 CFR 149.620)."""
    AID_APPLICATION = "aid_application"
    """An application for help with the cost is being decided (26 CFR 1.501(r)-6)."""

    @property
    def is_stop_state(self) -> bool:
        """Whether only a person lifts it (docs/proof.md, invariant 38)."""
        return self in _STOP_STATES


_STOP_STATES = frozenset(
    {
        HoldKind.LEGAL,
        HoldKind.BANKRUPTCY,
        HoldKind.MORATORIUM,
        HoldKind.DECEASED,
        HoldKind.MINOR,
        HoldKind.VULNERABLE,
        HoldKind.CRISIS,
        HoldKind.CEASED,
        HoldKind.WRONG_NUMBER,
        HoldKind.GFE_DISPUTE,
        HoldKind.AID_APPLICATION,
    }
)

_ALSO_CALLED = {"represented": HoldKind.LEGAL, "wrong_person": HoldKind.WRONG_NUMBER}


class NoSuchHoldKind(Refusal):
    """A hold of a kind was to be placed that there is none of."""

    def __init__(self, name: str) -> None:
        known = ", ".join([kind.value for kind in HoldKind] + sorted(_ALSO_CALLED))
        super().__init__(f"no hold is called {name!r}: write one of {known}")


class StopStateHasNoEnd(Refusal):
    """A hold that only a person lifts was to end by itself."""

    def __init__(self, kind: HoldKind) -> None:
        super().__init__(
            f"a {kind.value} hold stands until a person lifts it: place it without an end, "
            "and lift it with kvitt holds lift"
        )


class EndsInThePast(Refusal):
    """A hold was to be placed that would be over already."""

    def __init__(self) -> None:
        super().__init__("the hold would be over already: write a day that is still to come")


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold: no reminders until ``until`` (UTC), or, if None, until a person lifts it.

    A hold covers one bill, or one account, or the whole person, by which of the ids are given.
    """

    kind: HoldKind
    reason: str
    until: datetime | None = None
    account_id: str | None = None
    bill_id: str | None = None
    id: int | None = None

    def covers(self, account_id: str, bill_id: str) -> bool:
        """Whether the hold covers this bill."""
        return self.account_id in {None, account_id} and self.bill_id in {None, bill_id}

    def is_active_at(self, now: datetime) -> bool:
        """Whether the hold has not run out."""
        return self.until is None or now < self.until


def kind_named(name: str) -> HoldKind:
    """The kind of hold with this name, or with the name the law has for it.

    Raises:
        NoSuchHoldKind: there is none.
    """
    wanted = name.strip().lower().replace("-", "_").replace(" ", "_")
    if wanted in _ALSO_CALLED:
        return _ALSO_CALLED[wanted]
    try:
        return HoldKind(wanted)
    except ValueError:
        raise NoSuchHoldKind(name) from None


def check_end(kind: HoldKind, until: datetime | None, now: datetime) -> None:
    """Whether a person may place a hold of this kind that ends at ``until`` (UTC).

    Raises:
        StopStateHasNoEnd: only a person ends it.
        EndsInThePast: it would be over already.
    """
    if until is None:
        return
    if kind.is_stop_state:
        raise StopStateHasNoEnd(kind)
    if until <= now:
        raise EndsInThePast


def strongest(holds: Iterable[Hold], account_id: str, bill_id: str, now: datetime) -> Hold | None:
    """The active hold that keeps a bill longest; None if there is none."""
    active = [hold for hold in holds if hold.covers(account_id, bill_id) and hold.is_active_at(now)]
    endless = [hold for hold in active if hold.until is None]
    if endless:
        return endless[0]
    return max(active, key=lambda hold: (hold.until, hold.kind), default=None)
