"""The words of a bill's page, in every language."""

from __future__ import annotations

import tomllib
from functools import cache

from babel import Locale

from messages.documents.bill_documents import labels
from messages.languages import FALLBACK, WORDING, languages


@cache
def words(language: str) -> dict[str, str]:
    """Everything a page says of its own, and what a bill says."""
    spoken = known(language)
    own = tomllib.loads((WORDING / spoken / "bill_page.toml").read_text(encoding="utf-8"))
    return labels(spoken) | own


def known(language: str, otherwise: str = FALLBACK) -> str:
    """The language itself where it is spoken."""
    return language if language in languages() else otherwise


@cache
def names() -> tuple[tuple[str, str], ...]:
    """Every language that is spoken, by its own name."""
    return tuple(
        (one, str(Locale.parse(one).get_display_name(one)).capitalize()) for one in sorted(languages())
    )
