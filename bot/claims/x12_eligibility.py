"""Writes eligibility inquiries (X12 270, 005010X279A1) and reads answers (271); amounts in minor units."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from billing.refusals import Refusal
from bot.claims import x12
from bot.claims.x12_words import closed, day, opened, plain, read_amount, read_day

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from billing.payers.filing import FiledPerson, Filer
    from bot.claims.x12 import Segment, Writer, X12Transaction

VERSION: Final = "005010X279A1"
WHOLE_PLAN: Final = "30"
"""The service type that asks about the plan as a whole (X12 element 1365)."""
CURRENCY: Final = "USD"
_ACTIVE: Final = {"1", "2", "3", "4", "5"}
_INACTIVE: Final = {"6", "7", "8"}
_REMAINING: Final = "29"
_YEARLY: Final = {"", "22", "23", "25"}
"""Amounts over a year: of service, of the calendar, of the contract."""
_PERCENT: Final = Decimal(10000)
_PLAIN: Final = {"A": "coinsurance", "B": "copay"}
_OVER_TIME: Final = {"C": "deductible", "G": "out_of_pocket"}
_STARTS: Final = {"346", "356", "348"}
_ENDS: Final = {"347", "357", "349"}
_PERIODS: Final = {"291", "307", "292"}


class NoEligibility(Refusal):
    """An X12 file holds no answer about coverage."""

    def __init__(self, kinds: Sequence[str]) -> None:
        super().__init__(f"the file holds {', '.join(sorted(set(kinds))) or 'nothing'}, and no 271")


class EnvelopesDiffer(Refusal):
    """Counts or numbers of an X12 eligibility file do not agree: something may be missing."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(
            f"{'; '.join(faults)}; nothing was saved: get the file again, or save what can be read "
            "with --partial"
        )


@dataclass(frozen=True, slots=True)
class X12Question:
    """An eligibility inquiry for a day. ``trace`` (50 letters at most) comes back with the answer."""

    trace: str
    payer_name: str
    payer_number: str
    member_id: str
    person: FiledPerson
    on: date


