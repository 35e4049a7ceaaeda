"""What a reminder says, by when it wants an answer, and what it costs: when planned, and when it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.channels import Channel
from billing.accounts.concerns import Concern
from billing.calendar import local_day
from billing.dunning import deadlines
from billing.dunning.blockers import unconfirmed, zone_of
from billing.dunning.fees import Occasion, costs
from billing.facts import Saying
from billing.ledger.ledger import Entry
from storage.bills import bills
from storage.ledger import accounts, ledger
from storage.people import customers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from billing.accounts.snapshot import PersonSnapshot, Reach
    from billing.facts import Facts
    from billing.policy import Level
    from handlers.installation import Installation
    from storage.bills.bills import Bill
    from storage.delivery.outbox import Message


def deadline(
    installation: Installation, person: PersonSnapshot, level: Level, channel: Channel, now: datetime
) -> date | None:
    """The local day a final notice that leaves now asks an answer by; other levels name none."""
    if not level.final:
        return None
    return deadlines.answer_by(installation.policy, local_day(now, zone_of(person)), channel)


def saying(
    installation: Installation, person: PersonSnapshot, level: Level, reach: Reach, count: int, now: datetime
) -> Saying:
    """What a reminder of one level says of so many bills on one way.

    A number that may be somebody else's by now is only told that there is a message.
    """
    if not level.final and unconfirmed(reach, installation.policy, now):
        return Saying("reminder.unconfirmed")
    answer_by = deadline(installation, person, level, reach.channel, now)
    facts: Facts = {"count": count} if answer_by is None else {"count": count, "answer_by": answer_by}
    return Saying(level.template, facts)


def charge(
    session: Session,
    installation: Installation,
    message: Message,
    bill_ids: Collection[str],
    day: date,
    now: datetime,
) -> None:
    """Book the fee and the interest that come with a message, where their authority's conditions hold.

    Called in the transaction that commits the message as *sending*, so that what it states is what the
    ledger shows; the same message books the same entry once, however often it is tried. What was taken
    back when a letter was withdrawn comes again with the letter.
    """
    if message.level is None:
        return
    level = installation.policy.level(message.level)
    if not level.fee and not level.interest:
        return
    for bill in bills.by_id(session, bill_ids).values():
        ledger.append(session, _costs(session, installation, level, message, bill, day), now)


def take_back(
    session: Session, message: Message, bill_ids: Collection[str], day: date, now: datetime
) -> None:
    """Reverse what a message cost that nobody heard: withdrawn, refused, or come back."""
    for bill_id in bill_ids:
        booked = ledger.of_bill(session, bill_id)
        reversed_ids = {entry.reverses for entry in booked}
        mine = [entry for entry in booked if entry.source.startswith(_source(message, bill_id, ""))]
        backs = [
            entry.reversal(day, f"back:{entry.source}") for entry in mine if entry.id not in reversed_ids
        ]
        ledger.append(session, backs, now)


def _costs(
    session: Session, installation: Installation, level: Level, message: Message, bill: Bill, day: date
) -> Iterator[Entry]:
    entries = ledger.of_bill(session, bill.id)
    occasion = Occasion(
        channel=message.channel,
        day=day,
        currency=bill.currency,
        fee_agreed=bill.fee_agreed,
        complete=message.channel is Channel.LETTER,
        serves=level.interest and _serves(session, bill),
    )
    backs = sum(entry.source.startswith(f"back:{_source(message, bill.id, '')}") for entry in entries)
    again = f":{backs}" if backs else ""
    for cost in costs(installation.policy, level, occasion, entries, bill.due_on):
        yield Entry(
            account_id=bill.account_id,
            kind=cost.kind,
            amount=cost.amount,
            booked_on=day,
            source=_source(message, bill.id, f"{cost.kind.value}{cost.since}{again}"),
            bill_id=bill.id,
            rule=cost.rule,
        )


def _serves(session: Session, bill: Bill) -> bool:
    """Whether the customer, or who answers for them, is in military service."""
    account = accounts.get(session, bill.account_id)
    assert account is not None
    people = {account.customer_id, account.guarantor_id}
    found = customers.concerns_of(session, people)
    return any(Concern.MILITARY in concerns for concerns in found.values())


def _source(message: Message, bill_id: str, what: str) -> str:
    return f"cost:{message.id}:{bill_id}:{what}"
