"""The answer in an e-mail, without quotations, signatures and what mail programs add.

The words around an answer are in ``<language>/mail.toml``. Every language is searched at once, since a mail
program writes in its owner's language, not the customer's.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict

from messages.languages import file, languages

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_HEAD_LINES: Final = 3
"""The head of a quotation ("On … wrote:") may be wrapped over at most so many lines."""
_BLOCK_LINES: Final = 4
"""Within so many lines of "From:" a quoted head says when it was sent, to whom, about what."""
_SIGNATURE_LINES: Final = 8
_QUOTED: Final = re.compile(r"^\s*>")
_RULE: Final = re.compile(r"^\s*[_\-=*]{5,}\s*$")
_DELIMITER: Final = re.compile(r"^-- ?$")
_DECORATION: Final = "*_ \t-"


class _Around(BaseModel):
    """One language's words around an answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    wrote: tuple[str, ...]
    from_: tuple[str, ...]
    sent: tuple[str, ...]
    original: tuple[str, ...]
    closings: tuple[str, ...]
    devices: tuple[str, ...]
    away: tuple[str, ...]


def answer_in(text: str) -> str:
    """The new text of an e-mail: without quotations and their heads, signatures and device lines."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = [line for line in _before_the_quotation(lines) if not _QUOTED.match(line)]
    return "\n".join(_unsigned(kept)).strip()


def away(subject: str) -> bool:
    """Whether an e-mail's subject is that of an automatic reply (out of office)."""
    said = subject.casefold()
    return any(words in said for words in _words().away)


def _before_the_quotation(lines: Sequence[str]) -> Sequence[str]:
    """The lines above the first head of a quotation, unless the answer is below it."""
    for number, line in enumerate(lines):
        if _begins_quotation(lines, number):
            above, below = lines[:number], lines[number + 1 :]
            answered_below = not any(one.strip() for one in above) and any(map(_QUOTED.match, below))
            return below if answered_below else above
        if _RULE.match(line) and _next_is_head(lines, number):
            return lines[:number]
    return lines


def _begins_quotation(lines: Sequence[str], number: int) -> bool:
    if _QUOTED.match(lines[number]):
        return False
    return _is_attribution(lines, number) or _is_block(lines, number) or _is_original(lines[number])


def _is_attribution(lines: Sequence[str], number: int) -> bool:
    """A line such as "On Monday Elm Street Clinic wrote:"; it may be wrapped, with a day or address in it."""
    head = ""
    for line in lines[number : number + _HEAD_LINES]:
        if not line.strip():
            return False
        head = f"{head} {line.strip()}".strip()
        if _attribution().fullmatch(head):
            return True
    return False


@cache
def _attribution() -> re.Pattern[str]:
    wrote = "|".join(map(re.escape, _words().wrote))
    return re.compile(rf"(?=.*(\d|@)).{{0,300}}\b({wrote})\b.{{0,100}}:", re.IGNORECASE)


def _is_block(lines: Sequence[str], number: int) -> bool:
    """A block such as "From: ... Sent: ... To: ... Subject: ...", one per line, as Outlook adds it."""
    if not _names(lines[number], _words().from_):
        return False
    following = lines[number + 1 : number + 1 + _BLOCK_LINES]
    return sum(_names(line, _words().sent) for line in following) > 1


def _is_original(line: str) -> bool:
    said = line.strip(_DECORATION).rstrip(":").casefold()
    return said in _words().original


def _next_is_head(lines: Sequence[str], number: int) -> bool:
    rest = [at for at in range(number + 1, len(lines)) if lines[at].strip()]
    return bool(rest) and _begins_quotation(lines, rest[0])


def _names(line: str, fields: Iterable[str]) -> bool:
    name, colon, _ = line.strip(_DECORATION).partition(":")
    return bool(colon) and name.strip(_DECORATION).casefold() in fields


def _unsigned(lines: Sequence[str]) -> Sequence[str]:
    """The lines above a signature: after "-- ", a device's line, or a closing formula near the end."""
    last = max((number for number, line in enumerate(lines) if line.strip()), default=-1)
    for number, line in enumerate(lines):
        said = line.strip(_DECORATION).casefold()
        if _DELIMITER.match(line) or said.startswith(_words().devices):
            return lines[:number]
        near_the_end = number and last - number <= _SIGNATURE_LINES
        if near_the_end and said.rstrip(",.!") in _words().closings and any(map(str.strip, lines[:number])):
            return lines[:number]
    return lines


@cache
def _words() -> _Around:
    """The words of every language together."""
    found = [_language(file(one, "mail.toml")) for one in languages()]
    together = {name: tuple(word for one in found for word in one[name]) for name in _Around.model_fields}
    return _Around.model_validate(together)


def _language(written: Path) -> dict[str, list[str]]:
    data: dict[str, list[str]] = tomllib.loads(written.read_text(encoding="utf-8"))
    return {"from_" if name == "from" else name: words for name, words in data.items()}
