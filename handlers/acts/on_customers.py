"""Acts about a customer: more time for all bills, a plan, contact details, notes, logged calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.accounts.roles import Right
from billing.plans.frequency import Frequency
from handlers.acts import logged, plans
from handlers.acts.limits import DAY, REASON, extension_limit
from handlers.acts.plans import PlanTerms
from handlers.acts.shape import Act, ActResult, Field, FieldKind, On
from handlers.payments import bill_changes
from handlers.people import contact_changes, noting
from handlers.people.contact_changes import ContactChange
from storage.desk.notes import NoteKind

if TYPE_CHECKING:
    from handlers.acts.shape import FieldValues
    from handlers.context import Context

_LAST_DAY: Final = 31
_LOGGED: Final = tuple(kind.value for kind in NoteKind if kind is not NoteKind.NOTE)


def _extend_all(context: Context, subject: str, written: FieldValues, by: str) -> ActResult:
    day = written.the_day("day")
    moved = bill_changes.move_all(context, subject, day, by, written.words("reason"))
    return ActResult(f"due on {day}: {', '.join(moved)}", facts={"day": str(day), "bills": " ".join(moved)})


def _plan(context: Context, subject: str, written: FieldValues, by: str) -> ActResult:
    terms = PlanTerms(
        months=written.number("months"),
        amount=written.words("amount"),
        often=Frequency(written.words("often") or Frequency.MONTHLY),
        pay_day=min(written.number("pay_day"), _LAST_DAY),
        first=written.words("first"),
    )
    made = plans.agree(context, subject, terms, by)
    first, count = made.instalments[0], len(made.instalments)
    terms_ = (
        f"{count} payments, {made.total.plain()} {made.total.currency} in all, the first on {first.due_on}"
    )
    facts = {"plan": str(made.plan_id), "count": str(count), "day": str(first.due_on)}
    if made.proposed:
        outside = ", ".join(made.outside) or "old bills"
        return ActResult(
            f"plan {made.plan_id} is proposed ({terms_}): {outside} take a second person", True, facts
        )
    return ActResult(f"plan {made.plan_id} runs: {terms_}", facts=facts)


def _contact(context: Context, subject: str, written: FieldValues, by: str) -> ActResult:
    names = ("phone", "email", "name", "address", "postal_code", "city")
    wanted = ContactChange(**{name: written.words(name) for name in names}, agrees=written.yes("agrees"))
    changed = contact_changes.change(context, subject, wanted, by)
    return ActResult(
        f"customer {subject}: {', '.join(changed)} changed", facts={"changed": " ".join(changed)}
    )


def _note(context: Context, subject: str, written: FieldValues, by: str) -> ActResult:
    number = noting.note(context, subject, written.words("text"), by)
    return ActResult(f"customer {subject}: noted", facts={"note": str(number)})


def _log(context: Context, subject: str, written: FieldValues, by: str) -> ActResult:
    made = logged.log(context, subject, NoteKind(written.words("kind")), written.words("text"), by)
    acted = ", ".join(one.replace("_", " ") for one in made.acted) or "nothing follows from it"
    facts = {"note": str(made.note_id), "acted": " ".join(made.acted)}
    return ActResult("; ".join([f"customer {subject}: logged, {acted}", *made.open]), facts=facts)


ACTS_ON_CUSTOMERS: Final = (
    Act(
        "extend-all",
        On.CUSTOMER,
        Right.WORK,
        "Give more time for all bills of a customer.",
        (DAY, REASON),
        _extend_all,
        extension_limit,
    ),
    Act(
        "plan",
        On.CUSTOMER,
        Right.WORK,
        "Agree a payment plan; outside the policy's bounds a second person approves it.",
        (
            Field("months", FieldKind.NUMBER, "Over how many months.", needed=False),
            Field("amount", FieldKind.AMOUNT, "How much each time, instead of months.", needed=False),
            Field(
                "often",
                FieldKind.CHOICE,
                "How often.",
                needed=False,
                choices=tuple(one.value for one in Frequency),
            ),
            Field("pay_day", FieldKind.NUMBER, "The day of the month.", needed=False),
            Field("first", FieldKind.AMOUNT, "A first payment of another size.", needed=False),
        ),
        _plan,
        plans.limit,
    ),
    Act(
        "contact",
        On.CUSTOMER,
        Right.WORK,
        "Write down a phone, e-mail, address or name that the customer gave.",
        (
            Field("phone", FieldKind.WORDS, "The new phone number.", needed=False, longest=40),
            Field("email", FieldKind.WORDS, "The new e-mail address.", needed=False, longest=200),
            Field("name", FieldKind.WORDS, "The new name.", needed=False, longest=200),
            Field("address", FieldKind.WORDS, "Street and number.", needed=False, longest=200),
            Field("postal_code", FieldKind.WORDS, "The postal code.", needed=False, longest=20),
            Field("city", FieldKind.WORDS, "The town.", needed=False, longest=100),
            Field("agrees", FieldKind.YES, "They agreed to messages at the new one.", needed=False),
        ),
        _contact,
    ),
    Act(
        "note",
        On.CUSTOMER,
        Right.WORK,
        "Write a note for colleagues.",
        (Field("text", FieldKind.WORDS, "The note.", longest=noting.LONGEST),),
        _note,
    ),
    Act(
        "log",
        On.CUSTOMER,
        Right.WORK,
        "Log what the customer said, in their words: it counts as if they had texted it.",
        (
            Field("kind", FieldKind.CHOICE, "What it was.", choices=_LOGGED),
            Field("text", FieldKind.WORDS, "What they said, in their words.", longest=noting.LONGEST),
        ),
        _log,
    ),
)
