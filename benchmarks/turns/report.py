"""Ours beside the floor: ratios, marks, and whether they are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.table import Table

if TYPE_CHECKING:
    from benchmarks.turns.driver import Measured

ACKNOWLEDGED, ANSWERED, LONGEST = 0.4, 0.1, 4.0
"""The marks: shares of the floor's rate, and how many times its 99th percentile of waits."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """One measure of ours beside the floor's."""

    what: str
    floor: float
    ours: float
    mark: float | None
    at_least: bool = True

    @property
    def ratio(self) -> float:
        """Ours for one of the floor's."""
        return self.ours / self.floor

    @property
    def kept(self) -> bool:
        """Whether the mark is kept."""
        if self.mark is None:
            return True
        return self.ratio >= self.mark if self.at_least else self.ratio <= self.mark


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured on one database; ``wrong`` says what was lost or came in a wrong order."""

    database: str
    floor: Measured
    ours: Measured
    wrong: tuple[str, ...]
    runs: tuple[float, float] | None = None
    """Seconds of the due run beside the floor and beside ours. With it only waits have a mark."""

    @property
    def ratios(self) -> list[Ratio]:
        """What was measured, with its mark."""
        floor, ours = self.floor, self.ours
        acknowledged, answered = (None, None) if self.runs else (ACKNOWLEDGED, ANSWERED)
        run = [Ratio("due run, s", *self.runs, None)] if self.runs else []
        return [
            Ratio("acknowledged/s", floor.acknowledged, ours.acknowledged, acknowledged),
            Ratio("answered and sent/s", floor.acknowledged, ours.answered, answered),
            Ratio("acknowledged in, p99, ms", *self._waits(0.99), LONGEST, at_least=False),
            Ratio("acknowledged in, p50, ms", *self._waits(0.5), None),
            *run,
        ]

    @property
    def kept(self) -> bool:
        """Whether all marks are kept and nothing went wrong."""
        return not self.wrong and all(ratio.kept for ratio in self.ratios)

    @property
    def as_json(self) -> dict[str, Any]:
        """For programs; waits in milliseconds."""
        rows = [
            {
                "what": r.what,
                "floor": r.floor,
                "ours": r.ours,
                "ratio": r.ratio,
                "mark": r.mark,
                "kept": r.kept,
            }
            for r in self.ratios
        ]
        return {
            "database": self.database,
            "texts": len(self.ours.waits),
            "replies": self.ours.replies,
            "measures": rows,
            "wrong": list(self.wrong),
            "kept": self.kept,
        }

    def _waits(self, share: float) -> tuple[float, float]:
        return self.floor.wait(share) * 1000, self.ours.wait(share) * 1000

    def add_to(self, table: Table) -> None:
        """Its rows."""
        for ratio in self.ratios:
            sign = "≥" if ratio.at_least else "≤"
            table.add_row(
                ratio.what,
                _number(ratio.floor),
                _number(ratio.ours),
                f"{ratio.ratio:.2f} x",
                f"{sign} {ratio.mark:g} x" if ratio.mark else "",
                ("kept" if ratio.kept else "[red]missed[/red]") if ratio.mark else "",
            )


def _number(found: float) -> str:
    return f"{found:,.0f}" if found >= 10 else f"{found:.1f}"  # noqa: PLR2004 - two digits say enough


def table(result: Result) -> Table:
    """What was measured on one database."""
    made = Table(title=result.database)
    for column in ("what", "floor", "kvitt", "kvitt is", "mark", ""):
        made.add_column(column, justify="right" if column in {"floor", "kvitt", "kvitt is"} else "left")
    result.add_to(made)
    return made
