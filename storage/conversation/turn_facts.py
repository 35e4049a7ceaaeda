"""What a turn needs to know about its contact point and its people, in one statement that is built once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from storage.conversation import conversations, inbox
from storage.conversation.conversations import Conversation
from storage.database.together import Together
from storage.delivery import sending, waiting
from storage.desk import case_texts
from storage.desk.case_texts import OpenCase
from storage.dunning import facts
from storage.people import contact_points, identity, verifications
from storage.people.verifications import Verification

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from storage.conversation.inbox import Inbound
    from storage.database.together import Answers
    from storage.delivery.channel_stops import ChannelStop
    from storage.dunning.facts import Facts
    from storage.people.identity import PointIdentity


@dataclass(frozen=True, slots=True)
class TurnFacts:
    """What is known when a turn begins."""

    answers: Answers
    now: datetime
    of_one: bool
    """Whether exactly one person is reached there."""

    @property
    def inbound(self) -> Inbound | None:
        """The oldest message that waits for its turn; ``None`` if somebody else has answered it."""
        rows = self.answers.rows("inbound")
        return inbox.inbound(rows[0]) if rows else None

    @property
    def conversation(self) -> Conversation | None:
        """The open conversation."""
        rows = self.answers.rows("conversation")
        return Conversation(*rows[0]) if rows else None

    @property
    def verification(self) -> Verification | None:
        """The question to a new address whether it is the customer's, as long as it is open."""
        rows = self.answers.rows("verification")
        return Verification(*rows[0]) if rows else None

    @property
    def notes(self) -> list[int]:
        """Queued notes that a question has expired (ids of the outbox)."""
        return [outbox_id for (outbox_id,) in self.answers.rows("notes")]

    @property
    def reply_waits(self) -> bool:
        """Whether an earlier reply has not left yet: replies keep their order."""
        return bool(self.answers.rows("unsettled"))

    @property
    def unsolicited_waits(self) -> bool:
        """Whether anything is queued for these people that they did not ask for."""
        return bool(self.answers.rows("unsolicited"))

    @property
    def sending_stopped(self) -> bool:
        """Whether somebody stopped all sending."""
        return any(sending.stops_all(row) for row in self.answers.rows("stopped"))

    @property
    def channel_stops(self) -> list[ChannelStop]:
        """The active stops of channels."""
        return sending.channel_stops_in(self.answers.rows("stopped"))

    @property
    def cases(self) -> list[OpenCase]:
        """The open cases about the contact point and the customers who are reached there."""
        return [OpenCase(*row) for row in self.answers.rows("open_cases")]

    @property
    def failing(self) -> Mapping[str, tuple[int, str]]:
        """By customer, a failing number (contact point, address) that they were not asked about."""
        rows = reversed(self.answers.rows("failing"))
        return {customer_id: (point_id, address) for customer_id, point_id, address in rows}

    def identity(self, contact_point_id: int) -> PointIdentity:
        """Who may be meant at this contact point, and the wrong answers about them."""
        people, marks, wrong = (self.answers.rows(name) for name in ("reached", "marks", "wrong"))
        return identity.of_rows(contact_point_id, people, marks, wrong)

    @property
    def person(self) -> Facts | None:
        """Everything about the one person who is reached there; ``None`` where there are none or several."""
        return facts.read(self.answers, self.now) if self.of_one else None


def about(
    session: Session, contact_point_id: int, after: int, people: Sequence[str], since: datetime, now: datetime
) -> TurnFacts:
    """What is known about a contact point and its people; messages to them count from ``since`` (UTC).

    The message to answer is the oldest waiting one with an id above ``after``.
    """
    wanted: dict[str, object] = {"point": contact_point_id, "after": after, "now": now}
    if len(people) != 1:
        return TurnFacts(_of_point().ask(session, **wanted), now, of_one=False)
    of_person = facts.parameters(people[0], since, now)
    return TurnFacts(_of_point_and_person().ask(session, **(wanted | of_person)), now, of_one=True)


@cache
def _of_point() -> Together:
    return Together(_questions())


@cache
def _of_point_and_person() -> Together:
    return Together({**_questions(), **facts.questions()})


def _questions() -> dict[str, Select[*tuple[Any, ...]]]:
    return {
        "inbound": inbox.next_waiting(),
        "conversation": conversations.open_at(),
        "verification": verifications.open_for(),
        "notes": waiting.notes(),
        "unsettled": waiting.replies(),
        "unsolicited": waiting.unsolicited(),
        "stopped": sending.stopped(),
        "failing": contact_points.failing(),
        "reached": identity.people(),
        "marks": identity.marks(),
        "wrong": identity.answers(),
        "open_cases": case_texts.about(),
    }
