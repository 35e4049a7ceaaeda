"""A mapping proposed for a file of another system: which column is which, and how it writes what."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from glob import escape
from itertools import islice
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from babel.numbers import get_territory_currencies

from billing.given_files import regular
from bot import csv_text
from bot.importing import columns, days, sniffing
from bot.importing.mapped import MappedTable, shown_rows
from bot.importing.mapping import AMOUNTS, DAYS, ImportMap
from bot.importing.table import FileRefused, refuse_no_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.importing.stages import Kind

_ROWS: Final = 500
"""Rows that are looked at."""
_SHOWN: Final = 3
"""Rows that are shown as the mapping reads them."""
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_WORDS: Final = 12
"""The most different words of a column that says in which state a bill is."""
_SIGNS: Final = {"$": "USD", "€": "EUR", "£": "GBP", "kr": "SEK"}
_KINDS: Final[tuple[Kind, ...]] = ("customers", "bills", "charges", "coverages", "services")
_AMOUNTS: Final = ((".", ""), (",", ""), (".", ","), (",", "."), (",", " "), (".", " "), (".", "'"))
"""Decimal sign and what stands between thousands, the likest first."""


class NothingGuessed(FileRefused):
    """No column of a file resembles one of Kvitt's well enough."""

    def __init__(self, file: Path, there: Sequence[str]) -> None:
        super().__init__(
            file,
            f"its columns ({', '.join(filter(None, there))}) resemble no customers and no bills; "
            "kvitt import --columns shows what there is, docs/mapping.md how to say which is which",
        )


@dataclass
class _Sample:
    """The first rows of a file, below its header."""

    file: Path
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    rows: list[dict[str, str]]
    country: str
    asked: dict[str, str] = field(default_factory=dict)
    """What a person should look at, by column of ours."""

    def said(self, column: str) -> list[str]:
        """What stands in a column, where something does."""
        return [row[column] for row in self.rows if row[column]]

    def words(self, column: str) -> list[str]:
        """The different texts of a column, in the order in which they come."""
        return list(dict.fromkeys(row[column] for row in self.rows))


@cache
def _statuses() -> Mapping[str, frozenset[str]]:
    found = tomllib.loads(Path(__file__).with_name("statuses.toml").read_text(encoding="utf-8"))
    return {name: frozenset(words) for name, words in found.items()}


def proposal(file: Path, country: str) -> str:
    """A mapping as TOML for a file, with some rows as it reads them in comments.

    Raises:
        FileRefused: it cannot be read.
        NothingGuessed: it resembles nothing that can be imported.
    """
    sample = _sample(file, country)
    sheets = {kind: found for kind in _KINDS if (found := _sheet(kind, sample))}
    if not sheets:
        raise NothingGuessed(file, sample.header)
    lines = [f"# Proposed for {file.name}: look at every line, then kvitt import --map FILE --dry-run"]
    lines += [f"encoding = {dumps(sample.encoding)}", f"delimiter = {dumps(sample.delimiter)}"]
    lines += _amounts(sheets, sample)
    if "bills" in sheets and "customers" in sheets:
        sheets["customers"]["customer_id"] = dict(sheets["bills"]["customer_id"])
        sheets["customers"].pop("note", None)  # it is about the bill
    for kind, sheet in sheets.items():
        lines += ["", *_written(kind, sheet, sheets.get("bills"), sample)]
    text = "\n".join(lines) + "\n"
    mapping = ImportMap.model_validate(tomllib.loads(text))
    for kind in sheets:
        table = MappedTable(file, kind, getattr(mapping, kind), mapping)
        text += "".join(f"# {' '.join(line.split())}\n" for line in shown_rows(kind, table, _SHOWN))
        text += "".join(f"# {' '.join(note.split())}\n" for note in table.notes)
    return text


def _amounts(sheets: Mapping[Kind, Mapping[str, dict[str, Any]]], sample: _Sample) -> list[str]:
    """How amounts are written, where they are not plain decimals."""
    theirs = [sheet[ours].get("column", "") for sheet in sheets.values() for ours in AMOUNTS & set(sheet)]
    texts = [text for column in theirs if column for text in sample.said(column)]
    fitting = [one for one in _AMOUNTS if ImportMap(decimal=one[0], thousands=one[1]).reads(texts)]
    decimal, thousands = (fitting or [_AMOUNTS[0]])[0]
    if (decimal, thousands) == _AMOUNTS[0]:
        return []
    return [f"decimal = {dumps(decimal)}", *([f"thousands = {dumps(thousands)}"] if thousands else [])]


