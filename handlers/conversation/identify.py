"""The identity question of a chat: a birth date, a first name if two share it, a postal code as well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from billing.accounts.identity import Entrance, IdentityDecision
from handlers.people.identity import AtEntrance
from messages.understanding.spelling import fold
from storage.conversation import inbox
from storage.desk import staff
from storage.desk.staff import AuditEntry
from storage.people import contact_points

if TYPE_CHECKING:
    from billing.outcomes import Identify
    from handlers.turn_context import Turn
    from storage.people.customers import Customer


class Shown(StrEnum):
    """Result of an answer to the identity question."""

    KNOWN = "known"
    WRONG = "wrong"
    SEVERAL = "several"
    LOCKED = "locked"
    PERSON_FIRST = "person_first"
    WHOSE = "whose"
    """The right answer, in words that leave open who gives it."""


@dataclass(frozen=True, slots=True)
class IdentityResult:
    """The result of one try, and the customer if it was right."""

    shown: Shown
    customer: Customer | None = None


def at(turn: Turn, entrance: Entrance = Entrance.CHAT) -> AtEntrance:
    """Whoever writes in this turn, at an entrance."""
    return AtEntrance(turn.context, turn.reads.identity(), entrance)


def refused(turn: Turn) -> Shown | None:
    """Why the identity question is not asked here, or no answer compared; None where it is."""
    return _REFUSED.get(at(turn).before_asking(turn.people))


def check(turn: Turn, answer: Identify, *, own: bool = False) -> IdentityResult:
    """Compare an answer with every customer at this contact point who is spoken with there.

    ``own`` is whether they have said that the bill is theirs.

    An unknown number gets the same question and the same replies, so that nobody can find out by asking
    whether a number belongs to a customer.
    """
    if (why := refused(turn)) is not None:
        return IdentityResult(why)
    here = at(turn)
    matching = [
        customer
        for customer in turn.people
        if customer.birth_date == answer.birth_date
        and _name_fits(customer, answer.first_name)
        and here.decision(customer, turn.person(customer).holds) is IdentityDecision.OPEN
    ]
    if len(matching) == 1:
        if not _gives_their_own(turn, matching[0], own=own):
            return IdentityResult(Shown.WHOSE)
        return _known(turn, here, matching[0])
    if len(matching) > 1 and not answer.first_name:
        return IdentityResult(Shown.SEVERAL)
    return IdentityResult(Shown.LOCKED if here.wrong(turn.people) else Shown.WRONG)


def _gives_their_own(turn: Turn, customer: Customer, *, own: bool) -> bool:
    """Whether the answer is the writer's own birth date: "the patient's is ..." is not.

    Its words, and what was written before it, are looked at once the date is right: before that they would
    tell what is on file.
    """
    reading, answer = turn.context.installation.reading, turn.inbound.text
    if own:
        return not (reading.of_a_person(answer, turn.language) or _of_another(turn, answer, customer))
    since = turn.context.now - _BEFORE
    earlier = inbox.texts_since(turn.context.session, turn.point.id, since, _TEXTS)
    spoken_of = any(_of_another(turn, one, customer) for one in earlier if one != answer)
    return not spoken_of and reading.plainly_own(answer, customer.name, turn.language)


def _of_another(turn: Turn, said: str, customer: Customer) -> bool:
    """Whether words speak of the customer as of somebody else; their name may be known by now."""
    found = turn.context.installation.reading.speaker(said, [customer.name], turn.language)
    return found in {"not_the_customer", "about_another", "by_name"}


def second_answer_refused(turn: Turn, customer: Customer) -> Shown | None:
    """Why the second question is not asked of an identified customer; None where it is."""
    decision = at(turn, Entrance.SECOND_ANSWER).decision(customer, turn.person(customer).holds)
    return _REFUSED.get(decision, None if decision is IdentityDecision.OPEN else Shown.PERSON_FIRST)


def prove(turn: Turn, customer: Customer, postal_code: str) -> Shown:
    """Prove a customer's identity by the postal code on file; wrong ones count like wrong birth dates."""
    if (why := second_answer_refused(turn, customer)) is not None:
        return why
    here = at(turn, Entrance.SECOND_ANSWER)
    if not same_code(postal_code, customer.postal_code):
        return Shown.LOCKED if here.wrong([customer]) else Shown.WRONG
    here.right(customer)
    until = turn.context.now + timedelta(hours=turn.context.policy.identity.lasts_hours)
    contact_points.prove(turn.context.session, turn.point.id, until)
    _write_down(turn, "proved")
    return Shown.KNOWN


def same_code(said: str, kept: str) -> bool:
    """Whether ``said`` is the postal code on file (``kept``), spaces and case aside, as proof of identity."""
    said, kept = _letters(said), _letters(kept)
    return said == kept or (len(kept) > _ZIP and said == kept[:_ZIP])


_BEFORE = timedelta(hours=12)
_TEXTS = 10
"""How long before a birth date, and in how many texts, the customer may have been spoken of as another."""
_ZIP = 5
"""A nine-digit ZIP is often known by its first five digits only."""
_REFUSED = {IdentityDecision.LOCKED: Shown.LOCKED, IdentityDecision.PERSON_FIRST: Shown.PERSON_FIRST}


def _letters(text: str) -> str:
    return "".join(sign for sign in text.upper() if sign.isalnum())


def _known(turn: Turn, here: AtEntrance, customer: Customer) -> IdentityResult:
    here.right(customer)
    until = turn.context.now + timedelta(hours=turn.context.policy.identity.lasts_hours)
    contact_points.identify(turn.context.session, turn.point.id, customer.id, until)
    _write_down(turn, "identified")
    return IdentityResult(Shown.KNOWN, customer)


def _write_down(turn: Turn, action: str) -> None:
    entry = AuditEntry(turn.context.now, "customer", action, f"contact_point:{turn.point.id}", {})
    staff.write_down(turn.context.session, entry)


def _name_fits(customer: Customer, first_name: str) -> bool:
    return not first_name or fold(first_name.strip()) in fold(customer.name).split()
