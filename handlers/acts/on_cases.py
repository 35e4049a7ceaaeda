"""Acts about a case, and the plan that one waits for: disputes settled, answers, approvals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.accounts.roles import Right
from handlers.acts import disputes
from handlers.acts.limits import REASON, WHY, credit_limit
from handlers.acts.shape import Act, ActResult, Field, FieldKind, On
from handlers.desk import agreements, cases
from handlers.desk.hold_fates import HoldFate
from storage.desk import escalations

if TYPE_CHECKING:
    from handlers.acts.shape import FieldValues
    from handlers.context import Context


def _dispute_for(context: Context, subject: str, written: FieldValues, by: str) -> ActResult:
    note = disputes.settle_for(
        context,
        int(subject),
        by,
        written.words("bill"),
        written.words("amount"),
        written.words("sentence"),
        written.words("reason"),
    )
    said = f"case {subject} is closed; bill {note.bill_id}: credited, credit note {note.number}"
    return ActResult(said, facts={"number": note.number, "bill": note.bill_id})


def _dispute_against(context: Context, subject: str, written: FieldValues, by: str) -> ActResult:
    until = disputes.settle_against(
        context, int(subject), by, written.words("sentence"), written.words("reason")
    )
    return ActResult(
        f"case {subject} is closed; nothing is demanded before {until}", facts={"day": str(until)}
    )


def _is_dispute(context: Context, subject: str) -> bool:
    case = escalations.find(context.session, int(subject))
    return case is not None and disputes.is_dispute(case)


def _take(context: Context, subject: str, written: FieldValues, by: str) -> ActResult:
    del written
    cases.take(context, int(subject), by)
    return ActResult(f"case {subject} is yours")


def _answer(context: Context, subject: str, written: FieldValues, by: str) -> ActResult:
    cases.answer(
        context, int(subject), by, written.words("text"), and_close=written.yes("close"), fate=_fate(written)
    )
    return ActResult(f"case {subject}: the answer is queued")


def _return(context: Context, subject: str, written: FieldValues, by: str) -> ActResult:
    cases.give_back(context, int(subject), by, written.words("reason"))
    return ActResult(f"case {subject} is in the queue again")


def _close(context: Context, subject: str, written: FieldValues, by: str) -> ActResult:
    cases.close(context, int(subject), by, written.words("outcome"), fate=_fate(written))
    return ActResult(f"case {subject} is closed")


def _fate(written: FieldValues) -> HoldFate | None:
    """What becomes of the hold that a case is about; None where nothing is said."""
    until, colleague = written.day("keep_until"), written.words("hand_on")
    if not (written.yes("lift") or until or colleague):
        return None
    return HoldFate(written.yes("lift"), until, colleague)


_HOLDS: Final = (
    Field("lift", FieldKind.YES, "Lift the hold that the case is about.", needed=False),
    Field("keep_until", FieldKind.DAY, "Keep that hold until this day.", needed=False),
    Field(
        "hand_on",
        FieldKind.WORDS,
        "Keep that hold; this colleague looks after it.",
        needed=False,
        longest=100,
    ),
)


def _approve_plan(context: Context, subject: str, written: FieldValues, by: str) -> ActResult:
    del written
    agreements.approve(context, int(subject), by)
    return ActResult(f"plan {subject} runs")


def _refuse_plan(context: Context, subject: str, written: FieldValues, by: str) -> ActResult:
    agreements.refuse(context, int(subject), by, written.words("reason"))
    return ActResult(f"plan {subject} is refused")


ACTS_ON_CASES: Final = (
    Act(
        "dispute-for",
        On.CASE,
        Right.WORK,
        "Settle a dispute for the customer, by a credit note.",
        (
            Field(
                "bill",
                FieldKind.WORDS,
                "On which bill, where several are disputed.",
                needed=False,
                longest=100,
            ),
            Field(
                "amount",
                FieldKind.AMOUNT,
                "How much is taken off; all that is owed without it.",
                needed=False,
            ),
            Field(
                "sentence",
                FieldKind.WORDS,
                "What the customer reads besides.",
                needed=False,
                longest=disputes.LONGEST,
            ),
            WHY,
        ),
        _dispute_for,
        credit_limit,
        _is_dispute,
    ),
    Act(
        "dispute-against",
        On.CASE,
        Right.WORK,
        "Settle a dispute against the customer, who reads why.",
        (
            Field(
                "sentence", FieldKind.WORDS, "The reason, as the customer reads it.", longest=disputes.LONGEST
            ),
            WHY,
        ),
        _dispute_against,
        None,
        _is_dispute,
    ),
    Act("take", On.CASE, Right.WORK, "Take a case.", (), _take),
    Act(
        "answer",
        On.CASE,
        Right.WORK,
        "Answer the customer of a case.",
        (
            Field("text", FieldKind.WORDS, "The text for the customer.", longest=cases.LONGEST_ANSWER),
            Field("close", FieldKind.YES, "Close the case with it.", needed=False),
            *_HOLDS,
        ),
        _answer,
    ),
    Act("return", On.CASE, Right.WORK, "Give a case back to the queue.", (WHY,), _return),
    Act(
        "close",
        On.CASE,
        Right.WORK,
        "Close a case.",
        (Field("outcome", FieldKind.WORDS, "The outcome."), *_HOLDS),
        _close,
    ),
    Act("approve-plan", On.PLAN, Right.APPROVE, "Approve a proposed payment plan.", (), _approve_plan),
    Act("refuse-plan", On.PLAN, Right.APPROVE, "Refuse a proposed payment plan.", (REASON,), _refuse_plan),
)
