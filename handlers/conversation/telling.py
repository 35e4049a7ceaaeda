"""Coverage in the chat: what is on file and when it was checked; a new insurance for a person to confirm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.facts import Saying
from billing.ledger.ledger import EntryKind
from billing.ledger.money import Money
from billing.payers.eligibility import EligibilityResult
from handlers.desk.handover import case_about
from handlers.payers import covering
from handlers.turn_context import Reply, say
from storage.desk import case_details, escalations, staff
from storage.desk.staff import AuditEntry
from storage.ledger import ledger

if TYPE_CHECKING:
    from billing.accounts.snapshot import PersonSnapshot
    from billing.facts import Facts
    from billing.outcomes import NoteInsurance
    from handlers.payers.covering import CheckedCoverage
    from handlers.turn_context import Turn
    from storage.people.customers import Customer

_SHOWN = 3
_NEW = "new_insurance"


def covered(turn: Turn, person: PersonSnapshot) -> list[Saying]:
    """Tell a customer the coverages on file: when checked, what payers took over, how to report a new one."""
    standings = covering.checked_coverages(turn.context, person.person_id, turn.today(person))
    known = [_coverage_saying(turn, one) for one in standings[:_SHOWN]]
    if _reported(turn, person.person_id):
        return [*known, Saying("insurance.reported"), *_taken_over(turn, person)]
    said = known or [Saying("insurance.none")]
    expected = [Saying("insurance.expected")] if standings and person.payable else []
    return [*said, *_taken_over(turn, person), *expected, Saying("insurance.new")]


def note(turn: Turn, customer: Customer | None, outcome: NoteInsurance) -> Reply:
    """Open a case for insurance a customer tells of; coverage on file stays until a person confirms it."""
    detail = {"payer": outcome.payer, "member_id": outcome.member_id, "since": outcome.since}
    by = turn.context.answer_by()
    why = "the customer tells of another insurance: confirm it with the payer, then put it on file"
    case = case_about(turn, _NEW, why, 3, by, detail, customer)
    if escalations.open_case(turn.context.session, case, turn.context.now) is None:
        case_details.add(turn.context.session, case.key, detail)
    subject = f"contact_point:{turn.point.id}"
    staff.write_down(turn.context.session, AuditEntry(turn.context.now, "customer", _NEW, subject, {}))
    kept = escalations.open_with_key(turn.context.session, case.key)
    assert kept
    return say(Saying("new_insurance.noted", {"number": kept.id}))


def _reported(turn: Turn, customer_id: str) -> bool:
    """Whether a person has yet to confirm an insurance that was named in this chat, or by this customer."""
    keys = (f"{_NEW}:{customer_id}", f"{_NEW}:{turn.point.id}")
    return any(escalations.open_with_key(turn.context.session, key) for key in keys)


def _coverage_saying(turn: Turn, one: CheckedCoverage) -> Saying:
    payer: Facts = {"payer": one.payer.name}
    if one.check is None or not one.confirmed:
        return Saying("insurance.unchecked", payer)
    checked: Facts = {
        **payer,
        "checked_on": one.check.checked_at.astimezone(turn.context.creditor.zone).date(),
    }
    match one.check.result:
        case EligibilityResult.ACTIVE:
            return Saying("insurance.active", checked)
        case EligibilityResult.INACTIVE:
            return Saying("insurance.inactive", checked)
        case _:
            return Saying("insurance.unchecked", payer)


def _taken_over(turn: Turn, person: PersonSnapshot) -> list[Saying]:
    """What payers took over of the open bills, and the amount of their open claims."""
    taken = asked = 0
    for bill in person.payable:
        entries = ledger.of_bill(turn.context.session, bill.bill_id)
        taken -= sum(one.amount.minor for one in entries if one.kind is EntryKind.PAYER)
        asked -= sum(one.amount.minor for one in entries if one.kind is EntryKind.CLAIM)
    if not person.payable:
        return []
    currency = next((one.currency for one in person.accounts), turn.context.creditor.currency)
    facts: Facts = {
        "covered": Money(taken, currency),
        "asked": Money(asked, currency),
        "count": len(person.payable),
    }
    return [Saying("answers.insurance", facts)]
