"""Filing of claims: translated to the payer's codes, scrubbed, written to one file, and marked filed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from billing.accounts.roles import Right
from billing.calendar import local_day
from billing.payers.claims import ClaimState, Code
from billing.payers.coverage import PayerKind
from billing.payers.filing import AskedPayer, Earlier, FiledPerson, Filing
from billing.payers.scrubbing import Excluded, NeedsAuthorisation, scrub
from billing.refusals import Refusal
from handlers import rights
from handlers.dunning.reschedule import answering_for
from handlers.import_results import UnknownPayer
from handlers.payers import claim_file, coding
from handlers.payers import claims as claim_actions
from handlers.payers.coding import Recoder
from storage.database.transaction import lock_customers
from storage.desk import staff
from storage.desk.staff import AuditEntry
from storage.payers import authorisations, claim_files, claims, coverages
from storage.people import customers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from billing.payers.claims import Claim, ClaimLine
    from billing.payers.coverage import Covered
    from billing.payers.scrubbing import ScrubFinding
    from handlers.context import Context
    from storage.payers.coverages import Payer

_WAITING = (ClaimState.READY, ClaimState.HELD)


class NoSuchFile(Refusal):
    """No file of this payer has this number."""

    def __init__(self, payer_id: str, number: int, of: str = "claims") -> None:
        super().__init__(f"--again {number}: no such file of {of} went to {payer_id}")


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """A claim in the payer's codes, and the findings for which it would be refused."""

    claim: Claim
    findings: tuple[ScrubFinding, ...]


@dataclass(slots=True)
class Released:
    """A file of claims; empty if no claim passed the scrub."""

    number: int = 0
    text: str = ""
    claims: list[str] = field(default_factory=list)


def scrub_waiting(context: Context, payer_id: str, form: str) -> list[Scrubbed]:
    """Scrub every unfiled claim on a payer and hold back those with findings.

    ``form`` is the format of the file: a code it cannot carry is a finding.

    Raises:
        UnknownPayer: it is not registered.
    """
    payer, today = _payer(context.session, payer_id), local_day(context.now, context.creditor.zone)
    waiting = claims.in_states(context.session, _WAITING, payer_id)
    looking = _Looking(context.session, payer, form, today, [one.claim for one in waiting])
    found = []
    for kept in waiting:
        one = looking.at(kept.claim)
        reasons = [str(finding) for finding in one.findings]
        if reasons or kept.claim.state is ClaimState.HELD:
            claim_actions.hold_back(context, kept.claim.key, reasons)
        found.append(one)
    return found


def file_one(
    context: Context, key: str, by: str, on: date | None = None, their_reference: str = "", anyway: str = ""
) -> Scrubbed:
    """Record that a claim was filed otherwise than by a file of ours: in a portal, on paper.

    It is scrubbed like every claim, by the form of the payer's terms and the day ``on``. With findings it is
    held back, unless the rep gives a reason to file it ``anyway``, which is audited with the findings.

    Raises:
        rights.NotAllowed: the user may only look.
        claim_file.NoSuchClaim: no claim has this number.
        claims.ClaimStateForbids: it was filed already.
    """
    by = rights.check(context.session, by, Right.WORK)
    taken = claim_file.take(context, key)
    if taken.claim.state not in _WAITING:
        raise claim_actions.ClaimStateForbids(taken.claim, "filed", _WAITING)
    payer = _payer(context.session, taken.claim.payer_id)
    looking = _Looking(context.session, payer, payer.terms.form, on or taken.today, [taken.claim])
    found = looking.at(taken.claim)
    reasons = [str(finding) for finding in found.findings]
    if not anyway or not reasons:
        claim_actions.hold_back(context, key, reasons)
    if reasons and not anyway:
        return found
    claims.recode(context.session, found.claim)
    filed = claim_actions.file(context, key, by, on, their_reference, anyway)
    if reasons:
        detail = {"reason": anyway, "findings": reasons}
        staff.write_down(
            context.session, AuditEntry(context.now, by, "claim_filed_anyway", f"claim:{key}", detail)
        )
    return replace(found, claim=filed)


