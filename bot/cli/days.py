"""Days as people write them in options."""

from __future__ import annotations

from datetime import date

import typer


def day_of(text: str, option: str = "") -> date:
    """Read the day given for an option; ``option`` names it in the refusal if a command has several.

    Raises:
        typer.BadParameter: it is not a date like 2026-04-30.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{option} {text!r} is no date; write it like 2026-04-30".lstrip()) from None
