"""Requests that a person handles: recorded in the customer's words, with a case number and a deadline."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from billing.accounts.holds import Hold, HoldKind
from billing.dunning import good_faith
from billing.facts import Saying
from billing.ledger.money import Money
from handlers.arrivals import ArrivalKind
from handlers.conversation import answers, paid, speaker
from handlers.desk.handover import case_about, hold_and_notify
from handlers.dunning.reschedule import reschedule
from handlers.people import identity
from handlers.turn_context import Reply, say
from storage.desk import case_details, escalations, staff
from storage.desk.staff import AuditEntry
from storage.dunning import holds
from storage.payments import payments
from storage.people import representatives

if TYPE_CHECKING:
    from billing.outcomes import AskForAid, NoteCounsel, NoteDispute, NoteRepresentative, Report, SeekPayment
    from handlers.turn_context import Turn
    from storage.people.customers import Customer

_WHY = {
    "refund": "the customer wants money back",
    "complaint": "the customer complains",
    "estimate": "the customer wants to know what something costs",
    "copy": "the customer wants an itemised statement: send it",
}


def dispute(turn: Turn, customer: Customer | None, outcome: NoteDispute) -> Reply:
    """Open a case for a dispute reported by a customer, and hold reminders, of a named bill or of all.

    If the case was closed in the middle of the conversation, a new one is opened for the rest.
    """
    if escalations.open_with_key(turn.context.session, f"dispute:{turn.point.id}") is None:
        hold_and_notify(turn, HoldKind.DISPUTE)
    detail = {"words": outcome.words, "bill": outcome.bill_id}
    case_details.add(turn.context.session, f"dispute:{turn.point.id}", detail)
    if customer and outcome.bill_id:
        # The first words held every bill, because none was named yet; now the others may go on.
        holds.lift(turn.context.session, customer.id, [HoldKind.DISPUTE], "kvitt", turn.context.now)
        reason = f"said so on {turn.context.now.date().isoformat()}"
        hold = Hold(HoldKind.DISPUTE, reason, bill_id=outcome.bill_id)
        holds.place(turn.context.session, customer.id, hold, "customer", turn.context.now)
    concerned = [customer] if customer else list(turn.people)
    for one in concerned:
        _hold_estimates(turn, one, outcome.bill_id)
    reschedule(turn.context, [one.id for one in concerned])
    return _numbered(turn, "dispute", "dispute.noted")


def counsel(turn: Turn, customer: Customer | None, outcome: NoteCounsel) -> Reply:  # noqa: ARG001
    """Add who speaks for a customer to the case of it; one that was closed meanwhile is opened anew."""
    key = f"{HoldKind.LEGAL.value}:{turn.point.id}"
    if escalations.open_with_key(turn.context.session, key) is None:
        reschedule(turn.context, [one.id for one in hold_and_notify(turn, HoldKind.LEGAL)])
    case_details.add(turn.context.session, key, {"words": outcome.words})
    return say(Saying("legal.noted"))


def _hold_estimates(turn: Turn, customer: Customer, bill_id: str) -> None:
    """Stop all dunning on a disputed bill that is far above its estimate, until a person lifts the stop.

    45 CFR 149.620: no collection, no threat, no late fee meanwhile.
    """
    person, rules = turn.person(customer), turn.context.policy.good_faith
    for account in person.accounts:
        for bill in account.bills:
            meant = bill_id in {"", bill.bill_id} and bill.owed > 0
            if meant and good_faith.disputable(rules, bill, account.currency, turn.today(person)):
                hold = Hold(HoldKind.GFE_DISPUTE, "disputed: it is above its estimate", bill_id=bill.bill_id)
                holds.place(turn.context.session, customer.id, hold, "customer", turn.context.now)


def aid(turn: Turn, customer: Customer | None, asked: AskForAid) -> Reply:  # noqa: ARG001
    """Open a case for a customer's request for financial assistance: the application is to be sent."""
    _open(turn, "aid", "the customer asks for help with the cost: send the application", {})
    return _numbered(turn, "aid", "hardship.aid")


