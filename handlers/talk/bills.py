"""The question which bill is meant, shared by several conversations."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as offered

from billing.facts import Saying
from billing.ledger.money import Money
from handlers.talk.questions import Answer, Misread, Question, Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from billing.facts import Facts

SHOWN = 9
"""No more bills than this are listed; an older one is named by its amount or day."""


@offered(frozen=True, slots=True)
class BillLine:
    """A bill as a choice: named by amount and due date, never by the service."""

    bill_id: str
    amount: Money
    due_on: date


def which_bill(slot: str, key: str, bills: Sequence[BillLine], everything: str = "") -> Question[str]:
    """One of the bills by number, amount or due day; its id.

    ``everything`` is an option for all of them, answered with an empty id.
    """
    rows: list[Facts] = [
        {"number": number, "amount": bill.amount, "due_on": bill.due_on}
        for number, bill in enumerate(bills[:SHOWN], start=1)
    ]

    def read(answer: Answer, reader: Reader) -> str:
        counted = answer.text.strip().isdigit()
        if everything and not counted and reader.choice(answer.text, answer.language, [everything]):
            return ""
        number = reader.count(answer.text, answer.language)
        if number is not None and number <= len(bills):
            return bills[number - 1].bill_id
        return _matching(bills, answer, reader)

    return Question(slot, Saying(key, {"bills": rows}), read)


def _matching(bills: Sequence[BillLine], answer: Answer, reader: Reader) -> str:
    """The one bill with the amount or due day that was named."""
    currency = bills[0].amount.currency
    amount = reader.amount(answer.text, answer.language, currency)
    day = reader.day(answer.text, answer.language, answer.day)
    found = [bill for bill in bills if bill.amount == amount or bill.due_on == day]
    if len(found) != 1:
        raise Misread(Saying("talk.misread_choice"))
    return found[0].bill_id
