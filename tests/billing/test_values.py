"""Values made by the hundred thousand behave like every frozen dataclass but for who refuses a change."""

from __future__ import annotations

from dataclasses import replace

from billing.accounts.channels import Channel
from billing.accounts.snapshot import Reach


def test_equal_values_are_one() -> None:
    """Compared and hashed by what they hold, and changed only by making another."""
    reach = Reach(1, Channel.SMS, "+1", consented=True)
    assert len({reach, Reach(1, Channel.SMS, "+1", consented=True)}) == 1
    assert replace(reach, stopped=True) != reach
    assert not hasattr(reach, "__dict__")
