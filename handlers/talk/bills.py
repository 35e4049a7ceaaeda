"""The question which bill is meant, shared by several conversations."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

from pydantic.dataclasses import dataclass as offered

from billing.facts import Saying
from billing.ledger.money import Money, minor_units
from handlers.talk.questions import Answer, Misread, Question, Reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from billing.facts import Facts

SHOWN = 9
"""No more bills than this are listed; an older one is named by its amount or day."""
_A_CHOICE = 4
"""So many words at most choose all of them; more tell something else: "this is all wrong, I paid"."""


@offered(frozen=True, slots=True)
class BillLine:
    """A bill as a choice: shown by amount, due date and whose it is, never by the service.

    The service is known again where the customer names it: "the lab one".
    """

    bill_id: str
    amount: Money
    due_on: date
    issued_on: date | None = None
    numbers: tuple[str, ...] = ()
    """What it is called by: its id, its number, its reference."""
    whose: str = ""
    """The first name of the person who was served, where it is somebody else than who pays."""
    service: str = ""
    """What it was for, as far as the one who pays may know."""


def which_bill(slot: str, key: str, bills: Sequence[BillLine], everything: str = "") -> Question[str]:
    """One of the bills by its place in the list or what tells it apart; its id.

    ``everything`` is an option for all of them, answered with an empty id.
    """

    def read(answer: Answer, reader: Reader) -> str:
        counted = answer.text.strip().isdigit()
        short = len(answer.text.split()) <= _A_CHOICE and not counted
        if everything and short and reader.choice(answer.text, answer.language, [everything]):
            return ""
        number = reader.count(answer.text, answer.language)
        if number is not None and number <= len(bills):
            return bills[number - 1].bill_id
        found = bill_named(bills, answer, reader)
        if found is None:
            raise Misread(Saying("talk.misread_bill"))
        return found.bill_id

    return Question(slot, Saying(key, {"bills": _rows(bills)}), read)


def bill_named(bills: Sequence[BillLine], answer: Answer, reader: Reader) -> BillLine | None:
    """The one bill that a text tells apart: by number, name, service, amount, day or month; else None."""
    left, any_sign = set(range(len(bills))), False
    for found in _signs(bills, answer, reader):
        if found and left & found:
            left, any_sign = left & found, True
    return bills[left.pop()] if any_sign and len(left) == 1 else None


def _signs(bills: Sequence[BillLine], answer: Answer, reader: Reader) -> Iterator[set[int]]:
    """The places of the bills that each sign in a text may mean, the surest sign first."""
    yield set(reader.bills_named(answer.text, [one.numbers for one in bills]))
    yield set(reader.bills_named(answer.text, [(one.whose,) for one in bills]))
    yield set(reader.bills_for(answer.text, [one.service for one in bills]))
    amount = reader.amount(answer.text, answer.language, bills[0].amount.currency) if bills else None
    exact = {place for place, one in enumerate(bills) if one.amount == amount}
    yield exact or set(reader.bills_named(answer.text, [_whole(one.amount) for one in bills]))
    day = reader.day(answer.text, answer.language, answer.day)
    if day:
        yield {place for place, one in enumerate(bills) if _same_day(one.due_on, day)}
        yield {place for place, one in enumerate(bills) if one.issued_on and _same_day(one.issued_on, day)}
    month = reader.month(answer.text, answer.language)
    due = {place for place, one in enumerate(bills) if one.due_on.month == month}
    yield due or {place for place, one in enumerate(bills) if one.issued_on and one.issued_on.month == month}


def _whole(amount: Money) -> tuple[str, ...]:
    """An amount as people call a bill by it: "the 80 one"; none with a fraction."""
    whole, rest = divmod(amount.minor, minor_units(1, amount.currency))
    return () if rest else (str(whole),)


def _same_day(one: date, named: date) -> bool:
    """Whether it is the day of the year that was named: a day to come is read where no year stands."""
    return (one.month, one.day) == (named.month, named.day)


def _rows(bills: Sequence[BillLine]) -> list[Facts]:
    """The bills as a list shows them: with their number, too, where nothing else tells two of them apart."""
    alike = Counter((one.amount, one.due_on, one.whose) for one in bills)
    return [
        {
            "number": number,
            "amount": bill.amount,
            "due_on": bill.due_on,
            "whose": bill.whose,
            "called": bill.numbers[0]
            if bill.numbers and alike[bill.amount, bill.due_on, bill.whose] > 1
            else "",
        }
        for number, bill in enumerate(bills[:SHOWN], start=1)
    ]
