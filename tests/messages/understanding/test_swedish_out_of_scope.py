"""What people write in Swedish that is no business of a billing representative: weather, food, a dead dog."""

from functools import cache
from pathlib import Path

from messages.understanding import understanding
from messages.understanding.understanding import STOPPING
from tests.tables import each_row

understand = cache(understanding.understand)
_FILE = Path(__file__).parent / "swedish_out_of_scope.txt"
TEXTS = [line for line in _FILE.read_text(encoding="utf-8").splitlines() if line]


def test_small_talk_and_other_trades_are_not_answered() -> None:
    """Of all texts about something else, 97 of 100 start nothing."""
    taken = [text for text in TEXTS if understand(text, "sv").score >= 0.6]
    assert len(taken) <= 0.03 * len(TEXTS), taken


@each_row("text", TEXTS)
def test_small_talk_stops_and_holds_nothing(text: str) -> None:
    """Milk that is finished is no opt-out and a dog that died no deceased customer."""
    meaning = understand(text, "sv")
    assert not {meaning.intent, *meaning.also} & set(STOPPING)
