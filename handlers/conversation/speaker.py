"""Whoever says not to be the customer: nobody is taken for the customer there until a person has looked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from billing.accounts.holds import HOLD_OF_INTENT, HoldKind
from billing.facts import Saying
from handlers.conversation import answers
from handlers.heard import DOUBTFUL, WRITTEN
from handlers.people import identity
from handlers.turn_context import say
from storage.conversation import conversations
from storage.desk import case_details, escalations
from storage.people import contact_points

if TYPE_CHECKING:
    from billing.outcomes import NotTheCustomer
    from handlers.turn_context import Reply, Turn
    from messages.understanding.speakers import Speaker
    from storage.people.customers import Customer

FREE_WORDS: Final = frozenset(
    {"enrolment", "report", "representative", "dispute", "new_insurance", "contact_details", "legal"}
)
"""Conversations that ask for names, birth dates or free words: those are answers."""
_SAYS_NOTHING: Final = frozenset({*answers.PLAIN.values(), "answers.not_understood"} - {"answers.help"})
"""Replies in whose place it is said that a person looks first."""


def note(turn: Turn) -> tuple[Turn, bool]:
    """Mark the contact point where the words say so, whatever else they ask.

    Returns the turn as it goes on, and whether somebody said now not to be the customer.
    """
    if turn.inbound.kind not in WRITTEN or turn.reads.identity().not_the_customer:
        return turn, False
    said = _said(turn)
    if not _is_not_the_customer(turn, said):
        return _doubt(turn, said), False
    mark(turn)
    turn.agenda.clear()
    conversations.close(turn.context.session, turn.point.id, "left")
    return replace(turn, point=turn.reads.point()), True


def _doubt(turn: Turn, said: Speaker) -> Turn:
    """Mark where it is open whose bill is talked about: that is asked before the birth date.

    A relative is named, or the customer's own name as that of somebody else. Nobody is identified any longer
    then, so that the question comes before anything is told: a phone is picked up by others, too.
    """
    row = turn.conversation()
    # The words of a birth date are looked at when it is compared: thanks are no sign of anybody else.
    answering = row is not None and row.flow == "identity"
    open_ = said in {"maybe_another", "about_another", "by_name"} or (said == "unfamiliar" and not answering)
    if not open_ or whose_unclear(turn) or (row and row.flow in FREE_WORDS):
        return turn
    return leave_open(turn)


def leave_open(turn: Turn) -> Turn:
    """Mark that it is open whose bill is talked about here; returns the turn as it goes on."""
    contact_points.mark_whose_unclear(turn.context.session, turn.point.id, turn.context.now)
    return replace(turn, point=turn.reads.point())


def whose_unclear(turn: Turn) -> bool:
    """Whether it is to be asked first whose bill is talked about."""
    return turn.reads.point().whose_unclear_at is not None


def names_a_relative(turn: Turn) -> bool:
    """Whether a text names somebody whose the bill may be."""
    return _said(turn) in _RELATIVES


def names_a_child(turn: Turn) -> bool:
    """Whether a text speaks of a child of whoever writes."""
    return _said(turn) in {"own_child", "own_family"}


def mark(turn: Turn) -> None:
    """Whoever writes in this turn is not the customer, or not for certain."""
    identity.mark_not_the_customer(turn.context, turn.point.id)


def names_relatives_only(turn: Turn) -> bool:
    """Whether a text is a representative's only as it names a relative: whose bill it is is asked."""
    if turn.reads.identity().not_the_customer or _said(turn) not in _RELATIVES:
        return False
    contact_points.mark_whose_unclear(turn.context.session, turn.point.id, turn.context.now)
    return True


def is_asked_by_what_right(turn: Turn) -> None:
    """Whoever is asked by what right they speak for the customer is not the customer, answered or not."""
    if turn.reads.identity().not_the_customer or turn.point.not_the_customer_at:
        return
    mark(turn)
    identity.have_looked_at(turn.context, turn.point.id, [one.id for one in turn.people])


