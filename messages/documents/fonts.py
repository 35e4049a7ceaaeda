"""The fonts of everything printed: those bundled with Typst, and packages for the scripts that these lack."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import typst

from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES: Final = (
    "cvttf_NotoSansCJK_Regular",
    "fontpkg_noto_sans",
    "fontpkg_noto_sans_arabic",
    "fontpkg_noto_sans_devanagari",
    "fontpkg_noto_sans_thai",
    "fontpkg_heebo",
)
"""Packages of fonts for Chinese, Japanese, Korean; Cyrillic and Greek; Arabic; Hindi; Thai; Hebrew."""
INSTEAD: Final = "?"
"""Printed for a character that no font has, where a person reads the same words beside it."""
_NOBODYS: Final = frozenset({"Co", "Cn", "Cs"})
"""Categories without a meaning: for private use, not assigned, half a character: a page has a box there."""
_KNOWN: Final = range(0x20, 0x17F)
"""Latin letters and signs: the bundled fonts have all of them."""


class CannotBeSet(Refusal):
    """A page holds characters that no font has, so that it would be printed with gaps."""

    def __init__(self, about: str, characters: str) -> None:
        named = ", ".join(f"{one} (U+{ord(one):04X})" for one in characters)
        super().__init__(f"{about}: no font can print {named}: change the name, address or description")


@cache
def fonts() -> typst.Fonts:
    """Every font there is. None comes from the system: the same page is the same on every machine."""
    found = [place for name in PACKAGES for place in _folders(name)]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=found)


def check(page: Mapping[str, Any]) -> None:
    """Check that every character of a page can be printed.

    Raises:
        CannotBeSet: naming those that cannot.
    """
    missing = unset(page)
    if missing:
        recipient = page.get("recipient") or [str(page.get("title", "page"))]
        raise CannotBeSet(str(recipient[0]), missing)


def unset(page: Mapping[str, Any]) -> str:
    """The characters of a page that no font has, each once."""
    found = {character for text in _texts(page) for character in text if ord(character) not in _KNOWN}
    return "".join(sorted(one for one in found if not _has_glyph(one)))


def legible(page: dict[str, Any]) -> dict[str, Any]:
    """The page with a mark in place of every character that no font has."""
    missing = unset(page)
    return _replaced(page, str.maketrans(dict.fromkeys(missing, INSTEAD))) if missing else page


def _folders(package: str) -> list[str]:
    spec = find_spec(package)
    return list(spec.submodule_search_locations or ()) if spec else []


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


def _replaced(value: Any, table: dict[int, str]) -> Any:
    if isinstance(value, str):
        return value.translate(table)
    if isinstance(value, Mapping):
        return {key: _replaced(one, table) for key, one in value.items()}
    return [_replaced(one, table) for one in value] if isinstance(value, list | tuple) else value


@cache
def _has_glyph(character: str) -> bool:
    """Whether a font has it: only the standard for screen readers refuses a page with a gap."""
    kind = unicodedata.category(character)
    if kind in _NOBODYS:
        return False
    if kind[0] in "CZ":
        return True  # nothing is drawn for it
    page = b'#set document(title: "-")\n#set text(lang: "en", font: "Libertinus Serif")\n#sys.inputs.shown'
    try:
        typst.compile(
            page,
            sys_inputs={"shown": character},
            ignore_system_fonts=True,
            font_paths=fonts(),
            format="pdf",
            pdf_standards="ua-1",
        )
    except typst.TypstError:
        return False
    return True
