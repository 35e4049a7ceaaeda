"""Coverages of a customer on a day, with their terms and the last eligibility check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from billing.calendar import is_minor
from billing.costs import prices as price_lists
from billing.payers.coverage import of_siblings
from billing.payers.eligibility import REGISTER, EligibilityResult, stale
from storage.ledger import accounts, shares
from storage.payers import coverages, eligibility, terms
from storage.people import customers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from billing.costs.prices import Price
    from billing.payers.coverage import Ceiling, CostShare, CoverageTerms, Covered
    from handlers.context import Context
    from handlers.installation import Installation
    from storage.payers.coverages import Payer
    from storage.payers.eligibility import Check


@dataclass(frozen=True, slots=True)
class CheckedCoverage:
    """One coverage with its payer and the last answer about it."""

    covered: Covered
    payer: Payer
    check: Check | None
    stale: bool
    """Whether the last check is missing or older than the policy's ``stale_days``."""

    @property
    def confirmed(self) -> bool:
        """Whether the payer itself answered lately; our own register confirms nothing."""
        return not self.stale and self.check is not None and self.check.source != REGISTER

    @property
    def believed(self) -> bool:
        """Whether the coverage counts: unless a recent check says that it is inactive."""
        return self.stale or self.check is None or self.check.result is not EligibilityResult.INACTIVE


def checked_coverages(context: Context, customer_id: str, day: date) -> list[CheckedCoverage]:
    """The coverages valid on a day by our register, in order, each with its last check."""
    kept = coverages.of_customer(context.session, customer_id, by_law(context.installation))
    holding = [(covered, payer) for covered, payer in kept if covered.on(day)]
    checks = eligibility.latest(context.session, [covered.coverage_id for covered, _ in holding])
    days = context.policy.eligibility.stale_days
    found = []
    for covered, payer in holding:
        check = checks.get(covered.coverage_id)
        answered = check if check and check.result is not EligibilityResult.FAILED else None
        old = stale(answered.checked_at if answered else None, context.now, days)
        found.append(CheckedCoverage(covered, payer, check, old))
    return found


def with_prices(standings: Sequence[CheckedCoverage], listed: Sequence[Price], day: date) -> list[Covered]:
    """The coverages that count, each with the prices agreed with its network."""
    return [
        price_lists.under(one.covered, price_lists.agreed(listed, one.covered.terms.network, day))
        for one in standings
        if one.believed
    ]


def past_shares(context: Context, customer_id: str, day: date) -> tuple[CostShare, ...]:
    """The cost shares that earlier answers on a customer's coverages left to the customer.

    For a child under 18 on ``day`` also those of its siblings, who share one ceiling (HSL 2017:30, 17 kap. 6
    §).
    """
    kept = [
        covered
        for covered, _ in coverages.of_customer(context.session, customer_id, by_law(context.installation))
    ]
    mine = shares.of_customer(context.session, customer_id, kept)
    return mine + _of_siblings(context, customer_id, day) if by_law(context.installation) else mine


def _of_siblings(context: Context, customer_id: str, day: date) -> tuple[CostShare, ...]:
    """The cost shares of the guarantor's other children that count towards the statutory ceiling."""
    child = customers.find(context.session, customer_id)
    if child is None or child.guarantor_id is None or not is_minor(child.birth_date, day):
        return ()
    ids = set(customers.dependants(context.session, child.guarantor_id)) - {child.id}
    found: tuple[CostShare, ...] = ()
    for sibling in customers.by_id(context.session, ids).values():
        kept = [
            one for one, _ in coverages.of_customer(context.session, sibling.id, by_law(context.installation))
        ]
        lawful = [one for one in kept if one.terms.ceilings]
        found += of_siblings(shares.of_customer(context.session, sibling.id, lawful), sibling.birth_date)
    return found


def pack_terms(given: CoverageTerms, *, ceiling_by_law: bool = False) -> dict[str, Any]:
    """The terms of a coverage as stored."""
    return terms.pack(given, ceiling_by_law=ceiling_by_law)


def by_law(installation: Installation) -> tuple[Ceiling, ...]:
    """The statutory ceilings by year on what coverages leave to pay; none if the policy has none."""
    rules = installation.policy.patient_ceiling
    return rules.ceilings if rules else ()


def currency_of(context: Context, customer_id: str | None) -> str:
    """The currency for prices under a coverage: that of the customer's account, else of the creditor."""
    account = accounts.of_customer(context.session, customer_id) if customer_id else None
    return account.currency if account else context.creditor.currency
