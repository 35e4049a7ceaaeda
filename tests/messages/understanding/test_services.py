"""Which service somebody means, in their own words."""

from __future__ import annotations

from messages.understanding.services import search
from tests.tables import each_row

NAMES = {
    "brain": [
        "MRI of the brain without contrast",
        "Magnetkamera hjärna",
        "magnetic resonance",
        "Resonancia cerebral",
    ],
    "knee": ["MRI of the knee", "Magnetkamera knä", "Resonancia de rodilla"],
    "colon": ["Colonoscopy", "Koloskopi", "Colonoscopia"],
    "visit": ["Office visit, established patient", "Läkarbesök", "Consulta"],
    "ct": ["CT of the head"],
    "chest": ["X-ray of the chest", "Lungröntgen", "Radiografia de torax"],
}


@each_row(
    ("text", "language", "expected"),
    [
        ("how much would an MRI cost me?", "en", {"brain", "knee"}),
        ("how much would an MRI of my knee cost in April?", "en", {"knee"}),
        ("whats the price of a colonoscpy", "en", {"colon"}),
        ("do I need approval for the chest xray", "en", {"chest"}),
        ("vad kostar en magnetkamera för knät?", "sv", {"knee"}),
        ("vad kostar ett läkarbesök", "sv", {"visit"}),
        ("cuánto cuesta una colonoscopía?", "es", {"colon"}),
        ("cuanto me cobran por la resonancia de rodilla", "es", {"knee"}),
        ("how much is a magnetic resonance", "en", {"brain"}),
        ("what would an office visit be for my son", "en", {"visit"}),
        ("roughly the price of a CT in december", "en", {"ct"}),
    ],
)
def test_services_are_found_by_what_people_call_them(text: str, language: str, expected: set[str]) -> None:
    """Slips, endings, other languages and other names; all that fit as well, and no other."""
    found = search(text, language, NAMES)
    assert set(found.found) == expected
    assert found.named


@each_row(
    ("text", "language"),
    [
        ("what will it cost?", "en"),
        ("how much is it going to be", "en"),
        ("roughly how much would that be, ballpark, before January?", "en"),
        ("ungefär vad skulle det kosta i februari", "sv"),
        ("mas o menos cuanto costaria, aproximadamente", "es"),
        ("vad kostar det?", "sv"),
        ("COST", "en"),
    ],
)
def test_a_question_that_names_nothing_is_told_from_one_that_names_something_else(
    text: str, language: str
) -> None:
    """Without a service it is asked which; with one we have no price for, a person looks."""
    assert not search(text, language, NAMES).named
    assert not search(text, language, NAMES).found


@each_row("text", ["how much is a hearing aid?", "price of botox"])
def test_what_is_on_no_list_is_unknown(text: str) -> None:
    """It is not taken for the nearest thing."""
    assert search(text, "en", NAMES).unknown


def test_no_more_than_four_are_asked_about() -> None:
    """The likeliest first."""
    many = {str(number): [f"MRI number {number}"] for number in range(9)}
    assert len(search("an MRI", "en", many).found) == 4
    assert search("an MRI", "en", {}).unknown
