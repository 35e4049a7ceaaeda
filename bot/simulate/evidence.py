"""The evidence of a run: what was seen from outside, and the tables at the end. Checks use nothing else."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from billing.accounts.creditor import Creditor
    from billing.policy import Policy
    from bot.simulate.people import SimulatedPerson

Row = dict[str, Any]
"""One row of a table: moments in UTC, days as dates, packed values unpacked."""


@dataclass(slots=True)
class Sent:
    """Evidence of a message as it was handed to a carrier, at ``at`` (UTC), and what came of it."""

    at: datetime
    outbox_id: int
    reference: str
    purpose: str
    channel: str
    address: str
    text: str
    language: str
    customer_id: str | None
    level: int | None
    sayings: tuple[tuple[str, Row], ...]
    """The names of what is said, each with its facts as the outbox keeps them."""
    answer: str = ""
    """What the carrier said: accepted, in_doubt, later, or refused:REASON."""
    copies: int = 0
    """How many copies reached the handset."""
    failed_at: datetime | None = None
    """When the carrier said, later on, that it was not delivered; a letter: when it came back."""
    looked_at: datetime | None = None
    """A letter: when it was written, which is before it is posted."""
    page: Row | None = None
    """A letter: all that is printed on it, as the tables keep it."""

    @property
    def electronic(self) -> bool:
        """Whether it came to a handset, not by post."""
        return self.page is None

    @property
    def decided_at(self) -> datetime:
        """When it was settled what it says: when a letter was written, else when it left."""
        return self.looked_at or self.at

    @property
    def left(self) -> bool:
        """Whether it left, as far as the carrier is concerned."""
        return self.answer == "accepted" or self.copies > 0

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of what it says."""
        return tuple(key for key, _ in self.sayings)


@dataclass(slots=True)
class Came:
    """Evidence of a message that a person wrote, and what they meant; ``person_id`` held the phone."""

    at: datetime
    channel: str
    address: str
    text: str
    meant: str
    person_id: str | None
    provider_id: str
    inbox_id: int | None = None
    """Where it was kept; nothing for a replay that changed nothing."""


@dataclass(slots=True)
class Paid:
    """Evidence of money sent: what for, how much (minor units), when it was booked, and the day paid."""

    at: datetime
    paid_on: date
    payment_id: str
    reference: str
    amount: int
    customer_id: str
    outcome: str = ""
    taken_back_at: datetime | None = None


@dataclass(slots=True)
class DeskAction:
    """Evidence of an action of a person at the desk."""

    at: datetime
    by: str
    what: str
    subject: str


