"""Writes the tables of docs/proof.md from what is tested: ``python -m tests.simulate.proof``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.simulate.invariants import EVERY, NOT_CHECKED
from tests import test_complaints
from tests.simulate.mutants import MUTANTS

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE: Final = Path(__file__).parents[2] / "docs" / "proof.md"
WAYS: Final = {"code": "the real code, made faulty", "evidence": "doctored evidence"}


def tables() -> dict[str, str]:
    """Every invariant with the fault that breaks it, and every complaint with the test for it."""
    return {"invariants": "\n".join(_lines()), "complaints": "\n".join(_complaints())}


def written(name: str) -> str:
    """A table as it is on the page."""
    begin, end = _marks(name)
    return PAGE.read_text(encoding="utf-8").split(begin)[1].split(end)[0].strip()


def write() -> None:
    """Write the tables into the page."""
    for name, table in tables().items():
        begin, end = _marks(name)
        before, rest = PAGE.read_text(encoding="utf-8").split(begin)
        PAGE.write_text(f"{before}{begin}\n{table}\n{end}{rest.split(end)[1]}", encoding="utf-8")


def _marks(name: str) -> tuple[str, str]:
    return f"<!-- {name} -->", f"<!-- end of {name} -->"


def _complaints() -> Iterator[str]:
    yield "| no | what is held | test |"
    yield "|---|---|---|"
    for name, test in sorted(vars(test_complaints).items()):
        if name.startswith("test_complaint_"):
            yield f"| {int(name.split('_')[2])} | {(test.__doc__ or '').strip()} | `{name}` |"


def _lines() -> Iterator[str]:
    yield "| no | what is checked | planted fault | committed by | test |"
    yield "|---|---|---|---|---|"
    says = {one.number: one.says for one in EVERY}
    for mutant in MUTANTS:
        test = f"`test_the_check_finds_the_fault[{mutant.name}]`"
        yield f"| {mutant.number} | {says[mutant.number]} | {mutant.fault} | {WAYS[mutant.way]} | {test} |"
    for number, why in sorted(NOT_CHECKED.items()):
        yield f"| {number} | *not checked yet* | {why} | | |"


if __name__ == "__main__":
    write()
