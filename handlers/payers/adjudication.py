"""Booking of payers' answers to claims: what is left goes to the next payer, or to the patient."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from billing.payers import claim_days
from billing.payers.adjudication import WrongCurrency, adjudicate
from billing.payers.claim_entries import Book
from billing.payers.claims import ClaimState, ClaimVerdict
from billing.payers.denials import TABLE, DenialStep
from billing.refusals import Refusal
from handlers.payers import claim_file
from handlers.payers.claim_file import take
from storage.ledger import ledger
from storage.payers import claims

if TYPE_CHECKING:
    from billing.payers.adjudication import Outcome
    from billing.payers.claims import Adjustment, Claim, PayerAnswer
    from handlers.context import Context
    from handlers.payers.claim_file import LockedClaim

_TO_DO: Final = {
    DenialStep.CORRECT: "correct it and send it again: kvitt claims resend",
    DenialStep.APPEAL: "appeal: kvitt claims appeal",
    DenialStep.BILL_PERSON: "it is the person's: kvitt claims bill-person",
    DenialStep.OTHER_PAYER: "ask the other payer: register the coverage, then kvitt claims pass-on",
    DenialStep.DUPLICATE: "find the first answer to it, then kvitt claims forgo",
    DenialStep.LOST: "nobody pays it, and the person never does: kvitt claims forgo",
    DenialStep.LOOK: "look at the answer and decide",
}


class AnswerOutcome(StrEnum):
    """Result of booking a payer's answer to a claim; one that cannot be booked raises a refusal instead."""

    BOOKED = "booked"
    DUPLICATE = "duplicate"


class AnswerDiffers(Refusal):
    """A payer's answer to a claim was booked under this id before with other figures."""

    def __init__(self, answer: PayerAnswer) -> None:
        super().__init__(
            f"claim {answer.claim_key}: answer {answer.id!r} of {answer.source} was booked before with other "
            "figures; give this one an id of its own"
        )


class NotAsked(Refusal):
    """The claim is not with the payer, so that it cannot be answered."""

    def __init__(self, claim: Claim, verdict: ClaimVerdict) -> None:
        why = {
            ClaimState.READY: "it has not been filed: file it first",
            ClaimState.HELD: "it has not been filed: correct it and file it first",
            ClaimState.VOID: "it was withdrawn: ask the payer which claim it means",
        }.get(claim.state, "it is answered for good: the payer has to take its earlier answer back first")
        super().__init__(f"claim {claim.key}: it cannot be {verdict.value} as {why}")


class NothingToReverse(Refusal):
    """The payer reverses an answer that is not booked, or was reversed already."""

    def __init__(self, claim: Claim) -> None:
        super().__init__(f"claim {claim.key}: there is no answer that could be taken back")


def book(context: Context, answer: PayerAnswer) -> AnswerOutcome:
    """Book a payer's answer; the same answer (source and id) once.

    Raises:
        claim_file.NoSuchClaim: no claim has the number it names.
        AnswerDiffers: the same answer came before with other figures.
        NotAsked: the claim is not with the payer.
        NothingToReverse: it reverses an answer that is not booked.
        billing.payers.adjudication.WrongCurrency, billing.payers.adjudication.UnknownLine,
        billing.payers.adjudication.AskedOtherwise, billing.payers.claims.DoesNotAddUp: it is not about what
        was asked.
    """
    file = take(context, answer.claim_key)
    known = claims.answer_of_source(context.session, answer.source, answer.id)
    if known is not None:
        if known != answer:
            raise AnswerDiffers(answer)
        return AnswerOutcome.DUPLICATE
    # After the duplicate check: a repeated answer is recognised even if it could not be booked today.
    if answer.currency != file.claim.currency:
        raise WrongCurrency(file.claim, answer.currency)
    _check(file, answer)
    match answer.verdict:
        case ClaimVerdict.REVERSED:
            _reverse(file, answer)
        case ClaimVerdict.PENDED:
            _pend(file, answer)
        case ClaimVerdict.PAID | ClaimVerdict.DENIED:
            _decide(file, answer)
    claim_file.open_next(context, file.bill)
    claim_file.update_claim_hold(context, file.bill, file.claim.customer_id)
    return AnswerOutcome.BOOKED


