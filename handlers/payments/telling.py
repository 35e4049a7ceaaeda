"""Messages about payments: thanks for one that arrived, notice of one that bounced; each once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from billing.accounts.channels import NOTICE_WAYS, Channel
from billing.calendar import local_day
from billing.dunning.blockers import Blocker, to_reaching
from billing.facts import Saying
from billing.ledger.money import Money
from billing.policy import ContentClass
from handlers import snapshot
from handlers.dunning import unsolicited
from handlers.dunning.unsolicited import Unsolicited
from storage.collection import remittances
from storage.delivery import drafts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from billing.accounts.snapshot import PersonSnapshot, Reach
    from billing.policy import Policy
    from handlers.context import Context
    from handlers.installation import Installation
    from storage.ledger.accounts import Account
    from storage.payments.payments import Payment

_GOOD_FOR: Final = timedelta(days=5)
"""A message about a payment older than this is dropped as out of date."""


class OutgoingThanks(Unsolicited):
    """Thanks for a payment; no run decides on them."""

    names: ClassVar = ("thanks",)
    approved_with_run: ClassVar = True


class OutgoingBounce(Unsolicited):
    """The notice that a payment bounced; no run decides on it."""

    names: ClassVar = ("bounced",)
    approved_with_run: ClassVar = True
    reason: ClassVar = "answers.why_bounced"
    reason_and_balance: ClassVar = True


class OutgoingBillChange(Unsolicited):
    """The sentence that a bill was lowered, is due later, or what was agreed; no run decides on it."""

    names: ClassVar = ("credited", "moved", "agreed", "settled")
    approved_with_run: ClassVar = True
    reason: ClassVar = "answers.why_changed"
    reason_and_balance: ClassVar = True


def thank(context: Context, paid: Sequence[tuple[Account, Payment]]) -> None:
    """Queue thanks for payments, each once; none for an old one, or one remitted by a collector."""
    days, today = context.policy.payments.thanks_days, local_day(context.now, context.creditor.zone)
    fresh = [
        (account, payment)
        for account, payment in paid
        if days and (today - payment.paid_on).days <= days and not remittances.is_one(payment.source)
    ]
    if not fresh:
        return
    loaded = snapshot.load(context, sorted({one.guarantor_id for one, _ in fresh}))
    people = {person.person_id: person for person in loaded}
    for account, payment in fresh:
        person = people.get(account.guarantor_id)
        if person:
            _queue(context, person, f"thanks:{payment.id}", _thanks(context.installation, person, payment))


def _thanks(installation: Installation, person: PersonSnapshot, payment: Payment) -> Saying:
    if installation.policy.content.before_identity < ContentClass.AMOUNT:
        return Saying("payment.received")
    key = "payment.thanks_settled" if person.to_pay <= 0 else "payment.thanks"
    return Saying(key, {"amount": Money(payment.amount, payment.currency)})


def bounced(context: Context, account: Account, payment: Payment) -> int | None:
    """Queue the notice that a payment bounced; None if it was queued before or no channel can be used."""
    person = _person(context, account)
    if person is None:
        return None
    saying = Saying("payment.bounced", {"paid_on": payment.paid_on})
    return _queue(context, person, f"bounced:{payment.id}", saying)


def credited(context: Context, account: Account, number: str) -> int | None:
    """Queue the sentence that a bill was lowered; None if the policy has none or no channel can be used."""
    return _changed(context, account, f"credited:{number}", Saying("bill.credited"))


def moved(context: Context, account: Account, move_id: int, due_on: date, count: int = 1) -> int | None:
    """Queue the sentence that so many bills are due later; None if none is to be, or no channel is open."""
    said = Saying("bill.moved", {"due_on": due_on})
    if count > 1:
        said = Saying("bill.moved_several", {"due_on": due_on, "count": count})
    return _changed(context, account, f"moved:{move_id}", said)


def planned(
    context: Context, person: PersonSnapshot, plan_id: int, terms: Saying, short: Saying
) -> int | None:
    """Queue the terms of a plan that a rep agreed, or where amounts are not for all eyes, that it is set.

    None if no channel can be used.
    """
    reach = _reach(person, context.policy, context.installation.available)
    most = context.policy.content.most(reach.channel, identified=False) if reach else ContentClass.NOTICE
    said = terms if most >= ContentClass.AMOUNT else short
    return _queue(context, person, f"agreed:{plan_id}", said)


def settled(context: Context, person_id: str, case_id: int, saying: Saying) -> int | None:
    """Queue what came of a dispute that did not come from a chat; None if no channel can be used."""
    found = snapshot.load(context, [person_id])
    return _queue(context, found[0], f"settled:{case_id}", saying) if found else None


def way_to(context: Context, person: PersonSnapshot) -> int | None:
    """The contact point that such a sentence goes to; None if no channel can be used."""
    reach = _reach(person, context.policy, context.installation.available)
    return reach.contact_point_id if reach else None


def _changed(context: Context, account: Account, key: str, saying: Saying) -> int | None:
    person = _person(context, account) if context.policy.corrections.tell else None
    return _queue(context, person, key, saying) if person else None


def _queue(context: Context, person: PersonSnapshot, key: str, saying: Saying) -> int | None:
    reach = _reach(person, context.policy, context.installation.available)
    if reach is None:
        return None
    to = (reach.channel, reach.contact_point_id)
    draft = unsolicited.notice(
        context.installation, person, to, key, saying, context.now, context.now + _GOOD_FOR
    )
    return drafts.queue(context.session, draft, context.now)


def _person(context: Context, account: Account) -> PersonSnapshot | None:
    found = snapshot.load(context, [account.guarantor_id])
    return found[0] if found else None


def _reach(person: PersonSnapshot, policy: Policy, available: frozenset[Channel]) -> Reach | None:
    ways = policy.reminding(policy.notices.channels if policy.notices else NOTICE_WAYS)
    found = to_reaching(person, ways, frozenset(), available)
    return None if isinstance(found, Blocker) else found
