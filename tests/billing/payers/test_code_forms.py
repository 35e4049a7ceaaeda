"""How codes are written: shapes, check digits, one spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import verhoeff

from billing.payers.code_forms import NAMED, BadCode, BadPattern, CodeForm, system_named


@pytest.mark.parametrize(
    ("system", "code", "normal"),
    [
        ("ICD-10", "e11.9", "E11.9"),
        ("ICD-10", "I10", "I10"),
        ("ICD-10-CM", "S72001A", "S72.001A"),
        ("ICD-10-CM", "C4A.0", "C4A.0"),
        ("ICD-10-CM", "Z3A.38", "Z3A.38"),
        ("ICD-10-CM", "U07.1", "U07.1"),
        ("ICD-10-SE", "J350A", "J35.0A"),
        ("ICD-10-SE", "R10-P", "R10-P"),
        ("HCPCS", "g0438", "G0438"),
        ("CPT", "99213", "99213"),
        ("CPT", "0001F", "0001F"),
        ("KVÅ", "gd001", "GD001"),
        ("KVÅ", "NFB49", "NFB49"),
        ("SNOMED CT", "430193006", "430193006"),
        ("SNOMED CT", "410620009", "410620009"),
        ("our-tariff", " EL-110 ", "EL-110"),
    ],
)
def test_a_code_has_one_spelling(system: str, code: str, normal: str) -> None:
    """However a code was typed, it is kept and compared in one way."""
    assert system_named(system).normal(code) == normal
    assert system_named(system).normal(normal) == normal


@pytest.mark.parametrize(
    ("system", "code", "why"),
    [
        ("ICD-10", "E11.999", "write one like E11.9"),
        ("ICD-10-CM", "11.9", "write one like"),
        ("ICD-10-CM", "E11.99999", "write one like"),
        ("HCPCS", "99213", "write one like G0438"),
        ("CPT", "G0438", "write one like 99213"),
        ("KVÅ", "99213", "write one like GD001 or NFB49"),
        ("SNOMED CT", "430193007", "its check digit is wrong"),
        ("SNOMED CT", "12345", "write one like 430193006"),
        ("SNOMED CT", "1228938011", "a description or a relationship"),
        ("our-tariff", "  ", "it is empty"),
    ],
)
def test_a_badly_written_code_is_refused(system: str, code: str, why: str) -> None:
    """A code that its system cannot have is refused, and the refusal says how one looks."""
    if why.startswith("a description"):
        code = next(f"123456{n:04d}" for n in range(10, 10**4) if _is(f"123456{n:04d}", "01"))
    with pytest.raises(BadCode, match=why):
        system_named(system).normal(code)


def _is(code: str, partition: str) -> bool:
    return code[-3:-1] == partition and bool(verhoeff.is_valid(code))


def test_a_local_system_has_a_pattern_of_its_own() -> None:
    """What a tariff's codes look like is for its owner to say; the whole code must match."""
    tariff = system_named("north-grid", pattern="EL-[0-9]{3}")
    assert tariff.normal("EL-110") == "EL-110"
    with pytest.raises(BadCode, match=r"does not match EL-"):
        tariff.normal("EL-1100")


@pytest.mark.parametrize(("name", "pattern"), [("own", "EL-("), ("HCPCS", "EL-.*")])
def test_a_pattern_that_cannot_be_used_is_refused(name: str, pattern: str) -> None:
    """A broken pattern, or one on a system that has a form, is told before anything is loaded."""
    with pytest.raises(BadPattern, match="write a regular expression"):
        system_named(name, pattern=pattern)


@given(st.sampled_from(sorted(NAMED)), st.text(max_size=20))
def test_no_text_breaks_a_check(name: str, text: str) -> None:
    """Whatever is typed is either a code, which stays as it is from then on, or refused."""
    system = system_named(name)
    try:
        found = system.normal(text)
    except BadCode:
        return
    assert system.normal(found) == found


@given(st.integers(10**5, 10**14))
def test_one_wrong_digit_in_a_concept_is_always_seen(number: int) -> None:
    """SNOMED CT's check digit catches every single mistyped digit."""
    body = f"{number}00"
    code = body + verhoeff.calc_check_digit(body)
    system = system_named("SNOMED CT")
    assert system.normal(code) == code
    for place, digit in enumerate(code):
        wrong = code[:place] + str((int(digit) + 1) % 10) + code[place + 1 :]
        with pytest.raises(BadCode):
            system.normal(wrong)


def test_conditions_and_services_are_told_apart() -> None:
    """ICD names conditions, HCPCS, CPT and KVÅ name services, SNOMED CT and tariffs may name either."""
    assert {form for form in CodeForm if form.of_conditions} == {
        CodeForm.ICD_10,
        CodeForm.ICD_10_CM,
        CodeForm.ICD_10_SE,
    }
    assert {form for form in CodeForm if form.of_services} == {CodeForm.HCPCS, CodeForm.CPT, CodeForm.KVA}
