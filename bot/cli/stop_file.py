"""A list of who sent STOP, as a CSV: what a restored database misses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.importing.table import CsvTable
from handlers.desk.restored import GivenStop

if TYPE_CHECKING:
    from pathlib import Path


def read_stops(file: Path) -> list[GivenStop]:
    """The stops of a CSV file with a column ``address`` and maybe a column ``channel``; others are ignored.

    Raises:
        FileRefused: it cannot be read, or lacks the column.
    """
    table = CsvTable(file)
    table.require(["address"])
    place = {name: number for number, name in enumerate(table.columns)}
    found = []
    for row in table:
        value = dict(zip(place, row.values, strict=False))
        named = f"{file.name} line {row.line}"
        found.append(GivenStop(named, value.get("address", ""), value.get("channel", "")))
    return found
