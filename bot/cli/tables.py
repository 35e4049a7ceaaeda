"""Tables that fit the terminal: no number, day, amount or id is ever broken in two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.console import Group
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

_RIGHT: Final = frozenset({"balance", "amount", "bills", "level", "messages"})
_BETWEEN: Final = 2
"""Signs between two columns."""
_PROSE: Final = 20
"""What is longer than this and has spaces is prose, which may be wrapped between words; the rest is whole."""


def fitting(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> RenderableType:
    """A table of ``width`` signs: prose is wrapped; where that is not enough each row is a list of lines."""
    cells = list(zip(*rows, strict=True))
    prose = [any(_is_prose(cell) for cell in column) for column in cells]
    least = [
        max(map(_longest_word if breaks else cell_len, (name, *column)))
        for name, column, breaks in zip(columns, cells, prose, strict=True)
    ]
    if sum(least) + _BETWEEN * (len(columns) - 1) > width:
        return _listed(columns, rows)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, breaks, narrowest in zip(columns, prose, least, strict=True):
        table.add_column(
            name,
            justify="right" if name in _RIGHT else "left",
            overflow="fold",
            no_wrap=not breaks,
            min_width=narrowest,
        )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # a text's brackets are no markup
    return table


def _is_prose(cell: str) -> bool:
    return cell_len(cell) > _PROSE and " " in cell


def _longest_word(cell: str) -> int:
    return max(map(cell_len, cell.split()), default=0)


def _listed(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> RenderableType:
    """Each row as lines of a name and a value, for a terminal that is too narrow for so many columns."""
    blocks: list[RenderableType] = []
    for row in rows:
        lines = Table(box=None, pad_edge=False, show_header=False)
        lines.add_column(style="bold", no_wrap=True)
        lines.add_column(overflow="fold")
        for name, cell in zip(columns, row, strict=True):
            if cell not in {"", "-"}:
                lines.add_row(Text(name), Text(cell))
        blocks += [lines, Text("")]
    return Group(*blocks[:-1])
