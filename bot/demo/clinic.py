"""The sample clinic at work: the real handlers, delivery and database, on simulated phones."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from billing import policy
from billing.accounts.channels import Channel
from billing.gate import SendingSwitch
from billing.ledger.money import Money
from bot import key_files
from bot.channels.phone import PhoneChannel
from bot.clock import VirtualClock
from bot.delivery import Delivery
from bot.demo.people import CLINIC, PEOPLE, START, ZONE
from bot.wiring import outgoing_kinds
from handlers.bills.bills import BillRow, add_bill, add_charges
from handlers.clock import expiry
from handlers.context import Context
from handlers.conversation import turn
from handlers.conversation.flow_registry import FLOW_REGISTRY
from handlers.dunning import dunning_run
from handlers.dunning.reschedule import reschedule
from handlers.installation import Installation
from handlers.payments import payments
from handlers.people import register
from handlers.people.register import Consent, CustomerRow
from handlers.talk.conversation import Flows
from messages.understanding.reading import TextReader
from messages.writing.render import Words
from storage.bills.bills import Charge
from storage.database import schema
from storage.database.transaction import Database
from storage.people import contact_points
from storage.sealing.keys import Keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from bot.channel import Choice
    from bot.channels.phone import PhoneMessage
    from bot.demo.people import Sample, SampleBill
    from handlers.arrivals import Arrival

MORNING: Final = 10
"""The local hour at which a demo day is looked at."""


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message on a handset of the sample clinic's people, either way."""

    mine: bool
    text: str
    at: datetime
    choices: tuple[Choice, ...] = ()


class Clinic:
    """Everything the demo needs, on a database that disappears with it."""

    def __init__(self, public_url: str = "") -> None:
        """A new clinic; with an address its bills have pages there."""
        self._folder = tempfile.TemporaryDirectory(prefix="kvitt-demo-", ignore_cleanup_errors=True)
        file = Path(self._folder.name) / "demo.db"
        key_files.beside(file).make()
        self.database = Database(f"sqlite:///{file}", Keys(key_files.beside(file)))
        schema.ensure(self.database.engine)
        self.clock = VirtualClock(START)
        self.installation = _installation(public_url)
        self.screens: dict[str, list[Bubble]] = {person.address: [] for person in PEOPLE}
        self.on_bubble: Callable[[str, Bubble], None] = lambda _address, _bubble: None
        self._phones = {
            channel: PhoneChannel(channel, on_message=self._arrived)
            for channel in (Channel.SMS, Channel.TELEGRAM)
        }
        self._delivery = Delivery(self.database, self.installation, self._phones, self.clock)
        self._busy = asyncio.Lock()
        self._enrol()

    def context(self, session: Session) -> Context:
        """The context of a transaction."""
        return Context(session, self.installation, self.clock)

    def close(self) -> None:
        """Let everything disappear."""
        self.database.close()
        self._folder.cleanup()

    async def text(self, person: Sample, text: str) -> None:
        """A customer texts."""
        await self._comes_in(person, self._phones[person.channel].says(person.address, text, self.clock()))

    async def press(self, person: Sample, value: str) -> None:
        """A customer presses a button."""
        arrival = self._phones[person.channel].presses(person.address, value, self.clock())
        await self._comes_in(person, arrival)

    async def advance(self, span: timedelta) -> None:
        """Time goes by, with everything that happens in it, morning by morning."""
        async with self._busy:
            until = self.clock() + span
            while (morning := self._next_morning()) <= until:
                self.clock.set(morning)
                await self.tick()
            self.clock.set(max(until, self.clock()))
            await self.tick()

    async def tick(self) -> None:
        """What the metronome does: a run, expiry, delivery."""
        dunning_run.run(self.database, self.installation, self.clock())
        expiry.expire(self.database, self.installation, self.clock)
        await self._delivery.deliver_due()

    def pay(self, bill_id: str, cents: int, payment_id: str) -> None:
        """Money arrives."""
        amount = Money(cents, "USD")
        paid_on = self.clock().astimezone(ZONE).date()
        row = payments.PaymentRow("demo", payment_id, bill_id, amount, paid_on, "card")
        with self.database.write() as session:
            payments.book(Context(session, self.installation, self.clock), row)

    async def deliver(self) -> None:
        """Send what is due."""
        await self._delivery.deliver_due()

    async def _comes_in(self, person: Sample, arrival: Arrival) -> None:
        async with self._busy:
            self.clock.advance(timedelta(seconds=40))
            self._show(person.address, Bubble(True, arrival.text, self.clock()))
            with self.database.write() as session:
                arrived = turn.receive(Context(session, self.installation, self.clock), arrival)
            if arrived is not None:
                self.clock.advance(timedelta(seconds=5))
                turn.take(self.database, self.installation, arrived, self.clock)
            await self._delivery.deliver_due()

    def _arrived(self, address: str, message: PhoneMessage) -> None:
        self._show(address, Bubble(False, message.text, message.at, message.choices))

    def _show(self, address: str, bubble: Bubble) -> None:
        self.screens.setdefault(address, []).append(bubble)
        self.on_bubble(address, bubble)

    def _next_morning(self) -> datetime:
        local = self.clock().astimezone(ZONE)
        morning = local.replace(hour=MORNING, minute=0, second=0, microsecond=0)
        if morning <= local:
            morning += timedelta(days=1)
        return morning.astimezone(START.tzinfo)

    def _enrol(self) -> None:
        now = self.clock()
        with self.database.write() as session:
            for person in PEOPLE:
                register.add_customer(Context(session, self.installation, self.clock), _customer(person))
                if person.child:
                    row = CustomerRow(person.child, f"Eli {person.name.split()[-1]}", guarantor_id=person.id)
                    register.add_customer(Context(session, self.installation, self.clock), row)
                if person.channel is Channel.TELEGRAM:
                    point = contact_points.at(session, person.channel, person.address, (), "en", now)
                    register.bind_chat(
                        self.context(session), person.id, point, "opened the link they were given"
                    )
                for bill in person.bills:
                    add_bill(self.context(session), _bill(person, bill))
                    add_charges(session, _charges(bill))
            reschedule(Context(session, self.installation, self.clock), [person.id for person in PEOPLE])