class CoverageStatus(StrEnum):
    """The eligibility status of a person."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    UNKNOWN = "unknown"
    """The payer cannot say, or does not know the person: see the reasons."""


@dataclass(frozen=True, slots=True)
class EligibilityAnswer:
    """What a payer says of one person; ``None`` where it says nothing. ``coinsurance`` in 1/100 of a percent.

    Amounts are of the person alone, for the plan as a whole and in the network, as far as the payer
    distinguishes them. ``reasons`` are reject codes (X12 element 901), such as 75: the person was not found.
    """

    trace: str
    member_id: str = ""
    status: CoverageStatus = CoverageStatus.UNKNOWN
    plan: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    deductible: int | None = None
    deductible_remaining: int | None = None
    copay: int | None = None
    coinsurance: int | None = None
    out_of_pocket: int | None = None
    out_of_pocket_remaining: int | None = None
    reasons: tuple[str, ...] = ()
    aside: tuple[tuple[str, str], ...] = field(default=())
    """Parts that could not be read: their place, and why."""
    where: str = field(default="", compare=False)
    """Its place in the file."""
    source_id: str = field(default="", compare=False)
    """The key of this answer: the same file gives the same keys."""
    submitted: str = field(default="", compare=False)
    """The reference of our inquiry as a whole (BHT03), which the payer repeats."""


def ask(questions: Sequence[X12Question], filer: Filer, control: int, made_at: datetime) -> str:
    """An X12 270 with eligibility inquiries, a transaction for each. ``made_at`` is local to the filer."""
    out = opened(filer, "HS", VERSION, control, made_at)
    for number, one in enumerate(questions, 1):
        _transaction(out, one, filer, f"{number:04d}", made_at)
    return closed(out, len(questions), control)


def _transaction(out: Writer, one: X12Question, filer: Filer, control: str, made_at: datetime) -> None:
    begins = len(out.lines)
    out("ST", "270", control, VERSION)
    out("BHT", "0022", "13", plain(one.trace, 50), day(made_at.date()), f"{made_at:%H%M}")
    out("HL", "1", "", "20", "1")
    out("NM1", "PR", "2", plain(one.payer_name, 60), "", "", "", "", "PI", plain(one.payer_number, 80))
    out("HL", "2", "1", "21", "1")
    out("NM1", "1P", "2", plain(filer.name, 60), "", "", "", "", "XX", filer.npi)
    out("HL", "3", "2", "22", "0")
    out("TRN", "1", plain(one.trace, 50), f"9{plain(filer.sender_id, 9):0<9}")
    family, given = plain(one.person.family, 60), plain(one.person.given, 35)
    out("NM1", "IL", "1", family, given, "", "", "", "MI", plain(one.member_id, 80))
    if one.person.birth_date:
        out("DMG", "D8", day(one.person.birth_date))
    out("DTP", "291", "D8", day(one.on))
    out("EQ", WHOLE_PLAN)
    out("SE", str(len(out.lines) - begins + 1), control)


def read(text: str) -> tuple[list[EligibilityAnswer], list[str]]:
    """What payers say of eligibility, one for each person, and which counts and numbers do not agree.

    A dependant's answer is separate from the subscriber's.

    Raises:
        x12.NotX12, x12.CutShort, x12.BadEnvelope: the file as a whole cannot be read.
        NoEligibility: it holds something else.
    """
    found = x12.read(text)
    answer = [one for one in found.transactions if one.kind == "271"]
    if not answer:
        raise NoEligibility([one.kind for one in found.transactions])
    return [one for transaction in answer for one in _people(transaction)], found.faults


def _people(transaction: X12Transaction) -> Iterator[EligibilityAnswer]:
    """The subscribers and dependants of one transaction; without any, why the payer could not say."""
    named = (transaction.sender, transaction.made_on, transaction.interchange_control,
             transaction.group_control, transaction.control)  # fmt: skip
    answer = EligibilityAnswer("", source_id=":".join(named))
    inside, found = False, False
    for segment in transaction.segments:
        if segment.tag == "HL":
            if inside and (answer.trace or answer.status is not CoverageStatus.UNKNOWN or answer.reasons):
                yield answer
                found = True
            inside = segment[3] in {"22", "23"}
            if inside:
                answer = EligibilityAnswer(
                    answer.trace if segment[3] == "23" else "",
                    answer.member_id,
                    where=segment.where,
                    source_id=":".join((*named, segment[1])),
                    submitted=answer.submitted,
                )
            continue
        if segment.tag == "BHT":
            answer = replace(answer, submitted=segment[3], where=segment.where)
        try:
            answer = _take(answer, segment)
        except Refusal as refusal:
            answer = replace(answer, aside=(*answer.aside, (segment.where, str(refusal))))
    if inside or (answer.reasons and not found):
        yield answer


def _take(answer: EligibilityAnswer, segment: Segment) -> EligibilityAnswer:
    match segment.tag:
        case "TRN" if segment[1] == "2" and not answer.trace:
            return replace(answer, trace=segment[2])
        case "NM1" if segment[1] in {"IL", "03"} and segment[8] == "MI":
            return replace(answer, member_id=segment[9])
        case "AAA" if segment[3]:
            return replace(answer, reasons=(*answer.reasons, segment[3]))
        case "DTP":
            return _dated(answer, segment)
        case "EB":
            return _benefit(answer, segment)
    return answer


def _dated(answer: EligibilityAnswer, segment: Segment) -> EligibilityAnswer:
    kind, form, text = segment[1], segment[2], segment[3]
    if kind in _PERIODS and form == "RD8":
        first, _, last = text.partition("-")
        return replace(
            answer,
            starts_on=answer.starts_on or read_day("DTP03", first),
            ends_on=answer.ends_on or read_day("DTP03", last),
        )
    if kind in _STARTS and form == "D8":
        return replace(answer, starts_on=answer.starts_on or read_day("DTP03", text))
    if kind in _ENDS and form == "D8":
        return replace(answer, ends_on=answer.ends_on or read_day("DTP03", text))
    return answer


def _benefit(answer: EligibilityAnswer, segment: Segment) -> EligibilityAnswer:
    kind = segment[1]
    if kind in _ACTIVE:
        plan = answer.plan or segment[5]
        return replace(answer, status=CoverageStatus.ACTIVE, plan=plan)
    if kind in _INACTIVE:
        # Active for one service outweighs inactive for another.
        status = answer.status if answer.status is CoverageStatus.ACTIVE else CoverageStatus.INACTIVE
        return replace(answer, status=status, plan=answer.plan or segment[5])
    if segment[12] == "N" or segment[2] not in {"", "IND"} or not _about_the_plan(segment):
        return answer
    return _amount(answer, segment)


def _about_the_plan(segment: Segment) -> bool:
    """Whether an amount is of the plan as a whole, or of a visit: what a person pays at the desk."""
    types = segment[3].split(segment.delimiters.repetition) if segment.delimiters.repetition else [segment[3]]
    return segment[3] == "" or bool({WHOLE_PLAN, "98"} & set(types))


def _amount(answer: EligibilityAnswer, segment: Segment) -> EligibilityAnswer:
    """The first amount of its kind counts, since payers give the usual one first."""
    name = _name(segment[1], segment[6])
    text = segment[8] if name == "coinsurance" else segment[7]
    if not name or not text or getattr(answer, name) is not None:
        return answer
    share = name == "coinsurance"
    changes: dict[str, Any] = {name: _percent(text) if share else read_amount("EB07", text, CURRENCY)}
    return replace(answer, **changes)


def _name(kind: str, period: str) -> str:
    """Which of our amounts it is; empty for one that we do not keep."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind in _OVER_TIME and period in {_REMAINING, *_YEARLY}:
        return _OVER_TIME[kind] + ("_remaining" if period == _REMAINING else "")
    return ""


class _NoShare(Refusal):
    """An element that should be a share of the cost is none."""

    def __init__(self, text: str) -> None:
        super().__init__(f"EB08: {text!r} is no share; it lies between 0 and 1")


def _percent(text: str) -> int:
    """A share such as .2 in hundredths of a percent."""
    try:
        share = Decimal(text)
    except InvalidOperation:
        raise _NoShare(text) from None
    if not share.is_finite() or not 0 <= share <= 1:
        raise _NoShare(text)
    return int((share * _PERCENT).to_integral_value())
