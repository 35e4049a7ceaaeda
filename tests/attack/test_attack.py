"""The attack in small: nobody learns anything, honest customers are let in, each planted hole is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.attack.attack import attack
from tests.attack.twins import HOLES

if TYPE_CHECKING:
    from storage.database.transaction import Database


def test_nobody_learns_anything_and_everybody_who_may_is_let_in(database: Database) -> None:
    """A week of guesses and stories at every entrance, and an honest customer at each."""
    found = attack(database, victims=4, days=3, a_day=2, honest=5)
    assert found.sound, (found.disclosures, found.locked_out, found.reached)
    assert len(found.by_entrance) == 12
    assert found.honest == 5


@pytest.mark.slow
@pytest.mark.parametrize("hole", HOLES)
def test_a_hole_in_an_entrance_is_found(database: Database, hole: str) -> None:
    """With a faulty twin in the place of an entrance, somebody learns something or is shut out."""
    assert not attack(database, victims=4, days=9, a_day=3, honest=0, entrances=HOLES[hole]).sound
