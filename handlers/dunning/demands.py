"""The wording, answer deadline, fee and interest of a reminder.

Computed when it is planned and again when it leaves: the deadline counts from the day of sending.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.concerns import Concern
from billing.calendar import local_day
from billing.dunning import deadlines
from billing.dunning.blockers import unconfirmed, zone_of
from billing.dunning.fees import Occasion, charged, costs
from billing.facts import Saying
from billing.ledger.ledger import Entry, EntryKind
from handlers.dunning import frozen
from storage.bills import bills
from storage.ledger import accounts, ledger
from storage.people import customers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from billing.accounts.channels import Channel
    from billing.accounts.snapshot import PersonSnapshot, Reach
    from billing.facts import Facts
    from billing.policy import Level
    from handlers.context import Context
    from handlers.installation import Installation
    from storage.bills.bills import Bill
    from storage.delivery.outbox import Message


def deadline(
    installation: Installation, person: PersonSnapshot, level: Level, channel: Channel, now: datetime
) -> date | None:
    """The day (local to the customer) by which a final notice sent now asks for an answer; else None."""
    if not level.final:
        return None
    return deadlines.answer_by(installation.policy, local_day(now, zone_of(person)), channel)


def saying(
    installation: Installation, person: PersonSnapshot, level: Level, reach: Reach, count: int, now: datetime
) -> Saying:
    """The saying of a reminder of one level about ``count`` bills to one contact point.

    A number not confirmed lately may have been reassigned: it only learns that there is a message
    (12 CFR 1006.6(d)(5)). A final notice must carry its text and never goes there.
    """
    if not level.final and unconfirmed(reach, installation.policy, now):
        return Saying("reminder.unconfirmed")
    answer_by = deadline(installation, person, level, reach.channel, now)
    facts: Facts = {"count": count} if answer_by is None else {"count": count, "answer_by": answer_by}
    return Saying(level.template, facts)


def charge(context: Context, message: Message, bill_ids: Collection[str], day: date) -> None:
    """Book the fee and interest that come with a reminder, where their authority's conditions hold.

    The fee is one for all that is demanded of the customer that day, on the oldest bill that can bear it.
    Called in the transaction that commits the message as *sending*, so that the message states what the
    ledger shows. The entry's source is a unique key: the same message books it once, however often it is
    tried. A cost reversed when a letter was withdrawn is booked again with the letter.
    """
    if message.level is None:
        return
    level = context.policy.level(message.level)
    if not level.fee and not level.interest:
        return
    done = charged(context.policy, level.fee, _same_demand(context.session, message, day))
    for bill in sorted(bills.by_id(context.session, bill_ids).values(), key=lambda one: (one.due_on, one.id)):
        booked = list(_costs(context, level, message, bill, day, done=done))
        ledger.append(context.session, booked, context.now)
        done = done or any(entry.kind is EntryKind.FEE for entry in booked)


def take_back(context: Context, message: Message, bill_ids: Collection[str], day: date) -> None:
    """Reverse the costs of a reminder that reached nobody: withdrawn, refused or returned (on ``day``)."""
    for bill_id in bill_ids:
        booked = ledger.of_bill(context.session, bill_id)
        reversed_ids = {entry.reverses for entry in booked}
        mine = [entry for entry in booked if entry.source.startswith(_source(message, bill_id, ""))]
        backs = [
            entry.reversal(day, f"back:{entry.source}") for entry in mine if entry.id not in reversed_ids
        ]
        ledger.append(context.session, backs, context.now)


def _same_demand(session: Session, message: Message, day: date) -> list[Entry]:
    """What is booked on the customer's accounts for this message, or for another one of this day."""
    assert message.customer_id
    own = [account.id for account in accounts.answered_by(session, [message.customer_id])]
    booked = [entry for account_id in own for entry in ledger.of_account(session, account_id)]
    mine = f"cost:{message.id}:"
    asked = [entry for entry in booked if entry.booked_on == day or entry.source.startswith(mine)]
    return [*asked, *(entry for entry in booked if entry.reverses in {one.id for one in asked})]


def _costs(
    context: Context, level: Level, message: Message, bill: Bill, day: date, *, done: bool
) -> Iterator[Entry]:
    entries = ledger.of_bill(context.session, bill.id)
    occasion = Occasion(
        channel=message.channel,
        day=day,
        currency=bill.currency,
        fee_agreed=bill.fee_agreed,
        complete=message.channel.capabilities.written,
        serves=level.interest and _serves(context.session, bill),
        charged=done,
        frozen=frozen.days(context, bill),
    )
    backs = sum(entry.source.startswith(f"back:{_source(message, bill.id, '')}") for entry in entries)
    # Counted into the source, since the key of a reversed entry is used up: entries are never deleted.
    again = f":{backs}" if backs else ""
    for cost in costs(context.policy, level, occasion, entries, bill.due_on):
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
    """Whether the customer or the guarantor is in military service: 6 % cap incl. fees (50 USC 3937)."""
    account = accounts.get(session, bill.account_id)
    assert account is not None
    people = {account.customer_id, account.guarantor_id}
    found = customers.concerns_of(session, people)
    return any(Concern.MILITARY in concerns for concerns in found.values())


def _source(message: Message, bill_id: str, what: str) -> str:
    return f"cost:{message.id}:{bill_id}:{what}"
