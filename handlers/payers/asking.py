"""Eligibility questions to payers that answer by file: gathered, written to a file, answered later."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from billing.accounts.roles import Right
from billing.payers.eligibility import Asking
from billing.refusals import Refusal
from billing.whole_numbers import whole_number
from handlers import rights
from handlers.import_results import UnknownPayer
from handlers.payers import eligibility
from handlers.payers.filing import NoSuchFile
from storage.desk import staff
from storage.desk.staff import AuditEntry
from storage.payers import claim_files, coverages
from storage.payers import eligibility_questions as questions
from storage.people import customers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.orm import Session

    from billing.payers.eligibility import FiledAnswer
    from handlers.context import Context
    from storage.payers.eligibility_questions import EligibilityQuestion

_TRACE: Final = "Q"


class NeverAsked(Refusal):
    """The payer's answer fits no open eligibility question of ours."""

    def __init__(self, filed: FiledAnswer) -> None:
        name, member = filed.trace or filed.submitted, filed.member_id or "unknown"
        super().__init__(
            f"no question {name!r} was asked, and none waits about member {member!r}; ask the payer whom it "
            "is about"
        )


class OtherMember(Refusal):
    """The payer's answer is about another member than its eligibility question."""

    def __init__(self, filed: FiledAnswer, question: EligibilityQuestion, member_id: str) -> None:
        super().__init__(
            f"it is about member {filed.member_id}, but question {trace(question)} was about {member_id} "
            f"(coverage {question.coverage_id}); correct the coverage, or ask the payer"
        )


class FiledResult(StrEnum):
    """Result of booking a payer's answer to an eligibility question."""

    KEPT = "kept"
    DUPLICATE = "duplicate"


@dataclass(slots=True)
class QuestionFile:
    """A file of eligibility questions, maybe empty; ``aside`` lists what could not be asked, and why."""

    number: int = 0
    text: str = ""
    coverages: list[str] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)


def export(
    context: Context,
    payer_id: str,
    by: str,
    write: Callable[[Sequence[Asking], int], str],
    *,
    everything: bool = False,
) -> QuestionFile:
    """Write the open questions to a payer into one file, whole or not at all.

    ``write`` makes and checks the text from the questions and the file's number. With ``everything`` the
    unanswered questions of earlier files are asked again.

    Raises:
        rights.NotAllowed: the user may only look.
        UnknownPayer: it is not registered.
        billing.refusals.Refusal: the file cannot be written as its format wants it.
    """
    by = rights.check(context.session, by, Right.WORK)
    if coverages.payer(context.session, payer_id) is None:
        raise UnknownPayer(payer_id)
    made, asked = QuestionFile(), dict[int, Asking]()
    for question in questions.unanswered(context.session, payer_id, again=everything):
        one = _asking(context.session, question)
        if one.member_id.strip():
            asked[question.id] = one
            made.coverages.append(question.coverage_id)
        else:
            made.aside.append(
                f"coverage {question.coverage_id} has no member id; ask the person for their card"
            )
    if not asked:
        return made
    made.number = claim_files.begin(context.session, payer_id, claim_files.QUESTIONS, by, context.now)
    made.text = write(list(asked.values()), made.number)
    claim_files.fill(context.session, made.number, [one.trace for one in asked.values()], made.text)
    questions.went_out(context.session, asked, made.number)
    detail = {"payer": payer_id, "questions": len(asked)}
    staff.write_down(
        context.session, AuditEntry(context.now, by, "eligibility_asked", f"file:{made.number}", detail)
    )
    return made


def again(session: Session, payer_id: str, number: int) -> QuestionFile:
    """A file of eligibility questions made before, unchanged.

    Raises:
        NoSuchFile: no file has this number.
    """
    found = claim_files.find(session, number)
    if found is None or (found.payer_id, found.form) != (payer_id, claim_files.QUESTIONS):
        raise NoSuchFile(payer_id, number, "questions")
    asked = (questions.find(session, int(one.removeprefix(_TRACE))) for one in found.claims)
    return QuestionFile(found.id, found.text, [one.coverage_id for one in asked if one])


def answer(context: Context, filed: FiledAnswer) -> FiledResult:
    """Save an answer with the coverage that its question was about; the same answer once.

    Raises:
        NeverAsked: it fits no open question.
        OtherMember: it is about another member than the question.
    """
    question = _question(context.session, filed)
    if question is None:
        raise NeverAsked(filed)
    if filed.source_id in question.answers:
        return FiledResult.DUPLICATE
    found = coverages.find(context.session, question.coverage_id)
    assert found
    covered, _, customer_id = found
    if filed.member_id and _plain(filed.member_id) != _plain(covered.member_id):
        raise OtherMember(filed, question, covered.member_id)
    said = filed.on(question.service_on)
    eligibility.record_check(context, question.coverage_id, customer_id, question.service_on, said)
    questions.answered(context.session, question, filed.source_id, context.now)
    return FiledResult.KEPT


def trace(question: EligibilityQuestion) -> str:
    """The trace number of a question in files; the payer repeats it in the answer."""
    return f"{_TRACE}{question.id}"


def _question(session: Session, filed: FiledAnswer) -> EligibilityQuestion | None:
    """The question by its trace number; without one, the only open question about the member."""
    for name in filter(None, (filed.trace, filed.submitted)):
        number = whole_number(name.removeprefix(_TRACE)) if name.startswith(_TRACE) else None
        if number is not None:
            return questions.find(session, number)
    if filed.trace or not filed.member_id:
        return None
    mine = coverages.of_member(session, filed.member_id)
    waiting = questions.of_member(session, mine)
    return questions.find(session, waiting[0].id) if len(waiting) == 1 else None


def _asking(session: Session, question: EligibilityQuestion) -> Asking:
    found = coverages.find(session, question.coverage_id)
    payer = coverages.payer(session, question.payer_id)
    customer = customers.find(session, found[2]) if found else None
    assert found
    assert payer
    assert customer
    return Asking(
        trace=trace(question),
        payer_name=payer.name,
        payer_number=payer.terms.electronic_id or payer.id,
        member_id=found[0].member_id,
        person_id=customer.id,
        name=customer.name,
        birth_date=customer.birth_date,
        day=question.service_on,
    )


def _plain(member_id: str) -> str:
    return "".join(one for one in member_id.upper() if one.isalnum())