def diagnose(context: Context, key: str, system: str, given: Sequence[str], by: str) -> Claim:
    """Set the diagnoses of a claim; it is scrubbed again before it is filed.

    Raises:
        rights.NotAllowed: the user may only look.
        claim_file.NoSuchClaim: no claim has this number.
        claims.ClaimStateForbids: it was filed already.
        coding.UnknownSystem, billing.payers.code_forms.BadCode: a code cannot be taken as it stands.
    """
    by = rights.check(context.session, by, Right.WORK)
    file = claim_file.take(context, key)
    if file.claim.state not in _WAITING:
        raise claim_actions.ClaimStateForbids(file.claim, "diagnosed", _WAITING)
    codes = tuple(Code(system, coding.normal(context.session, system, one)) for one in given)
    claim = replace(file.claim, diagnoses=tuple(dict.fromkeys(codes)))
    claims.recode(context.session, claim)
    staff.write_down(context.session, AuditEntry(context.now, by, "claim_diagnosed", f"claim:{key}", {}))
    return claim


def release(
    context: Context, payer_id: str, form: str, by: str, write: Callable[[Sequence[Filing], int], str]
) -> Released:
    """Write every claim without findings into one file and mark it filed; all of them or none.

    ``write`` makes and checks the text from the claims and the file's number.

    Raises:
        UnknownPayer: it is not registered.
        rights.NotAllowed: the user may only look.
        billing.refusals.Refusal: the file cannot be written as its format wants it.
    """
    payer, today = _payer(context.session, payer_id), local_day(context.now, context.creditor.zone)
    waiting = [one.claim for one in claims.in_states(context.session, (ClaimState.READY,), payer_id)]
    # All at once and in one order, so that two who file never wait for each other.
    lock_customers(context.session, answering_for(context.session, {claim.customer_id for claim in waiting}))
    waiting = [one.claim for one in claims.in_states(context.session, (ClaimState.READY,), payer_id)]
    looking = _Looking(context.session, payer, form, today, waiting)
    sound = [one.claim for one in map(looking.at, waiting) if not one.findings]
    if not sound:
        return Released()
    number = claim_files.begin(context.session, payer_id, form, by, context.now)
    text = write(_filings(context.session, payer, sound), number)
    for claim in sound:
        claims.recode(context.session, claim)
        claim_actions.file(context, claim.key, by)
    keys = [claim.key for claim in sound]
    claim_files.fill(context.session, number, keys, text)
    return Released(number, text, keys)


def again(session: Session, payer_id: str, number: int) -> Released:
    """A file of claims made before, unchanged.

    Raises:
        NoSuchFile: no claim has this number.
    """
    found = claim_files.find(session, number)
    if found is None or found.payer_id != payer_id or found.form == claim_files.QUESTIONS:
        raise NoSuchFile(payer_id, number)
    return Released(found.id, found.text, list(found.claims))


class _Looking:
    """Scrubs claims on one payer; what all of them need is read once."""

    def __init__(
        self, session: Session, payer: Payer, form: str, today: date, waiting: Collection[Claim]
    ) -> None:
        self._session, self._today = session, today
        self._terms = replace(payer.terms, form=form)
        codes = {line.code for claim in waiting for line in claim.lines}
        codes |= {code for claim in waiting for code in claim.diagnoses}
        self._recoder = Recoder(session, payer.id, self._terms, codes)
        self._covered = coverages.covering(session, {claim.customer_id for claim in waiting})

    def at(self, claim: Claim) -> Scrubbed:
        """One claim in the payer's codes, with its findings."""
        claim = self._authorised(claim)
        coded, coverage = self._coded(claim), self._coverage(claim)
        claimed = list(_claimed(self._session, claim))
        context = coding.scrub_context(self._session, coded, self._terms, coverage, self._today, claimed)
        findings = scrub(coded, context)
        # A plan names services as we do, or as the payer does: both are asked.
        ours = [one for one in scrub(claim, context) if isinstance(one, Excluded | NeedsAuthorisation)]
        places = {(type(one), one.position) for one in findings}
        findings += [one for one in ours if (type(one), one.position) not in places]
        return Scrubbed(coded, tuple(findings))

    def _authorised(self, claim: Claim) -> Claim:
        """The claim with granted authorisation numbers added to lines that lack one."""
        return replace(
            claim,
            lines=tuple(
                line if line.authorisation else replace(line, authorisation=self._agreed(claim, line))
                for line in claim.lines
            ),
        )

    def _agreed(self, claim: Claim, line: ClaimLine) -> str:
        if not claim.coverage_id:
            return ""
        numbers = authorisations.numbers(self._session, claim.customer_id, line.service_on, claim.coverage_id)
        return numbers.get(line.code, "")

    def _coded(self, claim: Claim) -> Claim:
        lines = []
        for line in claim.lines:
            found = self._recoder.service(line.code, line.service_on)
            if found:
                modifiers = line.modifiers or found.modifiers
                lines.append(replace(line, code=found.code, modifiers=modifiers))
            else:
                lines.append(line)
        day = min((line.service_on for line in claim.lines), default=self._today)
        coded = [self._recoder.condition(code, day) for code in claim.diagnoses]
        conditions = [
            found.code if found else code for found, code in zip(coded, claim.diagnoses, strict=True)
        ]
        return replace(claim, lines=tuple(lines), diagnoses=tuple(dict.fromkeys(conditions)))

    def _coverage(self, claim: Claim) -> Covered | None:
        covered = self._covered.get(claim.customer_id, [])
        return next((one for one in covered if one.coverage_id == claim.coverage_id), None)


