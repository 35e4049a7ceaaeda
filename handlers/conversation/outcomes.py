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
