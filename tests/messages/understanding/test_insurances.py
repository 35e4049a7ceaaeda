"""Who insures somebody, and their number there, out of a text that names both."""

from __future__ import annotations

from messages.understanding.reading import TextReader
from tests.tables import each_row

READ = TextReader()
NAMED = [
    ("I have insurance with Blue River, member M555", "en", ("Blue River", "M555")),
    ("i'm insured with blue river member number is m555", "en", ("blue river", "m555")),
    (
        "my insurance is through my employer, Blue River, member id: XQH-12345",
        "en",
        ("Blue River", "XQH-12345"),
    ),
    (
        "Member 88812. Coverage through Great Lakes Health of Ohio",
        "en",
        ("Great Lakes Health of Ohio", "88812"),
    ),
    ("why did my insurance with Blue River not pay", "en", None),
    ("does my insurance cover bill D-2039", "en", None),
    ("I have insurance", "en", None),
    ("member M555", "en", None),
    ("jag har försäkring hos Blå Älven, medlemsnummer M555", "sv", ("Blå Älven", "M555")),
    ("försäkrad via blå älven försäkringsnr 12-3456", "sv", ("blå älven", "12-3456")),
    ("tengo seguro con Río Azul, número de socio M555", "es", ("Río Azul", "M555")),
    ("mi póliza es 99-123, con Río Azul", "es", ("Río Azul", "99-123")),
    ("", "en", None),
]
ASKED = [
    ("Blue River, member M555", "en", ("Blue River", "M555")),
    ("Blue River M5551", "en", ("Blue River", "M5551")),
    ("Blue River", "en", None),
    ("Blå Älven, nummer 5551", "sv", ("Blå Älven", "5551")),
    ("Río Azul, socio 5551", "es", ("Río Azul", "5551")),
    ("M555", "en", None),
]


@each_row("text, language, found", NAMED)
def test_a_text_names_payer_and_number(text: str, language: str, found: tuple[str, str] | None) -> None:
    """Both are taken as they were written; one alone is not enough."""
    assert READ.insurance(text, language) == found


@each_row("text, language, found", ASKED)
def test_the_answer_to_who_insures_may_bring_the_number(
    text: str, language: str, found: tuple[str, str] | None
) -> None:
    """A number beside the name is taken, and not asked for again."""
    assert READ.insurance(text, language, asked=True) == found
