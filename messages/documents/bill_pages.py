"""The labels of the bill page on the web, in every language."""

from __future__ import annotations

import tomllib
from functools import cache

from messages.documents.bill_documents import labels
from messages.languages import FALLBACK, about, file, languages


@cache
def words(language: str) -> dict[str, str]:
    """Every label of the page, and those of a bill."""
    spoken = known(language)
    own = tomllib.loads(file(spoken, "bill_page.toml").read_text(encoding="utf-8"))
    return labels(spoken) | own


def known(language: str, otherwise: str = FALLBACK) -> str:
    """The bill page's language itself if Kvitt has it, otherwise the other one."""
    return language if language in languages() else otherwise


@cache
def names() -> tuple[tuple[str, str], ...]:
    """Every language of the bill page: its code and its own name."""
    return tuple((one, about(one).label) for one in sorted(languages()))
