"""Tables of the command line at the width of a usual terminal: what is one word or one number stays whole."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from bot.cli import tables

WHY = "B-1001 was due 2026-03-01, 14 days before, and nothing was heard about it"
COLUMNS = ("customer", "name", "bill", "balance", "next look", "why")
ROW = ("C-1000017", "Ada Lind", "B-20260401-17", "1234567.89 USD", "2026-12-04 18:00Z", WHY)


def _shown(width: int, columns: tuple[str, ...] = COLUMNS, row: tuple[str, ...] = ROW) -> str:
    out = StringIO()
    Console(file=out, width=width).print(tables.fitting(columns, [row, row], width))
    return out.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
def test_no_amount_day_or_id_is_broken(width: int) -> None:
    """At any width every cell that is no prose is on one line, and no line is wider than the terminal."""
    shown = _shown(width)
    for cell in ROW[:-1]:
        assert shown.count(cell) == 2, shown
    assert max(map(len, shown.splitlines())) <= width
    words = shown.split()
    assert all(word in words for word in WHY.split())


def test_prose_alone_is_wrapped_while_that_is_enough() -> None:
    """A long reason goes over several lines beside whole columns; it does not turn rows into lists."""
    shown = _shown(115)
    assert shown.splitlines()[0].split() == [word for name in COLUMNS for word in name.split()]
    assert len(shown.splitlines()) > 3


def test_a_row_that_cannot_fit_is_a_list_of_its_own() -> None:
    """Each value beside its column's name, without what is empty, and rows apart."""
    shown = _shown(40, ("customer", "hold", "balance"), ("C" * 20, "-", "1234567.89 USD"))
    assert shown.split() == ["customer", "C" * 20, "balance", "1234567.89", "USD"] * 2
    assert "\n\n" in "\n".join(line.rstrip() for line in shown.splitlines())