def _check(file: LockedClaim, answer: PayerAnswer) -> None:
    """Refuse an answer that the state of the claim does not allow."""
    claim = file.claim
    if answer.verdict is ClaimVerdict.REVERSED:
        if file.answer_in_force() is None or claim.state is ClaimState.VOID:
            raise NothingToReverse(claim)
        return
    waiting = {ClaimState.SENT, ClaimState.PENDED, ClaimState.APPEALED}
    if answer.verdict is not ClaimVerdict.PENDED:
        waiting.add(ClaimState.DENIED)
    if claim.state not in waiting:
        raise NotAsked(claim, answer.verdict)


def _pend(file: LockedClaim, answer: PayerAnswer) -> None:
    """The payer needs time or documents: the claim is pended; an appealed one stays appealed."""
    claims.keep_answer(file.context.session, answer, file.context.now)
    claim = _named(file.claim, answer)
    state = ClaimState.PENDED if claim.state is ClaimState.SENT else claim.state
    remarks = sorted({remark for line in answer.lines for remark in line.remarks})
    file.save(replace(claim, state=state), ", ".join(remarks))


def _reverse(file: LockedClaim, answer: PayerAnswer) -> None:
    """The payer reversed its answer: it is asked again for what later payers have not taken over."""
    file.post(file.book.reverse(file.today))
    claims.keep_answer(file.context.session, answer, file.context.now)
    sent = claim_days.filed(_named(file.claim, answer), file.terms, file.today)
    later = _later(file)
    again = max(sent.amount - sum(one.asked + one.taken_over for one in later), 0)
    file.post(file.book.ask(again, file.today))
    file.save(replace(sent, filed_on=file.claim.filed_on or file.today), "the payer took its answer back")
    if later:
        file.case("changed", "a payer took back its answer after later ones had been asked: compare them")


def _later(file: LockedClaim) -> list[Book]:
    """The ledgers of later claims on the same charges; those not filed yet are voided."""
    place = (file.claim.sequence, file.kept.number)
    charges = {line.charge_id for line in file.claim.lines}
    found = []
    for kept in claims.of_bill(file.context.session, file.bill.id):
        claim = kept.claim
        after = (claim.sequence, kept.number) > place and claim.state is not ClaimState.VOID
        if not after or charges.isdisjoint(line.charge_id for line in claim.lines):
            continue
        if claim.state in {ClaimState.READY, ClaimState.HELD}:
            other = replace(file, kept=kept)
            other.save(replace(claim, state=ClaimState.VOID), "the payer before took its answer back")
        else:
            entries = ledger.of_bill(file.context.session, file.bill.id)
            found.append(Book(claim, file.bill.account_id, entries))
    return found


def _decide(file: LockedClaim, answer: PayerAnswer) -> None:
    """Book what the payer takes over; what it denies becomes a case with the step its reason suggests."""
    outcome = adjudicate(file.claim, answer)
    file.post(file.book.reverse(file.today))
    # An earlier answer is reversed first: a corrected one replaces it, and is not added to it.
    file.post(file.book.answer(outcome, file.today))
    claims.keep_answer(file.context.session, answer, file.context.now)
    claim = _named(file.claim, answer)
    if outcome.overpaid:
        amount = str(outcome.overpaid)
        reason = "a payer paid more than it was asked for: expect it back"
        file.case("overpaid", reason, detail={"amount": amount})
    file.close_cases("answered")
    if outcome.state is ClaimState.DENIED:
        file.save(claim_days.denied(claim, file.terms, answer.answered_on), _denials_text(outcome))
        _to_the_desk(file, outcome)
    else:
        file.save(replace(claim, state=ClaimState.ANSWERED))


def _to_the_desk(file: LockedClaim, outcome: Outcome) -> None:
    steps = list(outcome.steps)
    detail = {one.value: str(amount) for one, amount in outcome.steps.items()}
    if file.claim.appeal_by:
        detail["appeal_by"] = file.claim.appeal_by.isoformat()
    reason = f"{_TO_DO[steps[0]]} {file.claim.key}"
    file.case("denied", reason, detail=detail | {"reasons": _denials_text(outcome)})


def _denials_text(outcome: Outcome) -> str:
    return "; ".join(_meaning(one) for one in outcome.denied)


def _meaning(denied: Adjustment) -> str:
    known = TABLE.get(denied.reason)
    said = known.means if known else "see the payer's answer"
    return f"{denied.group.value}-{denied.reason}: {said}"


def _named(claim: Claim, answer: PayerAnswer) -> Claim:
    return replace(claim, their_reference=answer.their_reference or claim.their_reference)
