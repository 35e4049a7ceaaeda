"""Which languages there are, and what each says about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from messages import languages
from messages.understanding.lone_words import lone_word
from tests.tables import each_row

if TYPE_CHECKING:
    from pathlib import Path


def test_they_are_offered_in_one_order() -> None:
    """A number that answers yesterday's question means the same language today: a new one comes last."""
    assert list(languages.offered().items())[:3] == [("english", "en"), ("swedish", "sv"), ("spanish", "es")]
    places = [languages.about(one).place for one in languages.offered().values()]
    assert places == list(range(1, len(places) + 1))


@each_row("language", languages.languages())
def test_a_language_is_named_in_every_other(language: str) -> None:
    """People ask for a language in their own: each says what the others are called, or they say it all."""
    assert languages.about(language).label
    assert all(languages.names(language, spoken) for spoken in languages.languages())


def test_a_language_has_names_in_other_languages() -> None:
    """What Swedes and Spanish speakers call English is asked for where their language is spoken."""
    assert "engelska" in languages.names("en", "sv")
    assert "inglés" in languages.names("en", "es")


@each_row("language", languages.languages())
def test_words_alone_mean_what_the_language_says(language: str) -> None:
    """STOP, START, HELP and the words of navigation are read in whatever language is spoken."""
    for intent, words in languages.about(language).alone:
        assert words
        assert {lone_word(word.upper()) for word in words} == {intent}


def test_a_language_we_do_not_speak_is_answered_in_english() -> None:
    """Nobody is answered with silence, whatever is stored as their language."""
    assert [languages.known(one) for one in ("sv", "xx", "", "../en")] == ["sv", "en", "en", "en"]


def test_languages_cannot_be_added_once_they_were_read(tmp_path: Path) -> None:
    """Words of all languages are put together once, so one that comes later would be half a language."""
    assert languages.languages()
    with pytest.raises(languages.LanguagesAlreadyRead, match="before the first of them is read"):
        languages.add(tmp_path)
