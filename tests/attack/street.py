"""A clinic as its attackers see it: phones to write from, links that were found, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from billing.accounts.channels import Channel
from handlers.arrivals import Arrival, ArrivalKind
from handlers.bills import bill_links
from handlers.conversation.bill_page import Access
from handlers.conversation.paying import NotShown
from handlers.people import inviting, register
from handlers.people.register import Consent, CustomerRow
from storage import tables
from storage.people import contact_points, customers
from tests.attack.entrances import Entrances
from tests.world import World, an_installation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.database.transaction import Database

SECRET: Final = "attack"
YEAR: Final = 1980


@dataclass
class Victim:
    """A customer: what the right answers are, and the contact points."""

    id: str
    born: date
    code: str
    phone: str
    """Where they identified before."""
    second: str
    """Another phone on file, which a stranger has by now."""


@dataclass
class Counts:
    """What an attack came to."""

    attempts: int = 0
    disclosures: list[str] = field(default_factory=list)
    locked_out: list[str] = field(default_factory=list)
    honest: int = 0
    reached: int = 0
    by_entrance: dict[str, int] = field(default_factory=dict)

    def tried(self, entrance: str, *, learned: bool, who: str) -> None:
        """Count an attempt at an entrance."""
        self.attempts += 1
        self.by_entrance[entrance] = self.by_entrance.get(entrance, 0) + 1
        if learned:
            self.disclosures.append(f"{entrance}: {who}")

    @property
    def sound(self) -> bool:
        """Whether nobody learned anything, and everybody who may was let in."""
        return not self.disclosures and not self.locked_out and self.reached == self.honest


class Street:
    """The entrances of a clinic on one database, with a clock that the attack moves."""

    def __init__(self, database: Database, entrances: Entrances | None = None) -> None:
        asked = an_installation(
            public_url="https://elm.example", link_secret=SECRET, pay_url="https://elm.example/pay/"
        )
        self.world = World(database, asked)
        self.entrances = entrances or Entrances()
        self.counts = Counts()
        self._ids = count(1)
        self._heard = 0
        self._points: dict[tuple[Channel, str], int] = {}

    def victim(self, number: int) -> Victim:
        """A customer with a bill, two phones on file and a postal code, who was born on a day of 1980."""
        born = date(YEAR, 1, 1) + timedelta(days=(number * 37 + 59) % 366)
        made = Victim(
            f"c{number}", born, f"{97000 + number % 900}", f"+1503555{number:04d}", f"+1971555{number:04d}"
        )
        row = CustomerRow(
            made.id,
            f"Ada{_letters(number)} Lind",
            born,
            made.phone,
            country="US",
            region="CA",
            postal_code=made.code,
            consents=(Consent(Channel.SMS, date(2026, 1, 1), "signed form"),),
        )
        with self.world.database.write() as session:
            context = self.world.context(session)
            register.add_customer(context, row)
            register.bind_chat(context, made.id, self._point(session, made.second), "an old form")
        self.world.bill(f"B{number}", made.id, 60000 + number)
        return made

    def on_file(self, victim: Victim, address: str) -> None:
        """Another phone on the customer's file: somebody else has it by now."""
        with self.world.database.write() as session:
            register.bind_chat(
                self.world.context(session), victim.id, self._point(session, address), "an old form"
            )

    def shares(self, victim: Victim, address: str) -> None:
        """Somebody else is reached at a phone of the customer's as well."""
        other = CustomerRow(f"m{victim.id}", "Bo Ek", date(1950, 5, 6), country="US", region="CA")
        with self.world.database.write() as session:
            register.add_customer(self.world.context(session), other)
            register.bind_chat(
                self.world.context(session), other.id, self._point(session, address), "lives there"
            )

    def asks_to_move(self, victim: Victim, address: str, number: str) -> None:
        """The customer, at a phone of theirs, gives another number."""
        for said in (
            "change my phone number",
            victim.born.isoformat(),
            victim.code,
            number,
        ):
            self.says(address, said)

    def reached_at(self, victim: Victim, address: str) -> bool:
        """Whether the customer is reached at a number."""
        with self.world.database.read() as session:
            found = customers.at_address(session, Channel.SMS, address)
        return victim.id in {one.id for one in found}

    def would_write_to(self, victim: Victim, address: str) -> bool:
        """Whether a reminder would leave to a phone."""
        with self.world.database.read() as session:
            (person,) = self.entrances.load(self.world.context(session), [victim.id])
        return any(reach.usable and reach.address == address for reach in person.reaches)

    def says(
        self, address: str, said: str, channel: Channel = Channel.SMS, kind: ArrivalKind = ArrivalKind.TEXT
    ) -> list[str]:
        """Somebody writes; returns the texts that come back, each after the names of what it says."""
        self.world.now += timedelta(seconds=20)
        arrival = Arrival(channel, f"a{next(self._ids)}", address, said, self.world.now, kind)
        with self.world.database.write() as session:
            arrived = self.entrances.receive(self.world.context(session), arrival)
        self.entrances.take(self.world.database, self.world.installation, arrived, self.world.clock)
        return self._replies()

    def _replies(self) -> list[str]:
        row = tables.Outbox
        query = select(row.id, row.content, row.sayings, row.text).where(row.id > self._heard)
        with self.world.database.read() as session:
            rows = session.execute(query.order_by(row.id)).all()
        self._heard = max([self._heard, *(row.id for row in rows)])
        return [f"{row.content} {row.sayings} {row.text}" for row in rows]

    def link(self, victim: Victim, address: str) -> str:
        """The token of a page's link that was sent to one of the customer's phones."""
        with self.world.database.write() as session:
            url = bill_links.make(
                self.world.context(session), f"B{victim.id[1:]}", victim.id, self._point(session, address)
            )
        return url.rpartition("/")[2]

    def opens(self, token: str, born: date, code: str = "") -> bool:
        """Somebody answers on a bill's page; returns whether the bill is shown."""
        self.world.now += timedelta(seconds=20)
        with self.world.database.write() as session:
            _, right = self.entrances.answer(self.world.context(session), token, born, code)
        return bool(right)

    def closed(self, token: str) -> bool:
        """Whether a page asks nothing."""
        with self.world.database.read() as session:
            opened = self.entrances.knock(self.world.context(session), token)
        return opened.access is not Access.ASK

    def pays(self, victim: Victim, address: str) -> bool:
        """Somebody follows a payment link that was sent to a phone; returns whether an amount is shown."""
        with self.world.database.read() as session:
            point = self._point(session, address)
            try:
                found = self.entrances.order(self.world.context(session), f"p:{point}:b:B{victim.id[1:]}")
            except NotShown:
                return False
        return found is not None

    def invitation(self, victim: Victim) -> str:
        """A deep link for a chat of the customer's."""
        with self.world.database.write() as session:
            return inviting.invite(self.world.context(session), victim.id, SECRET, "kim")

    def opens_chat(self, token: str, chat: str) -> bool:
        """Somebody opens a deep link; returns whether their chat is connected."""
        return "talk.invited" in "".join(self.says(chat, token, Channel.TELEGRAM, ArrivalKind.LINK))

    def passes(self, days: int = 1) -> None:
        """Let time pass."""
        self.world.now += timedelta(days=days)

    def _point(self, session: Any, address: str) -> int:
        key = (Channel.SMS, address)
        if key not in self._points:
            self._points[key] = contact_points.at(
                session, Channel.SMS, address, ["America/Los_Angeles"], "en", self.world.now
            )
        return self._points[key]


def learned(replies: list[str]) -> bool:
    """Whether texts tell an amount, an address on file, or that a date was right."""
    said = "".join(replies)
    tells = ("$", "contact_details.confirm", "enrolment.known")
    return any(one.startswith(("1", "2")) for one in replies) or any(one in said for one in tells)


def dates(born: date, right_at: int) -> Iterator[date]:
    """Days of the year of birth in some order, with the right one at a place (from 0)."""
    day, given = date(YEAR, 1, 1), 0
    while True:
        if given == right_at:
            yield born
        elif day != born:
            yield day
        day = date(YEAR, 1, 1) + timedelta(days=(day - date(YEAR, 1, 1)).days + 1)
        day = day if day.year == YEAR else date(YEAR, 1, 1)
        given += 1


def _letters(number: int) -> str:
    """A number as letters, so that no two customers have the same name."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))
