"""Actions on claims: open, file, correct, appeal, decide; each locks, books and reschedules."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from billing.accounts.roles import Right
from billing.payers import claim_days
from billing.payers.claims import ClaimState
from billing.payers.denials import DenialStep, may_bill, step
from billing.refusals import Refusal
from handlers import rights
from handlers.dunning.reschedule import answering_for
from handlers.import_results import UnknownBill
from handlers.payers import adjudication, claim_file, opening
from handlers.payers.claim_file import BILL_PERSON, FORGO, PASS_ON, RESENT, take
from storage.bills import bills
from storage.collection import placements
from storage.database.transaction import lock_customers
from storage.desk import staff
from storage.desk.staff import AuditEntry
from storage.ledger import accounts
from storage.payers import claims

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from billing.payers.adjudication import Outcome
    from billing.payers.claims import Adjustment, Claim, ClaimLine, Code, PayerAnswer
    from handlers.context import Context
    from handlers.payers.adjudication import AnswerOutcome
    from handlers.payers.claim_file import LockedClaim
    from storage.collection.placements import Placement
    from storage.payers.claims import ClaimRecord

_FILABLE = (ClaimState.READY,)
_NOT_FILED = (ClaimState.READY, ClaimState.HELD)
_UNANSWERED = (ClaimState.READY, ClaimState.HELD, ClaimState.SENT, ClaimState.PENDED)
_DECIDABLE = (ClaimState.DENIED, ClaimState.APPEALED)


class WithCollector(Refusal):
    """The bill is with a collector, who would collect what a payer is asked for."""

    def __init__(self, placement: Placement) -> None:
        whose = placement.collector or "a collector"
        super().__init__(
            f"bill {placement.bill_id}: {whose} has it, and would go on collecting what a payer is asked "
            f"for; call it back first: kvitt placements recall {placement.key}"
        )


class ClaimStateForbids(Refusal):
    """The state of the claim does not allow the action."""

    def __init__(self, claim: Claim, action: str, allowed: Sequence[ClaimState]) -> None:
        when = ", ".join(state.value for state in allowed)
        super().__init__(
            f"claim {claim.key}: it is {claim.state.value}, and only what is {when} can be {action}; see "
            f"kvitt claims show {claim.key}"
        )


class NeverThePersons(Refusal):
    """The denied amount of a claim may not be billed to the patient (a contractual obligation, say)."""

    def __init__(self, claim: Claim, barred: Sequence[Adjustment]) -> None:
        reasons = ", ".join(f"{one.group.value}-{one.reason} {one.amount}" for one in barred)
        super().__init__(
            f"claim {claim.key}: {reasons} (minor units) was denied to us, not to the patient, and may not "
            "be billed to them; correct, appeal or forgo it"
        )


class NobodyNext(Refusal):
    """No other coverage is valid on the days of the claim."""

    def __init__(self, claim: Claim) -> None:
        super().__init__(
            f"claim {claim.key}: no other coverage holds on its days; register it first, or decide otherwise"
        )


class LinesAskMore(Refusal):
    """The corrected lines of a claim come to another sum than may still be asked for."""

    def __init__(self, claim: Claim, found: int, expected: int) -> None:
        super().__init__(
            f"claim {claim.key}: the corrected lines come to {found}, but {expected} is left to ask for "
            "(minor units); correct codes, not amounts, or void it and open the claim anew"
        )


def listed(session: Session, *, everything: bool = False) -> list[ClaimRecord]:
    """Open claims, or all with ``everything``."""
    return claims.in_states(session, [state for state in ClaimState if everything or state.open])


def find(session: Session, key: str) -> Claim:
    """One claim by its number.

    Raises:
        claim_file.NoSuchClaim: no claim has this number.
    """
    kept = claims.find(session, key)
    if kept is None:
        raise claim_file.NoSuchClaim(key)
    return kept.claim


def story(context: Context, key: str) -> tuple[LockedClaim, list[PayerAnswer]]:
    """A claim, locked, with all answers to it.

    Raises:
        claim_file.NoSuchClaim: no claim has this number.
    """
    return take(context, key), claims.answers_of(context.session, key)


def open_for(context: Context, bill_id: str, by: str, diagnoses: Sequence[Code] = ()) -> list[Claim]:
    """Open claims on the next payers for what is left of a bill; none while a claim about it is open.

    Raises:
        rights.NotAllowed: the user may only look.
        UnknownBill: no bill has this id.
        WithCollector: it is with a collector.
    """
    by = rights.check(context.session, by, Right.WORK)
    bill = bills.find(context.session, bill_id)
    account = accounts.get(context.session, bill.account_id) if bill else None
    if bill is None or account is None:
        raise UnknownBill(bill_id)
    lock_customers(context.session, answering_for(context.session, [account.customer_id]))
    # Never payer and collector for one amount at the same time: recall first.
    for placement in placements.away(context.session, [bill.id]):
        raise WithCollector(placement)
    found = claim_file.open_next(context, bill, tuple(diagnoses))
    for claim in found:
        _wrote(context, by, "claim_opened", claim)
    opening.looked_at(context, bill.id)
    claim_file.update_claim_hold(context, bill, account.customer_id)
    return found


def hold_back(context: Context, key: str, reasons: Sequence[str]) -> None:
    """Hold a claim back for ``reasons`` that a payer would refuse it for; without any it is ready again.

    Raises:
        claim_file.NoSuchClaim: no claim has this number.
        ClaimStateForbids: it was filed already.
    """
    file = take(context, key)
    _insist(file, "held back", (ClaimState.READY, ClaimState.HELD))
    state = ClaimState.HELD if reasons else ClaimState.READY
    file.save(replace(file.claim, state=state), "; ".join(reasons))


def file(
    context: Context, key: str, by: str, on: date | None = None, their_reference: str = "", anyway: str = ""
) -> Claim:
    """File a claim: its amount is booked as owed by the payer and not by the customer meanwhile.

    ``anyway`` is the reason to file one that is held back. Codes are checked by
    :mod:`handlers.payers.filing`, not here.

    Raises:
        rights.NotAllowed: the user may only look.
        claim_file.NoSuchClaim: no claim has this number.
        ClaimStateForbids: it is not ready.
    """
    by = rights.check(context.session, by, Right.WORK)
    found = take(context, key)
    _insist(found, "filed", _NOT_FILED if anyway else _FILABLE)
    sent = claim_days.filed(found.claim, found.terms, on or found.today)
    found.post(found.book.ask(sent.amount, found.today))
    found.save(replace(sent, their_reference=their_reference or sent.their_reference))
    found.close_cases("filed")
    return _done(found, by, "claim_filed", anyway)


def resend(
    context: Context,
    key: str,
    by: str,
    why: str = "",
    lines: Sequence[ClaimLine] = (),
    diagnoses: Sequence[Code] = (),
) -> Claim:
    """Replace a claim by a corrected one, which is ready to be filed.

    What the payer has taken over stays; the new claim asks for what it denied. ``lines`` and ``diagnoses``
    are the corrected ones; without any they stay.

    Raises:
        rights.NotAllowed: the user may only look.
        claim_file.NoSuchClaim: no claim has this number.
        ClaimStateForbids: it is answered for good, or void.
        LinesAskMore: the lines come to another sum than may still be asked for.
    """
    by = rights.check(context.session, by, Right.WORK)
    old = take(context, key)
    _insist(old, "sent again", (*_UNANSWERED, *_DECIDABLE))
    outcome = old.outcome()
    again = _denied_lines(outcome) if outcome else old.claim.lines
    if lines:
        again = tuple(replace(line, position=position) for position, line in enumerate(lines, 1))
    fresh = replace(
        old.claim,
        key=claim_file.next_key(context.session, old.bill),
        lines=again,
        state=ClaimState.READY,
        diagnoses=tuple(diagnoses) or old.claim.diagnoses,
        replaces=old.claim.key,
        filed_on=None,
        answer_by=None,
        appeal_by=None,
    )
    expected = outcome.still_asked if outcome else old.claim.amount
    if fresh.amount != expected:
        raise LinesAskMore(old.claim, fresh.amount, expected)
    old.post(old.book.ask(0, old.today))
    kept_part = outcome is not None and bool(outcome.paid or outcome.forgone or outcome.left)
    state = ClaimState.CLOSED if kept_part else ClaimState.VOID
    old.save(replace(old.claim, state=state), _reason(RESENT, why))
    fresh = claim_file.add_new(context, fresh)
    _done(old, by, "claim_resent", why)
    return fresh


def appeal(context: Context, key: str, by: str, why: str) -> Claim:
    """Appeal a denial: the denied amount stays with the payer until it answers.

    Raises:
        rights.NotAllowed: the user may only look.
        claim_file.NoSuchClaim: no claim has this number.
        ClaimStateForbids: it was not denied.
    """
    by = rights.check(context.session, by, Right.WORK)
    found = take(context, key)
    _insist(found, "appealed", (ClaimState.DENIED,))
    found.save(claim_days.filed(found.claim, found.terms, found.today, appeal=True), why)
    found.close_cases("appealed")
    return _done(found, by, "claim_appealed", why)


def bill_person(context: Context, key: str, by: str, why: str) -> Claim:
    """Bill what was denied to the patient, or to the next payer if one covers the day.

    Raises:
        rights.NotAllowed: the user may only look.
        claim_file.NoSuchClaim: no claim has this number.
        ClaimStateForbids: it was not denied.
        NeverThePersons: the payer denied it to us, not to the patient.
    """
    by = rights.check(context.session, by, Right.WORK)
    found = take(context, key)
    outcome = _denied(found, "billed to the person")
    if outcome.barred:
        raise NeverThePersons(found.claim, outcome.barred)
    found.post(found.book.ask(0, found.today))
    return _decided(found, BILL_PERSON, by, why)


def pass_on(context: Context, key: str, by: str, why: str) -> Claim:
    """Pass what was denied on to the next payer.

    Raises:
        rights.NotAllowed: the user may only look.
        claim_file.NoSuchClaim: no claim has this number.
        ClaimStateForbids: it was not denied.
        NeverThePersons: it was denied to us, for another reason than that another payer comes first.
        NobodyNext: no other coverage is valid on its days.
    """
    by = rights.check(context.session, by, Right.WORK)
    found = take(context, key)
    outcome = _denied(found, "passed on")
    barred = [one for one in outcome.denied if not may_bill(one) and step(one) is not DenialStep.OTHER_PAYER]
    if barred:
        raise NeverThePersons(found.claim, barred)
    if not claim_file.others(context.session, found.claim):
        raise NobodyNext(found.claim)
    found.post(found.book.ask(0, found.today))
    return _decided(found, PASS_ON, by, why)


def forgo(context: Context, key: str, by: str, why: str) -> Claim:
    """Write off what was denied, or what a corrected claim would ask for; the patient does not owe it.

    Raises:
        rights.NotAllowed: the user may not approve, which this takes because it costs the creditor money.
        claim_file.NoSuchClaim: no claim has this number.
        ClaimStateForbids: it was not denied.
    """
    by = rights.check(context.session, by, Right.APPROVE)
    found = take(context, key)
    again = _replaced(found) if found.claim.state in {ClaimState.READY, ClaimState.HELD} else None
    outcome = again or _denied(found, "forgone")
    found.post(found.book.forgo(outcome.denied, found.today))
    return _decided(found, FORGO, by, why)


def void(context: Context, key: str, by: str, why: str) -> Claim:
    """Void a claim that the payer has not answered; a denied one needs a decision instead.

    Raises:
        rights.NotAllowed: the user may only look.
        claim_file.NoSuchClaim: no claim has this number.
        ClaimStateForbids: the payer has answered it.
        NeverThePersons: it corrects a claim denied to us, whose amount may not fall to the patient.
    """
    by = rights.check(context.session, by, Right.WORK)
    found = take(context, key)
    _insist(found, "void", _UNANSWERED)
    denied = _replaced(found)
    if denied and denied.barred:
        raise NeverThePersons(found.claim, denied.barred)
    found.post(found.book.ask(0, found.today))
    found.save(replace(found.claim, state=ClaimState.VOID), why)
    return _done(found, by, "claim_void", why)


def answer(context: Context, said: PayerAnswer, by: str) -> AnswerOutcome:
    """Book a payer's answer that a user types in, as :func:`adjudication.book` does one of a file.

    Raises:
        rights.NotAllowed: the user may only look.
    """
    by = rights.check(context.session, by, Right.WORK)
    booked = adjudication.book(context, said)
    detail = {"answer": said.id, "verdict": said.verdict.value, "booked": booked.value}
    about = AuditEntry(context.now, by, "claim_answer", f"claim:{said.claim_key}", detail)
    staff.write_down(context.session, about)
    return booked


def _replaced(found: LockedClaim) -> Outcome | None:
    """The denied outcome of the claim that this one corrects, through several corrections."""
    before = claims.find(found.context.session, found.claim.replaces)
    if before is None:
        return None
    answers = claims.answers_of(found.context.session, before.claim.key)
    outcome = claim_file.outcome_of(before, claim_file.answer_in_force(answers))
    if outcome is not None:
        return outcome
    return _replaced(replace(found, kept=before))


def _denied(found: LockedClaim, action: str) -> Outcome:
    _insist(found, action, _DECIDABLE)
    outcome = found.outcome()
    assert outcome is not None
    return outcome


def _denied_lines(outcome: Outcome) -> tuple[ClaimLine, ...]:
    """The denied lines, each with the denied amount."""
    lines = [replace(part.line, amount=part.denied) for part in outcome.parts if part.denied > 0]
    return tuple(replace(line, position=position) for position, line in enumerate(lines, 1))


def _decided(found: LockedClaim, decision: str, by: str, why: str) -> Claim:
    found.save(replace(found.claim, state=ClaimState.CLOSED), _reason(decision, why))
    claim_file.open_next(found.context, found.bill)
    return _done(found, by, f"claim_{decision}", why)


def _done(found: LockedClaim, by: str, action: str, why: str = "") -> Claim:
    _wrote(found.context, by, action, found.claim, why)
    claim_file.update_claim_hold(found.context, found.bill, found.claim.customer_id)
    return found.claim


def _wrote(context: Context, by: str, action: str, claim: Claim, why: str = "") -> None:
    staff.write_down(
        context.session, AuditEntry(context.now, by, action, f"claim:{claim.key}", {"reason": why})
    )


def _insist(found: LockedClaim, action: str, allowed: Sequence[ClaimState]) -> None:
    if found.claim.state not in allowed:
        raise ClaimStateForbids(found.claim, action, allowed)


def _reason(decision: str, why: str) -> str:
    return f"{decision}: {why}" if why else decision
