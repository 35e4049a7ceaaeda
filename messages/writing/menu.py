"""The commands that an app shows in its menu, from `menu.toml` of each language."""

from __future__ import annotations

import tomllib

from messages.languages import file


def menu(language: str) -> dict[str, str]:
    """Each command with its description, in a language that Kvitt has."""
    return tomllib.loads(file(language, "menu.toml").read_text(encoding="utf-8"))
