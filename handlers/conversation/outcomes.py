"""Carries out what a conversation decided: one function for each class of outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from billing import outcomes
from billing.facts import Saying
from handlers.aid import applications
from handlers.bills import obligations
from handlers.conversation import agreements, answers, details, enrolment, reporting, speaker, telling
from handlers.desk import handover
from handlers.payers import authorising
from handlers.turn_context import Reply, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from handlers.talk.conversation import Open
    from handlers.turn_context import Turn
    from storage.people.customers import Customer


def carry_out(turn: Turn, customer: Customer | None, outcome: outcomes.Outcome) -> Reply:
    """Carry out an outcome; ``customer`` is the identified customer, or None.

    Raises:
        handlers.conversation.agreements.FactsChanged: a balance is no longer what was quoted.
        TypeError: the outcome needs an identified customer and there is none.
    """
    for_anybody = FOR_ANYBODY.get(type(outcome))
    if for_anybody:
        return for_anybody(turn, customer, outcome)
    if customer is None:
        raise TypeError(f"{outcome} needs an identified customer")
    return FOR_CUSTOMERS[type(outcome)](turn, customer, outcome)


def came_of(outcome: outcomes.Outcome, open_: Open, reply: Reply) -> str:
    """What became of a wish: ``done``, ``still_open`` or ``as_it_was``; empty where nothing did."""
    said = {saying.key for saying in reply.sayings}
    match outcome:
        case outcomes.LeaveAsIs("receipt.enough") if not open_.offer.get("paid_on"):
            return ""  # there was nothing to show
        case outcomes.LeaveAsIs(key):
            return "done" if key in _ANSWERED else "as_it_was"
        case outcomes.OpenPlan() | outcomes.MakePromise() | outcomes.SeekPayment():
            still_open = not said.isdisjoint(_STILL_OPEN)
            return "done" if not said.isdisjoint(_SETTLED) else "still_open" if still_open else "as_it_was"
        case _:
            return "still_open" if isinstance(outcome, _FOR_STAFF) else "done"


_ANSWERED: Final = frozenset({"receipt.enough", "estimate.fine"})
"""What was asked for was told before the last question."""
_SETTLED: Final = frozenset({"payment_plan.opened", "promise.made", "already_paid.found"})
_STILL_OPEN: Final = frozenset({"payment_plan.proposed", "already_paid.searched", "already_paid.shown"})
AGREED: Final = (outcomes.OpenPlan, outcomes.MakePromise, outcomes.PausePlan, outcomes.EndPlan)
"""Outcomes by which it is agreed how something is paid."""
_FOR_STAFF: Final = (
    outcomes.NoteDispute,
    outcomes.AskForAid,
    outcomes.Report,
    outcomes.NoteRepresentative,
    outcomes.NoteInsurance,
    outcomes.ChangeDetail,
    outcomes.ApplyForAid,
    outcomes.AskAuthorisation,
)
"""Outcomes that somebody still has to check or confirm."""


def _leave(turn: Turn, customer: Customer | None, outcome: outcomes.LeaveAsIs) -> Reply:  # noqa: ARG001
    return say(Saying(outcome.key))


def _hand_over(turn: Turn, customer: Customer | None, outcome: outcomes.HandToPerson) -> Reply:  # noqa: ARG001
    saying = "talk.handed_over" if outcome.reason == "misread" else "person.coming"
    return handover.to_a_person(turn, outcome.reason, saying)


def _explain(turn: Turn, customer: Customer, outcome: outcomes.ExplainBill) -> Reply:
    page = answers.bill_page(turn, customer.id, outcome.bill_id)
    return say(answers.explained(turn, turn.person(customer), outcome.bill_id), *page)


FOR_ANYBODY: Final[Mapping[type, Callable[[Turn, Customer | None, Any], Reply]]] = {
    outcomes.LeaveAsIs: _leave,
    outcomes.HandToPerson: _hand_over,
    outcomes.NoteDispute: reporting.dispute,
    outcomes.AskForAid: reporting.aid,
    outcomes.Report: reporting.report,
    outcomes.NoteRepresentative: reporting.representative,
    outcomes.NoteInsurance: telling.note,
    outcomes.NoteCounsel: reporting.counsel,
    outcomes.NotTheCustomer: speaker.for_another,
    outcomes.Enrol: enrolment.enrol,
    outcomes.SetLanguage: details.language,
}
"""Outcomes that disclose nothing and change no agreement: no identity is needed."""

FOR_CUSTOMERS: Final[Mapping[type, Callable[[Turn, Customer, Any], Reply]]] = {
    outcomes.OpenPlan: agreements.open_plan,
    outcomes.PausePlan: agreements.pause_plan,
    outcomes.EndPlan: agreements.end_plan,
    outcomes.MakePromise: agreements.promise,
    outcomes.SeekPayment: reporting.seek_payment,
    outcomes.ExplainBill: _explain,
    outcomes.AskAuthorisation: authorising.by_chat,
    outcomes.AcceptObligations: obligations.accept,
    outcomes.ApplyForAid: applications.apply,
    outcomes.ConfirmDetails: details.confirm_details,
    outcomes.ChangeDetail: details.change_detail,
    outcomes.KeepNumber: details.keep_number,
    outcomes.ReplaceNumber: details.replace_number,
    outcomes.SetHours: details.hours,
    outcomes.ChooseBillWay: details.bill_way,
}
"""Outcomes about the account of an identified customer."""
