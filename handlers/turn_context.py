"""The context of one turn (contact point, customers, text, time) and its reply."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from billing.calendar import local_day
from billing.dunning.blockers import zone_of
from billing.gate import Purpose
from handlers.agenda import Agenda

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from zoneinfo import ZoneInfo

    from billing.accounts.snapshot import PersonSnapshot
    from billing.facts import Saying
    from handlers.context import Context
    from handlers.heard import Heard
    from handlers.turn_reads import TurnReads
    from storage.conversation.conversations import Conversation
    from storage.conversation.inbox import Inbound
    from storage.people.contact_points import ContactPoint
    from storage.people.customers import Customer


@dataclass(frozen=True, slots=True)
class Turn:
    """One inbound message, with the locks held."""

    context: Context
    point: ContactPoint
    people: tuple[Customer, ...]
    """The customers linked to this contact point; empty for an unknown number."""
    inbound: Inbound
    heard: Heard
    """What the message says by its words."""
    reads: TurnReads
    """What is known of the contact point and its people."""
    said: str = ""
    """The text that stated the intent; kept while identity is asked for in between."""
    agenda: Agenda = field(default_factory=Agenda)
    """What is to be come to once the open conversation is over."""

    @property
    def language(self) -> str:
        """The language that is spoken in this turn."""
        return self.heard.language

    @property
    def identified(self) -> Customer | None:
        """The one who had shown who they are when the turn began."""
        return self._who(self.point)

    @property
    def now_identified(self) -> Customer | None:
        """The one who has shown who they are by now, perhaps in this turn."""
        return self._who(self.reads.point())

    def _who(self, point: ContactPoint) -> Customer | None:
        known = point.identified(self.context.now)
        return next((customer for customer in self.people if customer.id == known), None)

    def person(self, customer: Customer) -> PersonSnapshot:
        """The snapshot of a customer, as things are now."""
        return self.reads.person(customer.id)

    def conversation(self) -> Conversation | None:
        """The conversation that is open now, if there is one."""
        return self.reads.conversation()

    def zone(self, person: PersonSnapshot | None = None) -> ZoneInfo:
        """The customer's time zone; the creditor's if none is known."""
        return zone_of(person) if person and person.zones else self.context.creditor.zone

    def today(self, person: PersonSnapshot | None = None) -> date:
        """The customer's local day."""
        return local_day(self.context.now, self.zone(person))


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said back in a turn, in one message; no sayings is silence. ``options`` name choices."""

    sayings: tuple[Saying, ...] = ()
    options: tuple[str, ...] = ()
    purpose: Purpose = Purpose.REPLY
    language: str = ""
    """Said in this language rather than in the turn's."""

    def after(self, *earlier: Saying) -> Reply:
        """The same reply with something said before it."""
        return replace(self, sayings=(*earlier, *self.sayings))

    def before(self, *later: Saying) -> Reply:
        """The same reply with something said after it; silence stays silence."""
        return replace(self, sayings=(*self.sayings, *later)) if self.sayings else self


def say(*sayings: Saying, options: Sequence[str] = ()) -> Reply:
    """A turn's reply that says these."""
    return Reply(sayings, tuple(options))


SILENCE = Reply()
