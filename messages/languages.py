"""The languages Kvitt speaks: one folder of wording each, beside this file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

FALLBACK: Final = "en"
WORDING: Final = Path(__file__).parent
"""Every language has its folder in here."""


@cache
def languages() -> tuple[str, ...]:
    """The languages Kvitt speaks: one folder each, the fallback first."""
    found = {folder.parent.name for folder in WORDING.glob("*/phrases.toml")}
    return (FALLBACK, *sorted(found - {FALLBACK}))
