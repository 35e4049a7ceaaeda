"""Code systems: loaded by version, looked up, and translated to the codes that a payer accepts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from billing.payers.claims import Code
from billing.payers.code_forms import NAMED, BadCode, CodeForm, CodeSystem, system_named
from billing.payers.coding import Crosswalk, KnownCode, Recoded, on_day, recode
from billing.payers.scrubbing import X12_FORMS, ScrubContext
from billing.refusals import Refusal
from storage.payers import codes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from billing.payers.claims import Claim
    from billing.payers.coverage import Covered, PayerTerms
    from handlers.context import Context


class OlderVersion(Refusal):
    """The version of a code system is older than the one loaded."""

    def __init__(self, system: str, valid_from: date, newest: date) -> None:
        super().__init__(
            f"--valid-from {valid_from}: {system} is loaded as of {newest} already; give a later day, or "
            "--add to add codes without ending others"
        )


class OtherForm(Refusal):
    """The code system is loaded with another form or pattern."""

    def __init__(self, system: CodeSystem) -> None:
        options = f"--pattern {system.pattern}" if system.pattern else f"--like {system.form.value}"
        super().__init__(
            f"--system {system.name}: it is loaded with {options}; give the same, or another name"
        )


class UnknownSystem(Refusal):
    """The code system is not loaded, and its form is not built in."""

    def __init__(self, field_name: str, name: str) -> None:
        super().__init__(
            f"{field_name}: no code system {name!r} is known; load it with kvitt codes import --system"
        )


@dataclass(slots=True)
class Loaded:
    """Numbers of codes that loading a version added, changed, left and ended."""

    new: int = 0
    changed: int = 0
    same: int = 0
    ended: int = 0


def load(
    context: Context, system: CodeSystem, rows: Sequence[KnownCode], valid_from: date, *, whole: bool = True
) -> Loaded:
    """Load a version of a code system, valid from a day on; loading it again changes nothing.

    A code with a changed meaning gets a new row from its first day on, and the old row ends the day before:
    claims of earlier days keep the meaning of their day. A ``whole`` version ends every code it does not
    list.

    Raises:
        OlderVersion: the system is loaded with a version of a later day.
        OtherForm: its codes are written in another way than before.
    """
    newest = codes.newest_from(context.session, system.name)
    known = codes.systems(context.session).get(system.name)
    if known and (known.form, known.pattern) != (system.form, system.pattern):
        raise OtherForm(known)
    if whole and newest and valid_from < newest:
        raise OlderVersion(system.name, valid_from, newest)
    codes.keep_system(context.session, system, max(valid_from, newest or valid_from), context.now)
    before = codes.every(context.session, system.name)
    plan = _Plan()
    for row in rows:
        plan.take(row, before.get(row.code, []))
    if whole:
        listed = {row.code for row in rows}
        gone = [on_day(found, valid_from) for code, found in before.items() if code not in listed]
        plan.gone = [one for one in gone if one]
    return _carry_out(context.session, plan, valid_from)


class _Plan:
    """The rows to insert, change and end for a version."""

    def __init__(self) -> None:
        self.new: list[KnownCode] = []
        self.changed: list[KnownCode] = []
        self.ended: dict[date, list[KnownCode]] = {}
        self.gone: list[KnownCode] = []
        self.same = 0

    def take(self, row: KnownCode, before: Sequence[KnownCode]) -> None:
        """Place one code of the version among what is known of it."""
        there = next((one for one in before if one.valid_from == row.valid_from), None)
        current = there or on_day(before, row.valid_from)
        if current is None:
            self.new.append(row)
        elif current.valid_to and current.valid_to < current.valid_from:
            self.changed.append(row)
        elif current.says_the_same(row) and row.valid_to in {current.valid_to, None}:
            self.same += 1
        elif there or current.says_the_same(row):
            self.changed.append(replace(row, valid_from=current.valid_from))
        else:
            self.ended.setdefault(row.valid_from, []).append(current)
            self.new.append(row)


def _carry_out(session: Session, plan: _Plan, valid_from: date) -> Loaded:
    codes.update_descriptions(session, plan.changed)
    for day, ended in plan.ended.items():
        codes.end(session, ended, day)
    codes.end(session, plan.gone, valid_from)
    codes.add(session, plan.new)
    replaced = sum(len(ended) for ended in plan.ended.values())
    return Loaded(len(plan.new) - replaced, len(plan.changed) + replaced, plan.same, len(plan.gone))


def system_of(loaded: Mapping[str, CodeSystem], name: str, field_name: str) -> CodeSystem:
    """A code system by its name: one that is loaded, or one whose codes have a known shape.

    Raises:
        UnknownSystem: it is neither.
    """
    found = loaded.get(name) or (system_named(name) if name in NAMED else None)
    if found is None:
        raise UnknownSystem(field_name, name)
    return found


def keep_crosswalk(session: Session, row: Crosswalk) -> str:
    """Save the code that a payer accepts for one of ours; returns ``new``, ``changed`` or ``same``.

    Our own code may be malformed and in use all the same: it is saved as it is.

    Raises:
        UnknownSystem: one of the systems is not known.
        BadCode: the payer's code is not written as its system writes codes.
    """
    loaded = codes.systems(session)
    source = row.source.code
    if not doubt(session, row):
        source = system_of(loaded, row.source.system, "from_system").normal(source)
    target = system_of(loaded, row.target.system, "to_system").normal(row.target.code)
    return codes.keep_crosswalk(
        session,
        replace(row, source=Code(row.source.system, source), target=Code(row.target.system, target)),
    )


class Recoder:
    """Translates service and condition codes to those that one payer accepts."""

    def __init__(self, session: Session, payer_id: str, terms: PayerTerms, wanted: Collection[Code]) -> None:
        """Read the crosswalks of these codes once."""
        self._loaded = codes.systems(session)
        self._rows = codes.crosswalks(session, set(wanted), payer_id)
        self._payer_id, self._terms = payer_id, terms

    def service(self, code: Code, day: date) -> Recoded | None:
        """The payer's code for a service; None if no crosswalk leads there."""
        return recode(code, self._rows, self._payer_id, day, self._takes(lambda form: not form.of_conditions))

    def condition(self, code: Code, day: date) -> Recoded | None:
        """The payer's code for a condition; None if no crosswalk leads there."""
        return recode(code, self._rows, self._payer_id, day, self._takes(lambda form: not form.of_services))

    def _takes(self, fits: Callable[[CodeForm], bool]) -> Callable[[str], bool]:
        def takes(name: str) -> bool:
            system = self._loaded.get(name)
            form = system.form if system else NAMED.get(name, CodeForm.LOCAL)
            carried = self._terms.form != "x12" or form in X12_FORMS
            wanted = not self._terms.code_systems or name in self._terms.code_systems
            return fits(form) and carried and wanted

        return takes


