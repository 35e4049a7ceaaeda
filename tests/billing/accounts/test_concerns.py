"""Concerns: what must be respected about a person changes what may be done."""

import pytest

from billing.accounts.channels import Channel
from billing.accounts.concerns import Concern, closes


@pytest.mark.parametrize(
    ("concern", "closed"),
    [
        (Concern.UNSAFE_NUMBER, {Channel.SMS, Channel.WHATSAPP}),
        (Concern.PROTECTED_ADDRESS, {Channel.LETTER}),
        (Concern.MILITARY, set()),
        ("interpreter", set()),
    ],
)
def test_a_concern_closes_the_channels_that_would_harm(concern: str, closed: set[Channel]) -> None:
    """An unsafe phone gets no text, a secret address no letter; others change something else."""
    assert closed == {channel for channel in Channel if closes({concern}, channel)}
