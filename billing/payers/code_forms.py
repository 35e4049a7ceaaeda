"""Forms of codes by system: pattern, check digit, and the one stored spelling."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from stdnum import verhoeff

from billing.refusals import Refusal


class CodeForm(StrEnum):
    """A way of writing codes; a system of one's own has a pattern instead."""

    ICD_10 = "icd-10"
    ICD_10_CM = "icd-10-cm"
    ICD_10_SE = "icd-10-se"
    HCPCS = "hcpcs"
    CPT = "cpt"
    KVA = "kva"
    SNOMED_CT = "snomed-ct"
    LOCAL = "local"

    @property
    def of_conditions(self) -> bool:
        """Whether its codes name conditions only, never services."""
        return self in {CodeForm.ICD_10, CodeForm.ICD_10_CM, CodeForm.ICD_10_SE}

    @property
    def of_services(self) -> bool:
        """Whether its codes name services only, never conditions."""
        return self in {CodeForm.HCPCS, CodeForm.CPT, CodeForm.KVA}


class BadCode(Refusal):
    """A code is not written as its system writes codes."""

    def __init__(self, code: str, system: str, why: str) -> None:
        shown = code if len(code) <= 30 else code[:30] + "…"  # noqa: PLR2004
        super().__init__(f"code: {shown!r} is no code of {system}: {why}")


class BadPattern(Refusal):
    """The pattern of a local code system is none."""

    def __init__(self, pattern: str, why: str) -> None:
        super().__init__(f"--pattern {pattern!r}: {why}; write a regular expression, like EL-[0-9]{{3}}")


@dataclass(frozen=True, slots=True)
class CodeSystem:
    """A system of codes: its name, how its codes are written, and the version loaded last."""

    name: str
    form: CodeForm = CodeForm.LOCAL
    pattern: str = ""
    """What a whole code of a local system matches; empty, any code is taken."""
    version: str = ""

    def normal(self, code: str) -> str:
        """A code in the one spelling it is kept and compared in.

        Raises:
            BadCode: it is not written as this system writes codes.
        """
        found = code.strip()
        if self.form is not CodeForm.LOCAL:
            found = found.upper().replace(" ", "")
        if self.form in _DOTTED and len(found) > _CATEGORY and found[_CATEGORY] not in ".-":
            found = f"{found[:_CATEGORY]}.{found[_CATEGORY:]}"
        why = self._fault(found)
        if why:
            raise BadCode(code, self.name, why)
        return found

    def _fault(self, code: str) -> str:
        if self.form is CodeForm.LOCAL:
            fits = re.fullmatch(self.pattern, code) if self.pattern else code
            return "" if fits else f"it does not match {self.pattern}" if self.pattern else "it is empty"
        pattern, like = _SHAPES[self.form]
        if not re.fullmatch(pattern, code, re.ASCII):
            return f"write one like {like}"
        return _snomed_fault(code) if self.form is CodeForm.SNOMED_CT else ""


_CATEGORY: Final = 3
"""A condition's category is three characters; a dot stands after it."""
_DOTTED: Final = frozenset({CodeForm.ICD_10, CodeForm.ICD_10_CM, CodeForm.ICD_10_SE})
_CONCEPTS: Final = frozenset({"00", "10"})

_SHAPES: Final[dict[CodeForm, tuple[str, str]]] = {
    # WHO: a letter, two digits, and one or two behind the dot.
    CodeForm.ICD_10: (r"[A-Z]\d\d(\.\d{1,2})?", "E11.9"),
    # CMS: three to seven characters; the third may be a letter (C4A), the last ones too (S72.001A).
    CodeForm.ICD_10_CM: (r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?", "E11.9 or S72.001A"),
    # Socialstyrelsen: a national letter may end it (J35.0A); primary care writes R10-P.
    CodeForm.ICD_10_SE: (r"[A-Z]\d\d(\.\d[0-9A-Z]?|-P?)?", "E11.9 or J35.0A"),
    # CMS, level II: a letter and four digits.
    CodeForm.HCPCS: (r"[A-V]\d{4}", "G0438"),
    # The shape alone: five digits, or four and a letter for its other categories.
    CodeForm.CPT: (r"\d{4}[0-9FMTU]", "99213"),
    # Socialstyrelsen: two letters and three digits, or three and two for operations.
    CodeForm.KVA: (r"[A-Z]{2}\d{3}|[A-Z]{3}\d{2}", "GD001 or NFB49"),
    # SNOMED International: 6 to 18 digits, no zero ahead; partition and check digit end it.
    CodeForm.SNOMED_CT: (r"[1-9]\d{5,17}", "430193006"),
}

NAMED: Final[dict[str, CodeForm]] = {
    "ICD-10": CodeForm.ICD_10,
    "ICD-10-CM": CodeForm.ICD_10_CM,
    "ICD-10-SE": CodeForm.ICD_10_SE,
    "HCPCS": CodeForm.HCPCS,
    "CPT": CodeForm.CPT,
    "KVÅ": CodeForm.KVA,
    "SNOMED CT": CodeForm.SNOMED_CT,
}
"""The systems that are known by their name alone, whether their codes are loaded or not."""


def system_named(name: str, form: CodeForm | None = None, pattern: str = "", version: str = "") -> CodeSystem:
    """A code system by its name, of the form that this name has anywhere.

    Raises:
        BadPattern: the pattern is no regular expression, or stands on a system that has a form.
    """
    chosen = form or NAMED.get(name, CodeForm.LOCAL)
    if pattern and chosen is not CodeForm.LOCAL:
        raise BadPattern(pattern, f"{name} is written as {chosen.value}, only local systems have patterns")
    try:
        re.compile(pattern)
    except re.error as error:
        raise BadPattern(pattern, str(error)) from None
    return CodeSystem(name, chosen, pattern, version)


def _snomed_fault(code: str) -> str:
    if not verhoeff.is_valid(code):
        return "its check digit is wrong; look for a mistyped digit"
    if code[-3:-1] not in _CONCEPTS:
        return "it names a description or a relationship, not a concept"
    return ""
