"""Each judge can fail: a planted fault is found by the judge whose promise it breaks, and by name."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from bot.simulate.carriers import Faults
from bot.simulate.invariants import EVERY, NOT_CHECKED
from bot.simulate.people import Kind
from tests.simulate.mutants import MUTANTS
from tests.simulate.rig import broken, due_soon, judged, play

if TYPE_CHECKING:
    from bot.simulate.evidence import Evidence
    from tests.simulate.mutants import Mutant

pytestmark = pytest.mark.slow


@cache
def sound() -> Evidence:
    """Everybody there is, with carriers as they are, and nothing wrong in the house."""
    return play("us", Kind, 110, change=due_soon, faults=Faults(), seed=3)


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    """A sound house among people of every kind breaks no promise."""
    assert broken(sound()) == {}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_judge_finds_the_fault(mutant: Mutant) -> None:
    """The judge whose promise is broken by a planted fault says so, and names it."""
    found = judged(mutant.number, mutant.seen(sound))
    without = judged(mutant.number, mutant.sane(sound))

    assert without.violations == ()
    assert found.violations, f"{found.name}: {mutant.fault}, not seen in {found.cases} cases"


def test_every_invariant_has_a_fault_of_its_own() -> None:
    """No invariant counts as checked that was never seen to fail; the others say why they are not."""
    checked = [one.number for one in EVERY]

    assert sorted({mutant.number for mutant in MUTANTS}) == checked
    assert sorted([*checked, *NOT_CHECKED]) == list(range(1, 57))
