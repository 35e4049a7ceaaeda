"""Eligibility checks: the payer is asked, and the answer is saved with source and time; failures too.

The payer is asked between two transactions, so that a slow answer holds no lock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from billing.calendar import local_day
from billing.payers.eligibility import CoverageQuestion, EligibilityResult, register_says
from billing.refusals import Refusal
from handlers.context import Context
from storage.desk import escalations
from storage.desk.escalations import Case
from storage.payers import coverages, eligibility, eligibility_questions
from storage.people import customers

if TYPE_CHECKING:
    from datetime import date, datetime

    from billing.payers.eligibility import Found
    from handlers.context import Clock
    from handlers.installation import Installation
    from storage.database.transaction import Database
    from storage.payers.eligibility import Check


class UnknownCoverage(Refusal):
    """No coverage has this id."""

    def __init__(self, coverage_id: str) -> None:
        super().__init__(f"no coverage {coverage_id!r} is registered: see kvitt eligibility list")


def check(
    database: Database, installation: Installation, coverage_id: str, day: date, clock: Clock
) -> Found | None:
    """Check a coverage for a day and save the answer; None if the payer answers later, by file.

    Such a question is stored until it is answered (``handlers.payers.asking``). A failed check is saved and
    opens a case; the earlier answer stays in force.

    Raises:
        UnknownCoverage: it is not registered.
    """
    with database.read() as session:
        found = coverages.find(session, coverage_id)
        customer = customers.find(session, found[2]) if found else None
    if found is None or customer is None:
        raise UnknownCoverage(coverage_id)
    covered, payer, _ = found
    asking = installation.eligibility.get(payer.id, register_says)
    answer = asking(CoverageQuestion(covered, payer.id, payer.name, customer.name, customer.birth_date, day))
    with database.write() as session:
        context = Context(session, installation, clock)
        if answer is not None:
            record_check(context, coverage_id, customer.id, day, answer)
        else:
            eligibility_questions.add(session, coverage_id, payer.id, day, context.now)
    return answer


def record_check(context: Context, coverage_id: str, customer_id: str, day: date, answer: Found) -> None:
    """Save a payer's answer on eligibility; a failed or unknown one opens a case, a clear one closes it."""
    eligibility.save_check(context.session, coverage_id, day, answer, context.now)
    key = f"eligibility:{coverage_id}"
    if answer.result in {EligibilityResult.FAILED, EligibilityResult.UNKNOWN}:
        why = f"whether coverage {coverage_id} holds could not be confirmed: {answer.reason or 'no answer'}"
        by = context.answer_by()
        escalations.open_case(context.session, Case(key, "eligibility", why, by, 3, customer_id), context.now)
    else:
        escalations.close_key(context.session, key, escalations.BY_ITSELF, answer.result.value, context.now)


@dataclass(frozen=True, slots=True)
class ListedCoverage:
    """One coverage in the list of the desk."""

    coverage_id: str
    customer_id: str
    payer: str
    member_id: str
    holds: bool
    """Whether it is valid today by our register."""
    check: Check | None
    stale: bool
    asked_at: datetime | None = None
    """When the payer was asked (UTC), as long as its answer is missing."""


def listed(
    database: Database, installation: Installation, clock: Clock, *, attention: bool = False
) -> list[ListedCoverage]:
    """Every coverage with its last answer; with ``attention`` those that are stale, failed or denied."""
    now = clock()
    today, found = local_day(now, installation.creditor.zone), []
    with database.read() as session:
        every = coverages.holding(session, today)
        ids = [covered.coverage_id for covered, _, _ in every]
        checks = eligibility.latest(session, ids)
        waiting = eligibility_questions.waiting_since(session, ids)
    for covered, payer, customer_id in every:
        last = checks.get(covered.coverage_id)
        old = last is None or now - last.checked_at > timedelta(
            days=installation.policy.eligibility.stale_days
        )
        wrong = last is not None and last.result is not EligibilityResult.ACTIVE
        if not attention or old or wrong:
            one = ListedCoverage(
                covered.coverage_id,
                customer_id,
                payer.name,
                covered.member_id,
                covered.on(today),
                last,
                old,
                waiting.get(covered.coverage_id),
            )
            found.append(one)
    return found
