"""The commands an app shows in its menu, one `menu.toml` a language."""

from __future__ import annotations

import tomllib

from messages.languages import WORDING


def menu(language: str) -> dict[str, str]:
    """Each command with what it is for, in a language that Kvitt speaks."""
    return tomllib.loads((WORDING / language / "menu.toml").read_text(encoding="utf-8"))
