"""Simulated people: who they are, how they are reached, what they owe, and what kind they are."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from bot.simulate.places import Place


class Behaviour(StrEnum):
    """What a simulated person does about a bill."""

    PAYS_EARLY = "pays early"
    PAYS_WHEN_REMINDED = "pays when reminded"
    PAYS_LATE = "pays after firm words"
    IGNORES = "ignores everything"
    KEEPS_PROMISES = "promises and keeps it"
    BREAKS_PROMISES = "promises and breaks it"
    KEEPS_PLANS = "takes a plan and keeps it"
    BREAKS_PLANS = "takes a plan and defaults"
    PAYS_PARTS = "pays in parts of their own"
    OVERPAYS = "pays too much"
    BOUNCES = "pays, and the payment bounces"
    DISPUTES = "says the bill is wrong"
    HARDSHIP = "cannot pay"
    ASKS_FOR_AID = "asks for help with the cost"
    STOPS = "stops"
    STOPS_TWICE = "stops, and stops again"
    STOPS_AND_WRITES = "stops, then writes anyway"
    STOPS_AND_STARTS = "stops, and starts again"
    BLOCKS = "blocks the sender"
    BAD_NUMBER = "has a number that never works"
    WRONG_NUMBER = "is not who is looked for"
    DIES = "dies"
    DIED = "has died, says the family"
    LAWYER = "has a lawyer"
    CRISIS = "is in a crisis"
    SAYS_MINOR = "says to be a minor"
    NONSENSE = "writes nonsense"
    NIGHT = "writes at night"
    CARD = "sends card numbers"
    ASKS_FOR_PERSON = "wants a person"
    ALREADY_PAID = "has paid already"
    CURIOUS = "asks about everything"
    MOVES = "moves away"
    CHOOSES_HOURS = "says when to be written to"
    NO_CONSENT = "never agreed to messages"
    UNSAFE = "has an unsafe number"
    SOLDIER = "is in military service"


@dataclass(frozen=True, slots=True)
class Owes:
    """One bill of a simulated person: what the services cost and what others took over, in minor units."""

    bill_id: str
    issued_on: date
    due_on: date
    total: int
    covered: int = 0
    description: str = "Visit"
    fee_agreed: bool = False
    estimate: int | None = None
    claimed: bool = False
    """Whether an insurer is surely asked for it, too; others are by chance."""

    @property
    def amount(self) -> int:
        """What is left to the customer."""
        return self.total - self.covered

    def due(self, due_on: date) -> Owes:
        """The same bill, due on another day and issued a month before it."""
        return replace(self, issued_on=due_on - timedelta(days=30), due_on=due_on)


@dataclass(slots=True)
class SimulatedPerson:
    """One person as they truly are, whatever the register believes."""

    id: str
    name: str
    born: date
    language: str
    place: Place
    kind: Behaviour
    addresses: dict[str, str]
    """Their address on each channel they are on."""
    consents: dict[str, date] = field(default_factory=dict)
    """By channel: since when they agree to be written to; read like a signed form."""
    bills: list[Owes] = field(default_factory=list)
    guarantor_id: str | None = None
    postal_code: str = ""
    died_on: date | None = None
    concerns: dict[str, str] = field(default_factory=dict)
    hours: tuple[int, int] | None = None
    """The hours they asked to be written to in, once they have."""
    zones: tuple[str, ...] = ()
    """All zones that count for them: by address, by area code, as stated."""
    income: int | None = None
    street: str = "1 Elm Street"
    """Where the register has them live."""
    moved_to: str = ""
    """Where they live by now, for as long as the register does not know."""

    @property
    def first_name(self) -> str:
        """What they answer when asked for it."""
        return self.name.split()[0]

    @property
    def channel(self) -> str:
        """The channel they write on."""
        return "telegram" if "telegram" in self.addresses else "sms"

    @property
    def address(self) -> str:
        """The address they write from."""
        return self.addresses[self.channel]
