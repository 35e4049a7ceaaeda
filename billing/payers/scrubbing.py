"""Scrubbing: errors for which a payer would refuse a claim, found before filing; minor units.

Each finding is a value with a sentence of its own for whoever fixes it: the place, the thing, what to do.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from billing.payers.code_forms import BadCode, CodeForm, CodeSystem
from billing.payers.coding import on_day
from billing.payers.coverage import PayerTerms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from billing.payers.claims import Claim, ClaimLine, Code
    from billing.payers.coding import KnownCode
    from billing.payers.coverage import Covered


@dataclass(frozen=True, slots=True)
class ScrubContext:
    """What is known around a claim. ``today`` is the creditor's day.

    ``systems`` are the code systems whose shape is known; the codes of those ``listed`` are loaded, so that
    one that is not among ``codes`` does not exist. ``coverage`` is the one the claim names. ``claimed`` are
    the charge, day and code of every line that other live claims on this payer hold already.
    """

    today: date
    terms: PayerTerms = field(default_factory=PayerTerms)
    coverage: Covered | None = None
    systems: Mapping[str, CodeSystem] = field(default_factory=dict)
    listed: frozenset[str] = frozenset()
    codes: Mapping[Code, tuple[KnownCode, ...]] = field(default_factory=dict)
    claimed: frozenset[tuple[str, date, Code]] = frozenset()


@dataclass(frozen=True, slots=True)
class ScrubFinding:
    """Something a payer would refuse; ``position`` is the line, 0 for the claim as a whole."""

    position: int

    @property
    def where(self) -> str:
        """The place it was found at."""
        return f"line {self.position}" if self.position else "claim"

    @property
    def fault(self) -> str:
        """What is wrong, and what to do about it."""
        raise NotImplementedError

    def __str__(self) -> str:
        return f"{self.where}: {self.fault}"


@dataclass(frozen=True, slots=True)
class MissingCode(ScrubFinding):
    """A service on a claim has no code."""

    @property
    def fault(self) -> str:
        """What is wrong, and what to do about it."""
        return "has no code; code the service before it is claimed"


@dataclass(frozen=True, slots=True)
class _Coded(ScrubFinding):
    """Something about a code."""

    code: Code

    @property
    def _named(self) -> str:
        return f"{self.code.code} ({self.code.system})"


@dataclass(frozen=True, slots=True)
class WrongSystem(_Coded):
    """The payer does not take codes of this system."""

    takes: tuple[str, ...]

    @property
    def fault(self) -> str:
        """What is wrong, and what to do about it."""
        return f"{self._named}: the payer takes {', '.join(self.takes)}; add a crosswalk from this code"


@dataclass(frozen=True, slots=True)
class NotForForm(_Coded):
    """The form the payer wants cannot carry codes of this system."""

    form: str

    @property
    def fault(self) -> str:
        """What is wrong, and what to do about it."""
        return f"{self._named}: an {self.form} claim cannot carry it; add a crosswalk from this code"


@dataclass(frozen=True, slots=True)
class WrongShape(_Coded):
    """A claim's code is not written as its system writes codes."""

    why: str

    @property
    def fault(self) -> str:
        """What is wrong, and what to do about it."""
        return self.why


@dataclass(frozen=True, slots=True)
class UnknownCode(_Coded):
    """A claim's code is not in its system, which is loaded."""

    @property
    def fault(self) -> str:
        """What is wrong, and what to do about it."""
        return f"{self._named} is not listed; correct the code, or load the version that has it"


@dataclass(frozen=True, slots=True)
class ExpiredCode(_Coded):
    """A claim's code exists, but not on the day of the service."""

    day: date

    @property
    def fault(self) -> str:
        """What is wrong, and what to do about it."""
        return f"{self._named} does not hold on {self.day}; use the code that held that day"


@dataclass(frozen=True, slots=True)
class HeadingOnly(_Coded):
    """A claim's code is a heading over finer ones."""

    @property
    def fault(self) -> str:
        """What is wrong, and what to do about it."""
        return f"{self._named} is a heading; use one of the finer codes below it"


