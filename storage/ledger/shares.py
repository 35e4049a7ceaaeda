"""What payers' answers left to a customer so far, by cause; it counts towards their coverages' limits."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from billing.payers.claims import Adjustment, AdjustmentGroup, AnswerLine, ClaimLine, ClaimVerdict, Code
from billing.payers.cost_sharing import shares_of
from storage import tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from billing.payers.coverage import CostShare, Covered


def of_customer(session: Session, customer_id: str, coverages: Sequence[Covered]) -> tuple[CostShare, ...]:
    """The shares from every claim that was answered and not withdrawn."""
    claim, answer = tables.Claim, tables.ClaimAnswer
    rows = session.execute(
        select(claim.key, claim.coverage_id, claim.lines, answer.verdict, answer.lines)
        .join(answer, answer.claim_key == claim.key)
        .where(claim.customer_id == customer_id, claim.state != "void")
        .order_by(answer.id)
    )
    terms = {one.coverage_id: one for one in coverages}
    in_force: dict[str, tuple[CostShare, ...]] = {}
    for key, coverage_id, lines, verdict, answered in rows:
        covered = terms.get(coverage_id)
        if verdict == ClaimVerdict.REVERSED:
            in_force.pop(key, None)
        elif verdict != ClaimVerdict.PENDED and covered:
            asked = [_line(line) for line in lines]
            in_force[key] = shares_of(covered, asked, [_answer_line(one) for one in answered])
    return tuple(share for shares in in_force.values() for share in shares)


def _line(kept: Mapping[str, Any]) -> ClaimLine:
    """The part of a stored claim line that is needed: its position and the day of the service."""
    day = date.fromisoformat(kept["service_on"])
    return ClaimLine(kept["position"], kept.get("charge_id", ""), day, Code("", ""), "", 0, 0)


def _answer_line(kept: Mapping[str, Any]) -> AnswerLine:
    adjustments = tuple(
        Adjustment(AdjustmentGroup(one["group"]), one["reason"], one["amount"])
        for one in kept.get("adjustments", ())
    )
    return AnswerLine(kept.get("position"), kept["asked"], kept["paid"], adjustments)
