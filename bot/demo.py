"""The time-lapse."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def play(console: Console, port: int | None) -> None:
    """Show a sample clinic."""
    console.print(f"{port}")
