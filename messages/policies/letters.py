"""Which sentences the letter of each level consists of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from billing.policy import Level

LETTERS: Final = {
    "announcement": ("letter.announcement", "letter.interest", "letter.help", "letter.crossed"),
    "reminder": ("letter.reminder", "letter.interest", "letter.help", "letter.crossed"),
    "final": (
        "letter.final",
        "letter.interest",
        "letter.final_object",
        "letter.final_after",
        "letter.help",
        "letter.crossed",
    ),
}
"""The sentences of a letter, by what it is."""


def letter_keys(level: Level) -> tuple[str, ...]:
    """The sentences of the letter at a level; those about interest only where it is charged."""
    kind = "final" if level.final else "announcement" if level.name == "announcement" else "reminder"
    return tuple(key for key in LETTERS[kind] if level.interest or key != "letter.interest")
