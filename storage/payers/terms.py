"""The terms of coverages and payers as JSON: only what differs from the defaults is stored."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from billing.payers.claims import AdjustmentGroup, Code
from billing.payers.coverage import CoverageTerms, PayerTerms, PlanYear

if TYPE_CHECKING:
    from collections.abc import Mapping

    from billing.payers.coverage import Ceiling

_PLAIN = (
    "plan", "deductible", "copay", "coinsurance", "out_of_pocket_max", "ceiling", "ceiling_months", "network",
    "in_network",
)  # fmt: skip
BY_LAW = "ceiling_by_law"
"""Kept where the ceiling is the law's, whose sums the policy has."""


def pack(terms: CoverageTerms, *, ceiling_by_law: bool = False) -> dict[str, Any]:
    """The terms of a coverage as JSON, without defaults."""
    usual = CoverageTerms()
    kept: dict[str, Any] = {
        name: getattr(terms, name) for name in _PLAIN if getattr(terms, name) != getattr(usual, name)
    }
    for name in ("needs_authorisation", "excluded"):
        codes = sorted((code.system, code.code) for code in getattr(terms, name))
        kept |= {name: [list(code) for code in codes]} if codes else {}
    if terms.allowed:
        allowed = sorted((code.system, code.code, most) for code, most in terms.allowed.items())
        kept["allowed"] = [list(one) for one in allowed]
    for name in ("excluded_is", "unauthorised_is", "plan_year"):
        found = getattr(terms, name)
        kept |= {name: found.value} if found is not getattr(usual, name) else {}
    return kept | ({BY_LAW: True} if ceiling_by_law else {})


def unpack(kept: Mapping[str, Any], by_law: tuple[Ceiling, ...] = ()) -> CoverageTerms:
    """Terms from JSON; ``by_law`` are the amounts of the legal ceiling, for terms that use it."""
    usual = CoverageTerms()
    plain = {name: kept[name] for name in _PLAIN if name in kept}
    return CoverageTerms(
        **plain,
        needs_authorisation=frozenset(Code(*code) for code in kept.get("needs_authorisation", ())),
        excluded=frozenset(Code(*code) for code in kept.get("excluded", ())),
        allowed={Code(system, code): most for system, code, most in kept.get("allowed", ())},
        excluded_is=AdjustmentGroup(kept.get("excluded_is", usual.excluded_is)),
        unauthorised_is=AdjustmentGroup(kept.get("unauthorised_is", usual.unauthorised_is)),
        plan_year=PlanYear(kept.get("plan_year", usual.plan_year)),
        ceilings=by_law if kept.get(BY_LAW) else (),
    )


def pack_payer(terms: PayerTerms) -> dict[str, Any]:
    """How a payer wants to be billed, as JSON without defaults."""
    usual = PayerTerms()
    values = {one.name: getattr(terms, one.name) for one in fields(terms)}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if value != getattr(usual, name)
    }


def unpack_payer(kept: Mapping[str, Any]) -> PayerTerms:
    """The terms of a payer from JSON."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()
    }
    return PayerTerms(**values)
