"""Loads the snapshots that the rules work on: people with all facts about their bills, in few queries."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from billing.accounts.concerns import closes
from billing.accounts.snapshot import AccountSnapshot, BillSnapshot, PersonSnapshot, PlacementState
from storage.dunning import facts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from billing.accounts.holds import Hold
    from billing.accounts.snapshot import Reach
    from billing.policy import Policy
    from handlers.context import Context
    from storage.dunning.facts import Facts
    from storage.dunning.snapshots import AccountRow, PersonRow
    from storage.people.reachability import Way

T = TypeVar("T")


def load(context: Context, person_ids: Collection[str], besides: int | None = None) -> list[PersonSnapshot]:
    """The snapshots of these people, in the order of their ids.

    ``besides`` is a message about to leave: it is not counted among what was written lately.
    """
    return of_facts(
        context.policy,
        facts.about(
            context.session, person_ids, remembered_since(context.policy, context.now), context.now, besides
        ),
    )


def remembered_since(policy: Policy, now: datetime) -> datetime:
    """Since when (UTC) messages to a person count: for the longest of the policy's caps."""
    return now - max(timedelta(days=policy.caps.days), timedelta(hours=policy.caps.min_gap_hours))


def of_facts(policy: Policy, known: Facts) -> list[PersonSnapshot]:
    """The snapshots that these facts make, in the order of the people's ids."""
    view = _View(policy, known, _accounts(known))
    return [view.person(person) for person in sorted(person for person, _ in known.people)]


@dataclass(frozen=True, slots=True)
class _View:
    """Everything that was loaded, by whom it concerns."""

    policy: Policy
    known: Facts
    accounts: Mapping[str, tuple[AccountSnapshot, ...]]
    known_zones: dict[tuple[object, ...], frozenset[str]] = field(default_factory=dict)

    def person(self, person: PersonRow) -> PersonSnapshot:
        person_id = person.id
        mine, ways = self.accounts[person_id], self.known.ways.get(person_id, ())
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
            reaches=self.safe(person_id, reaches) if self.known.concerns else tuple(reaches),
            holds=self.holds_over(person_id, mine) if self.known.holds else (),
            past=tuple(self.known.past.get(person_id, ())),
            cases=frozenset(self.known.cases.get(person_id, ())),
            wrote_at=max(wrote) if wrote else None,
            unbooked=bool(self.known.unbooked) and self.may_have_paid(mine),
        )

    def may_have_paid(self, mine: Collection[AccountSnapshot]) -> bool:
        """Whether an unmatched payment is of just the sum of one of the bills, or of all of them."""
        sums = {(bill.owed, account.currency) for account in mine for bill in account.bills}
        sums |= {(account.balance, account.currency) for account in mine}
        return not sums.isdisjoint(self.known.unbooked)

    def safe(self, person_id: str, reaches: Collection[Reach]) -> tuple[Reach, ...]:
        """An unsafe number is not written to unsolicited, nor a protected address: others may be reading."""
        concerns = self.known.concerns.get(person_id)
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
        found = list(self.known.holds.get(person_id, ()))
        for account in mine:
            if account.customer_id != person_id:
                found += [
                    replace(hold, account_id=hold.account_id or account.account_id)
                    for hold in self.known.holds.get(account.customer_id, ())
                ]
        return tuple(found)


def _accounts(known: Facts) -> dict[str, tuple[AccountSnapshot, ...]]:
    bills = _bills(known)
    found: dict[str, tuple[AccountSnapshot, ...]] = {}
    for person, accounts in known.people:
        plan, promise = _theirs(accounts, known.agreed.plans), _theirs(accounts, known.agreed.promises)
        lapse = None if plan or promise else _theirs(accounts, known.agreed.lapses)
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
                    credit=known.credit.get(account.id, 0),
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


def _bills(known: Facts) -> dict[str, tuple[BillSnapshot, ...]]:
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
                    steps=tuple(known.steps.get(bill.bill_id, ())),
                    placement=PlacementState(bill.placement) if bill.placement else None,
                    sent_on=bill.sent_on,
                    unsent=bill.unsent,
                    amount=bill.billed,
                    estimate=bill.estimate,
                    noticed=frozenset(known.notices.get(bill.bill_id, ())),
                )
                for bill in several
            ]
        )
        for account_id, several in known.owed.items()
    }
