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


def test_export(world: World, tmp_path) -> None:
    """x"""
    from bot.exporting import person_zip
    import zipfile
    world.customer()
    world.customer("kid", name="Emma Lind", phone="", birth_date=__import__("datetime").date(2016,5,5), guarantor_id="ada", consent=False)
    world.bill()
    world.bill("B2", "kid")
    world.says("balance")
    world.says("28 feb 1980")
    world.run(); world.deliver()
    out = tmp_path / "o.zip"
    made = person_zip.write(world.database, world.installation, world.clock, "ada", "desk", out)
    print(made)
    z = zipfile.ZipFile(out)
    print(z.namelist()); print(z.read("summary.html").decode()[:6000]); print(z.read("data.json").decode()[:5000])
    assert "Emma" not in z.read("data.json").decode()
