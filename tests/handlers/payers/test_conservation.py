"""Whatever payers, people and the desk do, in whatever order: nothing is lost, nothing is made up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money
from billing.payers.claims import ClaimState, ClaimVerdict
from billing.refusals import Refusal
from handlers.payments import payments
from storage import tables
from storage.database.transaction import Database
from storage.ledger import ledger
from tests.handlers.payers.clinic import Clinic
from tests.keys import KEYS
from tests.world import an_installation

if TYPE_CHECKING:
    from tests.conftest import Databases

REASONS = ("45", "1", "16", "22", "27", "29", "50", "96")
ACTIONS = ("file", "resend", "appeal", "bill_person", "pass_on", "forgo", "void")
WITH_PAYER = {ClaimState.SENT, ClaimState.PENDED, ClaimState.APPEALED, ClaimState.DENIED}
MOVES = (
    "charge",
    "action",
    "action",
    "answer",
    "answer",
    "reverse",
    "pend",
    "open",
    "pay",
    "take_back",
    "write_off",
)


@dataclass
class Reckoning:
    """What the test itself knows of what happened, by bill: it asks no rule of ours."""

    charges: dict[str, int] = field(default_factory=dict)
    paid_by_payers: dict[str, dict[str, int]] = field(default_factory=dict)
    """By bill and claim: what its standing answer takes over."""
    payments: dict[str, tuple[str, int]] = field(default_factory=dict)
    booked: int = 0
    """How many payments there ever were: the name of one taken back is never given again."""
    written_off: dict[str, int] = field(default_factory=dict)
    asked_again: set[str] = field(default_factory=set)
    """Bills where an answer was taken back: two payers may have paid the same then."""


@dataclass
class Play:
    """One random sequence on one clinic."""

    clinic: Clinic
    draw: Any
    reckoning: Reckoning = field(default_factory=Reckoning)

    def move(self, name: str) -> None:
        """Do one thing; what is refused must change nothing, which the check sees."""
        try:
            getattr(self, name)()
        except Refusal:
            return

    def charge(self) -> None:
        """A visit, with one to three charges, a discount now and then."""
        amounts = self.draw(st.lists(st.integers(100, 20_000), min_size=1, max_size=3))
        if self.draw(st.booleans()):
            amounts.append(-self.draw(st.integers(1, 100)))
        bill_id = f"B{len(self.reckoning.charges) + 1}"
        self.reckoning.charges[bill_id] = sum(amounts)
        if self.draw(st.booleans()):
            self.clinic.unbilled(*amounts, bill_id=bill_id)
        else:
            self.clinic.billed(*amounts, bill_id=bill_id)
            self.clinic.opens(bill_id)

    def bill_id(self) -> str:
        """One of the bills."""
        return str(self.draw(st.sampled_from(sorted(self.reckoning.charges))))

    def claim(self) -> Any:
        """One of the claims."""
        every = [one for bill_id in self.reckoning.charges for one in self.clinic.claims_of(bill_id)]
        if not every:
            raise Refusal
        return self.draw(st.sampled_from(every))

    def action(self) -> None:
        """The desk does something with a claim."""
        self.clinic.does(self.draw(st.sampled_from(ACTIONS)), self.claim().key)

    def open(self) -> None:
        """Somebody asks the next payers."""
        self.clinic.opens(self.bill_id())

    def answer(self) -> None:
        """A payer pays all, a part, nothing, or too much, for any reasons."""
        claim = self.claim()
        paid = self.draw(st.integers(0, claim.amount))
        rest = claim.amount - paid
        first = self.draw(st.integers(0, rest))
        adjusted = [
            (self.draw(st.sampled_from(("CO", "PR", "OA", "PI"))), self.draw(st.sampled_from(REASONS)), one)
            for one in (first, rest - first)
            if one
        ]
        if self.draw(st.integers(0, 9)) == 0:
            paid, adjusted = paid + 500, [*adjusted, ("OA", "94", -500)]
        verdict = self.draw(st.sampled_from((ClaimVerdict.PAID, ClaimVerdict.PAID, ClaimVerdict.DENIED)))
        self.clinic.answered(claim.key, paid, *adjusted, verdict=verdict)
        self.reckoning.paid_by_payers.setdefault(claim.bill_id, {})[claim.key] = paid

    def reverse(self) -> None:
        """A payer takes its answer back."""
        claim = self.claim()
        self.clinic.answered(claim.key, verdict=ClaimVerdict.REVERSED)
        self.reckoning.paid_by_payers[claim.bill_id][claim.key] = 0
        self.reckoning.asked_again.add(claim.bill_id)

    def pend(self) -> None:
        """A payer wants time."""
        self.clinic.answered(self.claim().key, verdict=ClaimVerdict.PENDED)

    def pay(self) -> None:
        """The customer pays something on a bill."""
        bill_id, amount = self.bill_id(), self.draw(st.integers(1, 9_000))
        self.reckoning.booked += 1
        named = f"P{self.reckoning.booked}"
        self.clinic.pays(bill_id, amount, named)
        self.reckoning.payments[named] = (bill_id, amount)

    def take_back(self) -> None:
        """A payment bounces."""
        named = self.draw(st.sampled_from(sorted(self.reckoning.payments) or ["none"]))
        with self.clinic.database.write() as session:
            payments.take_back(self.clinic.context(session), "test", named)
        del self.reckoning.payments[named]

    def write_off(self) -> None:
        """What is left of a bill is given up."""
        bill_id = self.bill_id()
        owed = self.clinic.balances(bill_id).owed
        if owed <= 0:
            return
        before = self.reckoning.written_off.get(bill_id, 0)
        now = self.clinic.now
        gone = Entry(
            "A-ada", EntryKind.WRITE_OFF, Money(-owed, "USD"), now.date(), f"off:{bill_id}:{before}", bill_id
        )
        with self.clinic.database.write() as session:
            ledger.append(session, [gone], now)
        self.reckoning.written_off[bill_id] = before + owed

    def check(self) -> None:
        """Hold the ledger against the reckoning."""
        for bill_id, charges in self.reckoning.charges.items():
            found = self.clinic.balances(bill_id)
            assert found.charges == charges
            assert found.payers == sum(self.reckoning.paid_by_payers.get(bill_id, {}).values())
            assert found.written_off == self.reckoning.written_off.get(bill_id, 0)
            parts = found.payers + found.adjustments + found.customer + found.asked + found.written_off
            assert charges == parts + found.owed
            assert found.asked >= 0
            waiting = [one for one in self.clinic.claims_of(bill_id) if one.state in WITH_PAYER]
            assert found.asked <= sum(one.amount for one in waiting)
            if bill_id not in self.reckoning.asked_again:
                assert found.owed + found.customer + found.written_off >= 0
            self._check_claims(bill_id)
        with self.clinic.database.read() as session:
            booked = ledger.of_account(session, "A-ada") if self.reckoning.charges else []
        assert sum(amount for _, amount in self.reckoning.payments.values()) == -sum(
            one.amount.minor for one in booked if one.payment_id is not None
        )

    def _check_claims(self, bill_id: str) -> None:
        """No payer has paid or is asked without a claim, and a bill with an open one is held."""
        every = self.clinic.claims_of(bill_id)
        payers = {one.payer_id for one in every}
        assert {payer for _, _, payer, _ in self.clinic.entries(bill_id) if payer} <= payers
        if any(one.state.open for one in every):
            with self.clinic.database.read() as session:
                bill = session.get(tables.Bill, bill_id)
                assert bill is not None
                if bill.state == "issued":
                    assert "claim_open" in self.clinic.held()


@pytest.fixture(scope="module")
def databases(sqlite_databases: Databases) -> Databases:
    """Real SQLite; the claims tests beside this one hold the same entry points on PostgreSQL."""
    return sqlite_databases


@settings(max_examples=40)
@given(data=st.data())
def test_charges_are_what_everybody_bears(databases: Databases, data: st.DataObject) -> None:
    """Payers, adjustments, customer, asked, owed and written off come to the charges, after every step."""
    database = Database(databases(), KEYS)
    clinic = Clinic(database, an_installation("us"))
    clinic.customer()
    clinic.covered("acme", "beta", "crown")
    play = Play(clinic, data.draw)
    play.charge()
    for name in data.draw(st.lists(st.sampled_from(MOVES), min_size=5, max_size=25)):
        play.move(name)
        play.check()
    database.close()
