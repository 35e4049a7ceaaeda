"""The ledger of claims adds up after every step, by the rules alone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from billing.ledger.ledger import Entry, EntryKind
from billing.ledger.money import Money
from billing.payers.adjudication import Outcome, adjudicate
from billing.payers.claim_entries import Book, breakdown
from billing.payers.claiming import Service, ask
from billing.payers.claims import (
    Adjustment,
    AdjustmentGroup,
    AnswerLine,
    Claim,
    ClaimVerdict,
    Code,
    PayerAnswer,
)
from billing.payers.coverage import Covered

DAY = date(2026, 3, 2)
COVERAGES = [Covered(name, name, name, n, DAY) for n, name in enumerate(("acme", "beta", "crown"), 1)]
REASONS = ("45", "1", "2", "16", "29", "50", "96")


@dataclass
class Ledger:
    """Entries with ids, as the database would give them, and what the test itself reckons."""

    entries: list[Entry] = field(default_factory=list)
    charges: int = 0
    payers: int = 0
    forgone: int = 0
    customer: int = 0
    written_off: int = 0

    def post(self, *entries: Entry) -> None:
        """Append."""
        for one in entries:
            assert all(one.source != before.source for before in self.entries)
            self.entries.append(replace(one, id=len(self.entries) + 1))

    def plain(self, kind: EntryKind, amount: int) -> None:
        """A line of the customer's."""
        self.post(Entry("A", kind, Money(amount, "USD"), DAY, f"{kind}:{len(self.entries)}", "B1"))

    def check(self, asked: int) -> None:
        """Every part is what the test reckons, and together they are the charges."""
        found = breakdown(self.entries)
        assert (found.charges, found.payers, found.adjustments) == (self.charges, self.payers, self.forgone)
        assert (found.customer, found.written_off, found.asked) == (self.customer, self.written_off, asked)
        borne = self.payers + self.forgone + self.customer + self.written_off + asked
        assert found.owed == self.charges - borne
        assert found.owed + self.customer + self.written_off >= 0


@given(st.lists(st.integers(1, 20_000), min_size=1, max_size=4), st.data())
def test_three_payers_in_a_row_bear_what_was_charged(amounts: list[int], data: st.DataObject) -> None:
    """Asked, answered, reversed, answered anew, decided, passed on: at no step is a unit lost or made."""
    book = Ledger(charges=sum(amounts))
    for amount in amounts:
        book.plain(EntryKind.CHARGE, amount)
    services = [Service(f"c{n}", DAY, Code("CPT", "1"), "Visit", one, one) for n, one in enumerate(amounts)]
    asked_of: list[str] = []
    for place in range(1, 4):
        for asked in ask(services, COVERAGES, asked_of):
            name = asked.covered.coverage_id
            claim = Claim(f"C{place}", "B1", "ada", name, name, place, "USD", asked.lines)
            outcome = _asked(book, claim, data)
            asked_of.append(name)
            left = {part.line.charge_id: part.left for part in outcome.parts}
            services = [replace(one, left=left.get(one.charge_id, 0)) for one in services]
            paid = data.draw(st.integers(0, 500))
            if paid:
                book.plain(EntryKind.PAYMENT, -paid)
                book.customer += paid
            book.check(0)
    owed = breakdown(book.entries).owed
    if owed > 0:
        book.plain(EntryKind.WRITE_OFF, -owed)
        book.written_off += owed
    book.check(0)


def _asked(book: Ledger, claim: Claim, data: st.DataObject) -> Outcome:
    """One payer is asked and answers, perhaps takes it back and answers anew; the desk decides the rest."""
    book.post(*Book(claim, "A", book.entries).ask(claim.amount, DAY))
    book.check(claim.amount)
    outcome = _answered(book, claim, data)
    if data.draw(st.booleans()):
        book.post(*Book(claim, "A", book.entries).reverse(DAY))
        book.post(*Book(claim, "A", book.entries).ask(claim.amount, DAY))
        book.payers -= outcome.paid
        book.forgone -= sum(one.amount for one in outcome.forgone)
        book.check(claim.amount)
        outcome = _answered(book, claim, data)
    if not outcome.denied:
        return outcome
    if outcome.barred:
        book.post(*Book(claim, "A", book.entries).forgo(outcome.denied, DAY))
        book.forgone += outcome.still_asked
        return outcome.given_up()
    book.post(*Book(claim, "A", book.entries).ask(0, DAY))
    return outcome.released()


def _answered(book: Ledger, claim: Claim, data: st.DataObject) -> Outcome:
    lines = []
    for line in claim.lines:
        paid = data.draw(st.integers(0, line.amount))
        group, reason = data.draw(st.sampled_from(list(AdjustmentGroup))), data.draw(st.sampled_from(REASONS))
        lines.append(
            AnswerLine(line.position, line.amount, paid, (Adjustment(group, reason, line.amount - paid),))
        )
    answer = PayerAnswer("test", "1", claim.key, ClaimVerdict.PAID, "USD", DAY, tuple(lines))
    outcome = adjudicate(claim, answer)
    book.post(*Book(claim, "A", book.entries).answer(outcome, DAY))
    book.payers += sum(line.paid for line in lines)
    book.forgone += sum(one.amount for one in outcome.forgone)
    book.check(outcome.still_asked)
    return outcome
