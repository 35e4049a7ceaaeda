"""How an operator's own export is read: which of its columns is what, and how it writes days and amounts."""

from __future__ import annotations

import codecs
import re
import tomllib
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from billing.given_files import regular
from billing.refusals import Refusal
from bot.importing.fields import shown, with_cents
from bot.importing.tally import BadField

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_TOKENS: Final = (("YYYY", "%Y"), ("YY", "%y"), ("MM", "%m"), ("DD", "%d"))
_PLAIN: Final = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
AMOUNTS: Final = frozenset({"amount", "unit_amount", "estimate_amount", "quantity"})
DAYS: Final = frozenset(
    {
        "birth_date", "sms_consent_on", "died_on", "issued_on", "due_on", "sent_on", "service_on",
        "starts_on", "ends_on",
    }
)  # fmt: skip


class BadMapping(Refusal):
    """A mapping cannot be used."""

    def __init__(self, place: str, key: str, why: str) -> None:
        super().__init__(f"{place}{f', {key}' if key else ''}: {why}")


class MappingTable(BaseModel):
    """A table of a mapping."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(MappingTable):
    """The mapping of one of our columns: just a text is a column, a list is columns joined by a space."""

    column: str = ""
    columns: tuple[str, ...] = ()
    join: str = " "
    always: str | None = None
    """The same for every row."""
    pattern: str = ""
    """A regular expression: its first group is taken, or all it meets; splits a column into several."""
    swap: str = ""
    """The separator between family name and given name: ``, `` makes ``Ada Lind`` of ``Lind, Ada``."""
    words: dict[str, str] = Field(default_factory=dict)
    """Our value for each of the file's words."""
    date: str = ""
    """How this column writes days, where it differs."""
    default: str = ""
    """The value of an empty field."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        if isinstance(value, str):
            return {"column": value}
        return {"columns": value} if isinstance(value, list) else value

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if sum((bool(self.column), bool(self.columns), self.always is not None)) != 1:
            raise ValueError("needs exactly one of column, columns and always")
        return self

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from None
        return pattern

    @property
    def theirs(self) -> tuple[str, ...]:
        """The columns of the operator's file it is made of."""
        return (self.column,) if self.column else self.columns


class MappedSheet(MappingTable):
    """One kind of rows: which files hold it, and what each of our columns is."""

    files: str = Field(min_length=1)
    """A file's name, or a pattern like ``kunder*.csv``."""
    columns: dict[str, Source] = Field(min_length=1)


class ImportMap(MappingTable):
    """A whole mapping."""

    encoding: str = "utf-8-sig"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    decimal: str = Field(default=".", min_length=1, max_length=1)
    thousands: str = ""
    dates: str = "YYYY-MM-DD"
    customers: MappedSheet | None = None
    coverages: MappedSheet | None = None
    bills: MappedSheet | None = None
    charges: MappedSheet | None = None
    open_items: MappedSheet | None = None
    """For ``kvitt import --open-items`` alone."""

    @field_validator("encoding")
    @classmethod
    def _known(cls, encoding: str) -> str:
        try:
            codecs.lookup(encoding)
        except LookupError:
            raise ValueError("is no encoding; write one like utf-8, cp1252 or iso-8859-1") from None
        return encoding

    def value(self, name: str, source: Source, row: Mapping[str, str]) -> str:
        """One of our columns, from a row of theirs.

        Raises:
            BadField: the value is not what the mapping says it is.
        """
        if source.always is not None:
            return source.always
        found = source.join.join(filter(None, (row[one].strip() for one in source.theirs)))
        if found and source.pattern:
            found = _matched(name, source.pattern, found)
        if source.swap and source.swap in found:
            family, given = found.split(source.swap, 1)
            found = f"{given.strip()} {family.strip()}"
        if found and source.words:
            found = _word(name, source.words, found)
        if not found:
            return source.default
        if name in DAYS:
            return _day(name, source.date or self.dates, found)
        return self._amount(name, found) if name in AMOUNTS else found

    def _amount(self, name: str, text: str) -> str:
        plain = text.replace("\u00a0", " ").replace("\u202f", " ")
        if self.thousands:
            plain = plain.replace(self.thousands, "")
        plain = plain.replace(self.decimal, ".") if self.decimal != "." else plain
        if not _PLAIN.fullmatch(plain):
            like = f"1{self.thousands}234{self.decimal}50"
            raise BadField(name, f"{shown(text)} is no amount; the mapping says they look like {like}")
        said = self.model_fields_set & {"thousands", "decimal"}
        return with_cents(plain) if said else plain


def load(file: Path) -> ImportMap:
    """A mapping from a TOML file.

    Raises:
        BadMapping: it cannot be read, or a value is wrong or unknown.
    """
    try:
        data: dict[str, Any] = tomllib.loads(regular(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise BadMapping(str(file), "", f"cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadMapping(str(file), "", f"is not TOML: {error}") from None
    try:
        return ImportMap.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(step) for step in first["loc"])
        shown = f" (found {first['input']!r})" if isinstance(first["input"], str | int | float) else ""
        raise BadMapping(file.name, key, first["msg"].removeprefix("Value error, ") + shown) from None


def _matched(name: str, pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise BadField(name, f"{shown(text)} does not look like the mapping's pattern")
    return (found[1] or "").strip() if found.re.groups else found[0].strip()


def _word(name: str, words: Mapping[str, str], text: str) -> str:
    if text not in words:
        raise BadField(name, f"{shown(text)} is none of the words the mapping knows: {', '.join(words)}")
    return words[text]


def _day(name: str, written: str, text: str) -> str:
    form = written
    for token, directive in _TOKENS:
        form = form.replace(token, directive)
    try:
        return datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise BadField(name, f"{shown(text)} is no date; the mapping says {written}") from None
