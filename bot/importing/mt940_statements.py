"""The statements of an MT940 file, tag by tag, each with its line in the file.

Banks frame the same tags differently: in SWIFT blocks, behind lines of their own, ended by a dash or by
nothing. What is known is where a statement begins (``:20:``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from stdnum import iban
from stdnum.iso7064 import mod_97_10

from billing.given_files import regular
from bot.importing.bank_items import BrokenBankFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OPENING, CLOSING = frozenset({"60F", "60M"}), frozenset({"62F", "62M"})
"""The tags of balances; ``M`` is one in the middle of a statement of several pages."""
_TAG: Final = re.compile(r"\s*:(\d{2}[A-Z]?):(.*)")
_END: Final = re.compile(r"-(?:\}.*|[A-Z]{0,4})")
_CURRENCY: Final = re.compile(r"[CD]\d{6}([A-Z]{3})", re.ASCII)
_GERMAN: Final = re.compile(r"(\d{8})/0*(\d{1,10})(?:[A-Z]{3})?")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_WIDE: Final = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(slots=True)
class Mt940Field:
    """A tag with its lines, and where it is in the file."""

    line: int
    tag: str
    lines: list[str]

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return f"line {self.line} :{self.tag}:"


@dataclass(slots=True)
class Mt940Statement:
    """One statement (or one page of it), as it is in the file."""

    fields: list[Mt940Field] = field(default_factory=list)
    ended: bool = False
    """Whether a line said that it ends here."""
    sound: bool = False
    """Whether all of it could be read, and adds up."""

    def mistakes(self) -> Iterator[str]:
        """Nothing that concerns the whole file: a statement is refused by itself."""
        yield from ()

    def first(self, tags: frozenset[str]) -> Mt940Field | None:
        """The first field with one of these tags."""
        return next((one for one in self.fields if one.tag in tags), None)

    @property
    def account(self) -> str:
        """The account, as an IBAN where it can be made one."""
        found, opening = self.first(frozenset({"25", "25P"})), self.first(OPENING)
        currency = _CURRENCY.match(opening.lines[0].replace(" ", "")) if opening else None
        return account_of(found.lines[0], currency[1] if currency else "") if found else ""

    @property
    def content(self) -> tuple[str, ...]:
        """What makes two of them the same statement: all but its own number and reference."""
        return (
            self.account,
            *("\n".join(one.lines) for one in self.fields if one.tag[:2] in {"60", "61", "62"}),
        )

    def goes_on(self, line: str) -> None:
        """Take a line without a tag: it ends the statement, or goes on with its last field."""
        if _END.fullmatch(line.strip()) and (self.first(CLOSING) or line.strip() == "-"):
            self.ended = self.first(CLOSING) is not None
        elif line.strip() and not self.ended:
            self.fields[-1].lines.append(line)


def account_of(written: str, currency: str = "") -> str:
    """The account of a ``:25:``: its IBAN where it is one, or is a German bank code and account.

    The statement's ``currency`` behind it is left out, as other formats have the account without it.
    """
    plain = "".join(written.split()).upper().lstrip("/")
    german = _GERMAN.fullmatch(plain)
    if german:
        bban = f"{german[1]}{german[2]:0>10}"
        return f"DE{mod_97_10.calc_check_digits(f'{bban}DE')}{bban}"
    without = plain[:-3] if plain[-3:].isalpha() else plain
    known = next((one for one in (plain, without) if iban.is_valid(one)), plain)
    return known.removesuffix(currency) if currency and known[-4:-3].isdigit() else known


def statements(file: Path) -> Iterator[Mt940Statement]:
    """The statements of a file, one at a time; what a bank writes between them is passed over.

    Raises:
        BrokenBankFile: a field belongs to no statement, or the file is XML.
    """
    statement: Mt940Statement | None = None
    for number, line in enumerate(_text_lines(file), 1):
        tag = _TAG.match(line[line.find("{4:") + 3 :] if line.startswith("{") else line)
        if tag and tag[1] == "20":
            if statement:
                yield statement
            statement = Mt940Statement()
        if statement is None or (tag and statement.ended):
            if tag and tag[1] in {"61", "86", *OPENING, *CLOSING}:
                raise BrokenBankFile(
                    f"{file.name}:{number}: :{tag[1]}", "its statement has no beginning (:20:)"
                )
        elif tag:
            statement.fields.append(Mt940Field(number, tag[1], [tag[2]]))
        else:
            statement.goes_on(line)
    if statement:
        yield statement


def _text_lines(file: Path) -> Iterator[str]:
    """The lines of a file in whatever letters banks write; what is no letter is a space."""
    with regular(file).open("rb") as raw:
        start = raw.read(4)
        raw.seek(0)
        wide = next((code for mark, code in _WIDE if start.startswith(mark)), None)
        if start.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"<"):
            raise BrokenBankFile(file.name, "it is XML, no MT940: read it with --format camt")
        if wide:
            yield from (_clean(line) for line in raw.read().decode(wide, "replace").splitlines())
            return
        for line in raw:
            try:
                text = line.decode("utf-8-sig")
            except UnicodeDecodeError:
                text = line.decode("cp1252", "replace")
            # A lone carriage return ends a line as well.
            yield from (_clean(part) for part in re.split(r"\r\n?|\n", text.rstrip("\r\n")))


def _clean(line: str) -> str:
    """A line without what is no letter; one blank at its end stays, as texts are cut between words."""
    clean = _CONTROL.sub(" ", line).replace("\u00ad", "").lstrip("\ufeff")
    bare = clean.rstrip()
    return f"{bare} " if clean == f"{bare} " and bare.strip() else bare
