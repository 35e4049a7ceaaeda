"""The lines of `said/`: texts of customers as they write them, an intent a file, for each language.

They are what a reader learns from. One line in five is put aside: it is counted, by `make understanding`, and
is never read to repair a miss. A miss in one of the others is answered by more lines of its kind.

A file holds batches, each of one writer, under a line such as ``# a``; then a text a line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from messages.languages import file
from messages.refusals import BadWordList

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER: Final = "said"
"""The folder of a language's lines; a language may lack it."""
BATCH: Final = re.compile(r"# ([a-z])")

_ONE_IN: Final = 5
_BYTES: Final = 8  # of a hash: enough to spread lines evenly


@dataclass(frozen=True, slots=True)
class SaidLine:
    """A text as a customer writes it, the intent it has, and the batch it was written in."""

    text: str
    intent: str
    batch: str

    @property
    def put_aside(self) -> bool:
        """Whether the line is counted only: see `put_aside`."""
        return put_aside(self.text)


def put_aside(text: str) -> bool:
    """Whether a line is of the fifth put aside: counted, never learned from, never read to repair a miss.

    The letters and digits of the text decide it, so that it stays as it is when lines come and go, and on any
    machine; other capitals or signs change nothing.
    """
    letters = "".join(sign for sign in text.casefold() if sign.isalnum()) or text.strip()
    found = blake2b(letters.encode(), digest_size=_BYTES).digest()
    return int.from_bytes(found, "big") % _ONE_IN == 0


@cache
def said(language: str) -> tuple[SaidLine, ...]:
    """All lines of a language that Kvitt speaks.

    Raises:
        BadWordList: see `lines_in`.
    """
    return lines_in(file(language, FOLDER))


def lines_in(folder: Path) -> tuple[SaidLine, ...]:
    """All lines of a folder, intents in alphabetical order; none where there is no such folder.

    Raises:
        BadWordList: a file is no UTF-8, has an empty line, one without a batch before it, or one twice.
    """
    return tuple(line for one in sorted(folder.glob("*.txt")) for line in _lines(one))


def _lines(path: Path) -> Iterator[SaidLine]:
    where = "/".join(path.parts[-3:])
    try:
        written = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as broken:
        raise BadWordList.because(where, broken) from broken
    batch, known = "", set[str]()
    for number, text in enumerate(written, 1):
        if begun := BATCH.fullmatch(text):
            batch = begun[1]
            continue
        wrong = (
            "is empty"
            if not text.strip()
            else "has no batch before it: begin the file with a line such as '# a'"
            if not batch
            else "is there twice"
            if text in known
            else ""
        )
        if wrong:
            raise BadWordList(where, f"line {number} {wrong}")
        known.add(text)
        yield SaidLine(text, path.stem, batch)
