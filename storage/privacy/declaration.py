"""The declaration of personal data: what becomes of every column when a person is erased."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from storage import tables

if TYPE_CHECKING:
    from sqlalchemy import Column, Table

FILE: Final = Path(__file__).with_name("personal_data.toml")
_POINTS_TO: Final = {
    "customer_id": "customers",
    "account_id": "accounts",
    "bill_id": "bills",
    "inbox_id": "inbox",
}
"""Where columns lead that are no foreign keys: decisions outlive what they are about, and indexes are made
and deleted by themselves."""


@dataclass(frozen=True, slots=True)
class TableRule:
    """What the declaration says about one table; each word is explained at the head of the file."""

    whose: tuple[str, ...] = ()
    subject: tuple[str, ...] = ()
    section: str = ""
    delete: bool = False
    register: tuple[str, ...] = ()
    erase: tuple[str, ...] = ()
    prose: tuple[str, ...] = ()
    books: tuple[str, ...] = ()
    scrub: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()

    @property
    def decided(self) -> tuple[str, ...]:
        """Every column that is decided about, as often as it is."""
        return (*self.register, *self.emptied, *self.prose, *self.books, *self.scrub, *self.kept)

    @property
    def emptied(self) -> tuple[str, ...]:
        """The columns that are emptied in the person's rows, and cut in others'."""
        return self.erase

    @property
    def cut(self) -> tuple[str, ...]:
        """The columns of which, in any row, what identifies the person is cut out."""
        return (*self.erase, *self.prose, *self.books, *self.scrub)


@cache
def rules() -> dict[str, TableRule]:
    """The declaration, by the name of the table.

    Raises:
        ValueError: the file names what a rule does not know.
    """
    known = {field.name for field in fields(TableRule)}
    found = {}
    for table, declared in tomllib.loads(FILE.read_text(encoding="utf-8")).items():
        if unknown := declared.keys() - known:
            raise ValueError(f"{FILE.name}: [{table}] has {', '.join(sorted(unknown))}")
        found[table] = TableRule(**{name: _as_tuple(value) for name, value in declared.items()})
    return found


def table_of(name: str) -> Table:
    """The table with this name, with the types of its columns."""
    tables.load_all()
    return tables.Table.metadata.tables[name]


def leads_to(column: Column[Any]) -> str | None:
    """The table to which a column leads that says whose a row is; None for one with a rule of its own."""
    for key in column.foreign_keys:
        return key.column.table.name
    return _POINTS_TO.get(column.name)


def _as_tuple(value: object) -> Any:
    return tuple(value) if isinstance(value, list) else value
