"""Broken word lists are refused with the file and the reason."""

from pathlib import Path

import pytest

from messages.refusals import BadWordList, MissingWording
from messages.understanding import grammar, phrases
from messages.writing import catalogue

SOUND = "negations=[]\nbreaks=[]\nturns=[]\n[spellings]\n[groups]\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("breaks = [", "qq/phrases.toml"),
        ("breaks = []", "negations"),
        (SOUND + "[intents.pay]\nsaid = ['..']", "has no word"),
        (SOUND + "[intents.pay]\nsaid = ['a|@money']", "@money is no group"),
    ],
)
def test_a_broken_phrase_file_is_refused(content: str, reason: str, tmp_path: Path) -> None:
    """Whoever edits phrases learns which line to fix."""
    (tmp_path / "qq").mkdir()
    (tmp_path / "qq" / "phrases.toml").write_text(content)
    (tmp_path / "qq" / "choices.toml").touch()
    with pytest.raises(BadWordList, match=reason):
        phrases.phrasebook("qq", tmp_path)


def test_a_broken_reading_file_is_refused(tmp_path: Path) -> None:
    """Numbers and days are not read with half a grammar."""
    (tmp_path / "qq").mkdir()
    (tmp_path / "qq" / "reading.toml").write_text("month_first = true")
    with pytest.raises(BadWordList, match=r"qq/reading\.toml"):
        grammar.grammar("qq", tmp_path)


def test_a_broken_catalogue_is_refused(tmp_path: Path) -> None:
    """A message with an unknown content class never loads."""
    file = tmp_path / "catalogue.toml"
    file.write_text('[answers]\nhelp = { content = "gossip" }')
    with pytest.raises(BadWordList, match="gossip"):
        catalogue.catalogue(file)


def test_a_missing_wording_says_where_it_belongs() -> None:
    """The refusal names the block and the file to add it to."""
    assert "add block help to sv/answers.j2" in str(MissingWording("answers.help", "sv"))
