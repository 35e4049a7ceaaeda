"""Days as people write them in options."""

from __future__ import annotations

from datetime import date

import typer


def day_of(text: str, option: str = "") -> date:
    """The day somebody wrote for an option, named in the refusal where one option of several is meant.

    Raises:
        typer.BadParameter: it is no day.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{option} {text!r} is no day; write it like 2026-04-30".lstrip()) from None
