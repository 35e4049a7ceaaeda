"""The languages Kvitt speaks: each is a folder of wording beside this file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

FALLBACK: Final = "en"
WORDING: Final = Path(__file__).parent
"""Every language has its folder in here."""


@cache
def languages() -> tuple[str, ...]:
    """The codes of the languages, the fallback (English) first."""
    found = {folder.parent.name for folder in WORDING.glob("*/phrases.toml")}
    return (FALLBACK, *sorted(found - {FALLBACK}))
