"""A small clinic to test in: real handlers on a real database, a simulated phone, a clock that tests move."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from billing import policy
from billing.accounts.channels import Channel
from billing.accounts.creditor import Creditor, WayToPay
from billing.accounts.snapshot import StepState
from billing.gate import SendingSwitch
from billing.ledger.money import Money
from bot.channel import Accepted, Choice, Envelope, InDoubt, Refused, Trace, TryLater
from bot.channels.phone import PhoneChannel
from bot.wiring import outgoing_kinds
from handlers.bills.bills import BillRow, add_bill
from handlers.context import Context, fixed
from handlers.conversation import turn
from handlers.conversation.flow_registry import FLOW_REGISTRY
from handlers.delivery import dispatch, results
from handlers.dunning import dunning_run
from handlers.dunning.reschedule import reschedule
from handlers.installation import Installation
from handlers.payments import payments
from handlers.people import register
from handlers.people.register import Consent, CustomerRow
from handlers.talk.conversation import Flows
from messages.understanding.reading import TextReader
from messages.writing.render import Words
from storage import tables
from storage.collection import placements
from storage.delivery import outbox
from storage.desk import escalations
from storage.ledger import ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.orm import Session

    from billing.dunning.dunning import BillVerdict
    from bot.channels.phone import PhoneMessage
    from handlers.arrivals import Arrival
    from handlers.delivery.dispatch import Ready
    from storage.database.transaction import Database
    from storage.desk.escalations import Escalation

NOON = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
"""A Monday, ten in the morning in California."""

CLINIC = Creditor(
    name="Elm Street Clinic",
    phone="+1 503 555 0100",
    hours="weekdays 9-16",
    hours_translated={"es": "entre semana, 9-16", "sv": "vardagar 9-16"},
    zone=ZoneInfo("America/Los_Angeles"),
    country="US",
    helpline="988",
    ways_to_pay=(WayToPay("Card", "elm.example/pay"),),
)


def an_installation(
    name: str = "generic", sending: SendingSwitch = SendingSwitch.LIVE, *, thanks: bool = False, **more: Any
) -> Installation:
    """An installation for the clinic with SMS and Telegram; it thanks for payments only if asked to."""
    reading, rules = TextReader(), policy.load(name)
    payments_ = rules.payments if thanks else rules.payments.model_copy(update={"thanks_days": 0})
    made = Installation(
        policy=rules.model_copy(update={"payments": payments_}),
        creditor=CLINIC,
        words=_words(),
        reading=reading,
        flows=Flows(FLOW_REGISTRY, reading),
        sending=sending,
        available=frozenset({Channel.SMS, Channel.TELEGRAM}),
        outgoing=outgoing_kinds,
    )
    return replace(made, **more)


_KEPT: list[Words] = []


def _words() -> Words:
    if not _KEPT:
        _KEPT.append(Words(CLINIC))
    return _KEPT[0]


@dataclass
class World:
    """One database, one installation, one phone network, one clock (UTC)."""

    database: Database
    installation: Installation = field(default_factory=an_installation)
    now: datetime = NOON
    phones: dict[Channel, PhoneChannel] = field(default_factory=dict)
    ids: Any = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        for channel in (Channel.SMS, Channel.TELEGRAM):
            self.phones[channel] = PhoneChannel(channel, session=str(id(self)))

    def clock(self) -> datetime:
        """The time in this world (UTC)."""
        return self.now

    def context(
        self, session: Session, now: datetime | None = None, installation: Installation | None = None
    ) -> Context:
        """The context of a transaction in this world, at ``now`` (UTC) unless another moment is given."""
        return Context(session, installation or self.installation, fixed(now) if now else self.clock)

    def later(self, **span: float) -> None:
        """Move the clock forward."""
        self.now += timedelta(**span)

    def customer(self, customer_id: str = "ada", *, consent: bool = True, **more: Any) -> str:
        """Add a customer with a phone, born 28 February 1980, who consented to SMS. Returns the id."""
        facts: dict[str, Any] = {
            "name": "Ada Lind",
            "birth_date": date(1980, 2, 28),
            "phone": "+15035550142",
            "country": "US",
            "region": "CA",
        }
        given = (Consent(Channel.SMS, date(2026, 1, 1), "signed form"),) if consent else ()
        row = CustomerRow(customer_id, **({"consents": given} | facts | more))
        with self.database.write() as session:
            register.add_customer(self.context(session), row)
            reschedule(self.context(session), [customer_id])
        return customer_id

    def bill(
        self,
        bill_id: str = "B1",
        customer_id: str = "ada",
        amount: int = 60000,
        due: date | None = None,
        **more: Any,
    ) -> str:
        """Add a bill in cents, due yesterday unless given otherwise. Returns the id."""
        due = due or self.now.date() - timedelta(days=1)
        issued = due - timedelta(days=30)
        with self.database.write() as session:
            row = BillRow(
                bill_id, customer_id, issued, due, "USD", amount, **({"description": "Visit"} | more)
            )
            add_bill(self.context(session), row)
            reschedule(self.context(session), [customer_id])
        return bill_id

    def pays(self, reference: str, amount: int, payment_id: str | None = None) -> payments.PaymentOutcome:
        """Receive a payment, in cents."""
        named = payment_id or f"P{next(self.ids)}"
        row = payments.PaymentRow("test", named, reference, Money(amount, "USD"), self.now.date())
        with self.database.write() as session:
            return payments.book(self.context(session), row)

    def arrives(self, arrival: Arrival, send: Callable[[Ready], object] | None = None) -> int | None:
        """Receive an inbound message and answer it, queued or by ``send``; returns its inbox id."""
        with self.database.write() as session:
            arrived = turn.receive(self.context(session), arrival)
        if arrived is None:
            return None
        turn.take(self.database, self.installation, arrived, self.clock, send)
        return arrived.id

    def says(self, text: str, address: str = "+15035550142", channel: Channel = Channel.SMS) -> str:
        """A customer sends a text; returns what they hear back, as one text (empty for silence)."""
        self.later(seconds=20)
        before = len(self.screen(address, channel))
        self.arrives(self.phones[channel].says(address, text, self.now), self.hand_over)
        self.deliver()
        return "\n".join(message.text for message in self.screen(address, channel)[before:])

    def heard(self, text: str, address: str = "+15035550142") -> list[str]:
        """The keys of the messages that answer a text, in order."""
        self.says(text, address)
        with self.database.read() as session:
            newest = select(tables.Outbox).order_by(tables.Outbox.id.desc()).limit(1)
            row = session.scalar(newest)
            inbound = session.scalar(select(tables.Inbox.id).order_by(tables.Inbox.id.desc()).limit(1))
            if row is None or row.key != f"reply:{inbound}":
                return []
            return [saying["key"] for saying in row.sayings]

    def run(self) -> list[BillVerdict]:
        """Do one dunning run; returns its verdicts."""
        return dunning_run.run(self.database, self.installation, self.now).verdicts

    def preview(self) -> list[BillVerdict]:
        """What a run would decide, without doing it."""
        return list(dunning_run.preview(self.database, self.installation, self.now))

    def deliver(self) -> int:
        """Send what is due; returns how many messages left."""
        with self.database.read() as session:
            ids = outbox.due(session, self.now, 1000)
        return sum(self.send(outbox_id) for outbox_id in ids)

    def send(self, outbox_id: int) -> bool:
        """Pass one message through the gate and to the phone network; returns whether it was accepted."""
        with self.database.write() as session:
            ready = dispatch.look_again(self.context(session), outbox_id)
        return ready is not None and self.hand_over(ready)

    def hand_over(self, ready: Ready) -> bool:
        """Pass a message that is *sending* to the phone network; returns whether it was accepted."""
        outbox_id, envelope = ready.message.id, self.envelope(ready)
        answer = asyncio.run(self.phones[ready.message.channel].send(envelope))
        with self.database.write() as session:
            match answer:
                case Accepted(provider_id):
                    results.accepted(self.context(session), outbox_id, provider_id)
                case Refused(reason, code):
                    results.refused(self.context(session), outbox_id, reason.value, code)
                case TryLater(after, code):
                    results.later(session, outbox_id, self.now + after, code)
                case InDoubt(code):
                    results.doubtful(self.context(session), outbox_id, code)
        return isinstance(answer, Accepted)

    def live(self, days: int) -> None:
        """Let days pass, with a run and a delivery each day within the allowed hours."""
        for _ in range(days):
            self.later(days=1)
            self.run()
            self.deliver()

    def owed(self, bill_id: str | None = "B1") -> int:
        """The sum of a bill's entries, in cents; without a bill, the unused credit as a negative amount."""
        entry = tables.Entry
        where = entry.bill_id.is_(None) if bill_id is None else entry.bill_id == bill_id
        with self.database.read() as session:
            return int(session.scalar(select(func.sum(entry.amount)).where(where)) or 0)

    def owed_by_bill(self, customer_id: str = "ada") -> dict[str | None, int]:
        """What a customer owes on each bill, in cents; the key ``None`` is credit."""
        account = f"A-{customer_id}"
        with self.database.read() as session:
            found = ledger.owed_by_bill(session, [account])[account]
        return {bill_id: amount for bill_id, amount in found.items() if amount}

    def queue(self) -> list[Escalation]:
        """Every open case at the desk, the most pressing first."""
        with self.database.read() as session:
            return escalations.queue(session)

    def clear_doubts(self) -> None:
        """Ask the provider about every message in doubt."""
        with self.database.read() as session:
            ids = outbox.lost(session, self.now, 1000)
        for outbox_id in ids:
            with self.database.write() as session:
                message = outbox.lease_doubtful(session, outbox_id, self.now, self.now + dispatch.LEASE)
                if message is None:
                    continue
                point = session.get(tables.ContactPoint, message.contact_point_id)
                assert point is not None
                address = point.address
            asked = self.envelope(dispatch.Ready(message, address))
            found = asyncio.run(self.phones[message.channel].trace(asked))
            with self.database.write() as session:
                if isinstance(found, Accepted):
                    results.accepted(self.context(session), outbox_id, found.provider_id)
                elif found is Trace.ABSENT:
                    results.later(session, outbox_id, self.now, "absent")
                else:
                    results.untraceable(self.context(session), outbox_id)

    def screen(self, address: str = "+15035550142", channel: Channel = Channel.SMS) -> Sequence[PhoneMessage]:
        """The messages on a handset's screen."""
        return self.phones[channel].handset(address)

    @staticmethod
    def envelope(ready: dispatch.Ready) -> Envelope:
        """A message as a channel adapter gets it."""
        message = ready.message
        assert message.begun_at is not None
        choices = tuple(Choice(label, value) for label, value in message.choices)
        return Envelope(
            message.reference, ready.address, message.text, message.begun_at, choices, ready.edits
        )


def flagged(session: Session, bill_id: str, amount: int, now: datetime) -> bool:
    """Flag a bill for a collector as a run would: every level of its current episode was delivered."""
    episode = session.scalar(select(tables.Bill.episode).where(tables.Bill.id == bill_id))
    assert episode is not None
    for level in (1, 2, 3, 4):
        session.merge(_step(session, bill_id, episode, level, now))
    session.flush()
    return placements.flag(session, bill_id, amount, "USD", now)


def _step(session: Session, bill_id: str, episode: int, level: int, now: datetime) -> tables.Step:
    step = tables.Step
    known = session.scalar(
        select(step).where(step.bill_id == bill_id, step.episode == episode, step.level == level)
    )
    found = known or step(bill_id=bill_id, episode=episode, level=level)
    found.state, found.at = StepState.HEARD.value, now
    return found