def for_another(turn: Turn, customer: Customer | None, outcome: NotTheCustomer) -> Reply:  # noqa: ARG001 - as every outcome
    """They write for somebody else: a person looks first."""
    mark(turn)
    return acknowledged(turn, say(Saying("identity.person_first")))


def who_died_unclear(turn: Turn) -> bool:
    """Whether a text of a death names a relative, and says nothing of who writes."""
    return _said(turn) in _RELATIVES and not turn.reads.identity().not_the_customer


def note_who_died_unclear(turn: Turn) -> None:
    """The case of a death says that it is open who died; whose bill it is is asked."""
    key = f"{HoldKind.DECEASED.value}:{turn.point.id}"
    case_details.write(turn.context.session, key, {identity.WHO_DIED: identity.UNCLEAR})
    contact_points.mark_whose_unclear(turn.context.session, turn.point.id, turn.context.now)


def is_own_bill(turn: Turn) -> None:
    """They have shown who they are and said that the bill is theirs: whoever died is somebody else.

    The hold stands until a person has read that (docs/proof.md, invariant 38).
    """
    key = f"{HoldKind.DECEASED.value}:{turn.point.id}"
    case = escalations.open_with_key(turn.context.session, key)
    if case is not None and case.detail.get(identity.WHO_DIED) == identity.UNCLEAR:
        case_details.write(turn.context.session, key, {identity.WHO_DIED: identity.A_RELATIVE_DIED})


def acknowledged(turn: Turn, reply: Reply) -> Reply:
    """Open the case in which a person looks, unless the words did; say so where nothing else is said."""
    identity.have_looked_at(turn.context, turn.point.id, [one.id for one in turn.people])
    said = {saying.key for saying in reply.sayings}
    return say(Saying("identity.person_first")) if said and said <= _SAYS_NOTHING else reply


def is_someone_else(turn: Turn) -> bool:
    """Whether a text says that another has taken the phone: "someone else"."""
    text, reading = turn.inbound.text, turn.context.installation.reading
    if text.strip().isdigit() or len(text.split()) > _MOST_WORDS:
        return False  # who writes more says something else: "you have someone else's number"
    return reading.choice(text, turn.language, ("someone_else",)) is not None


def _is_not_the_customer(turn: Turn, said: Speaker) -> bool:
    meaning = turn.heard.meaning
    if said == "not_the_customer":
        return True
    meant = {meaning.intent, *meaning.also} if meaning.score >= DOUBTFUL else set()
    if "wrong_number" in meant and is_someone_else(turn):
        meant -= {"wrong_number"}  # another takes the phone, and is asked who
    if "wrong_number" in meant and turn.reads.known.verification:
        return False  # a new address that was asked whether it is the customer's, and is not
    talk = turn.conversation()
    if talk is not None and talk.flow == "dispute":
        meant -= {"wrong_number"}  # "I have never been to your clinic" tells what is wrong with the bill
    if said in _RELATIVES:
        meant -= {HoldKind.DECEASED.traits.intent}  # a customer's husband may have died
    if any(HOLD_OF_INTENT[intent].traits.not_the_customer for intent in meant if intent in HOLD_OF_INTENT):
        return True
    # "My son will pay for me" is no representative yet: whose bill it is is asked.
    if talk is not None and talk.asked == "which":
        meant -= {"representative"}  # "the one for Tim" tells which bill is meant
    speaks_for = "representative" in meant and said not in _RELATIVES
    # Who has shown to be the customer may ask about somebody else; who has not is not asked for a birth date.
    asks = said == "about_another" and turn.identified is None
    return speaks_for or asks


def _said(turn: Turn) -> Speaker:
    names = [turn.identified.name] if turn.identified else None
    return turn.context.installation.reading.speaker(turn.inbound.text, names, turn.language)


_MOST_WORDS: Final = 6
"""A longer text tells of somebody else; it does not say that they are writing."""
_RELATIVES: Final = frozenset({"own_child", "own_family", "about_another", "maybe_another"})
