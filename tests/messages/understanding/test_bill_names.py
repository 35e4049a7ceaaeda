"""Which of several bills a text names: by number, whose it is, what it was for, the month."""

from __future__ import annotations

from messages.understanding import bill_names
from tests.tables import each_row

NUMBERS = (("D-2039", "00002039"), ("D-2040", "00002040"), ("77",))
SERVICES = ("Lab tests", "MRI of the knee", "Physiotherapy, two visits")

NAMED = [
    ("what is D-2039 for", (0,)),
    ("d2040 please", (1,)),
    ("vad är räkning 2039", (0,)),
    ("la 2040", (1,)),
    ("D-2039 and D-2040", (0, 1)),
    ("what is D-9999 for", ()),
    ("I am 77", (2,)),
    ("nothing of the kind", ()),
]
SPOKEN_OF = [
    ("the lab one", (0,)),
    ("den för MRI", (1,)),
    ("el de la fisio, physio", (2,)),
    ("my laboratory bill", ()),
    ("the one for the knee", (1,)),
    ("what is this for", ()),
    ("", ()),
]
MONTHS = [
    ("the one from March", "en", 3),
    ("den från februari", "sv", 2),
    ("la de enero", "es", 1),
    ("January or February", "en", None),
    ("the old one", "en", None),
]
LIKE_NUMBERS = [
    ("what is D-2039 for", "D-2039"),
    ("INV 20391 is wrong", "INV 20391"),
    ("I owe 250", ""),
    ("1980-02-28", ""),
]


@each_row(("text", "expected"), NAMED)
def test_a_bill_is_known_by_its_number(text: str, expected: tuple[int, ...]) -> None:
    """With or without its letters and dashes; a short number only as it stands."""
    assert expected == bill_names.named(text, NUMBERS)


@each_row(("text", "expected"), SPOKEN_OF)
def test_a_bill_is_known_by_what_it_was_for(text: str, expected: tuple[int, ...]) -> None:
    """A word of the service is enough; a little word of every sentence is none."""
    assert expected == bill_names.meant(text, SERVICES)


def test_what_fits_every_bill_tells_nothing() -> None:
    """Two bills for visits are not told apart by *the visit*."""
    assert bill_names.meant("the visit", ("Visit", "Visit")) == ()


@each_row(("text", "language", "expected"), MONTHS)
def test_a_month_is_read(text: str, language: str, expected: int | None) -> None:
    """One month, in the language that is spoken; two are none."""
    assert expected == bill_names.month(text, language)


@each_row(("text", "expected"), LIKE_NUMBERS)
def test_the_number_of_a_bill_has_letters_and_digits(text: str, expected: str) -> None:
    """An amount or a date is no number of a bill."""
    assert expected == bill_names.number_of_a_bill(text)
