"""The world around an installation: a queue of events, a virtual clock, and the entry points they call."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from billing.accounts.channels import Channel
from billing.bills.reference_numbers import reference_for
from billing.ledger.money import Money
from bot.channel import RefusalReason
from bot.simulate.carriers import Faults
from bot.simulate.desk import Desk
from bot.simulate.entry_points import EntryPoints
from bot.simulate.evidence import Came, Evidence, Paid, Sent
from bot.simulate.invariants import printed
from bot.simulate.mailing import Mailing
from bot.simulate.minds import Mind
from bot.simulate.payers import Payers
from bot.simulate.people import Behaviour
from bot.simulate.post import Post
from bot.simulate.registering import bill_row, customer_row
from bot.simulate.said import STOP_WORDS, spellings
from handlers.arrivals import Arrival
from handlers.context import Context
from handlers.conversation import turn
from handlers.dunning.reschedule import reschedule
from handlers.payments.payments import PaymentOutcome, PaymentRow
from storage.bills import bills
from storage.people import contact_points

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from bot.simulate.chance import Luck
    from bot.simulate.people import Owes, SimulatedPerson
    from handlers.installation import Installation
    from storage.database.transaction import Database

MINUTE: Final = timedelta(minutes=1)
_NEXT: Final = text(
    "SELECT (SELECT MIN(next_action_at) FROM accounts WHERE next_action_at IS NOT NULL), "
    "(SELECT MIN(expires_at) FROM conversations WHERE state = 'open'), "
    "(SELECT MIN(next_try_at) FROM inbox WHERE state = 'waiting'), "
    "(SELECT MIN(not_before) FROM outbox WHERE state = 'queued' AND channel <> 'letter'), "
    "(SELECT MIN(leased_until) FROM outbox WHERE state IN ('sending', 'in_doubt'))"
)
"""When the tables have something to do next: every part is answered by a partial index.

