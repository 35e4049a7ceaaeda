"""What is ordinary and only looks grave, several wishes in one text, and neighbours."""

import tomllib
from functools import cache
from pathlib import Path

from messages.languages import about, file, languages
from messages.understanding import understanding
from messages.understanding.understanding import STOPPING
from tests.tables import each_row

HERE = Path(__file__).parent

understand = cache(understanding.understand)
"""Several tests look at the same texts, from different sides."""

HELD = {"en": 0.26, "sv": 0.17, "es": 0.1}
STOPPED = {"en": 0.04, "sv": 0.1, "es": 0.03}
"""The share of look-alikes that is taken for grave, at most: it may only fall."""
MOST_HELD, MOST_STOPPED = max(HELD.values()), max(STOPPED.values())
"""The same for a language that has no share of its own yet."""


def _lines(language: str, list_: str) -> list[str]:
    file = HERE / f"{about(language).option}_{list_}.txt"
    return [line for line in file.read_text(encoding="utf-8").splitlines() if line]


@each_row("language", languages())
def test_look_alikes_hold_nothing(language: str) -> None:
    """A phone that died, somebody dead tired and a son's bill are ordinary life, but for few."""
    texts = _lines(language, "not_held")
    held = [text for text in texts if {(one := understand(text, language)).intent, *one.also} & set(STOPPING)]
    assert len(held) <= HELD.get(language, MOST_HELD) * len(texts), held


@each_row("language", languages())
def test_ordinary_messages_stop_nothing(language: str) -> None:
    """To stop by, to stop a payment and a job that was quit are no opt-out, but for few."""
    texts = _lines(language, "not_stops")
    stopped = [text for text in texts if "stop" in {(one := understand(text, language)).intent, *one.also}]
    assert len(stopped) <= STOPPED.get(language, MOST_STOPPED) * len(texts), stopped


@each_row("language", languages())
def test_what_a_page_writes_for_people_is_understood(language: str) -> None:
    """A bill's page opens a message with a text in it: each leads to what its button says."""
    texts = tomllib.loads(file(language, "bill_page.toml").read_text(encoding="utf-8"))
    assert understand(texts["in_parts_text"], language).intent in {"payment_plan", "change_plan"}
    assert understand(texts["wrong_text"], language).intent == "dispute"
    assert understand(texts["help_text"], language).intent == "hardship"


TWO_WISHES = [
    ("I paid last week but why is it still 400??", "en", {"already_paid", "balance"}),
    ("whats my balance and when is it due", "en", {"balance", "due_date"}),
    ("send me a receipt and tell me what i owe", "en", {"receipt", "balance"}),
    ("i moved to 4 oak street. also can i get a payment plan", "en", {"contact_details", "payment_plan"}),
    ("did my insurance pay? and what is this charge for", "en", {"insurance", "explain_bill"}),
    ("i lost my job. can i talk to someone", "en", {"hardship", "person"}),
    ("my husband died. how much do i owe", "en", {"deceased", "balance"}),
    ("stop texting me, this isn't my bill", "en", {"stop", "dispute"}),
    ("vad är jag skyldig och när ska det betalas", "sv", {"balance", "due_date"}),
    ("kan jag få kvitto? och vad är mitt saldo", "sv", {"receipt", "balance"}),
    ("jag har flyttat. kan jag delbetala", "sv", {"contact_details", "payment_plan"}),
    ("sluta sms:a, det är fel nummer", "sv", {"stop", "wrong_number"}),
    ("cuánto debo y cuándo vence", "es", {"balance", "due_date"}),
    ("mándeme el recibo. y cuanto me falta?", "es", {"receipt", "balance"}),
    ("me mudé. puedo pagar en partes", "es", {"contact_details", "payment_plan"}),
    ("perdi mi trabajo. puedo hablar con alguien?", "es", {"hardship", "person"}),
    ("ya no me escriban, ese bill no es mio", "es", {"stop", "dispute"}),
    ("mi esposo murió. cuánto debo?", "es", {"deceased", "balance"}),
]


def test_two_wishes_in_one_text_are_both_heard() -> None:
    """What is asked beside the first wish is told as well, in three of four such texts."""
    missed = [
        (text, wishes)
        for text, language, wishes in TWO_WISHES
        if not wishes <= {(one := understand(text, language)).intent, one.second, *one.also}
    ]
    assert len(missed) <= len(TWO_WISHES) / 4, missed


@each_row(
    ("text", "language", "intents"),
    [
        ("I can't pay today but friday", "en", {"promise", "extension"}),
        ("can't pay", "en", {"hardship"}),
        ("pay my bill", "en", {"pay"}),
        ("I'll stop by tomorrow", "en", {"none", "promise"}),
        ("cancel my plan", "en", {"change_plan"}),
        ("did my insurance cover this", "en", {"insurance"}),
        ("not paid yet", "en", {"none", "no"}),
        ("betalt", "sv", {"already_paid"}),
        ("betala", "sv", {"pay"}),
        ("inte betalat", "sv", {"none", "already_paid", "no"}),
        ("kan inte betala", "sv", {"hardship"}),
        ("kan inte betala idag men på fredag", "sv", {"promise", "extension"}),
        ("hoy no puedo pagar pero el viernes si", "es", {"promise", "extension"}),
        ("no puedo pagar", "es", {"hardship"}),
        ("paga mi recibo de luz", "es", {"pay"}),
        ("mi recibo de pago", "es", {"receipt"}),
        ("paso mañana", "es", {"none", "promise"}),
        ("no dejes de avisarme", "es", {"none", "enrol"}),
        ("todavía no pago", "es", {"none", "no"}),
    ],
)
def test_neighbours_are_told_apart(text: str, language: str, intents: set[str]) -> None:
    """A small word makes a promise of a refusal and a visit of a stop."""
    assert understand(text, language).intent in intents


@each_row(
    ("text", "language"),
    [
        ("stop texting me", "en"),
        ("what is my balance", "en"),
        ("yes", "en"),
        ("the weather is nice", "en"),
        ("sluta sms:a", "sv"),
        ("vad är mitt saldo", "sv"),
        ("dejen de escribirme", "es"),
        ("cuánto debo", "es"),
        ("hace mucho calor", "es"),
    ],
)
def test_a_clear_text_has_no_second_reading(text: str, language: str) -> None:
    """Where there is nothing to ask, nothing is asked."""
    assert understand(text, language).second == ""


@each_row(
    ("text", "language"),
    [
        ("i'm 15 days late", "en"),
        ("i am 16 weeks pregnant", "en"),
        ("jag är 15 dagar sen", "sv"),
        ("är 14 dagar sen med räkningen", "sv"),
        ("ich bin 15 Tage zu spät", "de"),
        ("tengo 12 dias de retraso", "es"),
    ],
)
def test_a_number_of_something_else_is_no_age(text: str, language: str) -> None:
    """A child says how old they are, and counts neither days nor weeks."""
    assert understand(text, language).intent != "minor"
