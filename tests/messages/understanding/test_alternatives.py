"""What is written by hand to understand texts stays short."""

from tests.messages.understanding.alternatives import alternatives
from tests.messages.understanding.measure_said import LANGUAGES

MOST = 5_900


def test_little_is_written_by_hand() -> None:
    """All lists and patterns of three languages together have so many alternatives; there were 74,000."""
    assert alternatives(LANGUAGES) <= MOST
