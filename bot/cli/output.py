"""What commands print: tables for people, a JSON object a line for programs.

Tables, colours and progress bars need a library that is slow to load: it is loaded with the first of them. A
plain line needs none of it.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from itertools import chain
from json import dumps
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final, TextIO

import typer

from billing.ledger.money import Money
from bot.cli.json_rows import record, with_minor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rich.console import Console

WIDE = 200
"""Width of output that is not a terminal: piped tables should not wrap."""
SHOWN = 20
"""The most lines printed about rejected rows; the rejects file has all of them."""

_OBEYED: Final = (range(ord("\t")), range(ord("\v"), ord(" ")), range(0x7F, 0xA0), range(0x2028, 0x202F))
_CONTROLS: Final = dict.fromkeys(chain(*_OBEYED, range(0x2066, 0x206A)))
"""What a terminal obeys: a name or a text of somebody would write over what stands there, or turn it."""


@cache
def console() -> Console:
    """Where tables and colours of the output go."""
    from rich.console import Console  # noqa: PLC0415 - slow to load

    given = os.environ.get("COLUMNS", "")
    piped = int(given) if given.isdecimal() else WIDE
    return Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else piped)


def print_line(text: str) -> None:
    """Write one line of output for a person."""
    _print(text, sys.stdout)


def print_error(text: str) -> None:
    """Write one line about what went wrong, on standard error and not in the output.

    It may quote what was given, as an address: numbers of payment cards are masked.
    """
    _print(f"kvitt: {without_cards(' '.join(text.splitlines()))}", sys.stderr)


def without_cards(text: str) -> str:
    """What quotes an argument or a file to a person, without numbers of payment cards."""
    from billing.card_numbers import masked  # noqa: PLC0415 - slow to load, and most commands quote nothing

    return masked(text)


def _print(text: str, file: TextIO) -> None:
    file.write(text.translate(_CONTROLS).expandtabs() + "\n")
    file.flush()


def print_json(row: Any) -> None:
    """Write a record or a mapping as a JSON object on a line: moments in UTC, amounts in minor units."""
    sys.stdout.write(dumps(with_minor(record(row)), ensure_ascii=False, default=_plain) + "\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """Write rows as a table of output, or ``empty`` if there are none."""
    cells = [[_cell(value) for value in row] for row in rows]
    if not cells:
        print_line(empty)
        return
    from bot.cli import tables  # noqa: PLC0415 - slow to load

    shown = [[cell.translate(_CONTROLS).expandtabs() for cell in row] for row in cells]
    console().print(tables.fitting(columns, shown, console().width), soft_wrap=False)


def print_list(
    found: Iterable[Any],
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    empty: str,
    *,
    json: bool,
) -> None:
    """Output results: as a table for people, or one JSON object a line for programs.

    ``found`` are the records themselves, or the values to print as JSON for each.
    """
    if not json:
        print_table(columns, rows, empty)
        return
    for one in found:
        print_json(one)


def print_rejects(lines: Sequence[str], notes: Sequence[str]) -> None:
    """Output the first rejected rows one by one, and the notes of an import."""
    for line in lines[:SHOWN]:
        print_error(line)
    if len(lines) > SHOWN:
        print_error(f"and {len(lines) - SHOWN} more: see the .rejects.csv beside the file")
    for note in notes:
        print_error(note)


def end_with_nothing(done: str, aside: int, taken: int, *, json: bool) -> None:
    """End the command with 1 where every row of a file was set aside; ``done`` says what was done to none.

    Raises:
        typer.Exit: there were rows, and none was taken.
    """
    if not aside or taken:
        return
    if not json:
        print_error(f"every row was set aside: nothing was {done}")
    raise typer.Exit(1)


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar beside the output for each kind of work; silent if standard error is no terminal."""
    from rich.console import Console  # noqa: PLC0415 - slow to load
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    bars = Progress(
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True, highlight=False, soft_wrap=True),
        disable=not sys.stderr.isatty(),
    )
    tasks: dict[str, Any] = {}
    with bars:

        def show(kind: str, done: int, total: int, /) -> None:
            if kind not in tasks:
                tasks[kind] = bars.add_task(kind, total=total)
            bars.update(tasks[kind], completed=done, total=total)

        yield show


def amount(minor: int, currency: str) -> str:
    """An amount in output: a plain decimal with its currency."""
    return f"{Money(minor, currency).plain()} {currency}"


def _cell(value: object) -> str:
    match value:
        case None:
            return "-"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%MZ")
    return str(value)


def _plain(value: object) -> object:
    match value:
        case datetime() | date():
            return value.isoformat().replace("+00:00", "Z")
        case set() | frozenset():
            return sorted(value)
        case Decimal():
            return f"{value:f}"
        case Enum() | PurePath():
            return str(value.value if isinstance(value, Enum) else value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
