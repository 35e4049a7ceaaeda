"""Whole conversations as text files: how they are read, played on a channel, and written down again.

A file begins with `about`, `place` (us or se), `policy`, `owes` (amount and days since it was due, comma
between bills) and other facts, one a line. After an empty line comes the chat:

    > what the customer writes          >> 503... another phone writes
    < what they read, further lines indented
    [Yes] [No]                          the choices offered with it
    @ 3 days                            time passes; also: pays 120.00, runs, expires, rep says TEXT,
                                        rep closes, fails (their phone number cannot be reached),
                                        media (a photo, a voice note), edits TEXT
    = cases dispute                     how things stand: cases, holds, plan, promise, demands, stopped,
                                        language, kept, customers, estimates, way (bills come by)

A bill may have a number and say what it was for: ``120.00 40 D-2039 Lab tests``. `child` is a first name,
`child_owes` what is owed for that child, which the customer pays.

`email` is the customer's, and the house writes e-mail and letters then. `prices` names services with
their amounts, `insured` a payer with its terms (`_prices`, `_insured`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from billing.accounts.channels import Channel
from billing.accounts.creditor import Creditor, WayToPay
from billing.costs.prices import Price
from billing.ledger.money import Money
from billing.payers.claims import Code
from billing.payers.coverage import CoverageTerms
from handlers.arrivals import ArrivalKind
from handlers.bills.bills import BillRow, add_bill
from handlers.clock import expiry
from handlers.desk import cases
from handlers.dunning.reschedule import reschedule
from handlers.payments import payments
from handlers.people import register, unreachable
from handlers.people.register import Consent, Coverage, CustomerRow, Payer
from messages.writing.fit import plain
from messages.writing.render import Words
from storage import tables
from storage.bills import bill_sendings
from storage.costs import prices as price_rows
from storage.desk import escalations
from storage.dunning import holds
from storage.payers.terms import pack
from storage.people import contact_points
from tests.world import CLINIC, World, an_installation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bot.channels.phone import PhoneMessage
    from handlers.installation import Installation
    from storage.database.transaction import Database

_PRACTICE: Final = Creditor(
    name="Almens vårdcentral",
    phone="+46 8 123 456 00",
    hours="vardagar 9-16",
    zone=ZoneInfo("Europe/Stockholm"),
    country="SE",
    language="sv",
    helpline="Mind 90101",
    ways_to_pay=(WayToPay("Bankgiro", "123-4567"),),
)
_CHAT: Final = "4711"
_WORDS: Final[dict[str, Words]] = {}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a chat takes place: the provider, and what a customer there is like."""

    creditor: Creditor
    phone: str
    currency: str
    region: str
    postal_code: str


