"""The benchmark of texts: it sees what is lost or out of order, and holds whole conversations."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.turns.conversation import TURNS, faults
from benchmarks.turns.driver import Measured
from benchmarks.turns.report import Result

ROOT = Path(__file__).resolve().parents[1]
REPLIES = [f"Elm Street Clinic: {wanted}." for _, wanted in TURNS]


def test_a_reply_to_each_text_in_order_is_no_fault() -> None:
    """A conversation whose replies came each in its place has nothing wrong."""
    assert faults(REPLIES) == ""


def test_a_lost_reply_a_late_one_and_a_second_one_are_faults() -> None:
    """Whatever is missing, in another place or sent twice is named."""
    assert faults(REPLIES[:-1]) == "no reply to 'thanks!'"
    assert faults([REPLIES[1], REPLIES[0], *REPLIES[2:]]).startswith("to 'what do I owe?' came")
    assert faults([*REPLIES, REPLIES[-1]]) == "1 replies too many"


@pytest.mark.parametrize(
    ("texts", "replies", "wait", "wrong", "kept"),
    [
        (40, 10, 0.4, (), True),
        (39, 10, 0.4, (), False),
        (40, 9, 0.4, (), False),
        (40, 10, 0.41, (), False),
        (40, 10, 0.4, ("a text was lost",), False),
    ],
)
def test_a_mark_is_kept_or_missed(
    texts: int, replies: int, wait: float, wrong: tuple[str, ...], kept: bool
) -> None:
    """Fewer acknowledged or answered, a longer wait than the marks allow, or a lost text: it fails."""
    floor = Measured(texts=100, burst=1.0, waits=[0.1])
    ours = Measured(texts=texts, burst=1.0, waits=[wait], replies=replies, answering=1.0)
    assert Result("sqlite", floor, ours, wrong).kept is kept


@pytest.mark.slow
def test_three_people_agree_their_plans_with_a_real_process() -> None:
    """Every text is acknowledged and answered in order, and every plan is open at the end."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.turns", "--people", "3", "--databases", "sqlite", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    (result,) = json.loads(done.stdout)
    assert result["wrong"] == []
    assert result["texts"] == result["replies"] == 3 * len(TURNS)
