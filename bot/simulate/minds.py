"""The behaviour of a simulated debtor: how they react to messages, and what they do about bills."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from bot.simulate.answering import answer_to
from bot.simulate.people import Behaviour
from bot.simulate.said import SAID

if TYPE_CHECKING:
    from bot.simulate.chance import Chance
    from bot.simulate.evidence import Sent
    from bot.simulate.people import Owes, SimulatedPerson
    from bot.simulate.stage import Stage

PATIENCE: Final = 14
"""The most questions a person answers in a day before they give up."""
DAY: Final = timedelta(days=1)
QUICK: Final = 0.7
TALKATIVE: Final = 0.08
AT_MOST: Final = 3
"""The most times a person writes unprompted."""

_FIRST_WORDS: Final = {
    Behaviour.KEEPS_PROMISES: "promise",
    Behaviour.BREAKS_PROMISES: "promise",
    Behaviour.KEEPS_PLANS: "plan",
    Behaviour.BREAKS_PLANS: "plan",
    Behaviour.DISPUTES: "dispute",
    Behaviour.HARDSHIP: "hardship",
    Behaviour.ASKS_FOR_AID: "aid",
    Behaviour.STOPS: "stop",
    Behaviour.STOPS_TWICE: "stop",
    Behaviour.STOPS_AND_WRITES: "stop",
    Behaviour.STOPS_AND_STARTS: "stop",
    Behaviour.WRONG_NUMBER: "wrong_number",
    Behaviour.DIED: "deceased",
    Behaviour.LAWYER: "legal",
    Behaviour.CRISIS: "crisis",
    Behaviour.SAYS_MINOR: "minor",
    Behaviour.NONSENSE: "nonsense",
    Behaviour.CARD: "card",
    Behaviour.ASKS_FOR_PERSON: "person",
    Behaviour.ALREADY_PAID: "already_paid",
    Behaviour.CHOOSES_HOURS: "contact_details",
}
_THEN: Final = {
    Behaviour.STOPS_TWICE: ("stop", "stop"),
    Behaviour.STOPS_AND_WRITES: ("balance", "thanks"),
    Behaviour.STOPS_AND_STARTS: ("start",),
    Behaviour.NONSENSE: ("nonsense", "nonsense"),
    Behaviour.DISPUTES: ("thanks",),
}
"""What they write days after their first words."""
_PAYS_AT_LEVEL: Final = {
    Behaviour.PAYS_WHEN_REMINDED: 1,
    Behaviour.PAYS_LATE: 3,
    Behaviour.PAYS_PARTS: 1,
    Behaviour.OVERPAYS: 1,
    Behaviour.BOUNCES: 1,
    Behaviour.CARD: 1,
    Behaviour.CURIOUS: 2,
    Behaviour.NIGHT: 2,
    Behaviour.CHOOSES_HOURS: 2,
    Behaviour.ALREADY_PAID: 1,
    Behaviour.MOVES: 2,
    Behaviour.SOLDIER: 4,
}
_NOT_THEIRS: Final = frozenset({Behaviour.WRONG_NUMBER, Behaviour.DIES})
"""People whose letters are opened by another person, or by nobody."""
_ONLY_BY_LETTER: Final = frozenset(
    {
        Behaviour.BAD_NUMBER,
        Behaviour.BLOCKS,
        Behaviour.NO_CONSENT,
        Behaviour.UNSAFE,
        Behaviour.STOPS,
        Behaviour.STOPS_TWICE,
    }
)
"""People who get bills by letter only; some of them pay then."""
RINGS: Final = 0.5
_BY_PHONE: Final = frozenset({"dispute", "hardship", "already_paid", "legal"})
"""What the reader of a letter may call the desk about."""
_CURIOUS: Final = ("bot_question", "help", "balance")
_MAYBE: Final = ("balance", "pay", "complaint", "help")


class Mind:
    """One person's: hears what arrives, answers, pays, or does not."""

    def __init__(self, person: SimulatedPerson, world: Stage, chance: Chance) -> None:
        self.person = person
        self._world = world
        self._chance = chance
        self._answered: Counter[date] = Counter()
        self._spoken = 0
        self._schedule: list[tuple[date, int]] = []
        self._promised: tuple[date, int] | None = None
        self._paying: set[str] = set()

    def owes(self, bill: Owes) -> None:
        """A bill has come in the post."""
        if self.person.kind is Behaviour.PAYS_EARLY and bill.amount > 0:
            self._pays(bill, self._chance.randint(2, 34) * DAY)

    def hears(self, sent: Sent) -> None:
        """A message appears on the handset."""
        if sent.purpose == "out":
            self._reminded(sent)
        elif sent.keys:
            self._answers(sent.keys[-1], sent)

    def reads(self, sent: Sent) -> None:
        """A letter was opened: some pay, some ring, and some do what they would have done about a text."""
        kind = self.person.kind
        first = _FIRST_WORDS.get(kind, "")
        if kind in _NOT_THEIRS:
            return
        if kind in _ONLY_BY_LETTER:
            if self._chance.random() < RINGS:
                self._pays_all(self._soon() + self._chance.randint(0, 9) * DAY)
        elif first in _BY_PHONE and self._spoken < 1 and self._chance.random() < RINGS:
            self._spoken += 1
            self._world.phones(self.person, first)
        elif self.person.addresses:
            self._reminded(sent)

    def wakes_at_night(self) -> None:
        """A person who cannot sleep writes, outside of office hours."""
        self._writes(self._chance.choice(("balance", "plan", "nonsense")))

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.person.zones[0]) if self.person.zones else ZoneInfo("UTC")

    @property
    def _today(self) -> date:
        return self._world.now.astimezone(self._zone).date()

    def _reminded(self, sent: Sent) -> None:
        """A reminder is taken as it was meant, or not."""
        kind, level = self.person.kind, sent.level or 0
        first = _FIRST_WORDS.get(kind)
        if first and (self._spoken < 1 or (kind is Behaviour.NONSENSE and self._spoken < AT_MOST)):
            self._later(first, self._soon())
            for number, word in enumerate(_THEN.get(kind, ()), 1):
                self._later(word, self._soon() + number * timedelta(hours=self._chance.randint(1, 90)))
        elif kind is Behaviour.CURIOUS and self._spoken < AT_MOST:
            self._later(_CURIOUS[self._spoken], self._soon())
        elif kind is Behaviour.NIGHT and self._spoken < AT_MOST:
            self._world.at(self._night(), self.wakes_at_night)
        elif self._chance.random() < TALKATIVE:
            self._later(self._chance.choice(_MAYBE), self._soon())
        if level >= _PAYS_AT_LEVEL.get(kind, 99):
            self._pays_all(self._soon() + self._chance.randint(0, 6) * DAY)
        if kind is Behaviour.BLOCKS:
            self._world.blocks(self.person)

    def _pays_all(self, after: timedelta) -> None:
        for owed in self._world.debts_of(self.person):
            if owed.due_on <= self._today + 10 * DAY:
                self._pays(owed, after)

    def _pays(self, bill: Owes, after: timedelta) -> None:
        """Send money: it takes the bank a day or three, so a reminder may cross it."""
        if bill.bill_id in self._paying:
            return
        left = share = self._world.left_of(bill)
        kind = self.person.kind
        if kind is Behaviour.PAYS_PARTS:
            share = max(left // 3, min(left, 500))
        elif kind is Behaviour.OVERPAYS:
            share = left + 5000
        if share > 0:
            if kind is not Behaviour.PAYS_PARTS:
                self._paying.add(bill.bill_id)
            bounces = kind is Behaviour.BOUNCES
            self._world.pays(self.person, bill.bill_id, share, self._world.now + after, bounces=bounces)

    def _answers(self, key: str, sent: Sent) -> None:
        """A question is answered, as long as there is patience."""
        facts = sent.sayings[-1][1]
        self._notes(key, facts)
        answer = answer_to(key, self.person, self._chance, self._today)
        if answer is None or self._answered[self._today] >= PATIENCE:
            return
        self._answered[self._today] += 1
        meant, text = answer
        wait = timedelta(seconds=self._chance.randint(20, 400))
        self._world.at(self._world.now + wait, lambda: self._world.writes(self.person, meant, text))

    def _notes(self, key: str, facts: dict[str, Any]) -> None:
        """What was agreed is remembered, and kept or not."""
        match key:
            case "payment_plan.confirm":
                self._schedule = [
                    (date.fromisoformat(row["due_on"]["day"]), row["amount"]["money"][0])
                    for row in facts.get("schedule", ())
                ]
            case "payment_plan.opened" | "payment_plan.approved":
                self._follow_plan()
            case "promise.confirm":
                self._promised = (date.fromisoformat(facts["due_on"]["day"]), facts["amount"]["money"][0])
            case "promise.made" if self._promised and self.person.kind is Behaviour.KEEPS_PROMISES:
                self._sends(*self._promised)
            case "contact_details.hours_set":
                self.person.hours = (16, 19)

    def _follow_plan(self) -> None:
        kept = len(self._schedule) if self.person.kind is not Behaviour.BREAKS_PLANS else 1
        for due_on, amount in self._schedule[:kept]:
            self._sends(due_on, amount)
        self._schedule = []

    def _sends(self, due_on: date, amount: int) -> None:
        """Money on a day that was agreed, for whatever is owed."""
        noon = datetime.combine(due_on, time(12), tzinfo=self._zone)
        at = max(noon - self._chance.randint(0, 2) * DAY, self._world.now + timedelta(hours=1))
        self._world.pays(self.person, self.person.id, amount, at)

    def _later(self, meant: str, after: timedelta) -> None:
        self._spoken += 1
        self._world.at(self._world.now + after, lambda: self._writes(meant))

    def _writes(self, meant: str) -> None:
        self._world.writes(self.person, meant, self._chance.choice(SAID[meant][self.person.language]))

    def _soon(self) -> timedelta:
        """Minutes mostly, a day or two at times."""
        mean = 90 if self._chance.random() < QUICK else 1500
        return timedelta(minutes=1 + self._chance.expovariate(1 / mean))

    def _night(self) -> datetime:
        """Some minutes after two in the next night."""
        night = datetime.combine(self._today + DAY, time(2, self._chance.randint(0, 59)), tzinfo=self._zone)
        return max(night, self._world.now + timedelta(minutes=1))
