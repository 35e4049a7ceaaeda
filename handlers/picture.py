"""Loads what the rules look at: people with everything that bears on their bills, in a few queries."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from billing.bills import BillState
from billing.concerns import closes
from billing.picture import AccountPicture, BillPicture, PersonPicture
from storage import (
    accounts,
    bills,
    contact_points,
    customers,
    escalations,
    holds,
    ledger,
    notices,
    payments,
    placements,
    plans,
)
from storage import steps as history

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from billing.holds import Hold
    from billing.picture import PastMessage, Reach
    from billing.policy import Policy
    from storage.accounts import Account
    from storage.contact_points import Way
    from storage.customers import Customer, Wishes

T = TypeVar("T")


def load(
    session: Session, policy: Policy, person_ids: Collection[str], now: datetime, besides: int | None = None
) -> list[PersonPicture]:
    """The pictures of these people, in the order of their ids.

    ``besides`` is a message about to leave: it is not counted among what was written lately.
    """
    found = accounts.answered_by(session, person_ids)
    people = customers.by_id(session, {*person_ids, *(account.customer_id for account in found)})
    span = max(timedelta(days=policy.caps.days), timedelta(hours=policy.caps.min_gap_hours))
    view = _View(
        policy=policy,
        people=people,
        accounts=_group(session, found, people),
        reaches=contact_points.reaches(session, person_ids),
        holds=holds.standing(session, people, now),
        past=history.past(session, person_ids, now - span, besides),
        cases=escalations.open_keys(session, person_ids),
        wishes=customers.wishes_of(session, person_ids),
        concerns=customers.concerns_of(session, person_ids),
        unbooked=payments.unmatched_sums(session),
    )
    return [view.person(person_id) for person_id in sorted(person_ids) if person_id in people]


@dataclass(frozen=True, slots=True)
class _View:
    """Everything that was loaded, by whom it concerns."""

    policy: Policy
    people: Mapping[str, Customer]
    accounts: Mapping[str, list[AccountPicture]]
    reaches: Mapping[str, list[Way]]
    holds: Mapping[str, list[Hold]]
    past: Mapping[str, list[PastMessage]]
    cases: Mapping[str, set[str]]
    wishes: Wishes
    concerns: Mapping[str, frozenset[str]]
    unbooked: frozenset[tuple[int, str]]
    """Amounts that came in and that nobody has matched yet."""

    def person(self, person_id: str) -> PersonPicture:
        person, mine = self.people[person_id], self.accounts.get(person_id, [])
        ways = self.reaches.get(person_id, [])
        return PersonPicture(
            person_id=person_id,
            language=person.language,
            accounts=tuple(mine),
            birth_date=person.birth_date,
            died_on=person.died_on,
            stopped=person_id in self.wishes.stopped,
            with_a_person=any(way.with_a_person for way in ways),
            zones=self.zones(person, ways),
            prefers=self.wishes.hours.get(person_id),
            reaches=tuple(self.safe(person_id, way.reach) for way in ways),
            holds=tuple(self.holds_over(person_id, mine)),
            past=tuple(self.past.get(person_id, ())),
            cases=frozenset(self.cases.get(person_id, ())),
            wrote_at=max((way.wrote_at for way in ways if way.wrote_at), default=None),
            unbooked=bool(self.unbooked) and self.may_have_paid(mine),
        )

    def may_have_paid(self, mine: list[AccountPicture]) -> bool:
        """Whether an unmatched payment is of just the sum of one of the bills, or of all of them."""
        sums = {(bill.owed, account.currency) for account in mine for bill in account.bills}
        sums |= {(account.balance, account.currency) for account in mine}
        return not sums.isdisjoint(self.unbooked)

    def safe(self, person_id: str, reach: Reach) -> Reach:
        """An unsafe number is not written to unasked, nor a protected address: others may be reading."""
        concerns = self.concerns.get(person_id)
        if not concerns:
            return reach
        return replace(reach, consented=False) if closes(concerns, reach.channel) else reach

    def zones(self, person: Customer, ways: list[Way]) -> frozenset[str]:
        """Every sign of where somebody is counts: area codes, address, what they told us."""
        region = f"{person.country}-{person.region}"
        home = self.policy.zones.get(region, self.policy.zones.get(person.country, ()))
        told = {person.timezone} if person.timezone else set()
        return frozenset(told.union(home, *(way.zones for way in ways)))

    def holds_over(self, person_id: str, mine: list[AccountPicture]) -> list[Hold]:
        """The person's holds, and those of each dependant over the dependant's own account."""
        found = list(self.holds.get(person_id, ()))
        for account in mine:
            if account.customer_id != person_id:
                found += [
                    replace(hold, account_id=hold.account_id or account.account_id)
                    for hold in self.holds.get(account.customer_id, ())
                ]
        return found


def _group(
    session: Session, found: list[Account], people: Mapping[str, Customer]
) -> dict[str, list[AccountPicture]]:
    ids = [account.id for account in found]
    owed = ledger.owed_by_bill(session, ids)
    open_bills = _open_bills(session, owed)
    agreed = _by_person(found, plans.running(session, ids))
    promised = _by_person(found, plans.open_promises(session, ids))
    grouped: dict[str, list[AccountPicture]] = defaultdict(list)
    for account in found:
        customer = people[account.customer_id]
        picture = AccountPicture(
            account_id=account.id,
            customer_id=account.customer_id,
            currency=account.currency,
            country=customer.country,
            region=customer.region,
            birth_date=customer.birth_date,
            died_on=customer.died_on,
            bills=tuple(open_bills[account.id]),
            plan=agreed.get(account.guarantor_id),
            promise=promised.get(account.guarantor_id),
            credit=-owed[account.id].get(None, 0),
        )
        grouped[account.guarantor_id].append(picture)
    return grouped


def _by_person(found: list[Account], agreements: Mapping[str, T]) -> dict[str, T]:
    """A plan or promise is the person's: it is kept on one of their accounts and speaks for all."""
    return {account.guarantor_id: agreements[account.id] for account in found if account.id in agreements}


def _open_bills(
    session: Session, owed: Mapping[str, Mapping[str | None, int]]
) -> dict[str, list[BillPicture]]:
    amounts = {bill_id: amount for each in owed.values() for bill_id, amount in each.items() if bill_id}
    rows = bills.by_id(session, amounts)
    taken, placed = history.of_bills(session, amounts), placements.of_bills(session, amounts)
    told = notices.of_bills(session, amounts)
    found: dict[str, list[BillPicture]] = defaultdict(list)
    issued = (bill for bill in rows.values() if bill.state is BillState.ISSUED)
    for bill in sorted(issued, key=lambda bill: (bill.due_on, bill.id)):
        picture = BillPicture(
            bill_id=bill.id,
            issued_on=bill.issued_on,
            due_on=bill.due_on,
            owed=amounts[bill.id],
            episode=bill.episode,
            episode_since=bill.episode_since,
            steps=tuple(taken.get(bill.id, ())),
            placement=placed.get(bill.id),
            sent_on=bill.sent_on,
            noticed=frozenset(told.get(bill.id, ())),
            amount=bill.amount,
            estimate=bill.estimate,
        )
        found[bill.account_id].append(picture)
    return found
