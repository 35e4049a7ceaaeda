"""The lines of each intent, the fifth of them that is put aside, and the sets that nobody reads."""

from __future__ import annotations

import tomllib
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import pytest

from messages.languages import file, languages
from messages.refusals import BadWordList
from messages.understanding.said import SaidLine, lines_in, put_aside, said
from messages.understanding.understanding import NONE, Meaning
from tests.messages.understanding.gather import LONG, distinct, folded, save, written
from tests.messages.understanding.measure_said import (
    ANSWER,
    LANGUAGES,
    LabelledText,
    count,
    kinds,
    kinds_of,
    tables,
    unseen,
    unseen_file,
)

if TYPE_CHECKING:
    from pathlib import Path

FEWEST_LINES = 30
FEWEST_NONE = 700
FEWEST_UNSEEN = 400
BEGUN = {"de": 120}
"""How many unseen texts a language has that has begun with few: they may only grow."""
LONG_BATCH = 300


@cache
def _lines(language: str) -> Counter[str]:
    return Counter(folded(line.text) for line in said(language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_intent_has_lines(language: str) -> None:
    """Each intent of a language has lines to learn from, and so has what is none of ours."""
    counted = Counter(line.intent for line in said(language))
    intents = tomllib.loads(file(language, "phrases.toml").read_text(encoding="utf-8"))["intents"]
    assert not {NONE, *intents} - set(counted)
    assert not {intent: number for intent, number in counted.items() if number < FEWEST_LINES}
    assert counted[NONE] >= FEWEST_NONE, "much is said that is none of ours"
    assert set(counted) == kinds("en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_is_there_twice(language: str) -> None:
    """No text is written twice, in one intent or in two: it would count twice, or contradict itself."""
    assert not [text for text, number in _lines(language).items() if number > 1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_fifth_of_each_batch_is_put_aside(language: str) -> None:
    """About one line in five of each writer is put aside."""
    written_by, aside = Counter[str](), Counter[str]()
    for line in said(language):
        written_by[line.batch] += 1
        aside[line.batch] += line.put_aside
    long = [batch for batch, lines in written_by.items() if lines >= LONG_BATCH]
    assert not [batch for batch in long if not 0.17 < aside[batch] / written_by[batch] < 0.23]


def test_what_is_put_aside_stays_aside() -> None:
    """The letters of a text decide, alike on each machine and in each release."""
    texts = ("how much is it", "I already paid", "Ring mig", "no puedo pagar", "stop", "det är fel", "👍", "")
    assert [text for text in texts if put_aside(text)] == ["no puedo pagar"]
    assert put_aside("No puedo pagar!!")


@pytest.mark.parametrize(
    ("written_as", "reason"),
    [
        ("hello\n", "line 1 has no batch before it: begin the file with a line such as '# a'"),
        ("# a\nhello\n\nhi\n", "line 3 is empty"),
        ("# a\nhello\n# b\nhello\n", "line 4 is there twice"),
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, written_as: str, reason: str) -> None:
    """A file of lines that cannot be meant so is refused with its place and what is wrong."""
    (tmp_path / "greeting.txt").write_text(written_as)
    with pytest.raises(BadWordList, match="cannot be read") as refused:
        lines_in(tmp_path)
    assert str(refused.value).endswith(f"/greeting.txt cannot be read: {reason}")


def test_a_language_may_lack_lines(tmp_path: Path) -> None:
    """A language without a folder of lines has none, and is spoken all the same."""
    assert lines_in(tmp_path / "said") == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_unseen_set_is_whole(language: str) -> None:
    """Each text of the unseen set has two labels of known kinds, and is there once."""
    rows = [row.split("\t") for row in unseen_file(language).read_text(encoding="utf-8").splitlines()]
    assert len(rows) >= BEGUN.get(language, FEWEST_UNSEEN), "a share of few texts says little"
    assert {len(row) for row in rows} == {3}
    assert not [row for row in rows if not all(row)]
    known = kinds(language) | {ANSWER}
    assert not [row for row in rows for label in row[1:] if set(label.replace("/", ",").split(",")) - known]
    assert len({text for text, _, _ in rows}) == len(rows)
    assert len(rows) - len(unseen(language)) < 0.05 * len(rows), "hardly a text only answers a question"


def test_every_language_that_comes_with_kvitt_is_measured() -> None:
    """A new one brings lines, and texts of somebody who was told situations and no intents."""
    assert set(LANGUAGES) == set(languages())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_unseen_set_is_not_learned_from(language: str) -> None:
    """What is counted as unseen is not among the lines: but for the short texts that everybody writes."""
    both = [one.text for one in unseen(language) if folded(one.text) in _lines(language)]
    assert len(both) <= 0.08 * len(unseen(language))
    assert not [text for text in both if len(folded(text).split()) >= LONG]


def test_texts_are_counted_by_what_became_of_them() -> None:
    """A text is right with any kind that a labeller named, is heard only as the kind that both named."""

    def labelled(first: str, second: str) -> LabelledText:
        return LabelledText("text", (kinds_of(first), kinds_of(second)))

    def meant(intent: str, second: str = "", *also: str) -> Meaning:
        return Meaning(intent, 1.0, "", "en", also, second)

    found = count(
        [
            (labelled("pay/balance", "balance"), meant("pay")),
            (labelled("stop,dispute", "stop"), meant("dispute", "", "stop")),
            (labelled("stop", "stop"), meant("pay")),
            (labelled("crisis/hardship", "crisis"), meant("hardship")),
            (labelled("legal", "legal"), meant("pay", "legal")),
            (labelled("fee", "fee/dispute"), meant(NONE)),
            (labelled("promise", "answer,promise"), meant("promise")),
            (labelled(NONE, NONE), meant(NONE)),
            (labelled(NONE, NONE), meant("pay")),
        ]
    )
    assert found.became == {"right": 4, "asked": 1, "wrongly": 1, "missed": 1}
    assert (found.first, found.in_scope, found.refused, found.none) == (4, 7, 1, 2)
    assert found.confused == {("stop", "pay"): 1, ("legal", "pay"): 1, ("dispute", NONE): 1}
    assert found.costly == {"stop": 2, "crisis": 1, "legal": 1}
    assert found.heard == {"stop": 1, "legal": 1}
    assert (found.sure[10], found.sure_right[10]) == (6, 4)
    written_out = tables({"English, unseen": found})
    assert "| English, unseen | 7 | 57.1% | 57.1% | 14.3% | 0.0% | 14.3% | 14.3% | 2 | 50.0% |" in written_out
    assert "| English, unseen | 1/2 | 0/1 | 0/0 | 1/1 | 0/0 | 0/0 | 0/0 | 0/0 | 0/0 |" in written_out


def test_near_duplicates_are_left_out(tmp_path: Path) -> None:
    """Of lines of one intent that nearly repeat each other the first stays; what two intents share, too."""
    texts = {
        ("a", "pay"): "Where do I send the check?\nok, do it",
        ("b", "pay"): "where do I send the cheque\nCan I pay at the desk",
        ("b", "start"): "turn the messages on",
        ("b", "stop"): "turn the messages off",
        ("b", "yes"): "OK do it!",
    }
    for (batch, intent), text in texts.items():
        (tmp_path / "new" / batch).mkdir(parents=True, exist_ok=True)
        (tmp_path / "new" / batch / f"{intent}.txt").write_text(text + "\n")
    kept, dropped = distinct(written(tmp_path / "new"))
    assert [(line.text, near.intent) for line, near in dropped] == [
        ("where do I send the cheque", "pay"),
        ("OK do it!", "pay"),
    ]
    save(tmp_path / "said", kept)
    assert lines_in(tmp_path / "said") == (
        SaidLine("Where do I send the check?", "pay", "a"),
        SaidLine("ok, do it", "pay", "a"),
        SaidLine("Can I pay at the desk", "pay", "b"),
        SaidLine("turn the messages on", "start", "b"),
        SaidLine("turn the messages off", "stop", "b"),
    )
    assert distinct([*lines_in(tmp_path / "said"), *written(tmp_path / "new")])[0] == kept