def _sample(file: Path, country: str) -> _Sample:
    try:
        refuse_no_table(file)
        encoding = sniffing.encoding_of(file)
        delimiter = sniffing.separator_of(sniffing.first_lines(file, encoding))
        with regular(file).open(encoding=encoding, newline="") as text:
            rows = [row for _, row in islice(csv_text.read(text, delimiter), _ROWS)]
    except OSError as error:
        raise FileRefused(file, f"cannot be read ({error.strerror})") from None
    except UnicodeError:
        raise FileRefused(
            file, "is no text in UTF-8, UTF-16 or Windows letters; is it a spreadsheet?"
        ) from None
    except csv_text.BadCsv as error:
        raise FileRefused(file, str(error)) from None
    place = max(range(min(len(rows), sniffing.LINES)), key=lambda one: _names(rows[one]), default=0)
    header = tuple(name.strip() for name in rows[place]) if rows else ()
    below = [
        dict(zip(header, map(str.strip, row), strict=False))
        for row in rows[place + 1 :]
        if len(row) >= len(header) and sum(map(bool, map(str.strip, row))) > len(header) // 3
    ]
    return _Sample(file, encoding, delimiter, header, below, country)


def _names(row: Sequence[str]) -> int:
    """How many cells of a row are names of columns."""
    cells = {cell.strip() for cell in row}
    return sum(columns.is_name(kind, cell) for cell in cells for kind in _KINDS[:2])


def _sheet(kind: Kind, sample: _Sample) -> dict[str, dict[str, Any]]:
    """Each column of ours with its source, for one kind; empty if the file holds no such rows."""
    there = [name for name in sample.header if name and sample.header.count(name) == 1]
    found: dict[str, dict[str, Any]] = {
        ours: {"column": theirs} for ours, theirs in columns.places(kind, there).items()
    }
    match kind:
        case "bills":
            return _bills(found, sample)
        case "customers":
            return _customers(found, sample, there)
    required = columns.kinds()[kind].required
    return found if set(required) <= set(found) else {}


def _customers(
    found: dict[str, dict[str, Any]], sample: _Sample, there: list[str]
) -> dict[str, dict[str, Any]]:
    parts = [one for one in _GIVEN if any(columns.plain(name) in one for name in there)]
    if len(parts) == len(_GIVEN):
        named = [next(name for name in there if columns.plain(name) in part) for part in _GIVEN]
        found["name"] = {"columns": named}
    if "name" not in found:
        return {}
    found.pop("concerns", None)  # words of another system are none of ours
    if "customer_id" not in found:
        found["customer_id"] = dict(found["name"])
        sample.asked["customer_id"] = "no column is the customer's number; two people may share a name"
    whole = found["name"].get("column", "")
    if whole and sample.said(whole) and all(", " in text for text in sample.said(whole)):
        found["name"] = {"column": whole, "swap": ", "}
    for channel in ("sms", "whatsapp", "email"):
        _consent(found, channel, sample)
    return _days_read(found, sample)


_GIVEN: Final = (
    frozenset({"firstname", "fname", "givenname", "fornamn", "nombre", "first"}),
    frozenset({"lastname", "lname", "surname", "familyname", "efternamn", "apellido", "apellidos", "last"}),
)
"""What the two parts of a name are called."""


def _consent(found: dict[str, dict[str, Any]], channel: str, sample: _Sample) -> None:
    """A consent needs its day and its basis: without both it is not taken, and the operator is asked."""
    on, basis = f"{channel}_consent_on", f"{channel}_consent_basis"
    if on not in found:
        found.pop(basis, None)
        return
    column = found[on]["column"]
    dated = any(days.read(text, form) for text in sample.said(column) for form in days.FORMS)
    if basis not in found or not dated:
        found.pop(on)
        found.pop(basis, None)
        sample.asked[on] = (
            f"{column!r} may be it: it needs a day, and {basis} how they agreed (docs/consent.md)"
        )


def _bills(found: dict[str, dict[str, Any]], sample: _Sample) -> dict[str, dict[str, Any]]:
    if not {"bill_id", "amount", "customer_id"} <= set(found) or not {"issued_on", "due_on"} & set(found):
        return {}
    found.pop("state", None)
    found.pop("sent_on", None)
    found.pop("fee_agreed_at_origin", None)
    for one, other in (("due_on", "issued_on"), ("issued_on", "due_on")):
        if one not in found:
            found[one] = dict(found[other])
            sample.asked[one] = f"no column is it, so that {other} is taken: export it, or change this line"
    if "currency" not in found:
        texts = " ".join(sample.said(found["amount"]["column"]))
        signs = {code for sign, code in _SIGNS.items() if sign in texts}
        usual = get_territory_currencies(sample.country)[:1] if sample.country else []
        code = signs.pop() if len(signs) == 1 else (usual or ["USD"])[0]
        found["currency"] = {"always": code}
        sample.asked["currency"] = "no column is it: is it this one?"
    return _days_read(found, sample)


