"""Each check can fail: a planted fault is found by the check whose promise it breaks, and by name."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from bot.simulate.carriers import Faults
from bot.simulate.invariants import EVERY, NOT_CHECKED
from bot.simulate.people import Behaviour
from tests.simulate.mutants import MUTANTS
from tests.simulate.rig import broken, check_all, due_soon, play

if TYPE_CHECKING:
    from bot.simulate.evidence import Evidence
    from tests.simulate.mutants import Mutant

pytestmark = pytest.mark.slow


@cache
def sound() -> Evidence:
    """Everybody there is, with carriers as they are, and nothing wrong in the code."""
    return play("us", Behaviour, 110, change=due_soon, faults=Faults(), seed=3)


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    """A sound installation among people of every kind breaks no promise."""
    assert broken(sound()) == {}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_check_finds_the_fault(mutant: Mutant) -> None:
    """The check whose promise is broken by a planted fault says so, and names it."""
    found = check_all(mutant.number, mutant.seen(sound))
    without = check_all(mutant.number, mutant.sane(sound))

    assert without.violations == ()
    assert found.violations, f"{found.name}: {mutant.fault}, not seen in {found.cases} cases"


def test_every_invariant_has_a_fault_of_its_own() -> None:
    """No invariant counts as checked that was never seen to fail; the others say why they are not."""
    checked = [one.number for one in EVERY]

    assert sorted({mutant.number for mutant in MUTANTS}) == checked
    assert sorted([*checked, *NOT_CHECKED]) == list(range(1, 57))
