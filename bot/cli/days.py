"""Days as people write them in options."""

from __future__ import annotations

from datetime import date
from typing import Final

import typer

_FIRST_YEAR: Final = 1000
_LAST_YEAR: Final = 9000


def day_of(text: str, option: str = "") -> date:
    """Read the day given for an option; ``option`` names it in the refusal if a command has several.

    Raises:
        typer.BadParameter: it is not a date like 2026-04-30, or too far away.
    """
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{option} {text!r} is no date; write it like 2026-04-30".lstrip()) from None
    refuse_edges(found, text, option)
    return found


def refuse_edges(day: date, text: str, option: str = "") -> None:
    """Refuse a day so near to an end of the calendar that nothing can be counted from it.

    Raises:
        typer.BadParameter: its year has not been used by anybody who lives, nor will be.
    """
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise typer.BadParameter(
            f"{option} {text!r} is too far away; check the year, or leave an end out that is open".lstrip()
        )
