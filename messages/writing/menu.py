"""The commands that an app shows in its menu, from `menu.toml` of each language."""

from __future__ import annotations

import tomllib

from messages.languages import WORDING


def menu(language: str) -> dict[str, str]:
    """Each command with its description, in a language that Kvitt has."""
    return tomllib.loads((WORDING / language / "menu.toml").read_text(encoding="utf-8"))
