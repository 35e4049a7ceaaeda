"""A person is erased: what goes, what is kept, who may not come back."""

from __future__ import annotations

import pytest

from handlers.privacy import erasing
from handlers.privacy.open_matters import NotSettled
from tests.world import World


def _erase(world: World, customer_id: str = "ada", anyway: str = "") -> erasing.Erased:
    return erasing.erase(world.database, world.installation, world.clock, customer_id, "desk", anyway)


def test_a_person_with_a_debt_is_not_erased(world: World) -> None:
    """What is owed is named with what to do, and nothing is changed."""
    world.customer()
    world.bill()
    with pytest.raises(NotSettled, match="B1"):
        _erase(world)


def test_erase(world: World) -> None:
    """x"""
    world.customer()
    world.bill()
    world.says("balance")
    world.pays("B1", 60000)
    print(_erase(world, anyway="x"))
    print(_erase(world, anyway="x"))
