"""What is written by hand to understand texts stays short."""

import pytest

from messages.languages import languages
from tests.messages.understanding.alternatives import alternatives

MOST = 5_900
MOST_EACH = 2_100


def test_little_is_written_by_hand() -> None:
    """All lists and patterns of the first three languages have so many alternatives; there were 74,000."""
    assert alternatives(("en", "sv", "es")) <= MOST


@pytest.mark.parametrize("language", languages())
def test_no_language_needs_more_than_another(language: str) -> None:
    """Who adds a language writes a few pages of words, and lines to learn from."""
    assert alternatives((language,)) - alternatives(()) <= MOST_EACH
