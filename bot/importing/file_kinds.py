"""What a file is that is no table: told by how it begins, as no name says it."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Final

from billing.given_files import regular

if TYPE_CHECKING:
    from pathlib import Path

XML: Final = "XML"
MT940: Final = "MT940"
_SHEET: Final = "save it as CSV in the spreadsheet's program"
_EXPORT: Final = "export the list as CSV from the program that has it"
_BANK: Final = "kvitt payments import --format {} reads a bank's file"
_KINDS: Final = (
    (rb"%PDF-", "a PDF", _EXPORT),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|II\*\x00|MM\x00\*", "an image", _EXPORT),
    (rb"PK\x03\x04", "a spreadsheet or another zipped file", _SHEET),
    (rb"\xd0\xcf\x11\xe0", "a spreadsheet or another file of an office program", _SHEET),
    (rb"\x1f\x8b|BZh|7z\xbc\xaf|\xfd7zXZ", "a compressed file", "unpack it first"),
    (rb"SQLite format 3\x00", "a database", _EXPORT),
    (rb"(?i:\s*<(?:!doctype html|html|table|head|body)\b)", "a web page", _EXPORT),
    (rb"\s*<(?:\?xml|[A-Za-z])", XML, _BANK.format("camt")),
    (rb"(?s:.{0,300}?(?:^|\n|\{4:)\s*:20:.{0,200}?\n:2[158]C?:)", MT940, _BANK.format("mt940")),
    (rb"ISA([^A-Za-z0-9])\d\d\1", "X12", "kvitt payments import --format x835 reads a payer's remittance"),
)
"""How it begins, what it is, and what to do where a table was wanted."""
_WIDE: Final = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_MARKS: Final = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_START: Final = 1024


def of(file: Path) -> tuple[str, str]:
    """What a file is, and what to do about it; two empty texts where it may be a table.

    Raises:
        OSError: it cannot be read.
    """
    with regular(file).open("rb") as data:
        start = data.read(_START)
    if start.startswith(_WIDE):
        return "UTF-32 text", "save it as UTF-8"
    for mark in _MARKS:
        start = start.removeprefix(mark)
    narrow = start.replace(b"\x00", b"")  # text in UTF-16 then begins as in UTF-8
    kinds = ((what, do) for begins, what, do in _KINDS if re.match(begins, start) or re.match(begins, narrow))
    return next(kinds, ("", ""))
