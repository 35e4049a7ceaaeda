"""How a text file is written, found out from the file: its encoding, and what separates its cells."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Final

from billing.given_files import regular
from bot import csv_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

UTF8: Final = "utf-8-sig"
WINDOWS: Final = "cp1252"
_MARKS: Final = ((codecs.BOM_UTF8, UTF8), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SEPARATORS: Final = (",", ";", "\t", "|")
_SAID: Final = re.compile(r"sep=(.)", re.IGNORECASE)
_CHUNK: Final = 1 << 20
LINES: Final = 60
"""Lines of a file that are looked at: its title, its header and some rows."""


def encoding_of(file: Path) -> str:
    """UTF-8 or UTF-16 where the file is that, else Windows letters.

    Raises:
        OSError: it cannot be read.
        UnicodeDecodeError: it is no text.
    """
    with regular(file).open("rb") as data:
        start = data.read(_CHUNK)
        for mark, encoding in _MARKS:
            if start.startswith(mark):
                return encoding
        if encoding := _wide(start):
            return encoding
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while start:
                decoder.decode(start)
                start = data.read(_CHUNK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            pass
        else:
            return UTF8
        data.seek(0)
        while start := data.read(_CHUNK):
            start.decode(WINDOWS)
    return WINDOWS


def _wide(start: bytes) -> str:
    """UTF-16 without a mark: every other byte of the letters that all alphabets share is zero."""
    pairs = len(start) // 2
    if not pairs:
        return ""
    if start[1::2].count(0) > pairs * 3 // 4:
        return "utf-16-le"
    return "utf-16-be" if start[::2].count(0) > pairs * 3 // 4 else ""


def first_lines(file: Path, encoding: str) -> list[str]:
    """The first lines of a file, without their ends.

    Raises:
        OSError: it cannot be read.
        UnicodeDecodeError: it is not in that encoding.
    """
    with regular(file).open(encoding=encoding, newline="") as text:
        return [line.rstrip("\r\n") for line in islice(text, LINES)]


def separator_of(lines: Sequence[str]) -> str:
    """What separates the cells of a table: what a first line says, or what cuts most rows alike."""
    if lines and (said := _SAID.fullmatch(lines[0])):
        return said[1]
    return max(_SEPARATORS, key=lambda one: _cut_alike(lines, one))


def says_separator(row: Sequence[str]) -> bool:
    """Whether a row is no row: a line that tells a spreadsheet what separates the cells."""
    return list(row) == ["sep=", ""] or _SAID.fullmatch(",".join(row)) is not None


def _cut_alike(lines: Sequence[str], separator: str) -> tuple[int, int]:
    """How many rows have as many cells as most rows have, if it is more than one; and how many cells."""
    widths: Counter[int] = Counter()
    try:
        for _, row in csv_text.read((f"{line}\n" for line in lines), separator):
            widths[len(row)] += 1
    except csv_text.BadCsv:
        pass  # a quoted cell may go on behind the lines that are looked at
    several = [(count, width) for width, count in widths.items() if width > 1]
    return max(several, default=(0, 0))
