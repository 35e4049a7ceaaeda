"""What the text of an MT940 line (``:86:``) says: references, the payer, ids, and whether money came back.

Banks structure it in three ways: numbered fields (``?20``, with any sign before the number), code words
between slashes (``/REMI/``), or not at all. German purposes have code words of their own in it (``SVWZ+``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NO_ID: Final = frozenset({"NOTPROVIDED", "NOT PROVIDED", "NONREF", "NOREF", "NONE", "EREF", "KREF", "PREF"})
_FIRST_LINE, _LINE, _FIELD = 61, 65, 27
"""How long a full line is, and a full numbered field: what follows one goes on in the same word."""
_SIGN: Final = r"[^\w\s/:.,\-+#()\"']"
_NUMBERED: Final = re.compile(rf"(?:\d{{3,4}}\s?(?={_SIGN}\d\d)|(?={_SIGN}[02]0))(?P<sign>.)")
_CODED: Final = re.compile(r"(?P<sign>[/?])(?P<code>[A-Z][A-Z0-9]{2,3})(?=(?P=sign))")
_KEYWORD: Final = re.compile(
    r"(?P<code>EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE|IBAN|BIC|COAM|OAMT|RREF|PURP)(?:\+|: )"
)
_PURPOSE: Final = (*range(20, 30), *range(60, 64))
_PAYER: Final = (32, 33)
_RETURNED: Final = frozenset({"108", "109", "159"})
"""Business codes of German banks for direct debits and transfers that come back."""
_STRUCTURED: Final = ("STRD", "CUR", "ISO", "SCOR", "OCR", "KID", "FIK")
_WORDS: Final = ("REMI", "USTD", "RFB", "INFO")
_SWIFT: Final = frozenset({
    "ACCW", "ADDR", "BENM", "BIC", "BUSP", "CHGS", "CNTP", "CREF", "CSID", "EREF", "EXCH", "IBAN", "ID",
    "INIT", "INST", "IREF", "ISDT", "KREF", "MARF", "MREF", "NAME", "NAM1", "OCMT", "OAMT", "ORDP", "ORCR",
    "PREF", "PURP", "RTRN", "SUM", "SVCL", "TRCD", "TRTP", "TYPE", "ULTB", "ULTC", "ULTD", "UCRD", "UDTR",
})  # fmt: skip
"""Code words that end a text; another one between slashes is a part of it, as in ``INV/2026/17``."""
_LONG_CODE: Final = re.compile(r"/[A-Z]{5,8}/")
"""A code word of a bank's own behind a name, as ``/ADDRESS/``."""


@dataclass(slots=True)
class LineDetails:
    """What the text of a line says; ``reason`` is why money came back, where it did."""

    references: list[str] = field(default_factory=list)
    text: str = ""
    payer: str = ""
    own_ids: list[str] = field(default_factory=list)
    returned: bool = False
    reason: str = ""


def details(lines: Sequence[str]) -> LineDetails:
    """Read the lines of a ``:86:``, without its tag."""
    lines = [line for line in lines if line.strip()]
    numbered = _NUMBERED.match(lines[0]) if lines else None
    if numbered:
        return _of_fields("".join(lines), numbered["sign"])
    text = joined(lines)
    coded = list(_CODED.finditer(text))
    if coded and len({one["sign"] for one in coded}) == 1 and coded[0].start() <= _FIELD:
        return _of_codes(text, coded)
    return _of_purpose(text)


def joined(lines: Iterable[str]) -> str:
    """Lines as one text: a full one was cut wherever it was full, another ends with its word."""
    text, full = "", False
    for number, line in enumerate(lines):
        text += line if full or not text else f" {line.lstrip()}"
        full = len(line) >= (_LINE if number else _FIRST_LINE)
    return " ".join(text.split())


def real_id(name: str) -> str:
    """An id, or nothing where a bank says that there is none."""
    plain = name.strip()
    return "" if plain.rstrip("+").upper() in NO_ID else plain


def _of_fields(text: str, sign: str) -> LineDetails:
    """Fields by number; parts of the purpose and of the payer's name follow each other."""
    parts = re.split(rf"{re.escape(sign)}(\d\d)", text)
    code, fields = parts[0].strip(), list(zip(parts[1::2], parts[2::2], strict=True))
    found = _of_purpose(_run_on(value for number, value in fields if int(number) in _PURPOSE))
    payer = _run_on(value for number, value in fields if int(number) in _PAYER)
    found.payer = " ".join(payer.split()) or found.payer
    found.returned = found.returned or code in _RETURNED
    if not found.text:
        found.text = " ".join(value.strip() for number, value in fields if int(number) == 0)
    return found


def _run_on(parts: Iterable[str]) -> str:
    text, full = "", True
    for part in parts:
        text += part if full or not text else f" {part}"
        full = len(part) >= _FIELD
    return text


def _of_purpose(text: str) -> LineDetails:
    """A free text, or one with the code words of German purposes."""
    words = list(_KEYWORD.finditer(text))
    if not words:
        return LineDetails(text=" ".join(text.split()))
    ends = [one.start() for one in words[1:]] + [len(text)]
    said = {
        one["code"]: " ".join(text[one.end() : end].split()) for one, end in zip(words, ends, strict=True)
    }
    before = " ".join(text[: words[0].start()].split())
    return LineDetails(
        text=" ".join(filter(None, (before, said.get("SVWZ", "")))),
        payer=said.get("ABWA", ""),
        own_ids=[name for name in (real_id(said.get("EREF", "")),) if name],
        returned="RREF" in said,
    )


def _of_codes(text: str, coded: Sequence[re.Match[str]]) -> LineDetails:
    """Code words between slashes; what stands under an unknown one stays in the text."""
    said: dict[str, list[str]] = {}
    coded = _that_divide(coded)
    ends = [one.start() for one in coded[1:]] + [len(text)]
    for one, end in zip(coded, ends, strict=True):
        said.setdefault(one["code"], []).append(text[one.end() : end].strip(f"{one['sign']} "))
    references = [value for code in _STRUCTURED for value in said.get(code, []) if value]
    words = " ".join(value for code in _WORDS for value in said.get(code, []) if value)
    payer = next((value for code in ("NAME", "NAM1", "ORDP") for value in said.get(code, []) if value), "")
    payer = _LONG_CODE.split(payer)[0]
    other_side = next(iter(said.get("CNTP", [])), "").split("/")
    back = said.get("RTRN", [])
    return LineDetails(
        references=references,
        text=words if words or references else text,
        payer=payer or (other_side[2].strip() if len(other_side) > 2 else ""),  # noqa: PLR2004 - account/BIC/name
        own_ids=[name for value in said.get("EREF", []) if (name := real_id(value))],
        returned=bool(back),
        reason=" ".join(back),
    )


def _that_divide(coded: Sequence[re.Match[str]]) -> list[re.Match[str]]:
    """The code words that divide a text; within what a person wrote only those of SWIFT do."""
    found: list[re.Match[str]] = []
    for one in coded:
        written = found and found[-1]["code"] in (*_WORDS, *_STRUCTURED)
        if not written or one["code"] in _SWIFT or one["code"] in (*_WORDS, *_STRUCTURED):
            found.append(one)
    return found