def _claimed(session: Session, claim: Claim) -> Iterator[tuple[str, date, Code]]:
    """The lines of other claims on the same payer and bill, without the one that this claim replaces."""
    for kept in claims.of_bill(session, claim.bill_id):
        other = kept.claim
        same = other.payer_id == claim.payer_id and other.coverage_id == claim.coverage_id
        if same and other.key not in {claim.key, claim.replaces} and other.state is not ClaimState.VOID:
            for line in other.lines:
                yield line.charge_id, line.service_on, line.code


def _filings(session: Session, payer: Payer, sound: Sequence[Claim]) -> list[Filing]:
    people = customers.by_id(session, {claim.customer_id for claim in sound})
    covered = coverages.covering(session, {claim.customer_id for claim in sound})
    by_id = {one.coverage_id: one for found in covered.values() for one in found}
    every = coverages.payers(session)
    found = []
    for claim in sound:
        one = people[claim.customer_id]
        patient = FiledPerson(
            one.id,
            one.name,
            one.birth_date,
            one.address,
            one.city,
            one.region,
            one.postal_code,
            one.country,
        )
        replaced = claims.find(session, claim.replaces) if claim.replaces else None
        earlier = tuple(_earlier(session, claim, every, by_id)) if claim.sequence > 1 else ()
        found.append(
            Filing(
                claim=claim,
                payer=_asked(payer, by_id.get(claim.coverage_id or "")),
                patient=patient,
                original_reference=replaced.claim.their_reference if replaced else "",
                earlier=earlier,
            )
        )
    return found


def _earlier(
    session: Session, claim: Claim, every: dict[str, Payer], by_id: dict[str, Covered]
) -> Iterator[Earlier]:
    """The answers of earlier payers about the same charges, which the next payer wants to see."""
    charges = {line.charge_id for line in claim.lines}
    for kept in claims.of_bill(session, claim.bill_id):
        other = kept.claim
        before = other.sequence < claim.sequence and not charges.isdisjoint(
            line.charge_id for line in other.lines
        )
        answer = claim_file.answer_in_force(claims.answers_of(session, other.key)) if before else None
        if answer:
            asked = _asked(every[other.payer_id], by_id.get(other.coverage_id or ""))
            yield Earlier(asked, other.sequence, other, answer)


def _asked(payer: Payer, covered: Covered | None) -> AskedPayer:
    return AskedPayer(
        id=payer.id,
        name=payer.name,
        kind=PayerKind(payer.kind),
        electronic_id=payer.terms.electronic_id,
        member_id=covered.member_id if covered else "",
        plan=covered.terms.plan if covered else "",
    )


def _payer(session: Session, payer_id: str) -> Payer:
    found = coverages.payer(session, payer_id)
    if found is None:
        raise UnknownPayer(payer_id, f"--payer {payer_id}")
    return found