def _days_read(found: dict[str, dict[str, Any]], sample: _Sample) -> dict[str, dict[str, Any]]:
    """With the form in which each column writes days; the one that all columns share, if there is one."""
    forms: dict[str, list[str]] = {}
    for ours in DAYS & set(found):
        texts = [text for text in sample.said(found[ours]["column"]) if not days.says_none(text)]
        fitting = [form for form in days.FORMS if texts and all(days.read(text, form) for text in texts)]
        if not fitting and texts and ours not in _REQUIRED_DAYS:
            found.pop(ours)
            continue
        forms[ours] = fitting
    shared = [form for form in days.FORMS if all(form in each for each in forms.values() if each)]
    if sample.country == "US" and "MM/DD/YYYY" in shared:
        shared.remove("MM/DD/YYYY")
        shared.insert(0, "MM/DD/YYYY")
    for ours, each in forms.items():
        form = next(iter(shared or each), days.FORMS[0])
        found[ours] = {**found[ours], "date": form}
        if len(shared or each) > 1:
            sample.asked[ours] = f"days may be {' or '.join(shared or each)}"
    return found


_REQUIRED_DAYS: Final = frozenset({"issued_on", "due_on"})


def _written(
    kind: Kind,
    sheet: Mapping[str, dict[str, Any]],
    bills: Mapping[str, dict[str, Any]] | None,
    sample: _Sample,
) -> Iterable[str]:
    """One table of the mapping, line by line; of a list of bills only the rows that are owed."""
    yield f"[{kind}]"
    yield f"files = {_toml(escape(sample.file.name))}"
    if bills:
        yield from _filters(bills, sample)
    if bills and kind == "bills" and _repeats(bills, sample):
        yield f"one_per = {_toml(bills['bill_id']['column'])}"
    yield f"[{kind}.columns]"
    repeated = _repeats(sheet, sample) if kind == "bills" else {}
    for column in columns.kinds()[kind].columns:
        if (source := sheet.get(column.name)) is None:
            if column.name in sample.asked:
                yield f"# {column.name}: {sample.asked[column.name]}"
            continue
        asked = f"  # {sample.asked[column.name]}" if column.name in sample.asked else ""
        more = {"rows": repeated[column.name]} if column.name in repeated else {}
        yield f"{column.name} = {_source({**source, **more})}{asked}"


def _filters(sheet: Mapping[str, dict[str, Any]], sample: _Sample) -> Iterable[str]:
    """Which rows are bills that are owed."""
    only: dict[str, list[str]] = {}
    for column in sample.header:
        words = sample.words(column) if column else []
        if not 0 < len(words) <= _WORDS:
            continue
        for names, taken in (("columns", "owed"), ("types", "invoices")):
            if columns.plain(column) in map(columns.plain, _statuses()[names]):
                kept = [word for word in words if word.casefold() in _statuses()[taken]]
                rest = [word for word in words if word not in kept]
                said = ", ".join(word or "empty ones" for word in rest) or "none"
                if kept and (rest or names == "columns"):
                    only[column] = kept
                    yield f"# {column}: left out are {said}"
                elif names == "columns" and not _statuses()["not_owed"].issuperset(map(str.casefold, rest)):
                    yield f"# {column}: which of these are owed: {said}? Then write only = {{ … }} with them"
    if only:
        yield f"only = {_table(only)}"
    yield f"above_zero = {_toml(sheet['amount']['column'])}"


def _repeats(sheet: Mapping[str, dict[str, Any]], sample: _Sample) -> dict[str, str]:
    """How rows of one bill are joined, by column of ours; empty if no bill has several rows."""
    if "column" not in sheet["bill_id"]:
        return {}
    key, amount = sheet["bill_id"]["column"], sheet["amount"]["column"]
    amounts: dict[str, set[str]] = {}
    counted: dict[str, int] = {}
    for row in sample.rows:
        if row[key]:
            amounts.setdefault(row[key], set()).add(row[amount])
            counted[row[key]] = counted.get(row[key], 0) + 1
    if all(count == 1 for count in counted.values()):
        return {}
    differ = any(len(each) > 1 for each in amounts.values())
    if differ:
        sample.asked["amount"] = "rows of one bill have different amounts, which are added"
    return {"description": "list"} | ({"amount": "sum"} if differ else {})


def _source(source: Mapping[str, Any]) -> str:
    """The source of a column, short where it is just a column or several."""
    return _toml(next(iter(source.values()))) if set(source) in ({"column"}, {"columns"}) else _table(source)


def _table(values: Mapping[str, Any]) -> str:
    pairs = [
        f"{name if _BARE.fullmatch(name) else _toml(name)} = {_toml(one)}" for name, one in values.items()
    ]
    return f"{{ {', '.join(pairs)} }}"


def _toml(value: object) -> str:
    """A text, or a list of texts: JSON's are TOML's."""
    return dumps(value, ensure_ascii=False)