def report(turn: Turn, customer: Customer | None, outcome: Report) -> Reply:  # noqa: ARG001
    """Open a case for a refund, complaint, copy or price question; the reply gives number and deadline."""
    _open(turn, outcome.kind, _WHY[outcome.kind], {"words": outcome.words} if outcome.words else {})
    return _numbered(turn, outcome.kind, "report.noted")


def representative(turn: Turn, customer: Customer | None, outcome: NoteRepresentative) -> Reply:
    """Record a reported representative for a person to check; nothing is disclosed to them before."""
    known = customer or (turn.people[0] if len(turn.people) == 1 else None)
    if known:
        until = turn.context.installation.reading.day(outcome.until, turn.language, turn.today())
        representatives.note(
            turn.context.session, known.id, outcome.name, outcome.kind, until, turn.context.now
        )
    detail = {"name": outcome.name, "kind": outcome.kind, "until": outcome.until}
    speaker.mark(turn)
    _open(turn, "representative", "somebody says to speak for the customer: check the papers", detail)
    # One case is enough: the mark stands until the papers were checked.
    escalations.close_key(
        turn.context.session,
        f"{identity.NOT_THE_CUSTOMER_CASE}:{turn.point.id}",
        escalations.BY_ITSELF,
        "representative",
        turn.context.now,
    )
    return _numbered(turn, "representative", "representative.noted")


def seek_payment(turn: Turn, customer: Customer, outcome: SeekPayment) -> Reply:
    """Search for a payment that the customer reports: confirm it, or say what was searched.

    Unmatched payments of the same amount are added to the case as candidates; only a person assigns one,
    because the amount alone may be another customer's.
    """
    person = turn.person(customer)
    today = turn.today(person)
    since = today - timedelta(days=paid.SEARCHED_DAYS)
    named = paid.reported(turn, person, outcome.words).amount
    found = paid.found(turn, person, named)
    if found:
        amount = Money(found.amount, found.currency)
        thanks = Saying("already_paid.found", {"amount": amount, "paid_on": found.paid_on})
        return say(thanks, *answers.balance(turn, person))
    candidates = [
        payment.source_id
        for payment in payments.unmatched(turn.context.session)
        if named and payment.amount == named.minor and payment.paid_on >= since
    ]
    detail = {"words": outcome.words} | ({"candidates": ", ".join(candidates)} if candidates else {})
    key = f"{HoldKind.ALREADY_PAID.value}:{turn.point.id}"
    case = escalations.open_with_key(turn.context.session, key)
    case_details.add(turn.context.session, key, detail)
    if turn.inbound.kind == ArrivalKind.MEDIA or (case and case.detail.get("words")):
        return say(Saying("already_paid.shown"))  # what it was searched by was said before
    until = today + timedelta(days=turn.context.policy.holds.already_paid_days)
    return say(Saying("already_paid.searched", {"since": since, "until": until}))


def _open(turn: Turn, kind: str, why: str, detail: dict[str, str]) -> None:
    by = turn.context.now + timedelta(days=turn.context.policy.holds.answer_days)
    escalations.open_case(turn.context.session, case_about(turn, kind, why, 2, by, detail), turn.context.now)
    staff.write_down(
        turn.context.session,
        AuditEntry(turn.context.now, "customer", kind, f"contact_point:{turn.point.id}", {}),
    )


def _numbered(turn: Turn, kind: str, key: str) -> Reply:
    """The saying with the number of the case and the local day by which it is answered."""
    case = escalations.open_with_key(turn.context.session, f"{kind}:{turn.point.id}")
    assert case is not None
    by: date = case.deadline.astimezone(turn.zone()).date()
    return say(Saying(key, {"number": case.id, "by": by}))
