"""A conversation: which bill to explain."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as offered

from billing.facts import Saying
from billing.money import Money
from billing.outcomes import ExplainBill
from handlers.talk.questions import Answer, Misread, Question, Reader

if TYPE_CHECKING:
    from billing.facts import Facts
    from billing.outcomes import Outcome
    from handlers.talk.play import Talk


@offered(frozen=True, slots=True)
class BillLine:
    """A bill as it is offered: told apart by amount and due day, never by what it is for."""

    bill_id: str
    amount: Money
    due_on: date


@offered(frozen=True, slots=True)
class ExplainOffer:
    """The bills that can be explained; at least one."""

    bills: tuple[BillLine, ...]


async def explain_bill(talk: Talk, offer: ExplainOffer) -> Outcome:
    """Find out which bill is meant, where there are several."""
    if len(offer.bills) == 1:
        return ExplainBill(offer.bills[0].bill_id)
    return ExplainBill(await talk.ask(_which(offer)))


def _which(offer: ExplainOffer) -> Question[str]:
    rows: list[Facts] = [
        {"number": number, "amount": bill.amount, "due_on": bill.due_on}
        for number, bill in enumerate(offer.bills, start=1)
    ]

    def read(answer: Answer, reader: Reader) -> str:
        number = reader.count(answer.text, answer.language)
        if number is not None and number <= len(offer.bills):
            return offer.bills[number - 1].bill_id
        return _matching(offer, answer, reader)

    return Question("which", Saying("explain_bill.which", {"bills": rows}), read)


def _matching(offer: ExplainOffer, answer: Answer, reader: Reader) -> str:
    """The one bill with the amount or due day that was named."""
    currency = offer.bills[0].amount.currency
    amount = reader.amount(answer.text, answer.language, currency)
    day = reader.day(answer.text, answer.language, answer.day)
    found = [bill for bill in offer.bills if bill.amount == amount or bill.due_on == day]
    if len(found) != 1:
        raise Misread(Saying("talk.misread_choice"))
    return found[0].bill_id
