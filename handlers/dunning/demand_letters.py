"""Writes reminder and demand letters with what is owed on their bills on the day of posting.

A Swedish demand states principal, interest and costs separately, and of the interest its amount, rate, period
and base (inkassolagen 5 §).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.channels import TO_ANY_LETTERBOX
from billing.dunning import deadlines
from billing.dunning.demand import BookedInterest, DemandFacts, DemandLine, last_day_to_answer
from billing.facts import Saying
from billing.ledger.money import Money
from billing.ledger.settlement import split
from billing.policy import ANNOUNCED, ContentClass
from handlers.bills.disclosure import services_shown
from handlers.outgoing import WrittenLetter
from messages.documents import documents
from messages.documents.documents import Addressee, LetterSheet
from storage.bills import bills
from storage.dunning import steps
from storage.ledger import accounts, ledger
from storage.people import customers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from billing.facts import Facts
    from handlers.context import Context
    from handlers.installation import Installation
    from storage.bills.bills import Bill
    from storage.delivery.outbox import Message
    from storage.people.customers import Customer


def write(context: Context, message: Message, address: str, reference: str, post_on: date) -> WrittenLetter:
    """The letter of a message that passed the gate, dated on the day of posting (``post_on``).

    Raises:
        IncompleteDemand: a final demand lacks something that the law requires in it.
    """
    assert message.customer_id
    person = customers.find(context.session, message.customer_id)
    assert person
    named = bills.by_id(context.session, steps.bills_of(context.session, message.id))
    facts = _facts(context, message, list(named.values()), person, post_on) if named else None
    above, below = _sayings(context.installation, message, facts)
    above = above or message.sayings
    language = message.language
    said = [context.installation.words.say(one.key, language, one.facts) for one in (*above, *below)]
    sheet = LetterSheet(language, reference, post_on, said[: len(above)], said[len(above) :], facts)
    to = Addressee(person.name, address, person.id)
    page = documents.page(context.creditor, to, sheet)
    by = facts.answer_by if facts else None
    return WrittenLetter((*above, *below), "\n\n".join(said), page, by, final=bool(facts and facts.final))


def _facts(
    context: Context, message: Message, owing: Sequence[Bill], person: Customer, post_on: date
) -> DemandFacts:
    policy, level = context.policy, message.level
    return DemandFacts(
        creditor=context.creditor,
        debtor=person.name,
        lines=tuple(_line(context, bill, person) for bill in sorted(owing, key=lambda one: one.due_on)),
        dated_on=post_on,
        # The later of the statutory and the policy's day: neither a short policy nor a slow post may cut the
        # time.
        answer_by=max(
            last_day_to_answer(
                post_on, policy.placement.minimum_answer_days, context.creditor.country, policy.eves
            ),
            deadlines.answer_by(policy, post_on, message.channel),
        ),
        final=level is not None and policy.level(level).final,
    )


def _line(context: Context, bill: Bill, person: Customer) -> DemandLine:
    entries = ledger.of_bill(context.session, bill.id)
    parts = split(entries, context.policy.payments.order)

    def money(minor: int) -> Money:
        return Money(minor, bill.currency)

    return DemandLine(
        bill_id=bill.id,
        reference=bill.reference,
        issued_on=bill.issued_on,
        due_on=bill.due_on,
        what=_what(context, bill, person),
        principal=money(parts.principal),
        interest=money(parts.interest),
        costs=money(parts.costs),
        accrued=tuple(terms for entry in entries if (terms := BookedInterest.of_entry(entry))),
    )


_MOST_LINES = 6


def _what(context: Context, bill: Bill, person: Customer) -> str:
    """What a bill is for, as far as the policy lets a letter say it, and the patient if not the addressee."""
    if context.policy.content.most(TO_ANY_LETTERBOX, identified=False) < ContentClass.LINE_ITEMS:
        return ""
    account = accounts.get(context.session, bill.account_id)
    served = customers.find(context.session, account.customer_id) if account else None
    if served and not services_shown(context, served.id, served.birth_date, person.id):
        return served.name
    described = [
        charge.description for charge in bills.charges_of(context.session, bill.id) if charge.description
    ]
    shown = list(dict.fromkeys(described))[:_MOST_LINES]
    more = " …" if len(set(described)) > _MOST_LINES else ""
    what = bill.description or "; ".join(shown) + more
    return f"{what} ({served.name})" if what and served and served.id != person.id else what


def _sayings(
    installation: Installation, message: Message, facts: DemandFacts | None
) -> tuple[tuple[Saying, ...], tuple[Saying, ...]]:
    """The sayings above the table of bills, and those below it."""
    if facts is None:
        return (), ()
    count: Facts = {"count": len(facts.lines)}
    help_ = (Saying("letter.help"),) if installation.policy.plan.offered else ()
    ending = (*help_, Saying("letter.crossed"))
    interest = tuple(
        _interest(terms) for line in facts.lines if line.interest.minor for terms in line.accrued
    )
    if facts.final:
        by: Facts = {"answer_by": facts.answer_by}
        rights = (Saying("letter.final_object", by), Saying("letter.final_after", by))
        return (Saying("letter.final", {**count, **by}),), (*interest, *rights, *ending)
    first = "letter.announcement" if message.level == ANNOUNCED else "letter.reminder"
    return (Saying(first, count),), (*interest, *ending)


def _interest(terms: BookedInterest) -> Saying:
    facts: Facts = {
        "amount": terms.amount,
        "rate": str(terms.rate),
        "base": terms.base,
        "since": terms.since,
        "until": terms.until,
        "authority": terms.authority,
    }
    return Saying("letter.interest", facts)
