"""Loads the snapshots that the rules work on: people with all facts about their bills, in few queries."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from billing.accounts.concerns import closes
from billing.accounts.snapshot import AccountSnapshot, BillSnapshot, PersonSnapshot, PlacementState
from storage import plans
from storage.desk import escalations
from storage.dunning import holds, notices, snapshots
from storage.dunning import steps as history
from storage.payments import payments
from storage.people import customers, reachability

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from billing.accounts.holds import Hold
    from billing.accounts.snapshot import PastMessage, Reach
    from billing.policy import Policy
    from storage.dunning.snapshots import AccountRow, OwedRow, PersonRow
    from storage.people.reachability import Way

T = TypeVar("T")

LAPSED_LATELY = timedelta(days=90)
"""So long a broken plan or promise is spoken of: about as long as reminders go on after it."""


def load(
    session: Session, policy: Policy, person_ids: Collection[str], now: datetime, besides: int | None = None
) -> list[PersonSnapshot]:
    """The snapshots of these people, in the order of their ids.

    ``besides`` is a message about to leave: it is not counted among what was written lately.
    """
    people = snapshots.people(session, person_ids)
    mine = [account for _, accounts in people for account in accounts]
    held = {person.id for person, _ in people}.union(account.customer_id for account in mine)
    span = max(timedelta(days=policy.caps.days), timedelta(hours=policy.caps.min_gap_hours))
    view = _View(
        policy=policy,
        accounts=_accounts(session, people, now - LAPSED_LATELY),
        reaches=reachability.ways(session, person_ids),
        holds=holds.active_holds(session, held, now),
        past=history.past(session, person_ids, now - span, now, besides),
        cases=escalations.open_keys(session, person_ids),
        concerns=customers.concerns_of(session, person_ids),
        unbooked=payments.unmatched_sums(session),
    )
    return [view.person(person) for person in sorted(person for person, _ in people)]


@dataclass(frozen=True, slots=True)
class _View:
    """Everything that was loaded, by whom it concerns."""

    policy: Policy
    accounts: Mapping[str, tuple[AccountSnapshot, ...]]
    reaches: Mapping[str, list[Way]]
    holds: Mapping[str, list[Hold]]
    past: Mapping[str, list[PastMessage]]
    cases: Mapping[str, set[str]]
    concerns: Mapping[str, frozenset[str]]
    unbooked: frozenset[tuple[int, str]]
    """Amounts of payments without an owner."""
    known_zones: dict[tuple[object, ...], frozenset[str]] = field(default_factory=dict)

    def person(self, person: PersonRow) -> PersonSnapshot:
        person_id = person.id
        mine, ways = self.accounts[person_id], self.reaches.get(person_id, ())
        wrote = [way.wrote_at for way in ways if way.wrote_at]
        reaches = [way.reach for way in ways]
        return PersonSnapshot(
            person_id=person_id,
            language=person.language,
            accounts=mine,
            birth_date=person.birth_date,
            died_on=person.died_on,
            stopped=person.stopped,
            with_a_person=any(way.with_a_person for way in ways),
            zones=self.zones(person, ways),
            prefers=person.prefers,
            reaches=self.safe(person_id, reaches) if self.concerns else tuple(reaches),
            holds=self.holds_over(person_id, mine) if self.holds else (),
            past=tuple(self.past.get(person_id, ())),
            cases=frozenset(self.cases.get(person_id, ())),
            wrote_at=max(wrote) if wrote else None,
            unbooked=bool(self.unbooked) and self.may_have_paid(mine),
        )

    def may_have_paid(self, mine: Collection[AccountSnapshot]) -> bool:
        """Whether an unmatched payment is of just the sum of one of the bills, or of all of them."""
        sums = {(bill.owed, account.currency) for account in mine for bill in account.bills}
        sums |= {(account.balance, account.currency) for account in mine}
        return not sums.isdisjoint(self.unbooked)

    def safe(self, person_id: str, reaches: Collection[Reach]) -> tuple[Reach, ...]:
        """An unsafe number is not written to unsolicited, nor a protected address: others may be reading."""
        concerns = self.concerns.get(person_id)
        if not concerns:
            return tuple(reaches)
        return tuple(
            replace(reach, consented=False) if closes(concerns, reach.channel) else reach for reach in reaches
        )

    def zones(self, person: PersonRow, ways: Collection[Way]) -> frozenset[str]:
        """All time zones indicated for a person: area codes, address, and what they stated.

        Conflicting signs all count (Supplement I to 12 CFR 1006.6(b)(1)).
        """
        signs = (person.country, person.region, person.timezone, *[way.zones for way in ways])
        known = self.known_zones.get(signs)
        if known is None:
            region = f"{person.country}-{person.region}"
            home = self.policy.zones.get(region, self.policy.zones.get(person.country, ()))
            stated = {person.timezone} if person.timezone else set()
            known = self.known_zones[signs] = frozenset(stated.union(home, *(way.zones for way in ways)))
        return known

    def holds_over(self, person_id: str, mine: Collection[AccountSnapshot]) -> tuple[Hold, ...]:
        """The person's holds, and those of each dependant over the dependant's own account."""
        found = list(self.holds.get(person_id, ()))
        for account in mine:
            if account.customer_id != person_id:
                found += [
                    replace(hold, account_id=hold.account_id or account.account_id)
                    for hold in self.holds.get(account.customer_id, ())
                ]
        return tuple(found)


def _accounts(
    session: Session, people: Collection[tuple[PersonRow, list[AccountRow]]], since: datetime
) -> dict[str, tuple[AccountSnapshot, ...]]:
    ids = [account.id for _, accounts in people for account in accounts]
    owed, credit = snapshots.owed(session, ids)
    bills = _bills(session, owed)
    agreed = plans.agreements(session, ids, since)
    found: dict[str, tuple[AccountSnapshot, ...]] = {}
    for person, accounts in people:
        plan, promise = _theirs(accounts, agreed.plans), _theirs(accounts, agreed.promises)
        lapse = None if plan or promise else _theirs(accounts, agreed.lapses)
        found[person.id] = tuple(
            [
                AccountSnapshot(
                    account_id=account.id,
                    customer_id=account.customer_id,
                    currency=account.currency,
                    country=account.country,
                    region=account.region,
                    birth_date=account.birth_date,
                    died_on=account.died_on,
                    bills=bills.get(account.id, ()),
                    plan=plan,
                    promise=promise,
                    lapse=lapse,
                    credit=credit.get(account.id, 0),
                )
                for account in accounts
            ]
        )
    return found


def _theirs(accounts: Sequence[AccountRow], agreements: Mapping[str, T]) -> T | None:
    """A plan, promise or lapse is stored on one account and applies to all accounts of the person."""
    if not agreements:
        return None
    return next((agreements[one.id] for one in reversed(accounts) if one.id in agreements), None)


def _bills(session: Session, owed: Mapping[str, list[OwedRow]]) -> dict[str, tuple[BillSnapshot, ...]]:
    ids = [bill.bill_id for several in owed.values() for bill in several]
    taken, noticed = history.of_bills(session, ids), notices.of_bills(session, ids)
    return {
        account_id: tuple(
            [
                BillSnapshot(
                    bill_id=bill.bill_id,
                    issued_on=bill.issued_on,
                    due_on=bill.due_on,
                    owed=bill.amount,
                    episode=bill.episode,
                    episode_since=bill.episode_since,
                    steps=tuple(taken.get(bill.bill_id, ())),
                    placement=PlacementState(bill.placement) if bill.placement else None,
                    sent_on=bill.sent_on,
                    unsent=bill.unsent,
                    amount=bill.billed,
                    estimate=bill.estimate,
                    noticed=frozenset(noticed.get(bill.bill_id, ())),
                )
                for bill in several
            ]
        )
        for account_id, several in owed.items()
    }
