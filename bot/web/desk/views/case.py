"""One case: take it, reply as a person, put it off, hand it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.web.desk import acting
from bot.web.desk.acting import Failed, UnusableField
from bot.web.desk.views import account, today
from handlers.desk import cases

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response

    from bot.web.desk.visit import Visit
    from handlers.context import Context

_LONGEST_WHY: Final = 500
_DAYS: Final = 2
"""Digits of the days that a case is put off for."""


def page(visit: Visit) -> Response:
    """The case, on the page of its customer."""
    return account.show(visit, visit.number())


def take(visit: Visit) -> Response:
    """Become its owner. From a list, which shows no version, whoever is quicker has it."""
    return _act(visit, lambda context, number: cases.take(context, number, visit.who.name), "taken")


def take_over(visit: Visit) -> Response:
    """Take it from a colleague, who reads in its history by whom."""

    def act(context: Context, number: int) -> None:
        cases.give_back(context, number, visit.who.name, visit.say("case.taken_over"))
        cases.take(context, number, visit.who.name)

    return _act(visit, act, "taken")


def give_back(visit: Visit) -> Response:
    """Return it to the queue: the bot goes on with the conversation."""

    def act(context: Context, number: int) -> None:
        cases.give_back(context, number, visit.who.name, acting.needed(visit, "why", _LONGEST_WHY))

    return _act(visit, act, "returned")


def answer(visit: Visit) -> Response:
    """Write to the customer, which takes the case, too; with ``close`` it is closed."""

    def act(context: Context, number: int) -> None:
        text = acting.needed(visit, "text", cases.LONGEST_ANSWER)
        close = visit.form.get("close") == "yes"
        cases.answer(context, number, visit.who.name, text, and_close=close)

    return _act(visit, act, "answered")


def snooze(visit: Visit) -> Response:
    """Put it off for some days; back to where it was asked for."""

    def act(context: Context, number: int) -> None:
        days = visit.form.get("days", "")
        if not (days.isascii() and days.isdigit() and len(days) <= _DAYS):
            raise UnusableField("days", "number")
        cases.snooze(context, number, visit.who.name, int(days))

    back = visit.form.get("back")
    return _act(visit, act, "snoozed", today.address_of(back) if back is not None else "")


def _act(visit: Visit, act: Callable[[Context, int], object], done: str, then: str = "") -> Response:
    number = visit.number()
    from_list = "back" in visit.form

    def in_order(context: Context) -> None:
        if not from_list:
            acting.check_version(context, number, visit.form.get(acting.VERSION, ""))
        act(context, number)

    fields = {cases.NothingToSay: "text", cases.NotToBeSnoozed: "days"}
    answer = acting.carry_out(visit, in_order, then or f"/desk/cases/{number}", done, fields=fields)
    if not isinstance(answer, Failed):
        return answer
    return account.show(visit, number, failed=answer)