PLACES: Final = {
    "us": Place(CLINIC, "+15035550142", "USD", "CA", "97205"),
    "se": Place(_PRACTICE, "+46701740605", "SEK", "", "11122"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chat: its mark (``>``, ``<``, ``[``, ``@``, ``=``) and what it says."""

    mark: str
    text: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """One file: the facts at its head and the lines of the chat."""

    facts: dict[str, str]
    lines: tuple[Line, ...]

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels it is held on: both, unless it names one."""
        named = self.facts.get("channel")
        return (Channel(named),) if named else (Channel.SMS, Channel.TELEGRAM)


def read(path: Path) -> Transcript:
    """A transcript as it stands in its file."""
    head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    facts = dict(line.split(": ", 1) for line in head.splitlines())
    return Transcript(facts, tuple(_lines(body)))


def written(transcript: Transcript) -> str:
    """A transcript as a file."""
    head = "\n".join(f"{name}: {value}" for name, value in transcript.facts.items())
    body: list[str] = []
    for line in transcript.lines:
        shown = line.text.replace("\n", "\n  ").replace("\n  \n", "\n\n") if line.mark == "<" else line.text
        if line.mark == ">" and body:
            body.append("")
        body.append(line.text if line.mark == "[" else f"{line.mark} {shown}".rstrip())
    return f"{head}\n\n" + "\n".join(body) + "\n"


def _lines(body: str) -> Iterator[Line]:
    current: list[str] = []
    for raw in body.splitlines():
        if current and (raw.startswith("  ") or (not raw.strip() and current[0] == "<")):
            current.append(raw.strip())
            continue
        if current:
            yield _line(current)
            current = []
        if raw.startswith("<"):
            current = ["<", raw[2:]]
        elif raw.startswith("["):
            yield Line("[", raw.strip())
        elif raw.strip():
            yield Line(raw.split(" ", 1)[0], raw.partition(" ")[2])
    if current:
        yield _line(current)


def _line(parts: Sequence[str]) -> Line:
    return Line(parts[0], "\n".join(parts[1:]).strip())


def played(transcript: Transcript, database: Database, channel: Channel) -> Transcript:
    """The same chat as it really goes on a channel: what is said and how things stand are filled in."""
    stage = _Stage(transcript, database, channel)
    lines: list[Line] = []
    for line in transcript.lines:
        if line.mark == "=":
            lines.append(Line("=", stage.check_state(line.text.split(" ", 1)[0])))
        elif line.mark in {">", ">>", "@"}:
            lines.append(line)
            lines += stage.acts(line)
    return Transcript(transcript.facts, tuple(lines))


@dataclass
class _Stage:
    """A clinic with one customer, as the head of a transcript has it."""

    transcript: Transcript
    database: Database
    channel: Channel
    world: World = field(init=False)

    def __post_init__(self) -> None:
        facts = self.transcript.facts
        self.place = PLACES[facts.get("place", "us")]
        installation = _installation(facts.get("policy", "generic"), self.place.creditor)
        if "email" in facts:
            more = frozenset({Channel.EMAIL, Channel.LETTER})
            installation = replace(
                installation,
                available=installation.available | more,
                public_url="https://elm.example",
                link_secret="chat-" * 8,
            )
        self.world = World(self.database, installation)
        self.address = _CHAT if self.channel is Channel.TELEGRAM else self.place.phone
        with self.database.write() as session:
            _prices(session, facts.get("prices", ""), self.place.currency)
        if facts.get("customer") != "nobody":
            self._register(facts)

    def acts(self, line: Line) -> list[Line]:
        """What is read on the handset after a line."""
        before = {address: len(self._screen(address)) for address in self._addresses()}
        if line.mark == "@":
            self._happens(line.text)
        elif line.mark == ">>":
            number, text = line.text.split(" ", 1)
            self.world.says(text, number)
        else:
            self._says(line.text)
        return [
            shown
            for address in self._addresses()
            for message in self._screen(address)[before.get(address, 0) :]
            for shown in _shown(message, self.channel)
        ]

    def check_state(self, what: str) -> str:
        """How things stand, as one line that begins with what was asked."""
        with self.database.read() as session:
            found = getattr(self, f"_{what}")(session)
        return f"{what} {found}".strip()

    def _says(self, text: str) -> None:
        words = text.replace("\\n", "\n")
        pressed = re.fullmatch(r"\[(\w+)\]", words)
        if not pressed:
            self.world.says(words, self.address, self.channel)
            return
        self.world.later(seconds=20)
        phone = self.world.phones[self.channel]
        if phone.name.capabilities.has_buttons:
            self.world.arrives(phone.presses(self.address, pressed[1], self.world.now))
        else:
            label = self.world.installation.reading.label(pressed[1], self._speaks())
            self.world.arrives(phone.says(self.address, label, self.world.now))
        self.world.deliver()

    def _happens(self, text: str) -> None:
        word, _, rest = text.partition(" ")
        match word:
            case "pays":
                minor = int(Decimal(rest) * 100)
                row = payments.PaymentRow(
                    "bank", f"P{self.world.now}", "B1", self._money(minor), self.world.now.date()
                )
                with self.database.write() as session:
                    payments.book(self.world.context(session), row)
            case "runs":
                self.world.run()
            case "expires":
                expiry.expire(self.database, self.world.installation, self.world.clock)
            case "rep":
                self._rep(rest)
            case "media" | "edits":
                self._sends(ArrivalKind.MEDIA if word == "media" else ArrivalKind.EDITED, rest)
            case "fails":
                with self.database.write() as session:
                    point = contact_points.find(session, Channel.SMS, self.place.phone)
                    assert point
                    unreachable.lost(self.world.context(session), point.id, "30005")
            case _:
                self.world.later(**{rest.rstrip("s") + "s": float(word)})
        self.world.deliver()

    def _sends(self, kind: ArrivalKind, text: str) -> None:
        self.world.later(seconds=20)
        said = self.world.phones[self.channel].says(self.address, text or "photo", self.world.now)
        self.world.arrives(replace(said, kind=kind, text=text))

    def _rep(self, text: str) -> None:
        with self.database.write() as session:
            for case in escalations.queue(session):
                if text == "closes":
                    cases.close(self.world.context(session), case.id, "rep", "done", lift=True)
                elif case.contact_point_id:
                    said = text.removeprefix("says ")
                    cases.answer(self.world.context(session), case.id, "rep", said)
                    break

    def _register(self, facts: dict[str, str]) -> None:
        world, place = self.world, self.place
        row = CustomerRow(
            "ada",
            "Ada Lind",
            date(1980, 2, 28),
            phone=place.phone,
            email=facts.get("email", ""),
            language=facts.get("language", place.creditor.language),
            country=place.creditor.country,
            region=place.region,
            address="Elm Street 1" if "address" in facts else "",
            postal_code=place.postal_code if "address" in facts else "",
            city="Portland" if "address" in facts else "",
            consents=tuple(
                Consent(channel, date(2026, 1, 1), "signed form")
                for channel in (Channel.SMS, *([Channel.EMAIL] if "email" in facts else []))
            ),
        )
        with self.database.write() as session:
            register.add_customer(world.context(session), row)
            if self.channel is Channel.TELEGRAM:
                point = self._point(session)
                register.bind_chat(world.context(session), "ada", point, "opened the link")
            self._bills(session, "ada", "B", facts.get("owes", ""))
            if "child" in facts:
                child = CustomerRow("child", f"{facts['child']} Lind", date(2016, 5, 1), guarantor_id="ada")
                register.add_customer(world.context(session), child)
                self._bills(session, "child", "C", facts["child_owes"])
            _insured(session, facts.get("insured", ""), world.now.date())
            reschedule(world.context(session), ["ada"])

    def _bills(self, session: Any, customer_id: str, letter: str, owes: str) -> None:
        for place, bill in enumerate(filter(None, owes.split(", ")), 1):
            amount, days, *more = bill.split(maxsplit=3)
            due = self.world.now.date() - timedelta(days=int(days))
            number, what = more[0] if more else f"{letter}{place}", more[1] if more[1:] else "Visit"
            issued, minor = due - timedelta(days=30), int(Decimal(amount) * 100)
            row = BillRow(number, customer_id, issued, due, self.place.currency, minor, description=what)
            add_bill(self.world.context(session), row)

    def _point(self, session: Any) -> int:
        language = self.transcript.facts.get("language", self.place.creditor.language)
        return contact_points.at(session, Channel.TELEGRAM, _CHAT, [], language, self.world.now)

    def _addresses(self) -> list[str]:
        return [self.address, *self._others()]

    def _others(self) -> list[str]:
        numbers = {line.text.split(" ", 1)[0] for line in self.transcript.lines if line.mark == ">>"}
        return sorted(numbers - {self.address})

    def _screen(self, address: str) -> Sequence[PhoneMessage]:
        channel = self.channel if address == self.address else Channel.SMS
        return self.world.screen(address, channel)

    def _money(self, minor: int) -> Money:
        return Money(minor, self.place.currency)

    def _speaks(self) -> str:
        with self.database.read() as session:
            return self._language(session)

    # How things stand.

    def _cases(self, session: Any) -> str:
        return ", ".join(sorted(case.kind for case in escalations.queue(session))) or "none"

    def _way(self, session: Any) -> str:
        return ", ".join(bill_sendings.chosen_ways(session, ["ada"]).values()) or "none"

    def _holds(self, session: Any) -> str:
        found = holds.active_holds(session, ["ada"], self.world.now).get("ada", [])
        return ", ".join(f"{h.kind.value}{f' on {h.bill_id}' if h.bill_id else ''}" for h in found) or "none"

    def _plan(self, session: Any) -> str:
        row = session.scalar(select(tables.Plan).order_by(tables.Plan.id.desc()))
        if row is None:
            return "none"
        parts = session.scalars(
            select(tables.Instalment)
            .where(tables.Instalment.plan_id == row.id)
            .order_by(tables.Instalment.number)
        )
        words = ", ".join(f"{one.amount / 100:.2f} on {one.due_on}" for one in parts)
        return f"{row.state}: {words}"

    def _promise(self, session: Any) -> str:
        row = session.scalar(select(tables.Promise).order_by(tables.Promise.id.desc()))
        return f"{row.state}: {row.amount / 100:.2f} on {row.due_on}" if row else "none"

    def _demands(self, _: Any) -> str:
        return ", ".join(sorted({f"{one.verdict} {one.reason}" for one in self.world.preview()})) or "none"

    def _stopped(self, session: Any) -> str:
        points = session.scalars(select(tables.ContactPoint.stopped_at).order_by(tables.ContactPoint.id))
        return "everywhere" if all(points) else "no"

    def _language(self, session: Any) -> str:
        row = session.scalar(select(tables.ContactPoint).where(tables.ContactPoint.address == self.address))
        return row.language if row else ""

    def _kept(self, session: Any) -> str:
        """The newest inbound text, as it is stored."""
        return str(session.scalar(select(tables.Inbox.text).order_by(tables.Inbox.id.desc()).limit(1)))

    def _estimates(self, session: Any) -> str:
        """What was estimated, as it is kept: expected, and the range."""
        rows = session.scalars(select(tables.Estimate).order_by(tables.Estimate.id))
        lines = [f"{row.expected / 100:.2f} ({row.low / 100:.2f} to {row.high / 100:.2f})" for row in rows]
        return ", ".join(lines) or "none"

    def _customers(self, session: Any) -> str:
        return ", ".join(session.scalars(select(tables.Customer.name).order_by(tables.Customer.id))) or "none"


def _installation(policy: str, creditor: Creditor) -> Installation:
    words = _WORDS.setdefault(creditor.name, Words(creditor))
    return replace(an_installation(policy), creditor=creditor, words=words)


def _prices(session: Any, lines: str, currency: str) -> None:
    """A price list: name and amount, comma between services; the code is the name's first word."""
    for line in filter(None, lines.split(", ")):
        name, amount = line.rsplit(" ", 1)
        code = Code("local", name.split()[0].lower() + str(len(name)))
        minor = int(Decimal(amount) * 100)
        price_rows.save_price(session, Price(code, name, minor, currency, date(2026, 1, 1)))


def _insured(session: Any, words: str, today: date) -> None:
    """A coverage: the payer's name, then terms such as ``deductible=100``; ``needs=CODE`` wants approval."""
    if not words:
        return
    name, *terms = words.split(", ")
    facts = dict(one.split("=") for one in terms)
    known = CoverageTerms(
        deductible=int(Decimal(facts.get("deductible", "0")) * 100),
        copay=int(Decimal(facts.get("copay", "0")) * 100),
        coinsurance=int(facts.get("coinsurance", "0")) * 100,
        needs_authorisation=frozenset({Code("local", facts["needs"])} if "needs" in facts else ()),
    )
    payer = Payer("P1", name, "insurer")
    coverage = Coverage("C1", "ada", payer, "M1", 1, today.replace(month=1, day=1), terms=pack(known))
    register.add_coverage(session, coverage)


def _shown(message: PhoneMessage, channel: Channel) -> list[Line]:
    """A message with its choices apart, however the channel shows them."""
    if channel is Channel.TELEGRAM and message.choices:
        return [Line("<", plain(message.text)), _choices([choice.label for choice in message.choices])]
    lines = message.text.split("\n")
    numbered = [line for line in lines if re.match(r"\d\) ", line)]
    if not numbered or lines[-len(numbered) :] != numbered:
        return [Line("<", plain(message.text))]
    text = "\n".join(lines[: -len(numbered)])
    return [Line("<", plain(text)), _choices([line[3:] for line in numbered])]


def _choices(labels: Sequence[str]) -> Line:
    return Line("[", " ".join(f"[{plain(label)}]" for label in labels))
