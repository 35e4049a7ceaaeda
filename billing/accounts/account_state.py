"""The state of an account and its holds, computed in one way for every list, page and rule."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from billing.accounts.holds import HoldKind
from billing.calendar import local_day

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from billing.accounts.holds import Hold
    from billing.accounts.snapshot import AccountSnapshot, PersonSnapshot


_REGISTERED: Final = tuple(
    (kind, kind.traits.register.fact) for kind in HoldKind if kind.traits.register is not None
)


class AccountState(StrEnum):
    """The gravest thing that is true of an account."""

    PLACED = "placed"
    FLAGGED = "flagged"
    SETTLED = "settled"
    ON_PLAN = "on_plan"
    HELD = "held"
    OVERDUE = "overdue"
    CURRENT = "current"


@dataclass(frozen=True, slots=True)
class RegisteredStop:
    """A stop state that follows from the register (deceased, minor): it is neither placed nor lifted."""

    customer_id: str
    account_id: str
    kind: HoldKind
    reason: str


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """The state of an account, and the kind of everything that holds it, in the order of their names."""

    state: AccountState
    holds: tuple[HoldKind, ...]


def registered_stop(person: PersonSnapshot, today: date) -> HoldKind | None:
    """The stop state of a guarantor that follows from the register; None if there is none.

    ``today`` is the local day by which the age is counted.
    """
    for kind, fact in _REGISTERED:
        if fact.of_guarantor(person, today):
            return kind
    return None


def registered_stop_of(person: PersonSnapshot, account: AccountSnapshot, today: date) -> HoldKind | None:
    """The same for one account, whose patient may also have died."""
    for kind, fact in _REGISTERED:
        if fact.of_customer(account):
            return kind
    return registered_stop(person, today)


def registered_stop_of_all(person: PersonSnapshot, today: date) -> HoldKind | None:
    """The stop state of everything that a guarantor answers for; None if only some of it is stopped."""
    for kind, fact in _REGISTERED:
        if all(map(fact.of_customer, person.accounts)):
            return kind
    return registered_stop(person, today)


def stops_in_register(person: PersonSnapshot, now: datetime, zone: ZoneInfo) -> Iterator[RegisteredStop]:
    """The register's stop states on a guarantor's accounts with a balance."""
    for account in person.accounts:
        stop = registered_stop_of(person, account, local_day(now, zone))
        if stop and any(bill.owed > 0 for bill in account.bills):
            yield RegisteredStop(
                account.customer_id, account.account_id, stop, _reason(person, account, stop)
            )


def status_of(
    person: PersonSnapshot, account: AccountSnapshot, balance: int, now: datetime, zone: ZoneInfo
) -> AccountStatus:
    """How an account is doing now (UTC), by the calendar of ``zone``; ``balance`` is in minor units."""
    today = local_day(now, zone)
    kinds = {hold.kind for hold in person.holds if hold.is_active_at(now) and _concerns(hold, account)}
    stop = registered_stop_of(person, account, today)
    if stop:
        kinds.add(stop)
    if account.promise:
        kinds.add(HoldKind.PROMISE)
    return AccountStatus(_state(account, kinds, balance, today), tuple(sorted(kinds)))


def _reason(person: PersonSnapshot, account: AccountSnapshot, stop: HoldKind) -> str:
    assert stop.traits.register is not None
    fact = stop.traits.register.fact
    if fact.of_customer(account) or person.person_id == account.customer_id:
        return f"the register says that {fact.customer_clause(account)}"
    return f"the register says that {person.person_id}, who answers for them, {fact.guarantor_clause(person)}"


def _state(account: AccountSnapshot, kinds: set[HoldKind], balance: int, today: date) -> AccountState:
    owing = [bill for bill in account.bills if bill.owed > 0]
    found = (
        (AccountState.PLACED, any(bill.with_collector for bill in owing)),
        (AccountState.FLAGGED, any(bill.flagged for bill in owing)),
        (AccountState.SETTLED, balance <= 0),
        # Nobody keeps a plan who died or has a lawyer: what a person has to lift outranks it.
        (AccountState.HELD, any(kind.is_stop_state for kind in kinds)),
        (AccountState.ON_PLAN, account.plan is not None),
        (AccountState.HELD, bool(kinds)),
        (AccountState.OVERDUE, any(bill.late(today) for bill in owing)),
    )
    return next((state for state, true in found if true), AccountState.CURRENT)


def _concerns(hold: Hold, account: AccountSnapshot) -> bool:
    """Whether a hold is about the account: a hold on a bill may name the bill alone."""
    if hold.account_id is None and hold.bill_id is not None:
        return any(bill.bill_id == hold.bill_id for bill in account.bills)
    return hold.account_id in {None, account.account_id}
