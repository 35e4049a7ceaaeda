"""Marks of a person: found in any spelling, and never in somebody else's name or number."""

from __future__ import annotations

from datetime import date

from billing.accounts.personal_marks import PersonalMarks, PersonIdentity, without_sentences
from tests.tables import each_row

ADA = PersonIdentity(
    name="Ada Maria Öberg",
    birth_date=date(1980, 2, 28),
    addresses=("+15035550142", "ada@example.org", "5550199"),
    numbers=("LIND-77-123",),
    lines=("12 Elm Street", "94110"),
)
MARKS = PersonalMarks.of(ADA, instead="#")


@each_row(
    "text, wanted",
    [
        ("Ada Maria Öberg called", "# called"),
        ("OBERG*ADA~", "#~"),
        ("öberg, ada maria.", "#."),
        ("Ada Oberg", "#"),
        ("call +1 (503) 555-0142 now", "call # now"),
        ("503.555.0142", "#"),
        ("ADA@EXAMPLE.ORG", "#"),
        ("member LIND77123", "member #"),
        ("Ada paid", "Ada paid"),
        ("Ada Maria Öbergson", "Ada Maria Öbergson"),
        ("25035550142", "25035550142"),
        ("15035550142000", "15035550142000"),
        ("born 1980-02-28", "born 1980-02-28"),
    ],
)
def test_a_sure_mark_is_cut_out_of_any_text(text: str, wanted: str) -> None:
    """Names in any order, numbers with any separators, addresses whatever the case."""
    assert MARKS.cut(text, about=False) == wanted


@each_row(
    "text, wanted",
    [
        ("born 1980-02-28", "born #"),
        ("28/2/80", "#"),
        ("2.28.1980", "#"),
        ("DMG*D8*19800228*F", "DMG*D8*#*F"),
        ("800228", "#"),
        ("28 februari 1980", "#"),
        ("February 28th, 1980", "#"),
        ("28 de febrero de 1980", "#"),
        ("1980-12-28", "1980-12-28"),
        ("Ada says", "# says"),
        ("at 12 elm street", "at #"),
    ],
)
def test_in_what_is_about_the_person_other_marks_count_too(text: str, wanted: str) -> None:
    """A birth date in any figures or words, a first name and a street by themselves."""
    assert MARKS.cut(text, about=True) == wanted


def test_json_keeps_its_shape() -> None:
    """Marks are cut out of every text of a value, keys too; numbers and days stay."""
    value = {"who": ["Ada Öberg", 5, None], "+15035550142": {"due": "2026-01-02"}}
    assert MARKS.cut(value, about=True) == {"who": ["#", 5, None], "#": {"due": "2026-01-02"}}
    assert MARKS.in_text(value)
    assert without_sentences({"reason": "she has cancer", "kind": "phone"}) == {"reason": "", "kind": "phone"}


def test_what_others_share_is_no_sure_mark() -> None:
    """A namesake's name, a family's phone and member number stay where somebody else is meant."""
    marks = PersonalMarks.of(ADA, {ADA.name, "+15035550142", "LIND-77-123"}, "#")
    text = "Ada Maria Öberg at +15035550142, LIND-77-123"
    assert marks.cut(text, about=False) == text
    assert "Öberg" not in marks.cut(text, about=True)


def test_somebody_beside_is_cut_out_and_the_person_stays() -> None:
    """A child's name and birth date go from what its guarantor is handed; the family's name stays."""
    child = PersonIdentity("Will Öberg", date(2016, 5, 5), ("+15035550142",), ("LIND-77-123",))
    marks = PersonalMarks.beside(child, ADA, "#")
    text = "Ada Maria Öberg will pay for Will Öberg, born 2016-05-05, at +15035550142; Will thanks"
    wanted = "Ada Maria Öberg will pay for #, born #, at +15035550142; # thanks"
    assert marks.cut(text, about=True) == wanted


def test_a_person_without_a_name_has_no_marks() -> None:
    """Nothing known means that nothing is cut."""
    marks = PersonalMarks.of(PersonIdentity())
    assert marks.cut("Ada", about=True) == "Ada"
    assert not marks.in_text("Ada")
