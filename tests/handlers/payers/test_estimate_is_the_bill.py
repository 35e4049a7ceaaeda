"""What a customer is told beforehand is what they owe in the end, through the books and all answers."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from billing.bills.bills import BillState
from billing.costs.prices import Price
from billing.payers.claims import ClaimState, Code
from billing.payers.cost_sharing import shares_of
from billing.payers.coverage import CoverageTerms
from handlers.bills.bills import BillRow, add_bill, add_charges
from handlers.payers import adjudication, claims, estimating, opening
from handlers.people import register
from handlers.people.register import Charge, Coverage, Payer
from storage.bills import bills
from storage.costs import prices
from storage.ledger import ledger as books
from storage.payers import claims as kept_claims
from storage.payers import coverages
from storage.payers.terms import pack
from tests.fakes.payer import answered_by_terms
from tests.handlers.payers.clinic import REP, STARTS, Clinic

if TYPE_CHECKING:
    from billing.payers.coverage import CostShare

_NAMES = count(1)
_amounts = some.integers(1, 90_000)
_terms = some.builds(
    CoverageTerms,
    deductible=some.just(0) | _amounts,
    copay=some.integers(0, 4_000),
    coinsurance=some.integers(0, 10_000),
    out_of_pocket_max=some.none() | _amounts,
    ceiling=some.none() | _amounts,
)
"""What a plan may leave to the person; a service it does not pay for at all is a case for the desk."""


def visited(clinic: Clinic, name: str, amounts: list[int], plans: list[CoverageTerms]) -> tuple[int, int]:
    """Somebody asks what a visit would cost and then has it: the estimate, and what is owed in the end."""
    day = clinic.now.date() - timedelta(days=2)
    priced = {Code("local", f"{name}-{n}"): amount for n, amount in enumerate(amounts)}
    clinic.customer(name)
    with clinic.database.write() as session:
        for code, amount in priced.items():
            prices.save_price(session, Price(code, "A service", amount, "USD", STARTS))
        for priority, plan in enumerate(plans, 1):
            payer = Payer(f"P{priority}", f"Payer {priority}", "insurer")
            register.add_coverage(
                session,
                Coverage(f"{name}:{priority}", name, payer, f"M-{name}", priority, STARTS, terms=pack(plan)),
            )
    with clinic.database.read() as session:
        asked = [(code, "1") for code in priced]
        quote = estimating.quote(clinic.context(session), name, asked, day)
    assert quote is not None
    with clinic.database.write() as session:
        bill = BillRow(name, name, day, day, "USD", sum(priced.values()), state=BillState.OPEN)
        add_bill(clinic.context(session), bill)
        add_charges(
            session,
            [
                Charge(f"{name}:{n}", name, n, day, code.system, code.code, "A service", "1", amount, amount)
                for n, (code, amount) in enumerate(priced.items(), 1)
            ],
        )
    opening.run(clinic.database, clinic.installation, clinic.clock)
    _answered(clinic, name)
    with clinic.database.read() as session:
        found = bills.find(session, name)
        assert found is not None
        return quote.estimate.expected, sum(one.amount.minor for one in books.of_bill(session, name))


def _answered(clinic: Clinic, bill_id: str) -> None:
    """Each payer that is asked answers by its own terms, until nobody is left to ask."""
    past: list[CostShare] = []
    with clinic.database.read() as session:
        plans = {one.coverage_id: one for one in coverages.covering(session, [bill_id]).get(bill_id, [])}
    while True:
        with clinic.database.write() as session:
            ready = [
                one.claim
                for one in kept_claims.of_bill(session, bill_id)
                if one.claim.state is ClaimState.READY
            ]
            if not ready:
                return
            (claim,) = ready
            claims.file(clinic.context(session), claim.key, REP)
            plan = plans[claim.coverage_id or ""]
            answer = answered_by_terms(claim, plan, past, clinic.now.date(), "payer")
            past += shares_of(plan, claim.lines, answer.lines)
            adjudication.book(clinic.context(session), answer)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.lists(_amounts, min_size=1, max_size=4), some.lists(_terms, max_size=3))
def test_the_estimate_is_what_is_owed_in_the_end(
    clinic: Clinic, amounts: list[int], plans: list[CoverageTerms]
) -> None:
    """Whatever prices and coverages: quote, open bill, claims by themselves, answers, remainder."""
    estimate, owed = visited(clinic, f"p{next(_NAMES)}", amounts, plans)
    assert owed == estimate
