"""Which tests may be skipped where every one should run, and why: any other skip fails.

``pytest --no-skips`` reads ``tests/allowed_skips.txt``: a line is the beginning of the reason that a test
gives when it skips, `` | ``, and why nothing is lost by it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

ALLOWED: Final = Path(__file__).parent / "allowed_skips.txt"


def allowed(text: str) -> list[str]:
    """The beginnings of the reasons that are allowed.

    Raises:
        ValueError: a line does not say why nothing is lost by its skip.
    """
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    for line in lines:
        if not line.partition(" | ")[2].strip():
            raise ValueError(f"{ALLOWED.name}: {line!r} does not say why: write REASON | WHY IT IS NO LOSS")
    return [line.partition(" | ")[0].strip() for line in lines]


def forbidden(skipped: Iterable[pytest.TestReport], beginnings: Iterable[str]) -> list[str]:
    """A line for each skipped test whose reason is not on the list."""
    beginnings = tuple(beginnings)
    found = [(report.nodeid, _reason(report)) for report in skipped]
    return [f"{name}: {reason}" for name, reason in found if not reason.startswith(beginnings)]


def _reason(report: pytest.TestReport) -> str:
    written = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return written.removeprefix("Skipped: ")