@dataclass(frozen=True, slots=True)
class NeedsAuthorisation(_Coded):
    """A claim needs a prior authorisation that nobody has."""

    @property
    def fault(self) -> str:
        """What is wrong, and what to do about it."""
        return f"{self._named} needs prior authorisation and has none; ask the payer, then add its number"


@dataclass(frozen=True, slots=True)
class Excluded(_Coded):
    """The plan does not cover this service."""

    @property
    def fault(self) -> str:
        """What is wrong, and what to do about it."""
        return f"{self._named} is excluded by the plan; leave it out, it is the person's to pay"


@dataclass(frozen=True, slots=True)
class Duplicate(_Coded):
    """The same charge, day and code is claimed already."""

    charge_id: str
    day: date

    @property
    def fault(self) -> str:
        """What is wrong, and what to do about it."""
        return (
            f"{self._named} of {self.day}, charge {self.charge_id}, is claimed already; leave it out, or "
            "send a corrected claim instead of that one"
        )


@dataclass(frozen=True, slots=True)
class WrongPayer(ScrubFinding):
    """The claim goes to a payer that does not cover this person."""

    payer_id: str

    @property
    def fault(self) -> str:
        """What is wrong, and what to do about it."""
        return f"payer {self.payer_id} is no coverage of this person; claim from the payer that covers them"


@dataclass(frozen=True, slots=True)
class OutsideCoverage(ScrubFinding):
    """The service was given on a day the coverage does not hold."""

    day: date
    coverage_id: str

    @property
    def fault(self) -> str:
        """What is wrong, and what to do about it."""
        return (
            f"coverage {self.coverage_id} does not hold on {self.day}; correct its period, or claim from the "
            "payer that covered that day"
        )


@dataclass(frozen=True, slots=True)
class MissingMember(ScrubFinding):
    """The coverage has no member id."""

    coverage_id: str

    @property
    def fault(self) -> str:
        """What is wrong, and what to do about it."""
        return f"coverage {self.coverage_id} has no member id; ask the person for their card"


@dataclass(frozen=True, slots=True)
class TooLate(ScrubFinding):
    """A claim's filing deadline is over."""

    deadline: date

    @property
    def fault(self) -> str:
        """What is wrong, and what to do about it."""
        return f"had to be filed by {self.deadline}; ask the payer for an exception, or close it"


@dataclass(frozen=True, slots=True)
class InFuture(ScrubFinding):
    """A service on a claim was not given yet."""

    day: date

    @property
    def fault(self) -> str:
        """What is wrong, and what to do about it."""
        return f"the service is of {self.day}, which lies ahead; claim it once it was given"


@dataclass(frozen=True, slots=True)
class NoAmountAsked(ScrubFinding):
    """A claim's amount is zero or below."""

    amount: int

    @property
    def fault(self) -> str:
        """What is wrong, and what to do about it."""
        return f"asks for {self.amount} (minor units); a claim asks for more than nothing, leave the line out"


@dataclass(frozen=True, slots=True)
class NoLines(ScrubFinding):
    """There is nothing in the claim."""

    @property
    def fault(self) -> str:
        """What is wrong, and what to do about it."""
        return "has no lines; close it"


@dataclass(frozen=True, slots=True)
class TooMany(ScrubFinding):
    """More lines or codes than the claim form can carry."""

    count: int
    most: int
    what: str

    @property
    def fault(self) -> str:
        """What is wrong, and what to do about it."""
        return f"has {self.count} {self.what}, the form carries {self.most}; split it"


@dataclass(frozen=True, slots=True)
class MissingDiagnosis(ScrubFinding):
    """The claim form wants to know the condition that the services were for."""

    @property
    def fault(self) -> str:
        """What is wrong, and what to do about it."""
        return "has no diagnosis, and the payer's form needs one; add the condition treated"


_X12_SERVICES = frozenset({CodeForm.HCPCS, CodeForm.CPT})
_X12_CONDITIONS = frozenset({CodeForm.ICD_10_CM, CodeForm.ICD_10})
X12_FORMS = _X12_SERVICES | _X12_CONDITIONS
"""How the codes are written that an 837 professional claim can carry."""
_LIMITS = (("lines", 50), ("diagnoses", 12), ("modifiers", 4))
"""What one 837 professional claim can carry (005010X222A1, loops 2400 and 2300 HI, SV101)."""


