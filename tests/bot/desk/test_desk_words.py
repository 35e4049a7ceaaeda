"""What the pages of the desk say: every word asked for is there in every language, and none is unused."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter
from typing import Final

from messages import desk_pages
from messages.languages import languages

ROOT: Final = Path(__file__).resolve().parents[3]
FOLDER: Final = ROOT / "bot" / "web" / "desk"
BY_NAME: Final = {
    "nav", "refused", "bad", "done", "refusals", "events", "roles", "kinds", "actions", "shows",
    "timeline", "acts", "fields", "choices", "notes", "channels", "message_states", "entries",
    "verdicts", "plan_states", "bill_states", "concerns", "plans", "stories",
}  # fmt: skip
"""Tables whose names come from the code: a page, a kind, a refusal."""
_ASKED: Final = re.compile(r"""\b(?:say|visit\.say)\(\s*["']([a-z_]+(?:\.[a-z_]+)?)["']""")


def _asked() -> set[str]:
    files = [*FOLDER.rglob("*.py"), *FOLDER.rglob("*.html")]
    found = {key for file in files for key in _ASKED.findall(file.read_text(encoding="utf-8"))}
    # The list of keys is a loop over the names of their words.
    base = (FOLDER / "pages" / "base.html").read_text(encoding="utf-8")
    return found | set(re.findall(r'"(keys\.[a-z]+)"', base))


def test_every_word_that_a_page_asks_for_is_there() -> None:
    """No page fails for want of a word."""
    english = desk_pages.words("en")
    assert [key for key in sorted(_asked()) if key not in english] == []


def test_no_word_is_left_over() -> None:
    """What no page says any more is taken out."""
    asked = _asked()
    unused = [key for key in desk_pages.words("en").every_key() if key not in asked]
    assert [key for key in unused if key.partition(".")[0] not in BY_NAME] == []


def test_every_language_fills_in_the_same_facts() -> None:
    """A sentence has the same places in every language, and none is empty."""
    english = desk_pages.words("en")
    for language in languages():
        words = desk_pages.words(language)
        for key in english.every_key():
            assert words(key).strip(), (language, key)
            assert _places(words(key)) == _places(english(key)), (language, key)


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_a_browser_s_languages_are_ranked() -> None:
    """By weight, then by order; what is not spoken, or cannot be read, is left out."""
    assert desk_pages.preferred("sv-SE,en;q=0.8") == "sv"
    assert desk_pages.preferred("da, es;q=0.4, de;q=0.7") == "de"
    assert desk_pages.preferred("sv;q=0, es;q=0.1") == "es"
    for odd in ("", "*", ";;;", "sv;q=x", "q=1", ",,,", "x" * 9000):
        assert desk_pages.preferred(odd) == "en"
