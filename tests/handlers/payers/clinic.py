"""A clinic with payers: open bills, claims, answers, as the tests write them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from billing.bills.bills import BillState
from billing.payers.claim_entries import ChargeBreakdown, breakdown
from billing.payers.claims import Adjustment, AdjustmentGroup, AnswerLine, Claim, ClaimVerdict, PayerAnswer
from billing.payers.coverage import PayerTerms
from handlers.bills.bills import add_charges
from handlers.payers import adjudication, claims
from handlers.people import register
from handlers.people.register import Charge, Coverage, Payer
from storage import tables
from storage.dunning import holds
from storage.ledger import ledger
from storage.payers import claims as kept_claims
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handlers.payers.adjudication import AnswerOutcome

STARTS = date(2026, 1, 1)
REP = "rita"


@dataclass
class Clinic(World):
    """The little clinic, with payers that answer."""

    answers: Any = field(default_factory=lambda: count(1))

    def covered(self, *payers: str, customer: str = "ada", terms: PayerTerms | None = None) -> None:
        """Coverages of a customer, the one asked first ahead."""
        with self.database.write() as session:
            for priority, name in enumerate(payers, 1):
                payer = Payer(name, name.title(), "insurer", terms or PayerTerms())
                coverage = Coverage(
                    f"{customer}:{name}", customer, payer, f"M-{name}", priority, STARTS, None
                )
                register.add_coverage(session, coverage)

    def unbilled(self, *amounts: int, bill_id: str = "B1", customer: str = "ada") -> list[Claim]:
        """A bill that nobody was asked for yet, with a charge for each amount; its first claims."""
        self.bill(bill_id, customer, sum(amounts), self.now.date() + timedelta(days=30))
        with self.database.write() as session:
            session.execute(
                update(tables.Bill)
                .where(tables.Bill.id == bill_id)
                .values(state=BillState.OPEN.value, invoice_number=None)
            )
            self._charges(session, bill_id, amounts)
            return claims.open_for(self.context(session), bill_id, REP)

    def billed(self, *amounts: int, bill_id: str = "B1") -> None:
        """A bill that was issued, with a charge for each amount; nobody was asked for it."""
        self.bill(bill_id, amount=sum(amounts), due=self.now.date() - timedelta(days=30))
        with self.database.write() as session:
            self._charges(session, bill_id, amounts)

    def _charges(self, session: Any, bill_id: str, amounts: Sequence[int]) -> None:
        day = self.now.date() - timedelta(days=3)
        add_charges(
            session,
            [
                Charge(f"{bill_id}:{n}", bill_id, n, day, "CPT", "99213", "Visit", "1", amount, amount)
                for n, amount in enumerate(amounts, 1)
            ],
        )

    def opens(self, bill_id: str = "B1") -> list[Claim]:
        """Claims for what is left of a bill."""
        with self.database.write() as session:
            return claims.open_for(self.context(session), bill_id, REP)

    def does(self, action: str, key: str, *more: Any, **named: Any) -> Claim:
        """A rep files, resends, appeals, decides."""
        with self.database.write() as session:
            if action in {"file", "resend"}:
                done: Claim = getattr(claims, action)(self.context(session), key, REP, *more, **named)
            else:
                done = getattr(claims, action)(self.context(session), key, REP, "because")
        return done

    def answered(
        self,
        key: str,
        paid: int = 0,
        *adjusted: tuple[str, str, int],
        verdict: ClaimVerdict = ClaimVerdict.PAID,
        answer_id: str = "",
        currency: str = "USD",
    ) -> AnswerOutcome:
        """A payer answers a claim as a whole."""
        adjustments = tuple(Adjustment(AdjustmentGroup(g), reason, amount) for g, reason, amount in adjusted)
        asked = paid + sum(one.amount for one in adjustments)
        lines: tuple[AnswerLine, ...] = (AnswerLine(None, asked, paid, adjustments),)
        if verdict in {ClaimVerdict.PENDED, ClaimVerdict.REVERSED}:
            lines = ()
        named = answer_id or f"A{next(self.answers)}"
        answer = PayerAnswer("test", named, key, verdict, currency, self.now.date(), lines)
        with self.database.write() as session:
            return adjudication.book(self.context(session), answer)

    def claim(self, key: str) -> Claim:
        """A claim as it stands."""
        with self.database.read() as session:
            kept = kept_claims.find(session, key)
        assert kept is not None
        return kept.claim

    def claims_of(self, bill_id: str = "B1") -> list[Claim]:
        """Every claim about a bill."""
        with self.database.read() as session:
            return [one.claim for one in kept_claims.of_bill(session, bill_id)]

    def balances(self, bill_id: str = "B1") -> ChargeBreakdown:
        """What a bill comes to, by who bears it."""
        with self.database.read() as session:
            return breakdown(ledger.of_bill(session, bill_id))

    def held(self) -> list[str]:
        """The kinds of holds that stand."""
        with self.database.read() as session:
            return [hold.kind.value for hold in holds.active_holds(session, ["ada"], self.now).get("ada", [])]

    def cases(self) -> list[str]:
        """The keys of the open cases about claims."""
        return sorted(one.key for one in self.queue() if one.key.startswith("claim:"))

    def entries(self, bill_id: str = "B1") -> list[tuple[str, int, str | None, str | None]]:
        """The ledger of a bill: kind, amount, payer, rule."""
        row = tables.Entry
        with self.database.read() as session:
            found = select(row.kind, row.amount, row.payer_id, row.rule).where(row.bill_id == bill_id)
            return [(one[0], one[1], one[2], one[3]) for one in session.execute(found.order_by(row.id))]
