"""What a text speaks of is seen by its words, in each language."""

from __future__ import annotations

from typing import get_args

from billing.policy.demands import Mention
from messages.languages import languages
from messages.writing.mentions import mentions
from tests.tables import each_row

SPEAKS = [
    ("en", "deadline", "Please answer by 3 May."),
    ("en", "collector", "Then a collection agency has it."),
    ("en", "court", "We will take legal action."),
    ("en", "enforcement", "Your wages may be garnished."),
    ("en", "credit_record", "This may harm your credit score."),
    ("en", "supply", "Otherwise we disconnect you."),
    ("sv", "deadline", "Svara senast den 3 maj."),
    ("sv", "collector", "Sedan går det till inkassobolaget."),
    ("sv", "court", "Vi ansöker om betalningsföreläggande."),
    ("sv", "enforcement", "Det går till Kronofogden."),
    ("sv", "credit_record", "Du kan få en betalningsanmärkning."),
    ("sv", "supply", "Annars kan vi stänga av dig."),
    ("es", "deadline", "Responda a más tardar el 3 de mayo."),
    ("es", "collector", "Pasa a una empresa de cobros."),
    ("es", "court", "Iremos al juzgado."),
    ("es", "enforcement", "Puede haber un embargo."),
    ("es", "credit_record", "Afecta a su historial crediticio."),
    ("es", "supply", "Vamos a suspender el servicio."),
]


@each_row(("language", "mention", "text"), SPEAKS)
def test_each_thing_is_seen_in_each_language(language: str, mention: str, text: str) -> None:
    """A sentence that speaks of one of these speaks of that, and of nothing else."""
    assert set(mentions(language).found(text)) == {mention}
    assert set(mentions(language).found(text.upper())) == {mention}


def test_every_language_has_a_sentence_for_everything() -> None:
    """No language, and nothing that may be mentioned, is left out above."""
    wanted = {(language, mention) for language in languages() for mention in get_args(Mention)}
    assert {(language, mention) for language, mention, _ in SPEAKS} == wanted


@each_row(
    ("language", "text"),
    [
        ("en", "You can pay over time, and there is help with the cost. Of course, issued today."),
        ("sv", "Det går att dela upp betalningen, och det finns hjälp. Räkningen är utställd."),
        ("es", "Puede pagar a plazos, y hay ayudas para el coste. Su factura ha vencido."),
    ],
)
def test_kind_words_speak_of_nothing(language: str, text: str) -> None:
    """Words that only look alike are not seen."""
    assert mentions(language).found(text) == {}


def test_the_way_out_is_seen_only_as_a_word() -> None:
    """STOP ends messages; a word that begins with it does not."""
    assert mentions("en").opts_out("Reply STOP to opt out.")
    assert not mentions("en").opts_out("We won't STOPPER anything, nor stop.")
    assert mentions("sv").opts_out("STOPP avslutar.")
