"""What a text speaks of is seen by its words, in each language."""

from __future__ import annotations

from typing import get_args

from billing.policy.demands import Mention
from messages.languages import languages
from messages.writing.mentions import mentions
from tests.languages import sample
from tests.tables import each_row

SPEAKS = [
    (language, mention, text)
    for language in languages()
    for mention, text in sample(language).speaks_of.items()
]


@each_row(("language", "mention", "text"), SPEAKS)
def test_each_thing_is_seen_in_each_language(language: str, mention: str, text: str) -> None:
    """A sentence that speaks of one of these speaks of that, and of nothing else."""
    assert set(mentions(language).found(text)) == {mention}
    assert set(mentions(language).found(text.upper())) == {mention}


def test_every_language_has_a_sentence_for_everything() -> None:
    """No language, and nothing that may be mentioned, is left out in `tests/languages/`."""
    wanted = {(language, mention) for language in languages() for mention in get_args(Mention)}
    assert {(language, mention) for language, mention, _ in SPEAKS} == wanted


@each_row(("language", "text"), [(one, sample(one).speaks_of_nothing) for one in languages()])
def test_kind_words_speak_of_nothing(language: str, text: str) -> None:
    """Words that only look alike are not seen."""
    assert mentions(language).found(text) == {}


def test_the_way_out_is_seen_only_as_a_word() -> None:
    """STOP ends messages; a word that begins with it does not."""
    assert mentions("en").opts_out("Reply STOP to opt out.")
    assert not mentions("en").opts_out("We won't STOPPER anything, nor stop.")
    assert mentions("sv").opts_out("STOPP avslutar.")
