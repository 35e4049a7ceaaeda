"""``python -m benchmarks.start``: how long a person waits for a command, in times of loading SQLAlchemy."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final, NamedTuple

from rich.console import Console
from rich.table import Table

ROOT: Final = Path(__file__).resolve().parents[1]
KVITT: Final = str(Path(sys.executable).with_name("kvitt"))
FLOOR: Final = (sys.executable, "-c", "import sqlalchemy")


class Touch(NamedTuple):
    """A command, how many times the floor it may take, and how it ends on an empty book."""

    words: tuple[str, ...]
    mark: float
    code: int = 0

    @property
    def name(self) -> str:
        """What is typed."""
        return " ".join(("kvitt", *self.words))


TOUCHES: Final = (
    Touch(("--help",), 3),
    Touch(("accounts",), 4),
    Touch(("escalations", "list"), 4),
    Touch(("doctor",), 4, code=1),  # which finds no channel
)


def main() -> int:
    """Measure; 1 when a mark is missed."""
    wanted = _arguments()
    with tempfile.TemporaryDirectory(prefix="kvitt-start-") as folder:
        for made in (("init",), ("accounts",)):
            _seconds((KVITT, *made), folder, 0)
        rounds = [_round(folder) for _ in range(wanted.rounds)]
    return _report(rounds)


def _round(folder: str) -> tuple[float, list[float]]:
    """The seconds of the floor and of each command, one right after the other."""
    floor = _seconds(FLOOR, folder, 0)
    return floor, [_seconds((KVITT, *touch.words), folder, touch.code) for touch in TOUCHES]


def _seconds(command: tuple[str, ...], folder: str, code: int) -> float:
    """How long a process takes from its start to its end.

    Raises:
        RuntimeError: it does not end as it should.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith("KVITT_")}
    begun = perf_counter()
    done = subprocess.run(
        command, cwd=folder, env=own | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    taken = perf_counter() - begun
    if done.returncode != code:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")
    return taken


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=__doc__)
    parser.add_argument("--rounds", type=int, default=21, help="How often each command is started.")
    return parser.parse_args()


def _report(rounds: list[tuple[float, list[float]]]) -> int:
    """Each command is compared with the floor of its own round: how busy the machine is changes meanwhile."""
    table = Table(title="Commands on an empty book, each a process of its own: the middle of all rounds")
    for column in ("what", "seconds", "times the floor", "at most"):
        table.add_column(column, justify="left" if column == "what" else "right")
    table.add_row('python -c "import sqlalchemy"', f"{median(floor for floor, _ in rounds):.2f}", "1.0 x", "")
    kept = True
    for place, touch in enumerate(TOUCHES):
        seconds = median(taken[place] for _, taken in rounds)
        times = median(taken[place] / floor for floor, taken in rounds)
        table.add_row(touch.name, f"{seconds:.2f}", f"{times:.1f} x", f"{touch.mark:g} x")
        kept = kept and times <= touch.mark
    Console().print(table)
    return 0 if kept else 1


if __name__ == "__main__":
    raise SystemExit(main())
