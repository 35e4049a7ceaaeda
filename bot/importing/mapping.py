"""How an operator's own export is read: which of its columns is what, and how it writes days and amounts."""

from __future__ import annotations

import codecs
import re
import tomllib
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from billing.given_files import regular
from billing.policy import keys
from billing.refusals import Refusal
from bot.importing import days
from bot.importing.fields import shown, with_cents
from bot.importing.tally import BadField

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_PLAIN: Final = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_DRESSED: Final = re.compile(
    r"\s*(?P<minus>-?)\s*(?P<open>\(?)\s*(?:[A-Z]{3}|kr\.?|\$|€|£)?\s*(?P<bare>-?\d[\d., ']*?)"
    r"\s*(?:[A-Z]{3}|kr\.?|:-|€)?\s*\)?\s*"
)
"""An amount with a currency before or behind it, or in brackets, as bookkeepers write what is owed back."""
AMOUNTS: Final = frozenset({"amount", "unit_amount", "estimate_amount", "quantity"})
DAYS: Final = frozenset(
    {
        "birth_date", "sms_consent_on", "died_on", "issued_on", "due_on", "sent_on", "service_on",
        "starts_on", "ends_on", "whatsapp_consent_on", "email_consent_on", "opted_out_on",
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
    any: tuple[str, ...] = ()
    """What the column may be called: the first name that the file has is taken."""
    optional: bool = False
    """The file may lack the column: then it is empty."""
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
    rows: Literal["", "sum", "list"] = ""
    """Where several rows are one of ours: their sum, or each text once; otherwise all must say the same."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        if isinstance(value, str):
            return {"column": value}
        return {"columns": value} if isinstance(value, list) else value

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if sum((bool(self.column), bool(self.columns), bool(self.any), self.always is not None)) != 1:
            raise ValueError("needs exactly one of column, columns, any and always")
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
        """The columns of the operator's file it is made of, or may be."""
        return (self.column,) if self.column else self.columns or self.any

    @property
    def needs(self) -> tuple[tuple[str, ...], ...]:
        """What the file must have, as names of which one is enough."""
        if self.optional:
            return ()
        return (self.any,) if self.any else tuple((one,) for one in self.theirs)

    def text(self, row: Mapping[str, str]) -> str:
        """What a row says in the columns it is made of."""
        found = [row[one].strip() for one in self.theirs if one in row]
        return next(iter(found), "") if self.any else self.join.join(filter(None, found))


class MappedSheet(MappingTable):
    """One kind of rows: which files hold it, and what each of our columns is."""

    files: str = Field(min_length=1)
    """A file's name, or a pattern like ``kunder*.csv``."""
    columns: dict[str, Source] = Field(min_length=1)
    only: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Rows are taken that have one of these words in a column of the file; others are left out."""
    leave_out: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Rows are left out that have one of these words in a column of the file."""
    above_zero: str = ""
    """A column of the file with an amount: rows are left out where it is zero or less, or empty."""
    one_per: str = ""
    """A column of the file: its rows with the same value are one row of ours."""

    @model_validator(mode="after")
    def _joins(self) -> Self:
        joined = [name for name, source in self.columns.items() if source.rows]
        if joined and not self.one_per:
            raise ValueError(f"{joined[0]} has rows = …, which needs one_per = the column that rows share")
        return self

    @property
    def needs(self) -> dict[tuple[str, ...], str]:
        """What the file must have, as names of which one is enough, with the key that needs it."""
        found: dict[tuple[str, ...], str] = {
            names: f"columns.{ours}" for ours, source in self.columns.items() for names in source.needs
        }
        for key in ("only", "leave_out"):
            found.update({(name,): key for name in getattr(self, key)})
        found.update({(self.above_zero,): "above_zero", (self.one_per,): "one_per"})
        found.pop(("",), None)
        return found

    @property
    def theirs(self) -> frozenset[str]:
        """Every column of the file that is named."""
        named = {one for source in self.columns.values() for one in source.theirs}
        return frozenset(named | {one for names in self.needs for one in names})


class ImportMap(MappingTable):
    """A whole mapping."""

    encoding: str = ""
    """Found out if it is not said, as the delimiter is."""
    delimiter: str = Field(default="", max_length=1)
    decimal: str = Field(default=".", min_length=1, max_length=1)
    thousands: str = ""
    dates: str = "YYYY-MM-DD"
    customers: MappedSheet | None = None
    coverages: MappedSheet | None = None
    bills: MappedSheet | None = None
    charges: MappedSheet | None = None
    open_items: MappedSheet | None = None
    """For ``kvitt import --open-items`` alone."""
    services: MappedSheet | None = None

    @field_validator("encoding")
    @classmethod
    def _known(cls, encoding: str) -> str:
        if not encoding:
            return encoding
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
        found = source.text(row)
        if found and source.pattern:
            found = _matched(name, source.pattern, found)
        if source.swap and source.swap in found:
            family, given = found.split(source.swap, 1)
            found = f"{given.strip()} {family.strip()}"
        if found in source.words:
            return source.words[found]  # in our form, as what is always the same is
        if found and source.words and name not in DAYS | AMOUNTS:
            raise BadField(
                name,
                f"{shown(found)} is none of the words the mapping knows: {', '.join(source.words)}",
            )
        if not found:
            return source.default
        if name in DAYS:
            return _day(name, source.date or self.dates, found)
        return self._amount(name, found) if name in AMOUNTS else found

    def reads(self, texts: Iterable[str]) -> bool:
        """Whether all of these are amounts as the mapping says they are written."""
        try:
            for text in texts:
                self._amount("amount", text)
        except BadField:
            return False
        return True

    def is_above_zero(self, text: str) -> bool:
        """Whether a row is to be looked at by an amount in it; one that cannot be read is."""
        try:
            return bool(text.strip()) and float(self._amount("amount", text)) > 0
        except BadField:
            return True

    def _amount(self, name: str, text: str) -> str:
        plain = text.replace("\u00a0", " ").replace("\u202f", " ").replace("\u2212", "-")
        if amount := _DRESSED.fullmatch(plain):
            plain = ("-" if amount["minus"] or amount["open"] else "") + amount["bare"]
        whole, _, part = plain.partition(self.decimal)
        if self.thousands and self.thousands in whole:
            # "8,50" has no thousands, whatever the mapping says: it would be 850.
            between = re.escape(self.thousands)
            grouped = re.fullmatch(rf"-?\d{{1,3}}(?:{between}\d{{2,3}})*{between}\d{{3}}", whole, re.ASCII)
            whole = whole.replace(self.thousands, "") if grouped else "?"
        if "." in whole:
            whole = "?"  # the mapping does not say what a point is: 1.250 may be 1250
        plain = f"{whole}.{part}" if self.decimal in plain else whole
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
        raise BadMapping(file.name, key, keys.mistake(ImportMap, first)[0] + shown) from None


def _matched(name: str, pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise BadField(name, f"{shown(text)} does not look like the mapping's pattern")
    return (found[1] or "").strip() if found.re.groups else found[0].strip()


def _day(name: str, written: str, text: str) -> str:
    if days.says_none(text):
        return text
    found = days.read(text, written)
    if found is None:
        raise BadField(name, f"{shown(text)} is no date; the mapping says {written}")
    return found.isoformat()
