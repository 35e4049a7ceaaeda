"""A dispute is settled: for the customer, by a credit note, or against them, with the reason they read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from billing.accounts.holds import HoldKind
from billing.calendar import local_day
from billing.facts import Saying
from billing.refusals import Refusal
from handlers.desk import cases, hold_fates
from handlers.desk.answering import queue_message
from handlers.desk.hold_fates import HoldFate
from handlers.payments import bill_changes, telling
from messages.understanding import redaction
from storage.bills import references
from storage.ledger import accounts, ledger

if TYPE_CHECKING:
    from datetime import date

    from handlers.context import Context
    from storage.bills.bill_changes import CreditNote
    from storage.desk.escalations import Escalation

_ABOUT: Final = frozenset({kind.value for kind in HoldKind if kind.traits.dispute})
LONGEST: Final = 400
"""Characters of the sentence that a customer reads about their dispute."""


class NoDispute(Refusal):
    """The case is about no dispute, so that none can be settled by it."""

    def __init__(self, case: Escalation) -> None:
        super().__init__(f"case {case.id} is about {case.about.replace('_', ' ')}, not about a dispute")


class WhichBill(Refusal):
    """A dispute about several bills is to be settled for the customer, and nobody says on which."""

    def __init__(self, case_id: int, found: list[str]) -> None:
        owed = ", ".join(found) or "none: close the case"
        super().__init__(f"bill: say on which bill case {case_id} is settled; something is owed on {owed}")


class NoSentence(Refusal):
    """A dispute is to be settled against the customer without a reason they could read."""

    def __init__(self, length: int) -> None:
        why = f"has {length} characters, at most {LONGEST} fit" if length else "is empty"
        super().__init__(f"sentence: what the customer reads {why}")


def settle_for(
    context: Context, case_id: int, by: str, bill_id: str, amount: str, sentence: str, reason: str
) -> CreditNote:
    """Settle a dispute for the customer: so much (a plain decimal) is credited, or all that is owed.

    The hold is lifted and the case closed; the customer reads that they are right, and ``sentence``.

    Raises:
        rights.NotAllowed: the user may not, or so large a credit takes somebody who may approve.
        NoDispute: the case is about something else.
        WhichBill: several bills are disputed, and ``bill_id`` is empty.
        handlers.payments.bill_changes.NotToCredit: the bill cannot be credited by so much.
        NoSentence: the sentence is too long.
    """
    case = _dispute(context, case_id, by)
    said = _sentence(context, sentence)
    note = bill_changes.credit(
        context, bill_id or _bill(context, case), amount, by, reason or f"case {case_id}", notify=False
    )
    _send_outcome(context, case, Saying("dispute.settled_for", {"text": said}))
    cases.close(context, case_id, by, f"for the customer: {note.number}", fate=hold_fates.LIFT)
    return note


def settle_against(context: Context, case_id: int, by: str, sentence: str, reason: str) -> date:
    """Settle a dispute against the customer, who reads why; returns the day from which dunning goes on.

    Until then the hold is kept, as the policy says; the case is closed.

    Raises:
        rights.NotAllowed: the user may only look.
        NoDispute: the case is about something else.
        NoSentence: there is no reason to be read, or it is too long.
    """
    case = _dispute(context, case_id, by)
    said = _sentence(context, sentence)
    if not said:
        raise NoSentence(0)
    days = context.policy.desk.dispute_days
    until = local_day(context.now, context.creditor.zone) + timedelta(days=days)
    _send_outcome(context, case, Saying("dispute.settled_against", {"text": said, "until": until}))
    fate = HoldFate(keep_until=until) if days else hold_fates.LIFT
    cases.close(context, case_id, by, f"against the customer: {reason or said}", fate=fate)
    return until


def disputed(context: Context, case: Escalation) -> list[str]:
    """The bills that a case of a dispute may be about: the one it names, or all with something owed."""
    named = str(case.bill_id or case.detail.get("bill", ""))
    if named:
        return [named]
    if case.customer_id is None:
        return []
    mine = accounts.answered_by(context.session, [case.customer_id])
    owed = ledger.owed_by_bill(context.session, [one.id for one in mine])
    return sorted(bill for each in owed.values() for bill, left in each.items() if bill and left > 0)


def is_dispute(case: Escalation) -> bool:
    """Whether a case is about a dispute."""
    return case.about in _ABOUT


def _dispute(context: Context, case_id: int, by: str) -> Escalation:
    case = cases.decidable(context.session, case_id, by)
    if not is_dispute(case):
        raise NoDispute(case)
    return case


def _bill(context: Context, case: Escalation) -> str:
    found = disputed(context, case)
    if len(found) != 1:
        raise WhichBill(case.id, found)
    return found[0]


def _sentence(context: Context, text: str) -> str:
    """The sentence as it is sent: card numbers are masked, as in every answer."""
    text = redaction.clean(text, 2 * LONGEST)
    text = redaction.mask_codes(redaction.mask_cards(text, references.issued(context.session)))
    if len(text) > LONGEST:
        raise NoSentence(len(text))
    return text


def _send_outcome(context: Context, case: Escalation, said: Saying) -> None:
    if case.contact_point_id is not None:
        queue_message(context, case.contact_point_id, f"settled:{case.id}", [said])
    elif case.customer_id is not None:
        telling.settled(context, case.customer_id, case.id, said)