def doubt(session: Session, row: Crosswalk) -> str:
    """What is malformed in our own code of a crosswalk between code systems; empty if nothing is.

    Raises:
        UnknownSystem: its system is not known.
    """
    try:
        system_of(codes.systems(session), row.source.system, "from_system").normal(row.source.code)
    except BadCode as refusal:
        return str(refusal).removeprefix("code: ")
    return ""


def is_loaded(session: Session, name: str) -> bool:
    """Whether the codes of a code system are loaded."""
    return name in codes.systems(session)


def normal(session: Session, name: str, code: str) -> str:
    """A code of a code system in the spelling it is stored in.

    Raises:
        UnknownSystem: the system is not known.
        BadCode: it is not written as its system writes codes.
    """
    return system_of(codes.systems(session), name, "--system").normal(code)


def known(session: Session, code: Code) -> tuple[KnownCode, ...]:
    """Every stored row of a code of a code system, whatever its days."""
    return codes.known(session, [code]).get(code, ())


def scrub_context(
    session: Session,
    claim: Claim,
    terms: PayerTerms,
    coverage: Covered | None,
    today: date,
    claimed: Iterable[tuple[str, date, Code]] = (),
) -> ScrubContext:
    """The context of a claim's codes for :func:`billing.payers.scrubbing.scrub`.

    ``claimed`` are charge, day and code of the lines of other claims on the same payer that are not void,
    without the one that this claim replaces.
    """
    said = {line.code for line in claim.lines} | set(claim.diagnoses)
    loaded = codes.systems(session)
    named = {name: system_named(name) for name in NAMED}
    return ScrubContext(
        today=today,
        terms=terms,
        coverage=coverage,
        systems={**named, **loaded},
        listed=frozenset(loaded),
        codes=codes.known(session, said),
        claimed=frozenset(claimed),
    )
