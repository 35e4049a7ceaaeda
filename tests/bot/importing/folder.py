"""A folder of CSV files to import from, and what the register holds after it."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from bot.importing.intake import import_paths
from handlers.context import fixed
from tests.world import NOON, an_installation

if TYPE_CHECKING:
    from pathlib import Path

    from bot.importing.tally import Tally
    from handlers.installation import Installation
    from storage import tables
    from storage.database.transaction import Database

CUSTOMERS = "customer_id,name"
BILLS = "bill_id,customer_id,issued_on,due_on,currency,amount"
CHARGES = "charge_id,bill_id,service_on,description,unit_amount"
COVERAGES = "coverage_id,customer_id,payer_id,payer_name,starts_on"
ADA = "ada,Ada Lind"
B1 = "B1,ada,2026-01-01,2026-01-31,USD,600.00"


@dataclass
class Folder:
    """Files are written line by line, then imported."""

    path: Path
    database: Database
    installation: Installation = field(default_factory=an_installation)

    def holds(self, name: str, *lines: str) -> Path:
        """A file with these lines."""
        file = self.path / name
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="")
        return file

    def imported(self, *paths: Path, **more: Any) -> Tally:
        """Import the whole folder, or some paths."""
        return import_paths(
            self.database, self.installation, paths or (self.path,), "csv", fixed(NOON), **more
        )

    def rows(self, table: type[tables.Table], *columns: str) -> list[Any]:
        """What a table holds, in the order of the first column."""
        chosen = [getattr(table, name) for name in columns]
        with self.database.read() as session:
            found = session.execute(select(*chosen).order_by(chosen[0])).all()
        return [row[0] if len(columns) == 1 else tuple(row) for row in found]


def counts(tally: Tally) -> dict[str, tuple[int, ...]]:
    """New, changed, same and rejected rows by kind."""
    return {kind: astuple(count) for kind, count in tally.counts.items()}
