"""Eligibility by files: inquiries are written as X12 270, and answers of a 271 are saved, each once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from billing.payers.eligibility import EligibilityResult, FiledAnswer, Found
from billing.payers.filing import FiledPerson
from billing.refusals import Refusal
from bot.claims import x12_eligibility
from bot.claims.answers_file import Aside, FromFile, keep_aside, named, text_of
from bot.claims.release import NobodyFiles
from bot.claims.x12_eligibility import CURRENCY, CoverageStatus, EnvelopesDiffer, X12Question
from handlers.context import Context
from handlers.payers import asking
from handlers.payers.asking import FiledResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from billing.payers.eligibility import Asking
    from billing.payers.filing import Filer
    from bot.claims.x12_eligibility import EligibilityAnswer
    from bot.clock import Clock
    from bot.importing.writing import WriteDatabase
    from handlers.installation import Installation

SOURCE: Final = "x12"
_STANDINGS: Final = {
    CoverageStatus.ACTIVE: EligibilityResult.ACTIVE,
    CoverageStatus.INACTIVE: EligibilityResult.INACTIVE,
    CoverageStatus.UNKNOWN: EligibilityResult.UNKNOWN,
}
_LATER: Final = frozenset({"42", "80"})
"""Reject codes that say nothing of the person: the payer could not answer just then."""
_REASONS: Final = {
    "41": "we may not ask",
    "42": "the payer could not answer just then; ask again",
    "43": "the payer does not know our number",
    "51": "the payer has no such provider on file",
    "58": "the birth date is missing or invalid",
    "62": "the day lies outside of what may be asked about",
    "63": "the day lies ahead",
    "71": "the birth date is another than the payer has",
    "72": "the member id is missing or invalid",
    "73": "the name is missing or invalid",
    "75": "the payer does not find the person",
    "76": "the payer finds the person more than once",
    "78": "the person is not in this plan",
    "79": "the payer's number is wrong",
    "80": "nobody answered in time; ask again",
}
"""Our descriptions of the reject codes of an AAA segment (X12 element 901)."""
_LEFT: Final = ("deductible", "out_of_pocket")


@dataclass(slots=True)
class AnswersKept(FromFile):
    """The result of importing eligibility answers; ``refused`` are saved and reject the inquiry (AAA)."""

    kept: int = 0
    refused: int = 0


def writer(
    filer: Filer | None, number: str, now: datetime, zone: Any
) -> Callable[[Sequence[Asking], int], str]:
    """Return a writer of 270 files; ``number`` is the payer's identifier in them, from the settings.

    Raises:
        NobodyFiles: the settings have no ``[claims]`` to name the sender.
    """
    if filer is None:
        raise NobodyFiles
    sure = filer

    def x12(asked: Sequence[Asking], control: int) -> str:
        questions = [_question(one, number) for one in asked]
        return x12_eligibility.ask(questions, sure, control, now.astimezone(zone))

    return x12


def import_answers(
    database: WriteDatabase, installation: Installation, file: Path, clock: Clock, *, anyway: bool = False
) -> AnswersKept:
    """Save every eligibility answer of a 271, a transaction each; one without an inquiry is set aside.

    A rejection of the inquiry (AAA) is an answer, too: it is saved, and reported with its place.

    Raises:
        FileRefused: the file cannot be read; nothing was kept.
        EnvelopesDiffer: counts or control numbers do not agree, and ``anyway`` was not said.
        billing.refusals.Refusal: it is no such file, or cut short; nothing was kept.
    """
    with named(file):
        answers, faults = x12_eligibility.read(text_of(file))
        if faults and not anyway:
            raise EnvelopesDiffer(faults)
    found = AnswersKept(notes=[f"kept anyway: {fault}" for fault in faults])
    counts: Counter[FiledResult] = Counter()
    for one in answers:
        found.aside += [Aside(where, reason) for where, reason in one.aside]
        answer = _filed_answer(one)
        try:
            with database.write() as session:
                became = asking.answer(Context(session, installation, clock), answer)
        except Refusal as refusal:
            found.aside.append(Aside(one.where, str(refusal)))
            continue
        counts[became] += 1
        if became is FiledResult.KEPT and one.reasons:
            found.refused += 1
            found.aside.append(
                Aside(one.where, f"question {answer.trace or answer.submitted}: {answer.found.reason}")
            )
    found.kept, found.duplicates = counts[FiledResult.KEPT], counts[FiledResult.DUPLICATE]
    found.notes += keep_aside(file, found.aside)
    return found


def _question(one: Asking, number: str) -> X12Question:
    person = FiledPerson(one.person_id, one.name, one.birth_date)
    return X12Question(one.trace, one.payer_name, number or one.payer_number, one.member_id, person, one.day)


def _filed_answer(one: EligibilityAnswer) -> FiledAnswer:
    result = _STANDINGS[one.status]
    if result is EligibilityResult.UNKNOWN and one.reasons and set(one.reasons) <= _LATER:
        result = EligibilityResult.FAILED
    reason = "; ".join(f"{_REASONS.get(code, 'refused')} (AAA {code})" for code in one.reasons)
    if result is EligibilityResult.UNKNOWN and not reason:
        reason = "the payer does not say whether it holds"
    return FiledAnswer(
        trace=one.trace,
        submitted=one.submitted,
        source_id=one.source_id,
        member_id=one.member_id,
        found=Found(result, SOURCE, reason, _detail(one)),
        where=one.where,
        starts_on=one.starts_on,
        ends_on=one.ends_on,
    )


def _detail(one: EligibilityAnswer) -> dict[str, Any]:
    """Plan, period and remaining limits (minor units), as far as the payer gives them."""
    days = {"starts_on": one.starts_on, "ends_on": one.ends_on}
    found: dict[str, Any] = {"plan": one.plan} if one.plan else {}
    found |= {name: day.isoformat() for name, day in days.items() if day}
    for name in _LEFT:
        sums = {"yearly": getattr(one, name), "left": getattr(one, f"{name}_remaining")}
        amounts = {kind: minor for kind, minor in sums.items() if minor is not None}
        if amounts:
            found[name] = amounts | {"currency": CURRENCY}
    if one.copay is not None:
        found["copay"] = {"amount": one.copay, "currency": CURRENCY}
    if one.coinsurance is not None:
        found["coinsurance"] = one.coinsurance
    return found
