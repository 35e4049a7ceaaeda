"""Candidates of a billing run: finished accounts with guarantor and usable channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from billing.accounts.account_state import registered_stop_of
from billing.accounts.concerns import Concern
from billing.accounts.holds import strongest
from billing.bills.billing_run import BillCandidate
from billing.calendar import local_day
from handlers import snapshot
from handlers.bills import bill_links
from handlers.ledger import assistance
from storage.bills import bill_sendings
from storage.ledger import accounts, ledger
from storage.payers import coverages, open_claims, unclaimed_bills
from storage.people import customers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from billing.accounts.channels import Channel
    from billing.accounts.snapshot import PersonSnapshot, Reach
    from handlers.context import Context
    from handlers.installation import Installation
    from storage.bills.bills import Bill
    from storage.ledger.accounts import Account

_UNSAFE = frozenset({Concern.PROTECTED_ADDRESS, Concern.UNSAFE_NUMBER})


@dataclass(frozen=True, slots=True)
class Looked:
    """What a billing run may take, with the money that bears on it, by account and in minor units."""

    candidates: list[BillCandidate]
    credit: dict[str, int]
    """Money of the customer that no bill has used."""
    owed: dict[str, int]
    """What is owed on bills that were issued before."""


def look(context: Context, found: Sequence[Bill]) -> Looked:
    """Everything that bears on these candidates for a billing run, in a few queries."""
    kept = accounts.by_id(context.session, {bill.account_id for bill in found})
    owed = ledger.owed_by_bill(context.session, kept)
    people = {
        person.person_id: person
        for person in snapshot.load(context, {one.guarantor_id for one in kept.values()})
    }
    view = _View(
        installation=context.installation,
        people=people,
        claimed=open_claims.open_on(context.session, {bill.id for bill in found}),
        payers_not_asked=_payers_not_asked(context.session, found, kept)
        if context.installation.opens_claims
        else frozenset(),
        chosen=bill_sendings.chosen_ways(context.session, people),
        concerns=customers.concerns_of(context.session, people),
        helped=_helped(context, found, kept),
        now=context.now,
    )
    candidates = [
        view.candidate(bill, kept[bill.account_id], owed[bill.account_id].get(bill.id, 0)) for bill in found
    ]
    credit = {account_id: max(-sums.get(None, 0), 0) for account_id, sums in owed.items()}
    return Looked(candidates, credit, _issued(people.values()))


def usable_ways(installation: Installation, person: PersonSnapshot) -> dict[Channel, Reach]:
    """The channels, with addresses, by which a candidate's bill or its link can reach the guarantor."""
    found: dict[Channel, Reach] = {}
    for reach in person.reaches:
        channel = reach.channel
        closed = person.stopped and channel.electronic
        if (
            reach.usable
            and not closed
            and channel in installation.available
            and _carries(installation, channel)
        ):
            found.setdefault(channel, reach)
    return found


def _carries(installation: Installation, channel: Channel) -> bool:
    if channel.on_paper or installation.policy.billing.attaches(channel):
        return True
    return bill_links.possible(installation) and bool(installation.policy.reminding((channel,)))


def _payers_not_asked(session: Session, found: Sequence[Bill], kept: Mapping[str, Account]) -> frozenset[str]:
    """Bills of insured customers for which claims have not been considered yet."""
    waiting = unclaimed_bills.of_bills(session, {bill.id for bill in found})
    owners = {bill.id: kept[bill.account_id].customer_id for bill in found if bill.id in waiting}
    insured = coverages.covering(session, set(owners.values()))
    return frozenset(bill_id for bill_id, owner in owners.items() if owner in insured)


def _helped(context: Context, found: Sequence[Bill], kept: Mapping[str, Account]) -> dict[str, int]:
    """What help that runs today takes off each of these bills."""
    today = local_day(context.now, context.creditor.zone)
    who = {bill.id: kept[bill.account_id].guarantor_id for bill in found}
    running = assistance.running(context, set(who.values()), today)
    return {
        bill.id: assistance.taken_off(context, bill, running[who[bill.id]]).get(bill.id, 0)
        for bill in found
        if who[bill.id] in running
    }


def _issued(people: Iterable[PersonSnapshot]) -> dict[str, int]:
    return {
        account.account_id: sum(bill.owed for bill in account.bills if bill.owed > 0)
        for person in people
        for account in person.accounts
    }


@dataclass(frozen=True, slots=True)
class _View:
    installation: Installation
    people: Mapping[str, PersonSnapshot]
    claimed: Collection[str]
    payers_not_asked: Collection[str]
    chosen: Mapping[str, Channel]
    concerns: Mapping[str, frozenset[str]]
    helped: Mapping[str, int]
    now: datetime

    def candidate(self, bill: Bill, account: Account, remainder: int) -> BillCandidate:
        person = self.people[account.guarantor_id]
        mine = next(one for one in person.accounts if one.account_id == account.id)
        hold = strongest(person.holds, account.id, bill.id, self.now)
        stop = registered_stop_of(person, mine, local_day(self.now, self.installation.creditor.zone))
        return BillCandidate(
            bill_id=bill.id,
            account_id=account.id,
            person_id=person.person_id,
            currency=bill.currency,
            remainder=remainder - self.helped.get(bill.id, 0),
            helped=self.helped.get(bill.id, 0),
            finished=bill.id not in self.claimed,
            payers_not_asked=bill.id in self.payers_not_asked,
            excluded=stop.excluded_as if stop else "",
            held=hold.kind.value if hold else "",
            protected=bool(_UNSAFE & set(self.concerns.get(person.person_id, ()))),
            ways=tuple(usable_ways(self.installation, person)),
            chosen=self.chosen.get(person.person_id),
        )