def scrub(claim: Claim, context: ScrubContext) -> list[ScrubFinding]:
    """Everything the payer would refuse, the claim as a whole first, then line by line."""
    return [*_whole(claim, context), *(found for line in claim.lines for found in _line(line, context))]


def _whole(claim: Claim, context: ScrubContext) -> Iterator[ScrubFinding]:
    covered = context.coverage
    if covered is None or covered.payer_id != claim.payer_id:
        yield WrongPayer(0, claim.payer_id)
    elif not covered.member_id.strip() and context.terms.form in {"x12", "fhir"}:
        yield MissingMember(0, covered.coverage_id)
    if claim.file_by and context.today > claim.file_by and claim.filed_on is None:
        yield TooLate(0, claim.file_by)
    if not claim.lines:
        yield NoLines(0)
    yield from _conditions(claim, context)
    yield from _within_limits(claim, context)
    lines = Counter((line.charge_id, line.service_on, line.code) for line in claim.lines)
    for (charge_id, day, code), count in lines.items():
        if count > 1:
            yield Duplicate(0, code, charge_id, day)


def _conditions(claim: Claim, context: ScrubContext) -> Iterator[ScrubFinding]:
    if context.terms.form == "x12" and not claim.diagnoses:
        yield MissingDiagnosis(0)
    day = min((line.service_on for line in claim.lines), default=context.today)
    for code in claim.diagnoses:
        yield from _code(0, code, day, context, _X12_CONDITIONS)


def _within_limits(claim: Claim, context: ScrubContext) -> Iterator[ScrubFinding]:
    if context.terms.form != "x12":
        return
    most = max((len(line.modifiers) for line in claim.lines), default=0)
    for (what, limit), count in zip(_LIMITS, (len(claim.lines), len(claim.diagnoses), most), strict=True):
        if count > limit:
            yield TooMany(0, count, limit, what)


def _line(line: ClaimLine, context: ScrubContext) -> Iterator[ScrubFinding]:
    if line.amount <= 0:
        yield NoAmountAsked(line.position, line.amount)
    if line.service_on > context.today:
        yield InFuture(line.position, line.service_on)
    if not line.code.code.strip():
        yield MissingCode(line.position)
    else:
        yield from _code(line.position, line.code, line.service_on, context, _X12_SERVICES)
        if (line.charge_id, line.service_on, line.code) in context.claimed:
            yield Duplicate(line.position, line.code, line.charge_id, line.service_on)
    if context.coverage:
        yield from _covered(line, context.coverage)


def _covered(line: ClaimLine, coverage: Covered) -> Iterator[ScrubFinding]:
    if not coverage.on(line.service_on):
        yield OutsideCoverage(line.position, line.service_on, coverage.coverage_id)
    if line.code in coverage.terms.excluded:
        yield Excluded(line.position, line.code)
    elif line.code in coverage.terms.needs_authorisation and not line.authorisation.strip():
        yield NeedsAuthorisation(line.position, line.code)


def _code(
    position: int, code: Code, day: date, context: ScrubContext, x12_forms: frozenset[CodeForm]
) -> Iterator[ScrubFinding]:
    takes = context.terms.code_systems
    system = context.systems.get(code.system)
    if takes and code.system not in takes:
        yield WrongSystem(position, code, takes)
    elif context.terms.form == "x12" and (system is None or system.form not in x12_forms):
        yield NotForForm(position, code, "X12")
    if system is None:
        return
    try:
        system.normal(code.code)
    except BadCode as refusal:
        yield WrongShape(position, code, str(refusal).removeprefix("code: "))
    else:
        if code.system in context.listed:
            yield from _listed(position, code, day, context)


def _listed(position: int, code: Code, day: date, context: ScrubContext) -> Iterator[ScrubFinding]:
    rows = context.codes.get(code, ())
    found = on_day(rows, day)
    if not rows:
        yield UnknownCode(position, code)
    elif found is None:
        yield ExpiredCode(position, code, day)
    elif not found.billable:
        yield HeadingOnly(position, code)
