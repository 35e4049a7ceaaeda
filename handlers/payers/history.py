"""Import of claims that were answered before Kvitt was installed, many at a time.

The money is booked with the bill (``handlers.people.register.add_bill``); the claims and answers are stored
so that an answer that the payer reverses later is found.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from billing.payers.adjudication import adjudicate
from billing.payers.claiming import Service, claim_lines
from billing.payers.claims import (
    Adjustment,
    AdjustmentGroup,
    AnswerLine,
    Claim,
    ClaimState,
    ClaimVerdict,
    Code,
    PayerAnswer,
)
from billing.payers.coverage import in_order
from handlers.import_results import ImportChange, UnknownBill, UnknownPayer
from storage.bills import bills
from storage.ledger import accounts
from storage.payers import claims, coverages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from billing.payers.coverage import Covered
    from billing.refusals import Refusal
    from handlers.context import Context
    from storage.bills.bills import Bill, Charge

SOURCE = "import"
UNTOLD = ""
"""Adjustment reason where the file gives none for the patient's share."""


@dataclass(frozen=True, slots=True)
class PastAnswer:
    """A payer's answer about one charge: paid, deductible, coinsurance; minor units."""

    paid: int
    deductible: int = 0
    coinsurance: int = 0


@dataclass(frozen=True, slots=True)
class PastClaim:
    """A payer's past answer about a bill: ``paid`` in minor units, the rest was the patient's.

    ``answers`` gives it by charge where known; then those sums count.
    """

    bill_id: str
    payer_id: str
    paid: int
    answered_on: date
    diagnoses: tuple[Code, ...] = ()
    answers: Mapping[str, PastAnswer] = field(default_factory=dict)
    their_reference: str = ""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is registered about a batch of bills."""

    bills: Mapping[str, Bill]
    customers: Mapping[str, str]
    charges: Mapping[str, Sequence[Charge]]
    covered: Mapping[str, Sequence[Covered]]
    payers: frozenset[str]
    claimed: set[str]


def import_past_claims(context: Context, rows: Sequence[PastClaim]) -> list[ImportChange | Refusal]:
    """Insert past claims with their answers; returns what each did, or why it was refused.

    A bill that has claims already is left unchanged.
    """
    known = _load(context.session, rows)
    done: list[ImportChange | Refusal] = []
    new: list[tuple[Claim, PayerAnswer]] = []
    for row in rows:
        if row.bill_id not in known.bills:
            done.append(UnknownBill(row.bill_id, "bill_id"))
        elif row.payer_id not in known.payers:
            done.append(UnknownPayer(row.payer_id, "payer_id"))
        elif row.bill_id in known.claimed or not (found := _claims(row, known)):
            done.append(ImportChange.SAME)
        else:
            known.claimed.add(row.bill_id)
            new += found
            done.append(ImportChange.NEW)
    if new:
        claims.add_all(context.session, [(claim, 1) for claim, _ in new], context.now)
        claims.keep_answers(context.session, [answer for _, answer in new], context.now)
    return done


def payer_ids(session: Session) -> dict[str, str]:
    """The registered payers, by name."""
    return {payer.name: payer.id for payer in coverages.payers(session).values()}


def _load(session: Session, rows: Sequence[PastClaim]) -> _Known:
    found = bills.by_id(session, {row.bill_id for row in rows})
    owners = accounts.customers_of(session, {bill.account_id for bill in found.values()})
    return _Known(
        found,
        owners,
        bills.charges_of_bills(session, found),
        coverages.covering(session, set(owners.values())),
        frozenset(coverages.payers(session)),
        claims.with_any(session, found),
    )


def _claims(row: PastClaim, known: _Known) -> list[tuple[Claim, PayerAnswer]]:
    """The claim on the payer, and one on the next payer of the day for what it left, who took nothing."""
    bill = known.bills[row.bill_id]
    customer_id = known.customers[bill.account_id]
    services = [_service(charge) for charge in known.charges.get(bill.id, ())]
    lines = claim_lines(services)
    if not lines:
        return []
    order = in_order(known.covered.get(customer_id, ()), lines[0].service_on)
    first = next((one for one in order if one.payer_id == row.payer_id), None)
    claim = Claim(
        key=f"C{bill.number}-1",
        bill_id=bill.id,
        customer_id=customer_id,
        payer_id=row.payer_id,
        coverage_id=first.coverage_id if first else None,
        sequence=1,
        currency=bill.currency,
        lines=lines,
        state=ClaimState.ANSWERED,
        diagnoses=row.diagnoses,
        their_reference=row.their_reference,
        filed_on=bill.issued_on,
    )
    answer = _answer(claim, row)
    found = [(claim, answer)]
    second = next((one for one in order if first and one.priority > first.priority), None)
    left = {part.line.charge_id: part.left for part in adjudicate(claim, answer).parts}
    rest = claim_lines([replace(one, left=left.get(one.charge_id, 0)) for one in services])
    if second and rest:
        next_claim = replace(
            claim,
            key=f"C{bill.number}-2",
            payer_id=second.payer_id,
            coverage_id=second.coverage_id,
            sequence=2,
            lines=rest,
            their_reference="",
        )
        found.append((next_claim, _answer(next_claim, replace(row, paid=0, answers={}))))
    return found


def _service(charge: Charge) -> Service:
    code = Code(charge.code_system, charge.code)
    return Service(
        charge.id,
        charge.service_on,
        code,
        charge.description,
        charge.amount,
        charge.amount,
        charge.quantity,
    )


def _answer(claim: Claim, row: PastClaim) -> PayerAnswer:
    if row.answers.keys() == {line.charge_id for line in claim.lines}:
        lines = tuple(_line(line.position, line.amount, row.answers[line.charge_id]) for line in claim.lines)
    else:
        lines = (_line(None, claim.amount, PastAnswer(row.paid)),)
    return PayerAnswer(
        source=SOURCE,
        id=f"{claim.bill_id}:{claim.sequence}",
        claim_key=claim.key,
        verdict=ClaimVerdict.PAID,
        currency=claim.currency,
        answered_on=row.answered_on,
        lines=lines,
        their_reference=claim.their_reference,
    )


def _line(position: int | None, asked: int, answer: PastAnswer) -> AnswerLine:
    """What was not paid is the patient's, by the reasons given; a surplus is an adjustment of its own."""
    rest = asked - answer.paid
    if rest < 0:
        return AnswerLine(position, asked, answer.paid, (Adjustment(AdjustmentGroup.OTHER, "94", rest),))
    deductible = min(answer.deductible, rest)
    coinsurance = min(answer.coinsurance, rest - deductible)
    parts = {"1": deductible, "2": coinsurance, UNTOLD: rest - deductible - coinsurance}
    adjusted = (
        Adjustment(AdjustmentGroup.PATIENT, reason, amount) for reason, amount in parts.items() if amount
    )
    return AnswerLine(position, asked, answer.paid, tuple(adjusted))
