"""The learned reader: what it sees, that it is small and always the same, and that it says why."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from messages.languages import file
from messages.refusals import BadWordList
from messages.understanding import vocabulary
from messages.understanding.learned.features import PLACES, features, place
from messages.understanding.learned.model import NAME, model, read
from messages.understanding.learned.reader import likely, nearest, telling
from messages.understanding.learned.training import train
from tests.messages.understanding.measure_said import LANGUAGES, kinds

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 1_000_000


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_learned_is_small_and_knows_every_intent(language: str) -> None:
    """At most a million bytes a language, and an answer for each intent that lines are written for."""
    assert file(language, NAME).stat().st_size <= MOST_BYTES
    trained = model(language)
    assert trained is not None
    assert set(trained.intents) == kinds(language)


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_lines_give_the_same_bytes(language: str, tmp_path: Path) -> None:
    """The committed weights are those of the committed lines: say make train where they are not."""
    train(language).save(tmp_path / NAME)
    assert (tmp_path / NAME).read_bytes() == file(language, NAME).read_bytes()


@pytest.mark.parametrize("text", ["how much do I owe", "", "50", "\ud800", "x" * 10_000, "\u202e", "🙏"])
def test_any_text_has_likelihoods(text: str) -> None:
    """Each between 0 and 1, together 1, the likeliest first, and the same each time."""
    found = likely(text, "en")
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert math.isclose(sum(found.values()), 1, abs_tol=1e-4)
    assert found == likely(text, "en")


def test_a_name_is_any_name() -> None:
    """Whose name stands in a text changes nothing: it would tell who is a customer, or who wrote lines."""
    assert likely("there is no Zebedee here", "en") == likely("there is no Quintus here", "en")


def test_digits_count_as_how_many_there_are() -> None:
    """An amount is an amount: 400 reads as 250."""
    assert features("I paid 400", {}) == features("I paid 250", {})
    assert features("I paid 400", {}) != features("I paid 40", {})


def test_each_feature_has_its_place_on_every_machine() -> None:
    """Weights of one machine fit texts of another."""
    assert [place(one) for one in ("w:bill", "p:my bill", "g:bil")] == [14850, 25, 9814]
    assert all(0 <= place(one) < PLACES for one in features("When is my bill due?", {}))


@pytest.mark.parametrize("damage", ["cut", "empty", "other"])
def test_a_damaged_file_is_refused_with_its_name(damage: str, tmp_path: Path) -> None:
    """Nothing is read with half of the weights."""
    whole = file("en", NAME).read_bytes()
    other = io.BytesIO()
    np.savez(other, intents=np.array(["pay"]))
    (tmp_path / NAME).write_bytes({"cut": whole[:5000], "empty": b"", "other": other.getvalue()}[damage])
    with pytest.raises(BadWordList, match=NAME):
        read(tmp_path / NAME)


def test_it_says_which_words_told_and_which_line_is_nearest() -> None:
    """Whoever asks why is shown words of the text, and a line of the intent."""
    text = "I already sent you the money on Tuesday"
    words = [word for word, _ in telling(text, "en", "already_paid")]
    assert "already" in words[:3]
    assert nearest(text, "en", "already_paid")
    assert telling(text, "en", "no such intent") == []


@pytest.mark.parametrize(
    ("text", "spoken", "written_in"),
    [
        ("hur mycket är jag skyldig", "en", "sv"),
        ("cuánto debo todavía", "sv", "es"),
        ("how much do I owe", "es", "en"),
        ("ok", "es", "es"),
        ("Ada", "sv", "sv"),
        ("50", "en", "en"),
    ],
)
def test_the_language_of_a_text_is_known_by_its_words(text: str, spoken: str, written_in: str) -> None:
    """Somebody who changes language is understood; a lone word or a name changes nothing."""
    assert vocabulary.written_in(text, spoken) == written_in
