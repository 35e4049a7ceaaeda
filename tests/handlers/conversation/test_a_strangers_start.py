"""START from somebody who never stopped anything is a first word, and no return."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from billing.accounts.channels import Channel

if TYPE_CHECKING:
    from tests.world import World


@pytest.mark.parametrize("word", ["start", "START"])
def test_a_stranger_who_starts_a_bot_is_greeted(world: World, word: str) -> None:
    """Telegram makes everybody press START; nobody is welcomed back who was never here."""
    said = world.says(word, "77", Channel.TELEGRAM)
    assert said == world.says("hello", "78", Channel.TELEGRAM)
    assert "back" not in said


def test_a_stranger_who_stopped_comes_back(world: World) -> None:
    """Their stop is ended by their own START."""
    world.says("STOP", "77", Channel.TELEGRAM)
    assert "back" in world.says("START", "77", Channel.TELEGRAM)
