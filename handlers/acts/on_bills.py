"""Acts about a bill: more time, a credit, a write-off, a collector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.accounts.roles import Right
from handlers.acts.limits import DAY, REASON, credit_limit, extension_limit
from handlers.acts.shape import Act, ActResult, Field, FieldKind, On
from handlers.collection import collector
from handlers.payments import bill_changes, corrections

if TYPE_CHECKING:
    from handlers.acts.shape import FieldValues
    from handlers.context import Context

_RETURN_DAYS: Final = 30


def _extend(context: Context, subject: str, written: FieldValues, by: str) -> ActResult:
    day = written.the_day("day")
    before = bill_changes.move(context, subject, day, by, written.words("reason"))
    return ActResult(f"bill {subject} is due on {day}, not on {before}", facts={"day": str(day)})


def _credit(context: Context, subject: str, written: FieldValues, by: str) -> ActResult:
    note = bill_changes.credit(context, subject, written.words("amount"), by, written.words("reason"))
    return ActResult(
        f"bill {note.bill_id}: credited, credit note {note.number}", facts={"number": note.number}
    )


def _write_off(context: Context, subject: str, written: FieldValues, by: str) -> ActResult:
    amount = corrections.write_off(context, subject, by, written.words("reason"))
    return ActResult(f"bill {subject}: {amount.plain()} {amount.currency} written off")


def _write_off_limit(context: Context) -> str:
    return f"up to {context.policy.desk.write_off_alone}"


def _hand_over(context: Context, subject: str, written: FieldValues, by: str) -> ActResult:
    state = collector.approve(context, subject, by, written.words("collector"))
    return ActResult(f"bill {subject}: {state.value.replace('_', ' ')}", facts={"state": state.value})


def _hand_back(context: Context, subject: str, written: FieldValues, by: str) -> ActResult:
    days = written.number("days") or _RETURN_DAYS
    collector.give_back(context, subject, by, written.words("reason"), days)
    return ActResult(f"bill {subject} stays here; nothing is demanded for {days} days")


ACTS_ON_BILLS: Final = (
    Act(
        "extend",
        On.BILL,
        Right.WORK,
        "Give more time for a bill.",
        (DAY, REASON),
        _extend,
        extension_limit,
    ),
    Act(
        "credit",
        On.BILL,
        Right.WORK,
        "Lower a bill by a credit note.",
        (Field("amount", FieldKind.AMOUNT, "How much is taken off, as 120.50."), REASON),
        _credit,
        credit_limit,
    ),
    Act(
        "write-off",
        On.BILL,
        Right.WORK,
        "Write off what is left of a bill.",
        (REASON,),
        _write_off,
        _write_off_limit,
    ),
    Act(
        "hand-over",
        On.BILL,
        Right.APPROVE,
        "Hand a flagged bill to a collector.",
        (
            Field(
                "collector", FieldKind.WORDS, "To whom, where there are several.", needed=False, longest=100
            ),
        ),
        _hand_over,
    ),
    Act(
        "hand-back",
        On.BILL,
        Right.APPROVE,
        "Keep a flagged bill here.",
        (REASON, Field("days", FieldKind.NUMBER, "For how many days nothing is demanded.", needed=False)),
        _hand_back,
    ),
)
