"""What a turn reads about its contact point and people: once, and again only where the turn changed it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from handlers import snapshot
from storage.conversation import conversations
from storage.database import changes
from storage.desk import case_texts
from storage.dunning import facts
from storage.people import contact_points, identity

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy.orm import Session

    from billing.accounts.snapshot import PersonSnapshot
    from billing.policy import Policy
    from handlers.context import Context
    from storage.conversation.conversations import Conversation
    from storage.conversation.turn_facts import TurnFacts
    from storage.desk.case_texts import OpenCase
    from storage.dunning.facts import Facts
    from storage.people.contact_points import ContactPoint
    from storage.people.identity import PointIdentity

T = TypeVar("T")
_POINTS: Final = frozenset({"contact_points"})
_CONVERSATIONS: Final = frozenset({"conversations"})
_IDENTITY: Final = frozenset({"contacts", "wrong_answers"})
_CASES: Final = frozenset({"escalations"})


class TurnReads:
    """The state of one contact point and its people in the course of a turn, always as it is now."""

    def __init__(self, context: Context, point: ContactPoint, known: TurnFacts) -> None:
        self._context = context
        self.known: Final = known
        """What was known when the turn began."""
        point_id = point.id
        self._point = _Read(
            context.session, _POINTS, lambda: contact_points.get(context.session, point_id), lambda: point
        )
        self._conversation = _Read(
            context.session,
            _CONVERSATIONS,
            lambda: conversations.open_one(context.session, point_id),
            lambda: known.conversation,
        )
        self._identity = _Read(
            context.session,
            _IDENTITY,
            lambda: identity.at(context.session, point_id),
            lambda: known.identity(point_id),
        )
        self._cases: _Read[list[OpenCase]] = _Read(
            context.session,
            _CASES,
            lambda: case_texts.open_about(context.session, point_id),
            lambda: known.cases,
        )
        self._people: _Read[dict[str, PersonSnapshot]] = _Read(
            context.session, facts.tables(), dict, lambda: _by_id(_of_facts(context.policy, known.person))
        )

    def point(self) -> ContactPoint:
        """The contact point."""
        return self._point.now()

    def conversation(self) -> Conversation | None:
        """The open conversation, if there is one."""
        return self._conversation.now()

    def identity(self) -> PointIdentity:
        """Who may be meant at the contact point, and the wrong answers about them.

        What this very text said, not to be the customer, counts already.
        """
        found = self._identity.now()
        return replace(found, not_the_customer=True) if self.point().not_the_customer_at else found

    def cases(self) -> list[OpenCase]:
        """The open cases about the contact point and its people."""
        return self._cases.now()

    def person(self, person_id: str) -> PersonSnapshot:
        """The snapshot of one person."""
        people = self._people.now()
        if person_id not in people:
            people |= _by_id(snapshot.load(self._context, [person_id]))
        return people[person_id]


class _Read(Generic[T]):
    """A value that was read, and is read again once a table it comes from was changed in this transaction."""

    def __init__(
        self, session: Session, tables: Collection[str], read: Callable[[], T], first: Callable[[], T]
    ) -> None:
        self._session, self._tables, self._read, self._first = session, tables, read, first
        self._value: list[T] = []
        self._since = changes.count(session, tables)

    def now(self) -> T:
        count = changes.count(self._session, self._tables)
        if count != self._since:
            self._value, self._since, self._first = [], count, self._read
        if not self._value:
            self._value = [self._first()]
        return self._value[0]


def _by_id(people: Collection[PersonSnapshot]) -> dict[str, PersonSnapshot]:
    return {person.person_id: person for person in people}


def _of_facts(policy: Policy, known: Facts | None) -> list[PersonSnapshot]:
    return snapshot.of_facts(policy, known) if known else []
