"""What is known of people and their bills: of many by a statement a kind, of one person by one for all."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from billing.values import value
from storage import agreements, plans
from storage.collection import placements
from storage.database.together import Together
from storage.desk import escalations
from storage.dunning import holds, notices, snapshots, steps
from storage.payments import payments
from storage.people import customers, liable, reachability

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from billing.accounts.holds import Hold
    from billing.accounts.snapshot import DunningStep, PastMessage
    from storage.agreements import Agreements
    from storage.database.together import Answers
    from storage.dunning.snapshots import AccountRow, OwedRow, PersonRow
    from storage.people.reachability import Way


LAPSED_LATELY: Final = timedelta(days=90)
"""So long a broken plan or promise is spoken of: about as long as reminders go on after it."""


@value(frozen=True, slots=True)
class Facts:
    """What is known of some people, by whom or what it concerns. Amounts are minor units, moments UTC."""

    people: Sequence[tuple[PersonRow, list[AccountRow]]]
    owed: Mapping[str, list[OwedRow]]
    credit: Mapping[str, int]
    steps: Mapping[str, list[DunningStep]]
    notices: Mapping[str, set[str]]
    agreed: Agreements
    ways: Mapping[str, list[Way]]
    holds: Mapping[str, list[Hold]]
    past: Mapping[str, list[PastMessage]]
    cases: Mapping[str, set[str]]
    concerns: Mapping[str, frozenset[str]]
    placed: frozenset[str]
    """Accounts of which a bill is or was with a collector."""
    unbooked: frozenset[tuple[int, str]]
    """Amounts of payments without an owner."""


def about(
    session: Session, person_ids: Collection[str], since: datetime, now: datetime, besides: int | None = None
) -> Facts:
    """The facts about these people; messages to them count from ``since`` (UTC).

    ``besides`` is a message that is about to leave (see :func:`storage.dunning.steps.past`).
    """
    if len(person_ids) != 1:
        return _of_many(session, person_ids, since, now, besides)
    (person,) = person_ids
    wanted = parameters(person, since, now, besides)
    return read(_of_one(waiting=besides is None).ask(session, **wanted), now)


def parameters(
    person_id: str, since: datetime, now: datetime, besides: int | None = None
) -> dict[str, object]:
    """The parameters of :func:`questions`, as :func:`about` takes them."""
    return {
        "person": person_id,
        "since": since,
        "now": now,
        "besides": besides or steps.NO_MESSAGE,
        "lapsed_since": now - LAPSED_LATELY,
    }


def _of_many(
    session: Session, person_ids: Collection[str], since: datetime, now: datetime, besides: int | None
) -> Facts:
    people = snapshots.people(session, person_ids)
    mine = [account for _, accounts in people for account in accounts]
    account_ids = [account.id for account in mine]
    held = {person.id for person, _ in people}.union(account.customer_id for account in mine)
    owed, credit = snapshots.owed(session, account_ids)
    bill_ids = [bill.bill_id for several in owed.values() for bill in several]
    return Facts(
        people=people,
        owed=owed,
        credit=credit,
        steps=steps.of_bills(session, bill_ids),
        notices=notices.of_bills(session, bill_ids),
        agreed=agreements.on_accounts(session, account_ids, now - LAPSED_LATELY),
        ways=reachability.ways(session, person_ids),
        holds=holds.active_holds(session, held, now),
        past=steps.past(session, person_ids, since, now, besides),
        cases=escalations.open_keys(session, person_ids),
        concerns=customers.concerns_of(session, person_ids),
        placed=placements.ever_placed(session, account_ids),
        unbooked=payments.unmatched_sums(session),
    )


@cache
def tables() -> frozenset[str]:
    """The names of the tables that facts come from: facts are true until one of them changes."""
    return _of_one(waiting=True).tables


@cache
def _of_one(*, waiting: bool) -> Together:
    return Together(questions(waiting=waiting))


@cache
def questions(*, waiting: bool = True) -> dict[str, Select[*tuple[Any, ...]]]:
    """The questions about one ``person`` whose answers :func:`read` takes."""
    return {
        "people": snapshots.answering(liable.the_person),
        "owed": snapshots.left(liable.their_accounts),
        "steps": steps.taken(liable.their_bills),
        "failures": steps.failures(liable.their_bills),
        "notices": notices.marks(liable.their_bills),
        "plans": agreements.last_plans(liable.their_accounts),
        "instalments": plans.instalments_of(liable.their_plans),
        "plan_bills": plans.bills_on(liable.their_plans),
        "promises": agreements.last_promises(liable.their_accounts),
        "ways": reachability.points(liable.the_person),
        "holds": holds.active(liable.them_and_dependants),
        "past": steps.written(liable.the_person, waiting=waiting),
        "cases": escalations.keys(liable.the_person),
        "concerns": customers.concerns(liable.the_person),
        "placed": placements.placed_on(liable.their_accounts),
        "unbooked": payments.unowned_sums(),
    }


def read(answers: Answers, now: datetime) -> Facts:
    """The facts, from the answers to :func:`questions`."""
    owed, credit = snapshots.by_account(answers.rows("owed"))
    agreed = agreements.of_rows(
        answers.rows("plans"),
        answers.rows("instalments"),
        answers.rows("plan_bills"),
        answers.rows("promises"),
    )
    return Facts(
        people=snapshots.by_person(answers.rows("people")),
        owed=owed,
        credit=credit,
        steps=steps.by_bill(answers.rows("steps"), answers.rows("failures")),
        notices=notices.by_bill(answers.rows("notices")),
        agreed=agreed,
        ways=reachability.by_customer(answers.rows("ways")),
        holds=holds.by_customer(answers.rows("holds")),
        past=steps.by_customer(answers.rows("past"), now),
        cases=escalations.keys_by_customer(answers.rows("cases")),
        concerns=customers.concerns_by_customer(answers.rows("concerns")),
        placed=frozenset(account_id for (account_id,) in answers.rows("placed")),
        unbooked=payments.as_sums(answers.rows("unbooked")),
    )