def _installation(public_url: str) -> Installation:
    reading = TextReader()
    return Installation(
        policy=policy.load("generic"),
        creditor=CLINIC,
        words=Words(CLINIC),
        reading=reading,
        flows=Flows(FLOW_REGISTRY, reading),
        sending=SendingSwitch.LIVE,
        available=frozenset({Channel.SMS, Channel.TELEGRAM}),
        outgoing=outgoing_kinds,
        public_url=public_url,
        link_secret=secrets.token_hex() if public_url else "",
        chats={Channel.SMS: "+15035550100"},
    )


def _bill(person: Sample, bill: SampleBill) -> BillRow:
    return BillRow(
        bill.id,
        bill.owner or person.id,
        issued_on=bill.due_on - timedelta(days=30),
        due_on=bill.due_on,
        currency="USD",
        total=bill.total,
        covered=(("insurer", bill.covered),) if bill.covered else (),
        description=bill.lines[0].text,
    )


def _charges(bill: SampleBill) -> list[Charge]:
    return [
        Charge(
            id=f"{bill.id}-{number}",
            bill_id=bill.id,
            position=number,
            service_on=bill.due_on - timedelta(days=40),
            code_system="local",
            code=f"{number:03}",
            description=line.text,
            quantity="1",
            unit_amount=line.cents,
            amount=line.cents,
        )
        for number, line in enumerate(bill.lines, start=1)
    ]


def _customer(person: Sample) -> CustomerRow:
    agreed = START.astimezone(ZONE).date()
    sms = person.channel is Channel.SMS
    return CustomerRow(
        person.id,
        person.name,
        birth_date=person.born,
        phone=person.address if sms else "",
        language=person.language,
        country="US",
        region="OR",
        timezone="America/Los_Angeles",
        consents=(Consent(Channel.SMS, agreed, "signed intake form"),) if sms else (),
    )
