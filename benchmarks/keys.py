"""The keys that databases of benchmarks are sealed by, and ones that seal nothing, to compare with."""

from __future__ import annotations

from typing import Final

from storage.sealing.keys import MARK, FixedKeys, Keys, KeyTexts, new_text

TEXTS: Final = KeyTexts((new_text(),), new_text())
KEYS: Final = Keys(FixedKeys(TEXTS))
_PLAIN: Final = f"{MARK}{KEYS.newest.id}:"


class PlainKeys(Keys):
    """Passes every value through: what a run costs with it, it would cost if nothing were sealed."""

    def __init__(self) -> None:
        super().__init__(FixedKeys(TEXTS))

    def seal(self, text: str) -> str:
        """The text, marked."""
        return _PLAIN + text

    def open(self, sealed: str) -> str:
        """The text without the mark."""
        return sealed.removeprefix(_PLAIN)
