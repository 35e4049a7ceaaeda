"""The tables of docs/proof.md, made from what is tested: ``python -m tests.simulate.proof`` writes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.simulate.invariants import EVERY, NOT_CHECKED
from tests.simulate.mutants import MUTANTS

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE: Final = Path(__file__).parents[2] / "docs" / "proof.md"
BEGIN, END = "<!-- invariants -->", "<!-- end of invariants -->"
WAYS: Final = {"code": "the real code, made faulty", "evidence": "doctored evidence"}


def table() -> str:
    """Every invariant with the fault that breaks it and the test that sees it break."""
    return "\n".join(_lines())


def written() -> str:
    """The table as it stands on the page."""
    return PAGE.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0].strip()


def write() -> None:
    """Put the table on the page."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}", encoding="utf-8")


def _lines() -> Iterator[str]:
    yield "| no | what is checked | planted fault | committed by | test |"
    yield "|---|---|---|---|---|"
    says = {one.number: one.says for one in EVERY}
    for mutant in MUTANTS:
        test = f"`test_the_judge_finds_the_fault[{mutant.number:02}]`"
        yield f"| {mutant.number} | {says[mutant.number]} | {mutant.fault} | {WAYS[mutant.way]} | {test} |"
    for number, why in sorted(NOT_CHECKED.items()):
        yield f"| {number} | *not checked yet* | {why} | | |"


if __name__ == "__main__":
    write()