Letters wait for the print room, which keeps its own hours.
"""
EVERYTHING: Final = 100_000
ELSEWHERE: Final = "2 Oak Street"
_UNKNOWN: Final = {"en": "+1206555", "sv": "+4676123", "es": "+3469876"}
"""Where numbers begin that belong to nobody in the register."""


class World:
    """One database, one installation, its people and carriers, from ``start`` (UTC) for so many days."""

    def __init__(
        self,
        database: Database,
        installation: Installation,
        people: dict[str, SimulatedPerson],
        luck: Luck,
        start: datetime,
        days: int,
        *,
        currency: str,
        faults: Faults = Faults(),  # noqa: B008 - frozen
        entry_points: EntryPoints = EntryPoints(),  # noqa: B008 - frozen
        checked_by: Installation | None = None,
    ) -> None:
        self.database = database
        self.installation = installation
        self.entry_points = entry_points
        self.now = start
        self.end = start + timedelta(days=days)
        self.currency = currency
        self.refused: Counter[str] = Counter()
        right = checked_by or installation
        self.evidence = Evidence(right.policy, right.creditor, currency, start, self.end, people)
        self._faults = faults
        self._luck = luck
        self._heap: list[tuple[datetime, int, Callable[[], None]]] = []
        self._numbers = count()
        self._payments = count(1)
        self._left: dict[str, int] = {}
        self._ocr: dict[str, str] = {}
        self._minds = {person.id: Mind(person, self, luck.of(person.id)) for person in people.values()}
        self._post = Post(self, luck, faults, self._hears)
        self._mailing = Mailing(self, luck, faults, self._reads)
        self._desk = Desk(self, luck)
        self._payers = Payers(self, luck)

    def clock(self) -> datetime:
        """The simulated time (UTC)."""
        return self.now

    def context(self, session: Session) -> Context:
        """The context of a transaction."""
        return Context(session, self.installation, self.clock)

    def at(self, when: datetime, action: Callable[[], None]) -> None:
        """Schedule an event."""
        heappush(self._heap, (when.astimezone(UTC), next(self._numbers), action))

    def run(self) -> Evidence:
        """Run all events, and return the evidence."""
        self._begin()
        while True:
            self._happen()
            self._tick()
            following = self._following()
            if following > self.end:
                break
            self.now = max(self.now, following)
        return self.evidence

    def roll_call(self) -> None:
        """Numbers that nobody knows text every listed stop word in every spelling, once each."""
        when = self.now + timedelta(days=1)
        for language in STOP_WORDS:
            for number, words in enumerate(spellings(language)):
                address = f"{_UNKNOWN[language]}{number:04d}"
                self.at(when, self._saying(words, address))
                when += timedelta(minutes=1)

    def _saying(self, words: str, address: str) -> Callable[[], None]:
        return lambda: self.writes(None, "stop", words, address)

    def debts_of(self, person: SimulatedPerson) -> list[Owes]:
        """The bills a person is responsible for and has not paid, by their own count."""
        mine = [one for one in self.evidence.people.values() if person.id in {one.id, one.guarantor_id}]
        return [bill for one in mine for bill in one.bills if self._left.get(bill.bill_id, 0) > 0]

    def left_of(self, bill: Owes) -> int:
        """What is left of a bill, by the payer's own count (minor units)."""
        return self._left.get(bill.bill_id, bill.amount)

    def blocks(self, person: SimulatedPerson) -> None:
        """A person blocks us at their carrier or in the app."""
        self._post.carriers[Channel(person.channel)].refuse(person.address, RefusalReason.OPTED_OUT)

    def phones(self, person: SimulatedPerson, meant: str) -> None:
        """A person calls the desk, which records what they say."""
        self._desk.is_rung(person, meant)

    def writes(self, person: SimulatedPerson | None, meant: str, words: str, address: str = "") -> None:
        """A person texts; now and then the provider delivers it twice, as real webhooks do."""
        channel = Channel(person.channel) if person else Channel.SMS
        where = address or (person.address if person else "")
        provider_id = self._post.carriers[channel].incoming_id()
        arrival = Arrival(channel, provider_id, where, words, self.now)
        self._comes_in(arrival, meant, person)
        chance = self._luck.of("in", where)
        if chance.random() < self._faults.received_twice:
            wait = timedelta(seconds=chance.randint(1, 300))
            self.at(self.now + wait, lambda: self._comes_in(arrival, meant, person))

    def pays(
        self, person: SimulatedPerson, reference: str, amount: int, when: datetime, *, bounces: bool = False
    ) -> None:
        """A person pays; the payment is booked when the bank has it, one to three days later."""
        paid_on = when.astimezone(self.installation.creditor.zone).date()
        chance = self._luck.of("bank", person.id)
        transit = timedelta(hours=chance.choice((0, 1, 20, 44, 70)))
        number = next(self._payments)
        named = self._ocr.get(reference, reference) if number % 2 else reference
        if chance.random() < self._faults.misnamed:
            named = "for the visit"
        paid = Paid(when + transit, paid_on, f"P{number}", named, amount, person.id)
        self._reckon(person, reference, amount)
        self.at(paid.at, lambda: self._book(paid))
        if bounces:
            self.at(paid.at + timedelta(days=chance.randint(2, 9)), lambda: self._take_back(paid))

    def _reckon(self, person: SimulatedPerson, reference: str, amount: int) -> None:
        """What a person counts as paid once they have sent the money."""
        for bill_id in [reference] if reference in self._left else [b.bill_id for b in self.debts_of(person)]:
            share = min(amount, self._left[bill_id])
            self._left[bill_id] -= share
            amount -= share

    def _begin(self) -> None:
        first = self.now.astimezone(self.installation.creditor.zone).date()
        with self.database.write() as session:
            for person in self.evidence.people.values():
                self.entry_points.add_customer(self.context(session), customer_row(person))
                self._open_chat(session, person)
        for person in self.evidence.people.values():
            for bill in person.bills:
                self.at(self._morning(max(bill.issued_on, first), bill), self._issuing(person, bill))
            self._fate(person)
        self._desk.opens(first, self.end.date())
        self._mailing.opens(first, self.end.date())
        middle = self.now + (self.end - self.now) / 2
        self.at(middle, self._register_again)
        self.at(middle + timedelta(days=7), self._change_policy)

    def _open_chat(self, session: Any, person: SimulatedPerson) -> None:
        if "telegram" in person.addresses and "telegram" in person.consents:
            point = contact_points.at(
                session, Channel.TELEGRAM, person.addresses["telegram"], (), person.language, self.now
            )
            contact_points.link(session, person.id, point, self.now)
            contact_points.grant(session, person.id, point, person.consents["telegram"], "opened the chat")

    def _fate(self, person: SimulatedPerson) -> None:
        """Random events in a person's life, whatever they are sent."""
        span = self.end - self.now
        when = self.now + span * self._luck.of("fate", person.id).uniform(0.1, 0.9)
        if self._luck.of("home", person.id).random() < self._faults.wrong_address:
            person.moved_to = ELSEWHERE
        match person.kind:
            case Behaviour.MOVES:
                self.at(when, lambda: self._moves(person))
            case Behaviour.DIES:
                self.at(when, lambda: self._dies(person))
            case Behaviour.BAD_NUMBER:
                self._post.carriers[Channel.SMS].refuse(person.address, RefusalReason.ADDRESS)

    def _moves(self, person: SimulatedPerson) -> None:
        """A person moves within their town without reporting it."""
        person.moved_to = ELSEWHERE

    def _dies(self, person: SimulatedPerson) -> None:
        """A person dies; the register records it some days later."""
        person.died_on = self.now.date()
        self.at(
            self.now + timedelta(days=self._luck.of("fate", person.id).randint(1, 5)),
            lambda: self._register(person),
        )

    def _register(self, *people: SimulatedPerson) -> None:
        with self.database.write() as session:
            context = self.context(session)
            for person in people:
                self.entry_points.add_customer(context, customer_row(person))
            reschedule(context, [person.id for person in people])

    def _register_again(self) -> None:
        """Import the whole register once more, with the changed addresses."""
        self._register(*self.evidence.people.values())

    def _change_policy(self) -> None:
        """The operator changes the policy: a day more between levels."""
        levels = tuple(
            level.model_copy(update={"wait_days": level.wait_days + 1})
            for level in self.installation.policy.levels
        )
        changed = self.installation.policy.model_copy(
            update={"levels": levels, "version": f"{self.installation.policy.version}b"}
        )
        self.installation = replace(self.installation, policy=changed)
        self.entry_points.reschedule_all(self.database, self.installation, self.clock)

    def _issuing(self, person: SimulatedPerson, bill: Owes) -> Callable[[], None]:
        def issue() -> None:
            with self.database.write() as session:
                context = self.context(session)
                self.entry_points.add_bill(context, bill_row(person, bill, self.currency))
                reschedule(context, [person.id])
                kept = bills.find(session, bill.bill_id)
                assert kept is not None
            self._ocr[bill.bill_id] = reference_for(kept.number)
            self.evidence.references.append((kept.number, self._ocr[bill.bill_id]))
            self._left.setdefault(bill.bill_id, bill.amount)
            self._minds[person.guarantor_id or person.id].owes(bill)
            self._payers.issued(person, bill)

        return issue

    def _morning(self, day: date, bill: Owes) -> datetime:
        """A moment of the night in which the day's bills are imported."""
        minute = self._luck.of("import", bill.bill_id).randint(0, 59)
        at = datetime.combine(day, time(1, minute), tzinfo=self.installation.creditor.zone)
        return max(at.astimezone(UTC), self.now)

    def _book(self, paid: Paid) -> None:
        row = PaymentRow(
            "bank", paid.payment_id, paid.reference, Money(paid.amount, self.currency), paid.paid_on
        )
        with self.database.write() as session:
            booked: PaymentOutcome = self.entry_points.book(self.context(session), row)
        paid.outcome = booked.value
        self.evidence.paid.append(paid)

    def _take_back(self, paid: Paid) -> None:
        if paid.outcome == PaymentOutcome.BOOKED.value:
            with self.database.write() as session:
                self.entry_points.take_back(self.context(session), "bank", paid.payment_id)
            paid.taken_back_at = self.now

    def _comes_in(self, arrival: Arrival, meant: str, person: SimulatedPerson | None) -> None:
        came = Came(
            self.now,
            arrival.channel.value,
            arrival.address,
            arrival.text,
            meant,
            person.id if person else None,
            arrival.provider_id,
        )
        self.evidence.came.append(came)
        with self.database.write() as session:
            arrived = self.entry_points.receive(self.context(session), arrival)
        if arrived is not None:
            came.inbox_id = arrived.id
            self.now += timedelta(seconds=1)
            self.entry_points.take(self.database, self.installation, arrived, self.clock)

    def _happen(self) -> None:
        while self._heap and self._heap[0][0] <= self.now:
            heappop(self._heap)[2]()

    def _following(self) -> datetime:
        """The time of the next event, or of the next due work in the tables."""
        found = min((at for at in self._due_next() if at), default=None)
        by_clock = self.end + MINUTE if found is None else max(found, self.now + timedelta(seconds=1))
        return min(by_clock, self._heap[0][0]) if self._heap else by_clock

    def _due_next(self) -> tuple[datetime | None, ...]:
        with self.database.engine.connect() as connection:
            return tuple(_moment(at) for at in connection.execute(_NEXT).one())

    def _tick(self) -> None:
        """What the processes do when something is due: answer, run, expire, deliver, ask."""
        before: object = None
        while (due := self._due_next()) != before:  # the same again waits for something else
            run, expire, answer, send, ask = (at is not None and at <= self.now for at in due)
            if answer:
                self._catch_up()
            if run:
                self.entry_points.run(self.database, self.installation, self.now)
            if expire:
                self.entry_points.expire(self.database, self.installation, self.clock)
            if send:
                self._post.deliver()
            if ask:
                self._post.ask()
            if not (run or expire or answer or send or ask):
                return
            before = due

    def _hears(self, sent: Sent) -> None:
        """A message appears on a handset: its holder reads it."""
        for person in self.evidence.person_at(sent.channel, sent.address)[:1]:
            self._minds[person.id].hears(sent)

    def _reads(self, person: SimulatedPerson, sent: Sent) -> None:
        """A letter is delivered: the person living there reads it, and knows what is owed by now."""
        for row in printed.rows(sent):
            if self._left.get(row.bill_id, 0) > 0:
                self._left[row.bill_id] = row.total
        self._minds[person.id].reads(sent)

    def _catch_up(self) -> None:
        for arrived in turn.unanswered(self.database, self.now, EVERYTHING):
            self.entry_points.take(self.database, self.installation, arrived, self.clock)


def _moment(found: Any) -> datetime | None:
    """A moment as a database without zones hands it out, or one with."""
    return datetime.fromisoformat(found).replace(tzinfo=UTC) if isinstance(found, str) else found