@dataclass
class Evidence:
    """Everything that a run is checked against. ``policy`` is the one that should have been followed."""

    policy: Policy
    creditor: Creditor
    currency: str
    start: datetime
    end: datetime
    people: dict[str, SimulatedPerson]
    sent: list[Sent] = field(default_factory=list)
    came: list[Came] = field(default_factory=list)
    paid: list[Paid] = field(default_factory=list)
    desk_actions: list[DeskAction] = field(default_factory=list)
    references: list[tuple[int, str]] = field(default_factory=list)
    """Bill numbers, and the payment references that were made from them."""
    tables: dict[str, list[Row]] = field(default_factory=dict)

    @cached_property
    def outs(self) -> list[Sent]:
        """Unsolicited messages, in the order of time."""
        return [one for one in self.sent if one.purpose == "out" and one.left]

    @cached_property
    def replies(self) -> list[Sent]:
        """All other messages: replies, confirmations and the like."""
        return [one for one in self.sent if one.purpose != "out" and one.left]

    def outs_to(self, customer_id: str) -> list[Sent]:
        """Unsolicited messages to one customer."""
        return self._outs_by_customer.get(customer_id, [])

    def sent_to(self, channel: str, address: str) -> list[Sent]:
        """Everything that left for one address."""
        return self._sent_by_address.get((channel, address), [])

    def came_from(self, channel: str, address: str) -> list[Came]:
        """Everything that came from one address."""
        return self._came_by_address.get((channel, address), [])

    def rows(self, table: str) -> list[Row]:
        """The rows of one table."""
        return self.tables.get(table, [])

    @cached_property
    def outbox(self) -> dict[int, Row]:
        """The rows of the outbox, by id."""
        return {row["id"]: row for row in self.rows("outbox")}

    @cached_property
    def inbox(self) -> dict[int, Row]:
        """The rows of the inbox, by id."""
        return {row["id"]: row for row in self.rows("inbox")}

    @cached_property
    def bills(self) -> dict[str, Row]:
        """The rows of the bills, by id, each with ``person_id``: who answers for it."""
        accounts = {row["id"]: row for row in self.rows("accounts")}
        return {
            row["id"]: {**row, "person_id": accounts[row["account_id"]]["guarantor_id"]}
            for row in self.rows("bills")
        }

    @cached_property
    def entries_of(self) -> dict[str | None, list[Row]]:
        """The ledger's entries, by bill; unused credit has an empty bill id."""
        found: dict[str | None, list[Row]] = defaultdict(list)
        for row in self.rows("entries"):
            found[row["bill_id"]].append(row)
        return found

    def owed_at(self, bill_id: str, moment: datetime) -> int:
        """A bill's balance at a moment, by the entries booked until then (minor units)."""
        return sum(row["amount"] for row in self.entries_of.get(bill_id, ()) if row["recorded_at"] <= moment)

    def replies_to(self, came: Came) -> list[Sent]:
        """The answers to one message, by the key they were queued under."""
        return self._replies.get(f"reply:{came.inbox_id}", [])

    @cached_property
    def _replies(self) -> dict[str, list[Sent]]:
        found: dict[str, list[Sent]] = defaultdict(list)
        for one in self.sent:
            if one.left:
                found[self.outbox[one.outbox_id]["key"]].append(one)
        return found

    def bills_of(self, outbox_id: int) -> frozenset[str]:
        """The bills that a message spoke of when the gate let it leave."""
        return self._bills_by_message.get(outbox_id, frozenset())

    def person_at(self, channel: str, address: str) -> list[SimulatedPerson]:
        """The people who really use an address, whatever the register says."""
        return self._people_by_address.get((channel, address), [])

    def meant(self, *meanings: str) -> Iterator[Came]:
        """Incoming messages with one of these meanings, without replays."""
        return (one for one in self.came if one.meant in meanings and one.inbox_id is not None)

    @cached_property
    def _outs_by_customer(self) -> dict[str, list[Sent]]:
        found: dict[str, list[Sent]] = defaultdict(list)
        for one in self.outs:
            found[one.customer_id or ""].append(one)
        return found

    @cached_property
    def _sent_by_address(self) -> dict[tuple[str, str], list[Sent]]:
        found: dict[tuple[str, str], list[Sent]] = defaultdict(list)
        for one in self.sent:
            if one.left:
                found[one.channel, one.address].append(one)
        return found

    @cached_property
    def _came_by_address(self) -> dict[tuple[str, str], list[Came]]:
        found: dict[tuple[str, str], list[Came]] = defaultdict(list)
        for one in self.came:
            found[one.channel, one.address].append(one)
        return found

    @cached_property
    def _bills_by_message(self) -> dict[int, frozenset[str]]:
        return {
            row["outbox_id"]: frozenset(row["inputs"].get("kept", ()))
            for row in self.rows("decisions")
            if row["made_by"] == "gate" and row["verdict"] == "send"
        }

    @cached_property
    def _people_by_address(self) -> dict[tuple[str, str], list[SimulatedPerson]]:
        found: dict[tuple[str, str], list[SimulatedPerson]] = defaultdict(list)
        for person in self.people.values():
            for channel, address in person.addresses.items():
                found[channel, address].append(person)
        return found
