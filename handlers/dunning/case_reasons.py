"""The reasons of the cases that a run opens, made of what is known to have happened."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from billing.calendar import local_day
from billing.dunning.blockers import zone_of
from storage.dunning import case_facts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from billing.accounts.channels import Channel
    from billing.accounts.snapshot import BillSnapshot, PersonSnapshot
    from billing.policy import Policy
    from storage.dunning.case_facts import ArrivedReminder, ClosedCase, PastPromise

_CUSTOMER: Final = {
    "dispute": "they said that a bill is wrong",
    "hardship": "they said that they cannot pay",
    "already_paid": "they said that it is paid",
    "complaint": "they complained",
    "person": "they asked for a person",
}
"""Kinds of cases that a customer begins by text, and what they did."""


def why(verdict_reason: str, policy: Policy, ways: Sequence[Channel]) -> str:
    """The reason of a case that is not about a collector; ``ways`` are those of the level that was due."""
    match verdict_reason:
        case "stopped":
            return "the customer wants no messages: decide how to reach them"
        case "no_usable_channel":
            named = f" ({', '.join(channel.value for channel in ways)})" if ways else ""
            return f"none of the ways to remind{named} is open to the customer, or all failed: find one"
        case "number_unconfirmed":
            days = policy.contact.reverify_days if policy.contact else 0
            return f"nothing showed for {days} days that the number is the customer's: confirm it first"
        case "estimate_exceeded":
            return "a bill is far above its estimate: tell the customer that they may dispute it"
    return "no hour is known at which the customer may be written to: record a time zone"


def of_flags(session: Session, flagged: Collection[tuple[PersonSnapshot, BillSnapshot]]) -> dict[str, str]:
    """By bill, what a person should know to decide about a collector: sent, come in, agreed, objected."""
    if not flagged:
        return {}
    bills = [bill.bill_id for _, bill in flagged]
    people = {person.person_id: person for person, _ in flagged}
    accounts = [account.account_id for person in people.values() for account in person.accounts]
    history = _History(
        case_facts.reminders(session, bills),
        case_facts.broken_plans(session, bills),
        case_facts.broken_promises(session, accounts),
        case_facts.closed_cases(session, list(people), list(_CUSTOMER)),
    )
    return {bill.bill_id: history.reason(person, bill) for person, bill in flagged}


@dataclass(frozen=True, slots=True)
class _History:
    """What is stored about the flagged bills of a batch and the people who owe them."""

    reminders: Mapping[str, Sequence[ArrivedReminder]]
    plans: Mapping[str, Sequence[datetime]]
    promises: Mapping[str, Sequence[PastPromise]]
    cases: Mapping[str, Sequence[ClosedCase]]

    def reason(self, person: PersonSnapshot, bill: BillSnapshot) -> str:
        said = [self._sent(person, bill), self._wrote(person, bill), *self._agreed(person, bill)]
        return f"{'; '.join(said)}. Place it with a collector, or return it"

    def _sent(self, person: PersonSnapshot, bill: BillSnapshot) -> str:
        mine = self.reminders.get(bill.bill_id, ())
        by = "; ".join(
            f"{', '.join(_day(person, one.at) for one in several)} by {channel}"
            for channel, several in groupby(mine, key=attrgetter("channel"))
        )
        return f"{len(mine)} reminder{'' if len(mine) == 1 else 's'} went out ({by})"

    def _wrote(self, person: PersonSnapshot, bill: BillSnapshot) -> str:
        if person.wrote_at is None:
            return "nothing has come from the customer's numbers or chats"
        mine = self.reminders.get(bill.bill_id, ())
        after = ", after the last of them" if mine and person.wrote_at > mine[-1].at else ""
        return f"the last text from the customer came on {_day(person, person.wrote_at)}{after}"

    def _agreed(self, person: PersonSnapshot, bill: BillSnapshot) -> Iterator[str]:
        for ended_at in self.plans.get(bill.bill_id, ()):
            yield f"a plan ended on {_day(person, ended_at)}, an instalment had not come in full"
        for account in person.accounts:
            for promise in self.promises.get(account.account_id, ()):
                if _day(person, promise.ended_at) > bill.issued_on.isoformat():
                    yield f"a promise to pay by {promise.due_on.isoformat()} was not kept"
        for case in self.cases.get(person.person_id, ()):
            if (
                case.bill_id in {None, bill.bill_id}
                and _day(person, case.closed_at) > bill.issued_on.isoformat()
            ):
                opened, closed = _day(person, case.opened_at), _day(person, case.closed_at)
                yield f"on {opened} {_CUSTOMER[case.kind]}, that case was closed on {closed}"


def _day(person: PersonSnapshot, at: datetime) -> str:
    """The day of a moment where the customer lives."""
    return local_day(at, zone_of(person)).isoformat()
