"""Every act of the desk, by name: what pages list, the command line offers, and both carry out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.refusals import Refusal
from handlers import rights
from handlers.acts.on_bills import ACTS_ON_BILLS
from handlers.acts.on_cases import ACTS_ON_CASES
from handlers.acts.on_customers import ACTS_ON_CUSTOMERS
from handlers.acts.shape import On, WrongField, given
from handlers.desk import cases
from storage.desk import escalations
from storage.desk.case_events import CaseEvent, What

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handlers.acts.shape import Act, ActResult
    from handlers.context import Context

ACTS: Final = {act.name: act for act in (*ACTS_ON_CUSTOMERS, *ACTS_ON_BILLS, *ACTS_ON_CASES)}
"""Every act by its name, in the order in which they are offered."""


_NUMBERED: Final = frozenset({On.CASE, On.PLAN})
_DIGITS: Final = 9


class NoSuchAct(Refusal):
    """No act has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no act is called {name!r}: {', '.join(ACTS)}")


def named(name: str) -> Act:
    """The act of a name.

    Raises:
        NoSuchAct: there is none.
    """
    if name not in ACTS:
        raise NoSuchAct(name)
    return ACTS[name]


def of(context: Context, on: On, subject: str, by: str) -> list[Act]:
    """The acts that a user may do to a customer, a bill, a case or a plan as it is now."""
    if on in _NUMBERED and not subject.isdecimal():
        return []
    return [
        act
        for act in ACTS.values()
        if act.on is on
        and rights.may(context.session, by, act.right)
        and (act.fits is None or act.fits(context, subject))
    ]


def do(
    context: Context, name: str, subject: str, values: Mapping[str, str], by: str, case_id: int | None = None
) -> ActResult:
    """Do an act to its subject, in one transaction of the caller; ``case_id`` is the case it came of.

    That case, which is the user's or nobody's, has the act in its history.

    Raises:
        NoSuchAct: no act has this name.
        handlers.acts.shape.WrongField: a field is missing or cannot be read.
        billing.refusals.Refusal: why it is not done; see the function of the act.
    """
    act = named(name)
    _check_subject(act, subject)
    written = given(act, values)
    by = rights.check(context.session, by, act.right)
    case = cases.decidable(context.session, case_id, by) if case_id and act.on is not On.CASE else None
    result = act.do(context, subject, written, by)
    if case is not None:
        event = CaseEvent(context.now, by, What.ACTED, {"act": name, "said": result.said})
        escalations.happened(context.session, case.id, event)
    return result


def _check_subject(act: Act, subject: str) -> None:
    if act.on in _NUMBERED and not (subject.isdecimal() and len(subject) <= _DIGITS):
        raise WrongField(act.on.value, f"{subject!r} is no number")
