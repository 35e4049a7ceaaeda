"""Holds: kinds, ends, and what each covers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Self

from billing.accounts.hold_traits import DIED, UNDER_AGE, HoldTraits, RegisterStop
from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime


class HoldKind(StrEnum):
    """Every kind of hold with all that it means: the one table that all rooms read.

    A stop state is a hold without end that only a person lifts. Kinds are text in the database.
    """

    traits: HoldTraits

    def __new__(cls, name: str, traits: HoldTraits | None = None) -> Self:
        """A kind by its name, which is its value, and what it means."""
        kind = str.__new__(cls, name)
        kind._value_ = name
        kind.traits = traits or HoldTraits()
        return kind

    DISPUTE = (
        "dispute",
        HoldTraits(
            pay_asks_person=True,
            intent="dispute",
            gravity=60,
            says="stop_states.dispute",
            everyday=True,
            case="the customer says a bill is wrong",
            calls_back="the customer says the bill is wrong",
            recall_reason=True,
            dispute=True,
        ),
    )
    PROMISE = "promise", HoldTraits(ended_by="the promise")
    PLAN = "plan", HoldTraits(ended_by="the plan")
    HARDSHIP = (
        "hardship",
        HoldTraits(
            intent="hardship",
            gravity=70,
            says="stop_states.hardship",
            everyday=True,
            case="the customer says that they cannot pay",
            calls_back="the customer says that they cannot pay",
            recall_reason=True,
        ),
    )
    ALREADY_PAID = (
        "already_paid",
        HoldTraits(
            case="the customer says it is paid: find the payment",
            waits_for_desk=True,
            calls_back="the customer says it is paid",
        ),
    )
    CLAIM_OPEN = (
        # A payer has not answered yet: nothing is left to the customer for certain.
        "claim_open",
        HoldTraits(calls_back="a payer has not decided yet", payer_undecided=True, ended_by="the claim"),
    )
    MANUAL = "manual"
    LEGAL = (
        # A representative acts for the customer, who is not written to meanwhile.
        "legal",
        HoldTraits(
            pay_asks_person=True,
            stop_state=True,
            also_called=("represented",),
            intent="legal",
            gravity=30,
            says="stop_states.legal",
            interrupts=True,
            case="a lawyer, an insolvency or a debt adviser was named: where an authority forbids to demand, "
            "place a moratorium too",
            calls_back="a lawyer or a bankruptcy was named",
            recall_reason=True,
        ),
    )
    BANKRUPTCY = "bankruptcy", HoldTraits(stop_state=True, pay_asks_person=True)
    MORATORIUM = (
        # A breathing space: a court or an authority forbids to demand (SI 2020/1311: 60 days).
        "moratorium",
        HoldTraits(
            stop_state=True,
            last_day="a moratorium is on its last day: lift it with kvitt holds lift, unless it goes on",
            freezes=True,
            also_called=("breathing_space",),
            calls_back="an authority forbids to demand",
            recall_reason=True,
        ),
    )
    DECEASED = (
        "deceased",
        HoldTraits(
            pay_asks_person=True,
            stop_state=True,
            intent="deceased",
            not_the_customer=True,
            gravity=20,
            says="stop_states.deceased",
            interrupts=True,
            case="somebody says the customer has died",
            calls_back="the customer has died, or somebody says so",
            recall_reason=True,
            register=RegisterStop(
                fact=DIED,
                excluded_as="deceased",
                calls_back="the customer has died, or somebody says so",
                never="nobody who has died is written to; the desk writes to the estate",
                case="the register says that the customer has died, and they owe: write to the estate",
            ),
        ),
    )
    MINOR = (
        "minor",
        HoldTraits(
            stop_state=True,
            intent="minor",
            not_the_customer=True,
            gravity=40,
            says="stop_states.minor",
            interrupts=True,
            case="whoever writes says to be a minor",
            calls_back="whoever writes says to be a minor",
            recall_reason=True,
            register=RegisterStop(
                fact=UNDER_AGE,
                excluded_as="minor_without_guarantor",
                calls_back="the customer is a minor, and nobody answers for the bill",
                never="a minor is never addressed; whoever answers for them is",
                case="a minor owes and nobody answers for the bills: find the guarantor",
            ),
        ),
    )
    VULNERABLE = "vulnerable", HoldTraits(stop_state=True)
    CRISIS = (
        "crisis",
        HoldTraits(
            stop_state=True,
            intent="crisis",
            gravity=10,
            says="stop_states.crisis",
            interrupts=True,
            takes_over=True,
            case="words of a crisis: call the customer, automation is off",
            severity=1,
            calls_back="the customer wrote words of a crisis",
        ),
    )
    # The customer asked that all contact about the debt end.
    CEASED = "ceased", HoldTraits(stop_state=True)
    WRONG_NUMBER = (
        # The recipient is not the customer.
        "wrong_number",
        HoldTraits(
            stop_state=True,
            also_called=("wrong_person",),
            intent="wrong_number",
            not_the_customer=True,
            gravity=50,
            says="stop_states.wrong_number",
            unlinks=True,
            case="whoever writes says that the number is not the customer's",
            severity=3,
        ),
    )
    # The bill is above its estimate and the customer disputes it (45 CFR 149.620).
    GFE_DISPUTE = "gfe_dispute", HoldTraits(stop_state=True, dispute=True, pay_asks_person=True)
    # An application for help with the cost is being decided (26 CFR 1.501(r)-6).
    AID_APPLICATION = "aid_application", HoldTraits(stop_state=True, ended_by="the decision")

    @property
    def is_stop_state(self) -> bool:
        """Whether only a person lifts it (docs/proof.md, invariant 38)."""
        return self.traits.stop_state

    @property
    def excluded_as(self) -> str:
        """The reason in verdicts where the register, and not a hold, stops everything."""
        return self.traits.register.excluded_as if self.traits.register else self.value


HOLD_OF_INTENT: Final = {
    kind.traits.intent: kind
    for kind in sorted(HoldKind, key=lambda kind: kind.traits.gravity)
    if kind.traits.intent
}
"""The hold that an intent of a customer places in the same turn, the gravest first."""

_ALSO_CALLED: Final = {name: kind for kind in HoldKind for name in kind.traits.also_called}


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


class NoTreatment(Refusal):
    """The end of a treatment was to be recorded for a hold that does not wait for one."""

    def __init__(self, hold_id: int) -> None:
        super().__init__(
            f"hold {hold_id} waits for no treatment to end: only a moratorium placed with --crisis does, once"
        )


class TreatmentGoesOn(Refusal):
    """The end of a treatment was to be recorded before it came."""

    def __init__(self, on: date) -> None:
        super().__init__(f"{on} is still to come: record the end of a treatment once it is over")


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
    last_day: date | None = None
    """Of a kind that the law gives one: on it (local to the creditor) a person is asked to lift the hold."""

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
    if kind.is_stop_state and not kind.traits.last_day:
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
