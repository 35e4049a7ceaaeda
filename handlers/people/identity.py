"""Who may be taken for a customer at a contact point: every entrance asks here before it compares anything.

A phone number or a link alone proves nothing: it may be shared, forwarded or reassigned, and a bill mentioned
to the wrong person is a disclosure (12 CFR 1006.6(d)(1)).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from billing.accounts.holds import HoldKind
from billing.accounts.identity import (
    SITTING,
    Budget,
    Entrance,
    IdentityClaim,
    IdentityDecision,
    WrongAnswer,
    budget,
    decide,
)
from billing.calendar import is_minor, local_day
from storage.desk import case_details, cases_at, escalations, staff
from storage.desk.escalations import Case
from storage.desk.staff import AuditEntry
from storage.dunning import holds
from storage.people import contact_points, contacts, identity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from billing.accounts.holds import Hold
    from handlers.context import Context
    from storage.desk.escalations import Escalation
    from storage.people.customers import Customer
    from storage.people.identity import PointIdentity

NOT_THE_CUSTOMER_CASE: Final = "not_the_customer"
AT_ONE_PHONE: Final = 3
"""So many customers may be linked to one contact point by themselves: our choice."""
LOCK_CASE: Final = "identity_locked"
WHO_DIED: Final = "who_died"
UNCLEAR: Final = "it is not said: the customer, or somebody of theirs"
"""What the case of a death says where a text named a relative, and not the customer."""
A_RELATIVE_DIED: Final = "the customer writes, with the right birth date: somebody of theirs"
"""What it says once the customer has shown to be alive."""
_ABOUT_NOT_THE_CUSTOMER: Final = frozenset({
    NOT_THE_CUSTOMER_CASE, "representative", HoldKind.DECEASED, HoldKind.WRONG_NUMBER, HoldKind.MINOR,
})  # fmt: skip
"""Kinds of cases in which a person looks who it is that writes at the contact point."""


@dataclass(frozen=True, slots=True)
class AtEntrance:
    """Somebody at an entrance: the contact point, and what is known of it and its people."""

    context: Context
    known: PointIdentity
    entrance: Entrance

    def decision(self, customer: Customer, active_holds: Iterable[Hold] | None = None) -> IdentityDecision:
        """Whether they may be taken for this customer now; ``active_holds`` are read unless given."""
        return decide(
            self.context.policy.identity, self._claim(customer, active_holds), self.entrance, self.context.now
        )

    def before_asking(self, people: Sequence[Customer]) -> IdentityDecision:
        """Whether the identity question is asked at all: the same for a number that nobody knows.

        A customer who is not spoken with there, such as a minor, counts like a wrong answer and not here: who
        that is must not be found out by asking.
        """
        if self.known.not_the_customer:
            return IdentityDecision.PERSON_FIRST
        locked = [self.budget_of(one).locked(self.context.now) for one in people] or [
            self._of_nobody().locked(self.context.now)
        ]
        return IdentityDecision.LOCKED if all(locked) else IdentityDecision.OPEN

    def wrong(self, people: Sequence[Customer]) -> bool:
        """Count a wrong answer about all who could have been meant; returns whether all are locked now.

        The answer that locks opens the case, one a person, or brings its count up to date.
        """
        now, session = self.context.now, self.context.session
        meant: Sequence[Customer | None] = [one for one in people if not self.budget_of(one).locked(now)] or (
            [] if people else [None]
        )
        locked = []
        for one in meant:
            verified = one is not None and self._own(one)
            identity.save_wrong(
                session,
                one.id if one else None,
                self.known.contact_point_id,
                self.entrance.value,
                now,
                verified=verified,
            )
            made = budget(self.context.policy.identity, (*self._answers(one), WrongAnswer(now)))
            if made.locked(now):
                locked.append((one, made))
        if locked:
            self._lock(locked)
        return len(locked) == len(meant)

    def admits(self, people: Sequence[Customer], born: date | None) -> bool:
        """Whether somebody born on a day may be reached here beside these people, without a person's look.

        Two of one birth date could not be told apart by it, and the first would be shut out. As a refusal
        tells that somebody here has the date, only as many are admitted as share a phone, those included who
        have left it; it counts against nobody who is there already, who could be locked out by strangers. And
        nobody is while a lock, or a person who is to look first, keeps dates from being compared.
        """
        now = self.context.now
        counted = [self.budget_of(one) for one in people] or [self._of_nobody()]
        if self.known.not_the_customer or any(one.locked(now) for one in counted):
            return False
        if any(one.birth_date == born for one in people):
            return False
        return contacts.ever_at(self.context.session, self.known.contact_point_id) < AT_ONE_PHONE

    def right(self, customer: Customer) -> None:
        """Take back the slips of this sitting; in the chat the customer has identified there now.

        Only those given to the same question: a thief who knows the birth date must not buy new tries at the
        postal code with it.
        """
        now, session, point_id = self.context.now, self.context.session, self.known.contact_point_id
        if any(
            one.customer_id == customer.id
            and one.contact_point_id == point_id
            and one.entrance == self.entrance
            and now - one.answer.at <= SITTING
            for one in self.known.answers
        ):
            identity.take_back(session, customer.id, point_id, self.entrance.value, now - SITTING)
        if self.entrance is Entrance.CHAT:
            identity.identified(session, customer.id, point_id, now)

    def budget_of(self, customer: Customer) -> Budget:
        """What the wrong answers add up to that count for this customer here."""
        return budget(self.context.policy.identity, self._answers(customer))

    def _of_nobody(self) -> Budget:
        return budget(self.context.policy.identity, self.known.nobody())

    def _own(self, customer: Customer) -> bool:
        """Whether answers about this customer are counted for this contact point alone."""
        return self.known.identified.get(customer.id, False) and not self.entrance.anybody

    def _answers(self, customer: Customer | None) -> tuple[WrongAnswer, ...]:
        if customer is None:
            return self.known.nobody()
        return self.known.own(customer.id) if self._own(customer) else self.known.shared(customer.id)

    def _claim(self, customer: Customer, active_holds: Iterable[Hold] | None) -> IdentityClaim:
        alive, said_dead = self._death(customer, active_holds)
        today = local_day(self.context.now, self.context.creditor.zone)
        return IdentityClaim(
            linked=customer.id in self.known.identified,
            verified=self.known.identified.get(customer.id, False),
            not_the_customer=self.known.not_the_customer,
            whose_unclear=self.known.whose_unclear,
            alive=alive,
            said_dead=said_dead,
            of_age=customer.birth_date is not None and not is_minor(customer.birth_date, today),
            own=self.known.own(customer.id),
            shared=self.known.shared(customer.id),
        )

    def _death(self, customer: Customer, active: Iterable[Hold] | None) -> tuple[bool, bool]:
        """Whether register and desk hold the customer to be alive, and whether a text says otherwise."""
        if customer.died_on is not None:
            return False, False
        if active is None:
            ids = [customer.id]
            active = holds.active_holds(self.context.session, ids, self.context.now).get(customer.id, ())
        dead = [one for one in active if one.kind is HoldKind.DECEASED and one.id is not None]
        if not dead:
            return True, False
        by = {kept.placed_by for one in dead if (kept := holds.find(self.context.session, one.id or 0))}
        # Where it was not said who died, the chat asks whose bill it is before the birth date.
        unclear = self.known.whose_unclear and case_details.all_say(
            self.context.session, customer.id, HoldKind.DECEASED, WHO_DIED, UNCLEAR
        )
        return by <= {"customer"}, not unclear

    def _lock(self, locked: Sequence[tuple[Customer | None, Budget]]) -> None:
        """One case about a lock, with the count; who was identified there has to do so again."""
        context, point_id = self.context, self.known.contact_point_id
        one = locked[0][0] if len(locked) == 1 else None
        made = max((budget for _, budget in locked), key=lambda budget: budget.wrong)
        assert made.locked_until is not None
        detail = {
            "wrong_answers": str(made.wrong),
            "locks": str(made.locks),
            "until": made.locked_until.isoformat(timespec="minutes"),
            "entrance": self.entrance.value,
        }
        case = Case(
            key=f"{LOCK_CASE}:{one.id}" if one else f"{LOCK_CASE}:at:{point_id}",
            kind=LOCK_CASE,
            reason="too many wrong answers to the identity question",
            deadline=context.answer_by(),
            customer_id=one.id if one else None,
            contact_point_id=point_id,
            detail=detail,
        )
        if escalations.open_case(context.session, case, context.now) is None:
            case_details.write(context.session, case.key, detail)
        if not self.entrance.anybody:
            contact_points.end_identity(context.session, [point_id])
        entry = AuditEntry(context.now, "kvitt", "locked", f"contact_point:{point_id}", detail)
        staff.write_down(context.session, entry)


def says_alive(detail: Mapping[str, str]) -> bool:
    """Whether the case of a death says that the customer has shown to be alive."""
    return detail.get(WHO_DIED) == A_RELATIVE_DIED


def at_entrance(
    context: Context, entrance: Entrance, contact_point_id: int, customer_id: str | None = None
) -> AtEntrance:
    """Somebody at an entrance that is no turn; ``customer_id`` if they may not be reached there."""
    return AtEntrance(context, identity.at(context.session, contact_point_id, customer_id), entrance)


def mark_not_the_customer(context: Context, contact_point_id: int) -> None:
    """Record that somebody at a contact point said not to be the customer: a person looks first.

    The same phone's other channels are marked too, and whoever had identified there has not any longer.
    """
    session, now = context.session, context.now
    points = contact_points.of_same_address(session, contact_point_id)
    contact_points.mark_not_the_customer(session, points, now)
    entry = AuditEntry(now, "customer", "not_the_customer", f"contact_point:{contact_point_id}", {})
    staff.write_down(session, entry)


def have_looked_at(context: Context, contact_point_id: int, customer_ids: Sequence[str]) -> None:
    """Open the case in which a person looks at a mark, unless one is open: closing it clears the mark."""
    session, now = context.session, context.now
    if cases_at.open_of_kinds(session, [contact_point_id], _ABOUT_NOT_THE_CUSTOMER):
        return
    case = Case(
        key=f"{NOT_THE_CUSTOMER_CASE}:{contact_point_id}",
        kind=NOT_THE_CUSTOMER_CASE,
        reason="whoever writes says not to be the customer: find out who it is and what they may be told",
        deadline=context.answer_by(),
        customer_id=customer_ids[0] if len(customer_ids) == 1 else None,
        contact_point_id=contact_point_id,
    )
    escalations.open_case(session, case, now)


def looked_at(context: Context, case: Escalation) -> None:
    """A person closed a case: what it kept shut is open again.

    The lock of its customer is over (the wrong answers still count, so that the next lock is longer), or the
    mark of its contact point is cleared once no other case asks who writes there.
    """
    session = context.session
    if case.kind == LOCK_CASE:
        identity.looked_at(session, case.customer_id, case.contact_point_id, context.now)
    elif case.kind in _ABOUT_NOT_THE_CUSTOMER and case.contact_point_id:
        points = contact_points.of_same_address(session, case.contact_point_id)
        if not cases_at.open_of_kinds(session, points, _ABOUT_NOT_THE_CUSTOMER):
            contact_points.clear_not_the_customer(session, points)
