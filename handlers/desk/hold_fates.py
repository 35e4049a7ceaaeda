"""What becomes of a hold when the case about it is closed: lifted, kept until a day, or handed on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from billing.accounts.holds import HoldKind
from billing.accounts.roles import Right
from billing.calendar import local_day, start_of_day
from billing.refusals import Refusal
from handlers import rights
from handlers.dunning import frozen
from handlers.rights import DeskRefusal, NoSuchUser
from storage.desk import escalations, staff
from storage.desk.case_events import CaseEvent, What
from storage.desk.escalations import Case
from storage.dunning import holds

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from handlers.context import Context
    from storage.desk.escalations import Escalation
    from storage.dunning.holds import KeptHold

REVIEW: Final = escalations.HOLD_REVIEW


@dataclass(frozen=True, slots=True)
class HoldFate:
    """What becomes of the holds of a case: lifted, or kept until a day, or handed on to a colleague."""

    lift: bool = False
    keep_until: date | None = None
    hand_to: str = ""

    @property
    def words(self) -> str:
        """As the audit trail has it."""
        if self.lift:
            return "lifted"
        return f"kept until {self.keep_until}" if self.keep_until else f"handed on to {self.hand_to}"


LIFT: Final = HoldFate(lift=True)


class HoldHangsOnCase(DeskRefusal):
    """A case was to be closed on which a hold hangs, and nobody said what becomes of the hold."""

    def __init__(self, case: Escalation, hanging: Collection[KeptHold]) -> None:
        kinds = " and ".join(sorted({kept.hold.kind.value for kept in hanging}))
        whose = ", ".join(sorted({kept.customer_id for kept in hanging}))
        super().__init__(
            f"a {kinds} hold on {whose} hangs on case {case.id}: say what "
            "becomes of it, lift, keep until a day, or hand on to a colleague "
            "(kvitt escalations close --lift, --keep-until or --hand-on)"
        )


class KeptTooShort(Refusal):
    """A hold was to be kept until a day that has begun already."""

    def __init__(self, day: date) -> None:
        super().__init__(f"{day} is not to come: write a later day, or lift the hold")


def decide(
    context: Context, case: Escalation, people: Collection[str], fate: HoldFate | None, by: str
) -> None:
    """Carry out what becomes of the holds that hang on a case.

    Raises:
        HoldHangsOnCase: there are such, and ``fate`` says nothing.
        KeptTooShort: they are to be kept until a day that has begun.
        rights.NotAllowed: lifting a stop state takes the right to approve.
        NoSuchUser: no active user has the name of the colleague.
    """
    hanging = _hanging(context, case, people)
    if not hanging:
        return
    if fate is None:
        raise HoldHangsOnCase(case, hanging)
    if not fate.lift:
        _hold_until(context, case, hanging, fate, by)
        return
    if any(kept.hold.kind.is_stop_state for kept in hanging):
        # A stop state has legal weight (deceased, bankruptcy, attorney): ending one takes the right to
        # approve.
        rights.check(context.session, by, Right.APPROVE)
    for kept in hanging:
        assert kept.hold.id is not None
        holds.lift_one(context.session, kept.hold.id, by, context.now)
        if kept.hold.kind.traits.freezes:
            frozen.resume_plans(context, kept.customer_id, kept.hold)


def _hanging(context: Context, case: Escalation, people: Collection[str]) -> list[KeptHold]:
    """The active holds that a case is about, or that were placed with it.

    A dispute case is about both kinds of disputes. What another open case has placed hangs on that one.
    """
    name = case.detail.get("hold", "") if case.kind == REVIEW else case.kind
    about = {kind for kind in HoldKind if kind.value == name}
    if HoldKind.DISPUTE in about:
        about = {kind for kind in HoldKind if kind.traits.dispute}
    named = case.detail.get("hold", "")
    # A case about one hold, as on a moratorium's last day, says which: others of its kind are left alone.
    only = int(named) if named.isdigit() else None
    return [
        kept
        for customer_id in sorted(people)
        for kept in holds.every(context.session, customer_id)
        if kept.state(context.now) == "standing"
        and only in {None, kept.hold.id}
        and (kept.placed_by == case.key or (kept.hold.kind in about and not _of_another(context, kept)))
    ]


def _of_another(context: Context, kept: KeptHold) -> bool:
    return escalations.open_with_key(context.session, kept.placed_by) is not None


def _hold_until(
    context: Context, case: Escalation, hanging: Collection[KeptHold], fate: HoldFate, by: str
) -> None:
    """Keep holds: one that may have an end gets it, any other a case of its own that comes back by then."""
    zone = context.creditor.zone
    until = start_of_day(fate.keep_until, zone) if fate.keep_until else None
    if fate.keep_until and fate.keep_until <= local_day(context.now, zone):
        raise KeptTooShort(fate.keep_until)
    owner = _colleague(context, fate.hand_to) if fate.hand_to else None
    if until:
        ending = [kept.hold.id for kept in hanging if not kept.hold.kind.is_stop_state]
        holds.end_at(context.session, [one for one in ending if one is not None], until)
    endless = {
        (kept.customer_id, kept.hold.kind) for kept in hanging if not until or kept.hold.kind.is_stop_state
    }
    for customer_id, kind in sorted(endless):
        review = _review(case, customer_id, kind, context.answer_by(after=until))
        escalations.close_key(context.session, review.key, by, fate.words, context.now)
        made = escalations.open_case(context.session, review, context.now)
        assert made is not None
        event = CaseEvent(context.now, by, What.SNOOZED, {"until": until.isoformat()} if until else {})
        if owner:
            event = replace(event, what=What.TAKEN, detail={"for": owner})
        escalations.happened(context.session, made, event, owner=owner, snoozed_until=until)


def _review(case: Escalation, customer_id: str, kind: HoldKind, by: datetime) -> Case:
    return Case(
        key=review_key(customer_id, kind.value),
        kind=REVIEW,
        reason=f"a {kind.value} hold was kept when case {case.id} was closed: does it still stand?",
        deadline=by,
        customer_id=customer_id,
        detail={"hold": kind.value},
    )


def review_key(customer_id: str, kind: str) -> str:
    """The key of the case that a customer's hold of a kind has after the case about it was closed."""
    return f"hold:{customer_id}:{kind}"


def _colleague(context: Context, name: str) -> str:
    user = staff.named(context.session, name)
    if user is not None and user.active:
        return user.name
    if user is None and not staff.every(context.session):
        return name  # nobody is registered yet: whoever works here is known to the operator
    raise NoSuchUser(name)
