"""What the list of allowed skips promises."""

import pytest

from tests import skips


def test_every_allowed_skip_says_why() -> None:
    """The committed list names a reason and why the skip is no loss, line by line."""
    assert skips.allowed(skips.ALLOWED.read_text()) == ["SQLite has one writer"]
    with pytest.raises(ValueError, match="does not say why"):
        skips.allowed("no Chromium")


def test_only_a_reason_on_the_list_is_let_through() -> None:
    """A browser that is missing is named with its test; what the list knows is not."""
    found = [_skipped("a", "SQLite has one writer"), _skipped("b", "no Chromium on this machine")]

    assert skips.forbidden(found, ["SQLite has one writer"]) == ["b: no Chromium on this machine"]


def _skipped(name: str, reason: str) -> pytest.TestReport:
    where = ("file.py", None, name)
    return pytest.TestReport(name, where, {}, "skipped", ("file.py", 1, f"Skipped: {reason}"), "call")
