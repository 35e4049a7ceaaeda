"""What may have gone wrong on our side: walked before the first demand, and kept with the decision."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from billing.accounts.channels import Channel
from billing.accounts.holds import HoldKind
from billing.calendar import is_minor, local_day, start_of_day
from billing.dunning.blockers import Blocker, zone_of
from billing.dunning.limitation import limitation_date

if TYPE_CHECKING:
    from datetime import datetime

    from billing.accounts.snapshot import AccountSnapshot, BillSnapshot, PersonSnapshot
    from billing.policy import Check, Policy


def walk(
    person: PersonSnapshot, account: AccountSnapshot, bill: BillSnapshot, policy: Policy, now: datetime
) -> dict[Check, bool]:
    """Every question the policy asks before a first demand, and whether its answer is in order.

    A bill nobody can prove was sent, post that came back, money that waits to be matched: each is asked
    of the facts, so that the answer can be stored beside the decision.
    """
    today = local_day(now, zone_of(person))
    rules = policy.limitation
    last = limitation_date(rules, bill.issued_on, bill.due_on, account.country, account.region)
    recent = timedelta(days=policy.checklist.recent_days)
    answers: dict[Check, bool] = {
        "unbooked_money": not person.unbooked,
        "open_claim": not person.holds or not _claimed(person, account, bill),
        "returned_post": not any(
            reach.channel is Channel.LETTER and reach.unreachable for reach in person.reaches
        ),
        "credit_elsewhere": not any(each.credit for each in person.accounts),
        "recent_contact": person.wrote_at is None or now - person.wrote_at >= recent,
        "limitation": today <= last,
        "minor": not is_minor(person.birth_date, today),
        "proof_sent": bill.sent_on is not None,
    }
    return {check: answers[check] for check in policy.checklist.asks}


def _claimed(person: PersonSnapshot, account: AccountSnapshot, bill: BillSnapshot) -> bool:
    return any(
        hold.kind is HoldKind.CLAIM_OPEN and hold.covers(account.account_id, bill.bill_id)
        for hold in person.holds
    )


def _plain(person: PersonSnapshot, policy: Policy) -> bool:
    """Whether nothing is known of a person that any question could stumble over: most people by far.

    Age and limitation stand in the way of every demand, and were asked before.
    """
    asked = {"proof_sent", "returned_post"}.isdisjoint(policy.checklist.blocks)
    return asked and not (
        person.unbooked
        or person.wrote_at
        or person.holds
        or any(account.credit for account in person.accounts)
    )


def blocker(
    person: PersonSnapshot, account: AccountSnapshot, bill: BillSnapshot, policy: Policy, now: datetime
) -> Blocker | None:
    """The first answer that keeps the demand back; looked at again the next day."""
    if not policy.checklist.blocks or _plain(person, policy):
        return None
    answers = walk(person, account, bill, policy, now)
    found = next((check for check in policy.checklist.blocks if not answers[check]), None)
    if found is None:
        return None
    zone = zone_of(person)
    tomorrow = start_of_day(local_day(now, zone) + timedelta(days=1), zone)
    return Blocker("wait", found, tomorrow)
