"""Values that are part of a statement's text, because they never differ from one execution to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Text, literal_column

if TYPE_CHECKING:
    from collections.abc import Iterable
    from enum import StrEnum

    from sqlalchemy import ColumnElement


def fixed(value: StrEnum | str) -> ColumnElement[str]:
    """A state, kind or purpose of ours as a constant of the statement.

    A partial index (``WHERE state = 'queued'``) fits only a constant. For a parameter SQLite looks whether
    its value would fit, and then prepares the statement anew each time; a prepared statement of PostgreSQL
    cannot use the index. Never for what comes from outside.

    Raises:
        ValueError: the value is none of our plain words.
    """
    word = str(value)
    if not word.replace("_", "").replace("-", "").isalnum():
        raise ValueError(f"{word!r} cannot be a constant of a statement")
    return literal_column(f"'{word}'", Text())


def any_fixed(values: Iterable[StrEnum | str]) -> list[ColumnElement[str]]:
    """Several such constants, for ``IN``."""
    return [fixed(value) for value in values]
