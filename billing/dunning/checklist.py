"""Checks for errors on our side before the first reminder; the answers are stored with the decision."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from billing.calendar import is_minor, local_day, start_of_day
from billing.dunning.blockers import Blocker, zone_of
from billing.dunning.limitation import last_day_to_demand

if TYPE_CHECKING:
    from datetime import datetime

    from billing.accounts.snapshot import AccountSnapshot, BillSnapshot, PersonSnapshot
    from billing.policy import Check, Policy


def walk(
    person: PersonSnapshot, account: AccountSnapshot, bill: BillSnapshot, policy: Policy, now: datetime
) -> dict[Check, bool]:
    """Every check of the policy before a first reminder, True if it is in order.

    For instance: no proof that the bill was sent, returned post, unmatched payments. All are computed, also
    those that do not block, so that the stored answers show what was known.
    """
    today = local_day(now, zone_of(person))
    recent = timedelta(days=policy.checklist.recent_days)
    answers: dict[Check, bool] = {
        "unbooked_money": not person.unbooked,
        "open_claim": not person.holds or not _claimed(person, account, bill),
        "returned_post": not any(reach.channel.on_paper and reach.unreachable for reach in person.reaches),
        "credit_elsewhere": not any(each.credit for each in person.accounts),
        "recent_contact": person.wrote_at is None or now - person.wrote_at >= recent,
        "limitation": today <= last_day_to_demand(policy.limitation, bill, account),
        "minor": not is_minor(person.birth_date, today),
        "proof_sent": bill.sent_on is not None,
    }
    return {check: answers[check] for check in policy.checklist.asks}


def _claimed(person: PersonSnapshot, account: AccountSnapshot, bill: BillSnapshot) -> bool:
    return any(
        hold.kind.traits.payer_undecided and hold.covers(account.account_id, bill.bill_id)
        for hold in person.holds
    )


def _plain(person: PersonSnapshot, policy: Policy) -> bool:
    """Whether no check can fail for this person, which holds for most; a short cut for large runs.

    Age and limitation block every reminder and were checked before.
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
    """The first check that blocks the reminder, until the next local day."""
    if not policy.checklist.blocks or _plain(person, policy):
        return None
    answers = walk(person, account, bill, policy, now)
    found = next((check for check in policy.checklist.blocks if not answers[check]), None)
    if found is None:
        return None
    zone = zone_of(person)
    tomorrow = start_of_day(local_day(now, zone) + timedelta(days=1), zone)
    return Blocker("wait", found, tomorrow)
