"""The first day of two operators, played as they type it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.first_day.__main__ import MOST
from tests.first_day.day import OPERATORS, VENV, clone, play


@pytest.mark.slow
@pytest.mark.parametrize("name", OPERATORS)
def test_the_first_day_goes_as_the_documents_say(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a fresh clone to the first answered text and the first approved reminders, in nine commands."""
    monkeypatch.setenv(VENV, str(Path(sys.executable).parents[1]))
    played = play(OPERATORS[name], clone(tmp_path), name)
    assert len(played.typed) <= MOST
    assert len(played.seconds) == 2
